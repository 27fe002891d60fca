"""A worked case as evidence of one made-up merchant, and what is known about its contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pyarrow as pa

from sla_service.domain.accounting.rounding import rounded_figure
from sla_service.domain.cycles import period_of
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.facts import Facts
from sla_service.domain.incidents import Incident
from sla_service.domain.instants import DAY_MS
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import CapPer, ChargeMonth
from sla_service.domain.windows import Window
from sla_service.measure.columns import EXCLUSIONS, USAGE
from sla_service.usecases.contract_facts import Charged, Surroundings, charge_months, facts_of
from sla_service.usecases.contract_periods import Subject, Unit
from sla_service.usecases.gather_evidence import Gathered, add_usage_incidents, reads_usage

EXAMPLE_ZONE = "UTC"
"""Zone of an example's merchant, where the policy measures each merchant in its own."""
EXAMPLE = "EXAMPLE"
NANO = 10**9


def example_facts(policy: Policy, example: PolicyExample, gathered: Gathered, measurement: Measurement) -> Facts:
    """What is known besides the measurement: read as for a merchant, from what the example says."""
    subject = gathered.subjects[0]
    known = Surroundings(gathered.month)
    key = (EXAMPLE, policy.service)
    claimed_ms = _claimed_ms(example, subject.time_zone)
    if claimed_ms is not None or example.aware_at_ms:
        known.claims = {key: {"claimed_ms": claimed_ms, "aware_ms": example.aware_at_ms}}
    known.charges = {key: _charged(policy, example, gathered.month)}
    facts = facts_of(subject, policy, measurement, known)
    before = example.credited_before
    return replace(
        facts,
        is_fee_known=example.fee is not None,
        history=tuple(rounded_figure(policy, figure) for figure in example.history),
        # Without a word about it, the claim came in time.
        is_claimed=facts.is_claimed or claimed_ms is None,
        credited_before=_for_all_caps(before.minor) if isinstance(before, Money) else (),
        served_before=_for_all_caps(before) if isinstance(before, int) else (),
    )


def _claimed_ms(example: PolicyExample, zone: str) -> int | None:
    """When it was claimed; on a day of which no more is said, at noon."""
    if example.claimed_at_ms is not None or example.claimed_on is None:
        return example.claimed_at_ms
    return midnight_ms(example.claimed_on, zone) + DAY_MS // 2


def _for_all_caps(amount: int) -> tuple[tuple[CapPer, Fraction], ...]:
    return tuple((per, Fraction(amount)) for per in CapPer)


def _charged(policy: Policy, example: PolicyExample, month: Month) -> list[Charged]:
    """Rows of charges: of every month that the policy may ask for, or of each month of the period by itself."""
    months = charge_months(policy, month)
    own = sorted(one for one, which in months.items() if which is ChargeMonth.THIS)
    found: list[Charged] = []
    for kind in dict.fromkeys(kind for kind, _, _ in example.charges):
        amounts = [(amount, currency) for named, amount, currency in example.charges if named == kind]
        if len(amounts) == 1:
            found += [(kind, *amounts[0], one) for one in months]
        elif len(amounts) == len(own):
            found += [(kind, *amount, one) for amount, one in zip(amounts, own, strict=True)]
        else:
            message = f"the period has {len(own)} months: give one amount for each of them, or one for all"
            raise InvalidValueError.of("charges_months", message, value=kind)
    return found


def example_evidence(policy: Policy, example: PolicyExample) -> Gathered:
    """The example as evidence of one made-up merchant."""
    zone = EXAMPLE_ZONE if policy.time_zone == MERCHANT_ZONE else policy.time_zone
    month = Month(example.first_day.year, example.first_day.month)
    period = period_of(policy.period, example.first_day, zone)
    window = _active(example, period, zone)
    if policy.subject is not SubjectKind.MERCHANT and not example.units:
        raise InvalidValueError.of("units_missing", "this policy looks at units: say `units: 3`, or their names")
    fee = example.fee or Money(_currency(example), 0)
    contract = Contract(EXAMPLE, policy.service, policy.policy, fee, example.active_from or date.min)
    subject = Subject(
        contract, "example", None, zone, window, policy, period=period, units=_units(policy, example, window, zone)
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
                "unit": one.unit,
            }
            for one in example.excluded
        ],
        schema=EXCLUSIONS,
    )
    if reads_usage(policy):
        gathered.usage = _usage(policy, example)
        add_usage_incidents(gathered)
    return gathered


def _units(policy: Policy, example: PolicyExample, active: Window, zone: str) -> tuple[Unit, ...]:
    """The units that are there within the contract's time, each with its own; equal shares are among those."""
    if policy.subject is SubjectKind.MERCHANT:
        return ()
    there = [(one, window) for one in example.units if (window := _within(active, one.starts_on, one.ends_on, zone))]
    if not there:
        raise InvalidValueError.of("units_missing", "no unit is there on any day of the example's period")
    equal = Fraction(1, len(there))
    return tuple(Unit(one.name, window, equal if one.fee_share is None else one.fee_share) for one, window in there)


def _active(example: PolicyExample, period: Window, zone: str) -> Window:
    window = _within(period, example.active_from, example.active_to, zone)
    if window is None:
        raise InvalidValueError.of("active_outside", "the contract is not in force on any day of the example's period")
    return window


def _within(whole: Window, starts_on: date | None, ends_on: date | None, zone: str) -> Window | None:
    """The part between two days, the second one excluded; None if that is no time at all."""
    start = midnight_ms(starts_on, zone) if starts_on else whole.start_ms
    end = midnight_ms(ends_on, zone) if ends_on else whole.end_ms
    return Window(start, end).overlap(whole) if start < end else None


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
