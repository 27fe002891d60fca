"""``sla explain``: the work behind one merchant's cents."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.explain_json import explanation_mapping
from sla_service.cli.explain_steps import credit_of, credited, steps
from sla_service.cli.figures import consumed, counted, decimal, hours, in_requests, local, minutes, minutes_of, percent
from sla_service.cli.tables import table
from sla_service.domain.accounting import PieceStatus
from sla_service.domain.assessment import Outcome
from sla_service.domain.incidents import Curve, turning_points
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import SubjectKind, Windows
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.policy_words import measuring
from sla_service.formats.policy_words.counting import exclude, period, quantise
from sla_service.formats.policy_words.voice import Voice
from sla_service.formats.texts import DEFAULT_LANGUAGE, texts_in
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
    "topology": "what the promise presupposes was not there",
    "recurring": "the agreed maintenance window",
    "other": "a reason that the contract names",
}
NOT_COUNTED = {
    PieceStatus.TOO_SHORT: "the run is below the minimum",
    PieceStatus.NOT_AFFECTED: "the merchant was not affected by it",
    PieceStatus.GRACE: "the beginning of an outage is free",
    PieceStatus.PARTIAL_SLOT: "it does not fill a slot",
}
STAGES: tuple[Callable[[Voice], Iterator[str]], ...] = (
    measuring.indicator,
    measuring.qualify,
    exclude,
    quantise,
    period,
)
"""Stages 2 to 6 in words, as `sla policy explain` has them."""
WIDTH, INDENT = 110, 11


@click.command("explain")
@click.option("--merchant", "merchant_id", required=True, help="Whose month.")
@click.option("--period", "month", required=True, metavar="YYYY-MM", help="Which month.")
@click.option("--json", "as_json", is_flag=True, help="The steps as JSON.")
@pass_context
def explain(context: Context, merchant_id: str, month: str, as_json: bool) -> None:
    """Every step from the evidence to the cent, with the clause, and what other accounting methods would give."""
    with context.reading() as session:
        found = explain_month(session, merchant_id, Month.parse(month), now_ms=context.clock())
    if as_json:
        click.echo(json.dumps([explanation_mapping(one) for one in found]))
        return
    told: set[str] = set()
    for one in found:
        _print(context.console, one, month, told)


def _print(console: Console, one: Explanation, month: str, told: set[str]) -> None:
    """One period; the terms of a policy are told with the first of its periods."""
    subject, policy = one.measured.subject, one.measured.subject.policy
    say = console.out
    say(f"{one.merchant.name} ({one.merchant.merchant_id}): {subject.contract.service} in {month}")
    if policy is None or one.measured.window is None or one.assessment is None:
        say(f"  Parked: {subject.parked_reason or one.measured.reason or 'nothing is left to measure'}.")
        return
    _print_head(console, one, policy)
    if policy.digest not in told:
        _print_terms(console, policy)
    told.add(policy.digest)
    say("")
    _print_evidence(console, one)
    for line in steps(one, policy):
        say(line)
    say("")
    _print_budgets(console, one, policy)
    if one.methods:
        _print_methods(console, one, policy)
    if one.stored is not None:
        same = (one.stored.amount, one.stored.service_ms) == credit_of(one)
        word = (
            "the same as this recalculation"
            if same
            else "DIFFERENT from this recalculation: evidence has changed since"
        )
        say(f"  Issued: {one.stored.amount} ({one.stored.statement_number or 'no statement'}), {word}.")
    say("")


def _print_head(console: Console, one: Explanation, policy: Policy) -> None:
    say, subject, window = console.out, one.measured.subject, one.measured.window
    zone, contract = subject.time_zone, subject.contract
    if one.is_estimate:
        say("  ESTIMATE: the period is not over; time to come is taken as up, and nothing is owed yet")
    terms = f"{policy.name_and_version} ({policy.digest[:12]})"
    say(f"  Contract from {contract.starts_on}: {terms}, {contract.monthly_fee} a month")
    if window is not None:
        start, end = local(window.start_ms, zone), local(window.end_ms, zone)
        say(f"  Period   {start} to {end}, {zone}: {hours(window.duration_ms)}")
        if subject.period is not None and subject.period != window:
            whole = f"{local(subject.period.start_ms, zone)} to {local(subject.period.end_ms, zone)}"
            say(f"           in force for a part only of {whole}: {hours(subject.period.duration_ms)}")
    if isinstance(policy.indicator, Windows):
        say(f"  Method   {policy.curve.value}: {METHODS[policy.curve]}")


def _print_terms(console: Console, policy: Policy) -> None:
    """Stages 1 to 6 in words."""
    voice = Voice.of(policy, texts_in(measuring.__package__, DEFAULT_LANGUAGE))
    before = (measuring.subject,) if policy.subject is not SubjectKind.MERCHANT else ()
    label = "Terms"
    for stage in (*before, *STAGES):
        first = f"  {label:<{INDENT - 2}}"
        for line in textwrap.wrap(" ".join(stage(voice)), WIDTH, initial_indent=first, subsequent_indent=" " * INDENT):
            console.out(line)
        label = ""


def _print_evidence(console: Console, one: Explanation) -> None:
    zone = one.measured.subject.time_zone
    for incident_id in dict.fromkeys(line["incident_id"] for line in one.measured.lines):
        for point in turning_points(one.incidents[incident_id].timeline):
            available = format_floored(Fraction(point.available_ppm, SHARE_FULL_PPM), 2)
            console.out(f"  {incident_id}  {local(point.at_ms, zone)}  {available:>7} available  {point.text}")
    rows = []
    for line in one.measured.lines:
        duration = line["ended_at_ms"] - line["started_at_ms"]
        share = format_floored(Fraction(line["impact_ppm_ms"], duration * SHARE_FULL_PPM), 2)
        row = (line["incident_id"], local(line["started_at_ms"], zone), local(line["ended_at_ms"], zone))
        rows.append((*row, minutes(duration), share, minutes_of(line["counted_ppm_ms"]), _fate(line)))
    heads = ("incident", "from", "until", "minutes", "mean share", "counted", "")
    if rows:
        console.print(table("  1 Evidence", heads, rows, numbers=("minutes", "mean share", "counted")))
    else:
        console.out("  1 Evidence: no incident hit this merchant in the period.")


def _fate(line: dict[str, Any]) -> str:
    """What became of a stretch; downtime that is credited or shown differently has its rule's name."""
    reason = REASONS.get(str(line["reason"]), str(line["reason"]))
    if line["status"] == PieceStatus.COUNTED:
        return f"counted, but {reason}: see the rules" if line["reason"] else "counted"
    if line["status"] == PieceStatus.EXCLUDED:
        return f"not counted because of {reason}"
    return f"not counted because {NOT_COUNTED[PieceStatus(line['status'])]}"


def _print_budgets(console: Console, one: Explanation, policy: Policy) -> None:
    if not one.budgets:
        why = "what is promised is a metric" if policy.is_metric else "no availability is promised"
        console.out(f"  Error budget: none, because {why}")
        console.out("")
        return
    of_requests = in_requests(policy)
    unit = "requests" if of_requests else "minutes"
    write = decimal if of_requests else minutes
    rows = [
        (
            "commitment" if i == 0 else "tier edge",
            percent(budget.edge),
            write(budget.budget_ms),
            consumed(budget.consumed_ratio),
            write(budget.left_ms),
        )
        for i, budget in enumerate(one.budgets)
    ]
    heads = ("error budget", "edge", unit, "consumed", f"{unit} left")
    console.print(table("  Error budget", heads, rows, numbers=heads[1:]))
    spent = "none" if one.burn_ratio is None else f"{format_floored(one.burn_ratio / 100, 2).removesuffix('%')} ×"
    console.out(f"  Burn rate over the period: {spent} (1 × spends the budget exactly)")
    console.out("")


def _print_methods(console: Console, one: Explanation, policy: Policy) -> None:
    rows = [
        (
            ("→ " if method.curve is policy.curve else "  ") + METHODS[method.curve],
            counted(policy, method.measurement.bad_ms).removesuffix(" minutes"),
            format_floored(method.measurement.availability),
            "undefined" if method.assessment.outcome is Outcome.UNDEFINED else credited(method.assessment),
        )
        for method in one.methods
    ]
    heads = ("method", "counted minutes", "availability", "credit")
    console.print(table("  Under each accounting method", heads, rows, numbers=heads[1:]))
