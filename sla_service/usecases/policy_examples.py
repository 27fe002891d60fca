"""Examples inside a policy: each a small month of one made-up merchant, run through the very code that credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import pyarrow as pa

from sla_service.domain.accounting.rounding import rounded_figure
from sla_service.domain.assessment import Assessment, Facts, Measurement, Outcome, assess
from sla_service.domain.cycles import period_of
from sla_service.domain.error_budget import consumed
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.facts import Charge
from sla_service.domain.incidents import Incident
from sla_service.domain.instants import DAY_MS, format_instant
from sla_service.domain.money import MINOR_DIGITS, Money, minor_digits
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import CapPer, ChargeMonth
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import Window
from sla_service.measure.columns import EXCLUSIONS, USAGE
from sla_service.usecases.contract_facts import Surroundings, facts_of
from sla_service.usecases.contract_periods import Subject, Unit
from sla_service.usecases.gather_evidence import Gathered, add_usage_incidents, reads_usage
from sla_service.usecases.measure_merchant import measure_gathered

EXAMPLE_ZONE = "UTC"
"""Zone of an example's merchant, where the policy measures each merchant in its own."""
EXAMPLE = "EXAMPLE"
NANO = 10**9
NO_RIGHT = ("none",)
"""How an example says that no right arises."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """An example and what the policy makes of it."""

    example: PolicyExample
    found_availability: str
    found_credit: str
    differences: tuple[str, ...]
    """Expected and found, in words; empty if it holds."""


def run_example(policy: Policy, example: PolicyExample) -> ExampleResult:
    """Run one example and compare it with what it expects."""
    try:
        gathered = _gathered(policy, example)
        (measured,) = measure_gathered(gathered)
        if measured.measurement is None:
            reason = measured.reason or "everything in the period is excluded"
            return ExampleResult(example, "nothing to measure", "none", (reason,))
        facts = _facts(policy, example, gathered, measured.measurement)
        return _compare(policy, example, measured.measurement, assess(policy, measured.measurement, facts))
    except InvalidValueError as error:
        return ExampleResult(example, "none", "none", (str(error),))


def _facts(policy: Policy, example: PolicyExample, gathered: Gathered, measurement: Measurement) -> Facts:
    subject = gathered.subjects[0]
    known = Surroundings(gathered.month)
    key = (EXAMPLE, policy.service)
    claimed_ms = _claimed_ms(example, subject.time_zone)
    if claimed_ms is not None or example.aware_at_ms:
        known.claims = {key: {"claimed_ms": claimed_ms, "aware_ms": example.aware_at_ms}}
    facts = facts_of(subject, policy, measurement, known)
    before: tuple[tuple[CapPer, Fraction], ...] = ()
    if example.credited_before is not None:
        before = tuple((per, Fraction(example.credited_before.minor)) for per in CapPer)
    # An example has one amount for each kind of charge, from whichever month the policy takes it.
    charges = tuple(
        Charge(kind, amount * 10 ** minor_digits(currency), month)
        for kind, amount, currency in example.charges
        for month in ChargeMonth
    )
    # Without a word about it, the claim came in time.
    claimed = facts.is_claimed or claimed_ms is None
    history = tuple(rounded_figure(policy, figure) for figure in example.history)
    return replace(facts, charges=charges, credited_before=before, history=history, is_claimed=claimed)


def _claimed_ms(example: PolicyExample, zone: str) -> int | None:
    """When it was claimed; on a day of which no more is said, at noon."""
    if example.claimed_at_ms is not None or example.claimed_on is None:
        return example.claimed_at_ms
    return midnight_ms(example.claimed_on, zone) + DAY_MS // 2


def _compare(policy: Policy, example: PolicyExample, measurement: Measurement, found: Assessment) -> ExampleResult:
    expect = example.expect
    if policy.is_metric:
        shown = exact = decimal(measurement.decisive)
    else:
        shown, exact = format_floored(found.availability), str(found.availability)
    wanted = expect.availability
    same = wanted is None or wanted == shown or ("%" not in wanted and Fraction(wanted) == Fraction(exact))
    credit = _credit(found)
    differences = []
    if not same:
        differences.append(f"availability expected {expect.availability}, found {shown} (exactly {exact})")
    if expect.undefined != (found.outcome is Outcome.UNDEFINED):
        differences.append("expected to be undefined" if expect.undefined else f"undefined: {found.reason}")
    if expect.credit is not None and not _is(expect.credit, found):
        owed = expect.credit if isinstance(expect.credit, Money) else format_time(Fraction(expect.credit))
        differences.append(f"credit expected {owed}, found {credit}")
    differences += _further(policy, example, measurement, found)
    return ExampleResult(example, shown, credit, tuple(differences))


def _is(expected: Money | int, found: Assessment) -> bool:
    if isinstance(expected, Money):
        return expected == found.amount and not _served(found)
    return _served(found) == expected and not found.amount.minor


def _served(found: Assessment) -> Fraction:
    return found.service_ms if found.outcome is Outcome.CREDITED else Fraction(0)


def _credit(found: Assessment) -> str:
    return format_time(_served(found)) if _served(found) else str(found.amount)


def _further(policy: Policy, example: PolicyExample, measurement: Measurement, found: Assessment) -> list[str]:
    expect = example.expect
    differences = []
    unrounded = _unrounded(found)
    if expect.unrounded is not None and expect.unrounded != unrounded:
        differences.append(f"unrounded credit expected {expect.unrounded}, found {unrounded}")
    tier = 0 if found.tier is None else found.tier + 1
    if expect.tier is not None and expect.tier != tier:
        differences.append(f"tier expected {expect.tier}, found {tier}")
    budget = consumed(policy, measurement)
    if expect.budget is not None and expect.budget != ("none" if budget is None else budget):
        found_budget = "none" if budget is None else budget
        differences.append(f"error budget consumed expected {expect.budget}, found {found_budget}")
    if expect.rights is not None and {*expect.rights} != {*(found.rights or NO_RIGHT)}:
        differences.append(f"rights expected {_quoted(expect.rights)}, found {_quoted(found.rights or NO_RIGHT)}")
    until = expect.claim_until
    if until is not None:
        wanted = format_instant(until) if isinstance(until, int) else until.isoformat()
        if wanted != found.claim_until:
            differences.append(f"claim expected until {wanted}, found {found.claim_until or 'none'}")
    return differences


def _quoted(rights: Sequence[str]) -> str:
    """Each right by itself, so that two are not taken for one whose words have a comma."""
    return " and ".join(f"`{right}`" for right in rights)


def _unrounded(found: Assessment) -> Fraction:
    """What is owed before rounding: in major units, or in days; nothing where it is not paid."""
    if found.outcome in {Outcome.BELOW_MINIMUM, Outcome.UNCLAIMED}:
        return Fraction(0)
    if found.service_ms:
        return found.service_ms / DAY_MS
    return Fraction(found.unrounded_minor, 10 ** MINOR_DIGITS[found.amount.currency])


def decimal(figure: Fraction) -> str:
    """A metric's value as a decimal where it is one, else as the exact ratio: ``3.9``, ``1/3``."""
    for places in range(10):
        scaled = abs(figure) * 10**places
        if scaled.denominator == 1:
            digits = str(scaled.numerator).rjust(places + 1, "0")
            whole, rest = digits[: len(digits) - places], digits[len(digits) - places :]
            return f"{'-' if figure < 0 else ''}{whole}{'.' if rest else ''}{rest}"
    return str(figure)


def format_time(time_ms: Fraction) -> str:
    """Service time: ``3 d``, ``14336 min``, ``1/3 d``."""
    for unit_ms, unit in ((DAY_MS, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if (time_ms / unit_ms).denominator == 1:
            return f"{time_ms / unit_ms} {unit}"
    return f"{time_ms / DAY_MS} d"


def _gathered(policy: Policy, example: PolicyExample) -> Gathered:
    """The example as evidence of one made-up merchant."""
    zone = EXAMPLE_ZONE if policy.time_zone == MERCHANT_ZONE else policy.time_zone
    month = Month(example.first_day.year, example.first_day.month)
    period = period_of(policy.period, example.first_day, zone)
    window = _active(example, period, zone)
    if policy.subject is not SubjectKind.MERCHANT and not example.units:
        raise InvalidValueError.of("units_missing", "this policy looks at units: say `units: 3`, or their names")
    share = Fraction(1, max(1, len(example.units)))
    units = tuple(Unit(name, window, share) for name in example.units)
    fee = example.fee or Money(_currency(example), 0)
    contract = Contract(EXAMPLE, policy.service, policy.policy, fee, example.active_from or date.min)
    subject = Subject(
        contract, "example", None, zone, window, policy, period=period, units=units if _has_units(policy) else ()
    )
    gathered = Gathered(month, [subject], [policy], as_of_ms=period.end_ms)
    gathered.incidents = [Incident(EXAMPLE, example.name, policy.service, "", 0, "", "", timeline=example.timeline)]
    if example.timeline:
        start, last = example.timeline[0], example.timeline[-1]
        end = last.at_ms if not last.impact_ppm and len(example.timeline) > 1 else None
        gathered.incidents = [replace(gathered.incidents[0], started_at_ms=start.at_ms, ended_at_ms=end)]
    gathered.impacts = _impacts(policy, example)
    gathered.exclusions = pa.Table.from_pylist(
        [
            {
                "kind": one.kind.value,
                "service": policy.service,
                "start_ms": one.window.start_ms,
                "end_ms": one.window.end_ms,
                "notice_ms": one.notice_ms,
                "upstream": one.upstream,
                "confirmed_ms": one.confirmed_at_ms,
            }
            for one in example.excluded
        ],
        schema=EXCLUSIONS,
    )
    if reads_usage(policy):
        gathered.usage = _usage(policy, example)
        add_usage_incidents(gathered)
    return gathered


def _has_units(policy: Policy) -> bool:
    return policy.subject is not SubjectKind.MERCHANT


def _active(example: PolicyExample, period: Window, zone: str) -> Window:
    start = midnight_ms(example.active_from, zone) if example.active_from else period.start_ms
    end = midnight_ms(example.active_to, zone) if example.active_to else period.end_ms
    window = Window(start, end).overlap(period) if start < end else None
    if window is None:
        raise InvalidValueError.of("active_outside", "the contract is not in force on any day of the example's period")
    return window


def _currency(example: PolicyExample) -> str:
    money = example.expect.credit if isinstance(example.expect.credit, Money) else None
    return next((currency for _, _, currency in example.charges), money.currency if money else "USD")


def _impacts(policy: Policy, example: PolicyExample) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "incident_id": EXAMPLE,
                "merchant_id": EXAMPLE,
                "service": policy.service,
                "unit": one.unit,
                "start_ms": one.window.start_ms,
                "end_ms": one.window.end_ms,
                "share_ppm": one.share_ppm,
                "confirmed_ms": one.confirmed_at_ms,
                "ticket_ms": one.ticket_at_ms,
                "reported_ms": one.reported_at_ms,
            }
            for one in example.impact
        ],
        schema=IMPACTS_READ,
    )


IMPACTS_READ = pa.schema(
    [
        *((name, pa.string()) for name in ("incident_id", "merchant_id", "service", "unit")),
        *(
            (name, pa.int64())
            for name in ("start_ms", "end_ms", "share_ppm", "confirmed_ms", "ticket_ms", "reported_ms")
        ),
    ]
)
"""As evidence is read from the database."""


def _usage(policy: Policy, example: PolicyExample) -> pa.Table:
    columns: dict[str, Sequence[object]] = {
        "merchant_id": [EXAMPLE] * len(example.usage),
        "service": [policy.service] * len(example.usage),
        "unit": [one.unit for one in example.usage],
        "start_ms": [one.window.start_ms for one in example.usage],
        "end_ms": [one.window.end_ms for one in example.usage],
        "value_nano": [None if one.value is None else int(one.value * NANO) for one in example.usage],
    }
    for name in ("requests", "failed", "tolerated", "users", "users_affected"):
        columns[name] = [getattr(one, name) for one in example.usage]
    return pa.table([pa.array(columns[name], USAGE.field(name).type) for name in USAGE.names], schema=USAGE)
