"""Examples inside a policy: each a small month of one made-up merchant, run through the very code that credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.assessment import Assessment, Measurement, Outcome, assess
from sla_service.domain.error_budget import consumed
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import DAY_MS, format_instant
from sla_service.domain.money import MINOR_DIGITS, Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.payment import SettleForm
from sla_service.domain.shares import format_floored
from sla_service.usecases.example_evidence import example_evidence, example_facts
from sla_service.usecases.measure_merchant import measure_gathered

NO_RIGHT = ("none",)
"""How an example says that no right arises."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """An example and what the policy makes of it."""

    example: PolicyExample
    found_availability: str
    """As shown; ``parked`` where there was nothing to measure."""
    found_credit: str
    """As shown; ``undefined`` where there is no single answer."""
    differences: tuple[str, ...]
    """Expected and found, in words; empty if it holds."""
    reason: str = ""
    """Why it is parked or undefined."""


def run_example(policy: Policy, example: PolicyExample) -> ExampleResult:
    """Run one example and compare it with what it expects."""
    try:
        gathered = example_evidence(policy, example)
        (measured,) = measure_gathered(gathered)
        if measured.measurement is None:
            return _parked(example, measured.reason or "everything in the period is excluded")
        facts = example_facts(policy, example, gathered, measured.measurement)
        return _compare(policy, example, measured.measurement, assess(policy, measured.measurement, facts))
    except InvalidValueError as error:
        return ExampleResult(example, "none", "none", (str(error),))


def _parked(example: PolicyExample, reason: str) -> ExampleResult:
    differences = () if example.expect.parked else (f"parked: {reason}",)
    return ExampleResult(example, "parked", "none", differences, reason)


def _compare(policy: Policy, example: PolicyExample, measurement: Measurement, found: Assessment) -> ExampleResult:
    expect = example.expect
    if policy.is_metric:
        shown = exact = decimal(measurement.decisive)
    else:
        shown, exact = format_floored(found.availability), str(found.availability)
    wanted = expect.availability
    same = wanted is None or wanted == shown or ("%" not in wanted and Fraction(wanted) == Fraction(exact))
    credit = _credit(policy, found)
    differences = ["expected to be parked, but there is something to measure"] if expect.parked else []
    if not same:
        differences.append(f"availability expected {expect.availability}, found {shown} (exactly {exact})")
    if expect.undefined != (found.outcome is Outcome.UNDEFINED):
        differences.append("expected to be undefined" if expect.undefined else f"undefined: {found.reason}")
    if expect.credit is not None and not _is(expect.credit, found):
        owed = expect.credit if isinstance(expect.credit, Money) else format_time(Fraction(expect.credit))
        differences.append(f"credit expected {owed}, found {credit}")
    differences += _further(policy, example, measurement, found)
    reason = found.reason if found.outcome is Outcome.UNDEFINED else ""
    return ExampleResult(example, shown, credit, tuple(differences), reason)


def _is(expected: Money | int, found: Assessment) -> bool:
    if isinstance(expected, Money):
        return expected == found.amount and not _served(found)
    return _served(found) == expected and not found.amount.minor


def _served(found: Assessment) -> Fraction:
    return found.service_ms if found.outcome is Outcome.CREDITED else Fraction(0)


def _credit(policy: Policy, found: Assessment) -> str:
    if found.outcome is Outcome.UNDEFINED:
        return Outcome.UNDEFINED.value
    is_time = policy.settlement.form is SettleForm.TERM_EXTENSION and not found.amount.minor
    return format_time(_served(found)) if _served(found) or is_time else str(found.amount)


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
