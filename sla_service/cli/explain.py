"""``sla explain``: the work behind one merchant's cents."""

from __future__ import annotations

import json
from fractions import Fraction

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.explain_json import explanation_mapping
from sla_service.cli.tables import grouped, table
from sla_service.domain.assessment import Assessment, Measurement, Outcome
from sla_service.domain.error_budget import ErrorBudget
from sla_service.domain.incidents import Curve, turning_points
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money, format_exact
from sla_service.domain.periods import Month
from sla_service.domain.policies import ExclusionEffect, ExclusionRule, Policy, Tier
from sla_service.domain.shares import format_floored, format_floored_between, format_percent
from sla_service.formats.exports.shapes import minutes
from sla_service.usecases.explain import Explanation
from sla_service.usecases.explain import explain as explain_month

METHODS = {
    Curve.FULL_OUTAGE: "only full outage counts",
    Curve.LINEAR: "in a straight line between reports",
    Curve.STEP: "each report holds until the next",
    Curve.ANY_IMPACT: "any impact counts whole",
    Curve.REPORTED_WINDOW: "the published window counts whole",
}
REASONS = {
    "maintenance": "announced maintenance",
    "customer": "caused by the customer",
    "upstream": "caused upstream",
    "force_majeure": "force majeure",
}


@click.command("explain")
@click.option("--merchant", "merchant_id", required=True, help="Whose month.")
@click.option("--period", required=True, metavar="YYYY-MM", help="Which month.")
@click.option("--json", "as_json", is_flag=True, help="The steps as JSON.")
@pass_context
def explain(context: Context, merchant_id: str, period: str, as_json: bool) -> None:
    """Every step from the evidence to the cent, with the clause, and what other accounting methods would give."""
    with context.reading() as session:
        found = explain_month(session, merchant_id, Month.parse(period), now_ms=context.clock())
    if as_json:
        click.echo(json.dumps([explanation_mapping(one) for one in found]))
        return
    for one in found:
        _print(context.console, one, period)


def _print(console: Console, one: Explanation, period: str) -> None:
    subject, policy = one.measured.subject, one.measured.subject.policy
    contract = subject.contract
    say = console.out
    say(f"{one.merchant.name} ({one.merchant.merchant_id}): {contract.service} in {period}")
    if policy is None or one.measured.window is None or one.assessment is None or one.measured.measurement is None:
        say(f"  Parked: {subject.parked_reason or 'nothing is left to measure'}.")
        return
    zone, window, measurement = subject.time_zone, one.measured.window, one.measured.measurement
    if one.is_estimate:
        say("  ESTIMATE: the period is not over; time to come is taken as up, and nothing is owed yet")
    terms = f"{policy.name_and_version} ({policy.digest[:12]})"
    start, end = _local(window.start_ms, zone), _local(window.end_ms, zone)
    say(f"  Contract from {contract.starts_on}: {terms}, {contract.monthly_fee} a month")
    say(f"  Period   {start} to {end}, {zone}: {_hours(window.duration_ms)}")
    say(f"  Method   {policy.curve.value}: {METHODS[policy.curve]}")
    say("           overlapping evidence counts once, the largest share")
    for rule in _conditions(policy):
        say(f"           {rule}")
    say("")
    _print_evidence(console, one)
    _print_steps(console, policy, measurement, one.assessment, contract.monthly_fee)
    _print_budgets(console, one.budgets, one.burn_ratio)
    _print_methods(console, one, policy)
    if one.stored is not None:
        same = one.stored.amount == one.assessment.amount
        word = (
            "the same as this recalculation"
            if same
            else "DIFFERENT from this recalculation: evidence has changed since"
        )
        say(f"  Issued: {one.stored.amount} ({one.stored.statement_number or 'no statement'}), {word}.")
    say("")


def _print_evidence(console: Console, one: Explanation) -> None:
    zone = one.measured.subject.time_zone
    rows = []
    for line in one.measured.lines:
        length = line["ended_at_ms"] - line["started_at_ms"]
        share = format_floored(Fraction(line["impact_ppm_ms"], length * 1_000_000), 2)
        why = {
            "counted": "counted",
            "too_short": "not counted because the run is below the minimum",
            "excluded": f"not counted because of {REASONS.get(line['reason'], line['reason'])}",
        }[line["status"]]
        row = (line["incident_id"], _local(line["started_at_ms"], zone), _local(line["ended_at_ms"], zone))
        rows.append((*row, minutes(length * 1_000_000), share, minutes(line["counted_ppm_ms"]), why))
    heads = ("incident", "from", "until", "minutes", "mean share", "counted", "")
    for incident_id in dict.fromkeys(line["incident_id"] for line in one.measured.lines):
        for point in turning_points(one.incidents[incident_id].timeline):
            available = format_floored(Fraction(point.available_ppm, 1_000_000), 2)
            console.out(f"  {incident_id}  {_local(point.at_ms, zone)}  {available:>7} available  {point.text}")
    console.out("")
    if rows:
        console.print(table("  1 Evidence", heads, rows, numbers=("minutes", "mean share", "counted")))
    else:
        console.out("  1 Evidence: no incident hit this merchant in the period.")


def _print_steps(console: Console, policy: Policy, m: Measurement, found: Assessment, fee: Money) -> None:
    say, total = console.out, m.total_ms
    say(f"  2 Counted downtime   {minutes(m.bad_ppm_ms)} minutes of {minutes(total * 1_000_000)}")
    shown = format_floored_between(found.availability, policy.target)
    division = f"1 − {minutes(m.bad_ppm_ms)} ÷ {minutes(total * 1_000_000)}"
    say(f"  3 Availability       {division} = {found.availability} = {shown}")
    compared = "met" if found.outcome is Outcome.MET else "missed"
    say(f"  4 Commitment         {format_percent(policy.target)}: {compared}")
    if found.outcome is Outcome.MET:
        say(f"  → Credit             {found.amount}")
        return
    if found.tier is None or found.rate is None:
        say(f"  5 Tier               undefined: {found.reason}; a person decides")
        return
    tier, currency = policy.tiers[found.tier], fee.currency
    clause = f" [{policy.contract + ', ' if policy.contract else ''}{tier.clause}]" if tier.clause else ""
    rate = format_percent(found.rate)
    share = f"{rate} of the monthly fee"
    say(f"  5 Tier {found.tier + 1}             {tier_in_words(tier)}: {share}{clause}")
    say(f"  6 Credit             {fee} × {rate} = {format_exact(found.before_cap_minor, currency)}")
    if found.cap_minor is not None:
        word = "applies" if found.cap_applied else "not reached"
        say(f"  7 Cap                {format_exact(found.cap_minor, currency)}: {word}")
    if found.minimum is not None:
        word = "not reached, nothing is paid" if found.outcome is Outcome.BELOW_MINIMUM else "reached"
        say(f"  8 Minimum            {found.minimum} before rounding: {word}")
    unrounded = format_exact(found.unrounded_minor, currency)
    say(f"  9 Rounding           {unrounded} by {policy.rounding.value.replace('_', ' ')} = {found.amount.amount}")
    say(f"  → Credit             {found.amount}")


def _print_budgets(console: Console, found: tuple[ErrorBudget, ...], burn: Fraction | None) -> None:
    rows = []
    for i, budget in enumerate(found):
        ratio = budget.consumed_ratio
        left = _minutes(budget.left_ms)
        name = "commitment" if i == 0 else "tier edge"
        rows.append((name, format_percent(budget.edge), _minutes(budget.budget_ms), _times(ratio), left))
    heads = ("error budget", "edge", "minutes", "consumed", "minutes left")
    console.out("")
    console.print(table("  Error budget", heads, rows, numbers=heads[1:]))
    spent = "none" if burn is None else f"{format_floored(burn / 100, 2).removesuffix('%')} ×"
    console.out(f"  Burn rate over the period: {spent} (1 × spends the budget exactly)")
    console.out("")


def _print_methods(console: Console, one: Explanation, policy: Policy) -> None:
    rows = [
        (
            ("→ " if method.curve is policy.curve else "  ") + METHODS[method.curve],
            minutes(method.measurement.bad_ppm_ms),
            format_floored(method.measurement.availability),
            "undefined" if method.assessment.outcome is Outcome.UNDEFINED else str(method.assessment.amount),
        )
        for method in one.methods
    ]
    heads = ("method", "counted minutes", "availability", "credit")
    console.print(table("  Under each accounting method", heads, rows, numbers=heads[1:]))


def tier_in_words(tier: Tier) -> str:
    """A row's range as people say it."""
    upper = f"{'at most' if tier.upper_inclusive else 'below'} {format_percent(tier.upper)}"
    if not tier.lower:
        return upper
    return f"{upper}, {'at least' if tier.lower_inclusive else 'above'} {format_percent(tier.lower)}"


def _conditions(policy: Policy) -> list[str]:
    words = [_exclusion_in_words(rule) for rule in policy.exclude]
    if policy.qualify.minimum_run_ms:
        limit = "longer than" if policy.qualify.strict else "at least"
        words.insert(0, f"only runs of {limit} {minutes(policy.qualify.minimum_run_ms * 1_000_000)} minutes count")
    return words


def _exclusion_in_words(rule: ExclusionRule) -> str:
    notice = f", with {_hours(rule.notice_ms)} of notice," if rule.notice_ms else ""
    effect = "does not count" if rule.effect is ExclusionEffect.NOT_DOWN else "leaves the period altogether"
    return f"{REASONS[rule.kind.value]}{notice} {effect}"


def _local(ms: int, zone: str) -> str:
    return f"{to_datetime(ms, zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def _hours(ms: int) -> str:
    return (
        f"{Fraction(ms, 3_600_000).numerator:,} hours" if ms % 3_600_000 == 0 else f"{minutes(ms * 1_000_000)} minutes"
    )


def _minutes(ms: Fraction) -> str:
    sign = "−" if ms < 0 else ""
    return sign + grouped(minutes(int(abs(ms) * 1_000_000)))


def _times(ratio: Fraction | None) -> str:
    return "none" if ratio is None else f"{grouped(format_floored(ratio, 2).removesuffix('%'))} %"
