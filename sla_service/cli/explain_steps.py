"""The steps of ``sla explain`` from counted downtime to the credit, each a line that can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sla_service.cli.figures import (
    counted,
    decimal,
    edge,
    figure,
    hours,
    in_requests,
    length,
    local,
    minutes,
    minutes_of,
    percent,
)
from sla_service.domain.assessment import Assessment, Measurement, Outcome, is_met, is_whole
from sla_service.domain.credit_functions import downtime_of
from sla_service.domain.facts import Facts
from sla_service.domain.limits import LimitStep, base_minor
from sla_service.domain.money import Money, format_exact, round_to_money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Blocks, DowntimeOf, Flat, Gate, Hits, Multiple, Points, Table
from sla_service.domain.policies.indicators import Metric
from sla_service.domain.policies.payment import BY_ITSELF, Base, Cap, SettleForm
from sla_service.domain.shares import format_floored_between
from sla_service.formats.policy_words.crediting import credit, pays
from sla_service.formats.policy_words.ranges import row_range
from sla_service.formats.policy_words.voice import Voice
from sla_service.formats.texts import DEFAULT_LANGUAGE, texts_in
from sla_service.usecases.explain import Explanation

SHOWN_PARTS = 40
"""Units, outages, hours or days in a terminal; `--json` has all."""
Step = tuple[str, str]
"""What is done, and how."""


def steps(one: Explanation, policy: Policy) -> Iterator[str]:
    """Numbered lines after the evidence, which is the first step, and the credit at the end."""
    assert one.assessment is not None  # noqa: S101 - the caller's condition
    assert one.facts is not None  # noqa: S101
    assert one.measured.measurement is not None  # noqa: S101
    number = 1
    for label, words in _steps(one, policy, one.measured.measurement, one.assessment, one.facts):
        number += bool(label)
        head = f"{number:>3} {label}" if label else ""
        yield f"{head:<23} {words}"
    amount, service_ms = credit_of(one)
    yield f"  → Credit              {_credit(amount, service_ms)}"


def credited(found: Assessment) -> str:
    """``USD 29.90``, or service time."""
    return _credit(found.amount, _served(found))


def credit_of(one: Explanation) -> tuple[Money, int]:
    """The credit in money and in service time; a person's decision where the contract has no answer."""
    found = one.assessment
    assert found is not None  # noqa: S101 - the caller's condition
    if found.outcome is Outcome.UNDEFINED and one.decision is not None:
        return Money(one.decision["currency"], _of_group(one)), 0
    return Money(found.amount.currency, _of_group(one)), _served(found)


def _of_group(one: Explanation) -> int:
    """What the group of the policy leaves, and a person's decision where its policies contradict each other."""
    if one.grouped is None:
        return one.own_minor
    if one.grouped.is_undefined and one.decision is not None:
        decided: int = one.decision["amount_minor"]
        return decided
    return one.grouped.amount_minor


def _served(found: Assessment) -> int:
    return found.service_ms.__ceil__() if found.outcome is Outcome.CREDITED else 0


def _credit(amount: Money, service_ms: int) -> str:
    said = [str(amount)] if amount.minor or not service_ms else []
    return " and ".join([*said, *([f"{length(service_ms)} of service"] if service_ms else [])])


def _steps(one: Explanation, policy: Policy, m: Measurement, found: Assessment, facts: Facts) -> Iterator[Step]:
    yield from _measured(one, policy, m)
    yield from _parts(policy, m, one.measured.subject.time_zone)
    yield "Commitment", _commitment(policy, m, found)
    yield from _credit_steps(policy, m, found, facts)
    yield from _group(one, facts.fee.currency)
    for right in found.rights:
        yield "Right", right
    if policy.claim is not None and facts.claim_until and found.outcome is not Outcome.MET:
        state = "claimed in time" if facts.is_claimed else "not claimed in time so far, and without that not paid"
        yield "Claim", f"until {facts.claim_until}: {state}"
    group_undefined = one.grouped is not None and one.grouped.is_undefined
    if (found.outcome is Outcome.UNDEFINED or group_undefined) and one.decision is not None:
        amount = Money(one.decision["currency"], one.decision["amount_minor"])
        yield "Decision", f"{amount} by {one.decision['decided_by']}: {one.decision['reason']}"


def _group(one: Explanation, currency: str) -> Iterator[Step]:
    """What other policies of the group change, where they do."""
    found = one.grouped
    if found is None or not one.own_minor:
        return
    if found.reason:
        yield "Group", f"{found.reason}; a person decides" if found.is_undefined else found.reason
    elif found.limit_minor is not None:
        most, left = Money(currency, found.limit_minor), Money(currency, found.left_minor)
        yield "Group", f"at most {most} for a month together, {left} of it left: not reached"


def _measured(one: Explanation, policy: Policy, m: Measurement) -> Iterator[Step]:
    if isinstance(policy.indicator, Metric):
        yield "Metric", f"{policy.indicator.name}, {policy.indicator.statistic}: {figure(policy, m.decisive)}"
        return
    bad, total = counted(policy, m.bad_ms), counted(policy, m.total_ms)
    if in_requests(policy):
        yield "Bad requests", f"{bad.removesuffix(' requests')} of {total}"
    else:
        yield "Counted downtime", f"{bad} of {total.removesuffix(' minutes')}"
    if one.measured.excluded_ppm_ms:
        yield "", f"without {minutes_of(one.measured.excluded_ppm_ms)} minutes that are excluded"
    if one.measured.unmeasured_ms:
        yield "", f"{minutes(one.measured.unmeasured_ms)} minutes left the period"
    if policy.denominator_ms is not None:
        yield "", f"the contract divides by {hours(policy.denominator_ms)}, however long the period is"
    bare_bad, bare_total = bad.partition(" ")[0], total.partition(" ")[0]
    shown = figure(policy, m.availability)
    if policy.target is not None:
        shown = format_floored_between(m.availability, policy.target)
    yield "Availability", f"1 − {bare_bad} ÷ {bare_total} = {m.availability} = {shown}"
    if m.credited_bad_ms is not None:
        yield "", f"for the credit only {counted(policy, m.credited_bad_ms)} count: {figure(policy, m.decisive)}"
    if m.figure is not None:
        yield "", f"for promise and credit it is rounded to {percent(m.figure)}"


def _parts(policy: Policy, m: Measurement, zone: str) -> Iterator[Step]:
    """What is assessed one by one."""
    for number, part in enumerate(m.parts[:SHOWN_PARTS]):
        own = part.measurement
        name = part.name or " to ".join(
            local(ms, zone) for ms in (own.outages[0].start_ms, own.outages[-1].end_ms) if own.outages
        )
        own_share = part.fee_share * part.in_force
        share = f", {percent(own_share)} of the base" if own_share != 1 else ""
        kept = "met" if is_met(policy, own.decisive) else "missed" if policy.target is not None else "assessed"
        words = f"{name}: {counted(policy, own.bad_ms)} of {counted(policy, own.total_ms)}"
        yield "One by one" if number == 0 else "", f"{words}, {figure(policy, own.decisive)}, {kept}{share}"
    if len(m.parts) > SHOWN_PARTS:
        yield "", f"… and {len(m.parts) - SHOWN_PARTS} more; `--json` lists all"


def _commitment(policy: Policy, m: Measurement, found: Assessment) -> str:
    if not m.is_promised:
        return found.reason
    if policy.target is None:
        return "none is promised; the credit function alone decides"
    if policy.gate is Gate.NONE:
        return f"{edge(policy, policy.target)} gives the error budget only; the credit function alone decides"
    above = " (more than that)" if policy.gate is Gate.ABOVE else ""
    return f"{edge(policy, policy.target)}{above}: {'met' if found.outcome is Outcome.MET else 'missed'}"


def _credit_steps(policy: Policy, m: Measurement, found: Assessment, facts: Facts) -> Iterator[Step]:
    """Stages 8 and 9."""
    if found.outcome is Outcome.MET:
        return
    if found.outcome is Outcome.UNDEFINED:
        yield "Credit function", f"undefined: {found.reason}; a person decides"
        return
    currency = facts.fee.currency
    yield from _function(policy, m, found)
    yield "Base", _base(policy, found, facts)
    if policy.settlement.form is not SettleForm.TERM_EXTENSION:
        yield "Credit", _before_caps(policy, found, currency)
    for step in found.steps:
        yield "Cap", _cap(step, currency)
    for per in sorted({cap.per for cap in policy.caps if cap.per in BY_ITSELF}):
        yield "", f"what a single {per} may pay at most was applied to each {per} before"
    if found.minimum is not None:
        word = "not reached, nothing is paid" if found.outcome is Outcome.BELOW_MINIMUM else "reached"
        yield "Minimum", f"{found.minimum} before rounding: {word}"
    if found.outcome is not Outcome.BELOW_MINIMUM and not found.service_ms:
        rounded = round_to_money(found.unrounded_minor, currency, policy.rounding)
        rule = policy.rounding.value.replace("_", " ")
        yield "Rounding", f"{format_exact(found.unrounded_minor, currency)} by {rule} = {rounded.amount}"
    if found.service_ms:
        yield "Service time", f"{length(found.service_ms)} at the end of the term"


def _function(policy: Policy, m: Measurement, found: Assessment) -> Iterator[Step]:
    voice = Voice.of(policy, texts_in(credit.__module__.rpartition(".")[0], DEFAULT_LANGUAGE))
    if not isinstance(policy.credit, Table):
        for number, sentence in enumerate(credit(voice)):
            yield "Credit function" if number == 0 else "", sentence
    elif found.tier is None:
        yield "Credit table", "no row pays for this"
    if found.tier is not None:
        tier = policy.rows[found.tier]
        clause = f" [{policy.contract + ', ' if policy.contract else ''}{tier.clause}]" if tier.clause else ""
        yield f"Tier {found.tier + 1}", f"{row_range(voice, found.tier)}: {pays(voice, tier.pays)}{clause}"
    if isinstance(policy.credit, Multiple):
        yield "", f"{decimal(policy.credit.times)} × {counted(policy, downtime_of(policy.credit.of, m, policy))}"
    elif found.count is not None:
        if isinstance(policy.credit, Blocks) and policy.credit.of is DowntimeOf.EXCESS and is_whole(policy):
            beyond = counted(policy, downtime_of(policy.credit.of, m, policy))
            yield "", f"beyond what the target allows: {beyond}"
        yield "", f"counted: {_count(policy, found.count)}"


def _count(policy: Policy, count: Fraction) -> str:
    """``3 blocks``, ``2 days hit``."""
    one, several = {
        Blocks: ("block", "blocks"),
        Points: ("step", "steps"),
        Flat: ("breach", "breaches"),
    }.get(type(policy.credit), ("time", "times"))
    if isinstance(policy.credit, Hits):
        one, several = f"{policy.credit.span} hit", f"{policy.credit.span}s hit"
    return f"{decimal(count)} {one if count == 1 else several}"


def _base(policy: Policy, found: Assessment, facts: Facts) -> str:
    """Every charge with its amount, and what shares are of."""
    base, currency = policy.base, facts.fee.currency
    whole = replace(facts, in_force=Fraction(1))
    known = [
        (name.replace("_", " "), base_minor(replace(policy, base=Base((name,), month=base.month)), whole))
        for name in base.of
    ]
    said = " + ".join(
        f"{name} {'not known' if minor is None else format_exact(minor, currency)}" for name, minor in known
    )
    share = "" if base.share == 1 else f", of which {percent(base.share)}"
    share += "" if facts.in_force == 1 else f", of which {percent(facts.in_force)} for the time in force"
    pays_for = "" if base.covers_ms is None else f", for {length(base.covers_ms)}"
    return f"{said}{share} = {currency} {format_exact(found.base_minor, currency)}{pays_for}"


def _before_caps(policy: Policy, found: Assessment, currency: str) -> str:
    amount = format_exact(found.before_cap_minor, currency)
    if found.rate is not None and found.rate * found.base_minor == found.before_cap_minor:
        return f"{currency} {format_exact(found.base_minor, currency)} × {percent(found.rate)} = {amount}"
    if found.count and not any(cap.per in BY_ITSELF for cap in policy.caps):
        each = format_exact(found.before_cap_minor / found.count, currency)
        return f"{_count(policy, found.count)} × {currency} {each} = {amount}"
    return f"{currency} {amount}"


def _cap(step: LimitStep, currency: str) -> str:
    terms = _cap_terms(step.cap)
    if step.limit is None:
        return f"{terms}: not known yet, nothing is cut"
    left = f"{length(step.limit)} of service" if step.is_time else f"{currency} {format_exact(step.limit, currency)}"
    return f"{terms}, {left}: {'applies' if step.after < step.before else 'not reached'}"


def _cap_terms(cap: Cap) -> str:
    per = cap.per.value.replace("_", " ")
    if isinstance(cap.at, Fraction):
        return f"{percent(cap.at)} of {cap.of.replace('_', ' ')} per {per}"
    if isinstance(cap.at, int):
        return f"{length(cap.at)} per {per}"
    return f"{' or '.join(map(str, cap.at))} per {per}"
