"""Contracts as subjects: which periods of each are due, under which version of its policy, and for which units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sla_service.domain.cycles import period_around, periods_ending_in
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import CalendarMonths, Period
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.windows import Window
from sla_service.usecases.policies_in_force import policy_in_force

Row = Mapping[str, Any]
LONG_AGO_MS, FAR_AHEAD_MS = -(2**52), 2**52
"""Beyond every evidence, a hundred thousand years away."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A site, device or database of a contract, and when it existed within the period."""

    name: str
    window: Window
    fee_share: Fraction
    """Of the contract's base."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract in a period, and how it is measured; or why it cannot be."""

    contract: Contract
    region: str
    partner_id: str | None
    time_zone: str = ""
    window: Window | None = None
    """The part of the period in which the contract is in force."""
    policy: Policy | None = None
    parked_reason: str = ""
    period: Window | None = None
    """The whole period."""
    units: tuple[Unit, ...] = ()
    """For policies that look at units."""

    @property
    def lifetime(self) -> Window:
        """When the contract was in force; beyond an edge of the period at which it neither began nor ended, too."""
        here = self.window or self.period or Window(LONG_AGO_MS, FAR_AHEAD_MS)
        whole, contract = self.period or here, self.contract
        first, end = (to_datetime(ms, self.time_zone).date() for ms in (here.start_ms, here.end_ms))
        begins = here.start_ms > whole.start_ms or first == contract.starts_on
        ends = here.end_ms < whole.end_ms or end == contract.ends_on
        return Window(here.start_ms if begins else LONG_AGO_MS, here.end_ms if ends else FAR_AHEAD_MS)

    def lifetime_of(self, unit: Unit) -> Window:
        """When a unit existed; one that did at an edge of what is measured did beyond it too, as far as is known."""
        here = self.window or unit.window
        start = LONG_AGO_MS if unit.window.start_ms == here.start_ms else unit.window.start_ms
        return Window(start, FAR_AHEAD_MS if unit.window.end_ms == here.end_ms else unit.window.end_ms)


class ContractPeriods:
    """Makes subjects of contracts; what many contracts share is worked out once."""

    def __init__(
        self, month: Month, policies: Sequence[Policy], units: Mapping[tuple[str, str], list[Row]], *, due: bool
    ) -> None:
        """``due``: the periods that end in the month; otherwise the one that is running at its end."""
        self.month, self.policies, self.units, self.due = month, policies, units, due
        self._in_force: dict[tuple[str, date, date], Policy | None] = {}

    def subjects(self, row: Row) -> Iterable[Subject]:
        """The subjects of one contract; none if no period of it is due."""
        starts_on = date.fromisoformat(row["starts_on"])
        # The version of the period's first day holds for it; a contract that begins later begins with its own.
        day = max(self.month.first_day, starts_on)
        policy = self._policy(row["policy"], day, starts_on)
        contract = _contract(row, starts_on)
        base = Subject(contract, row["region"], row["partner_id"])
        if policy is None or policy.service != contract.service:
            if _touches(row, self.month):
                yield replace(base, parked_reason=_why_parked(policy, contract, day))
            return
        zone = policy.zone_for(row["time_zone"])
        starts = max(row["starts_on"], row["active_from"])
        ends = min(filter(None, (row["ends_on"], row["active_to"])), default=None)
        for period in _periods(policy.period, self.month, zone, due=self.due):
            window = _bounds(period, zone, starts, ends)
            if window is not None:
                held = self._held(policy, period, zone, starts_on)
                subject = Subject(contract, row["region"], row["partner_id"], zone, window, held, period=period)
                yield self._with_units(subject) if held.subject is not SubjectKind.MERCHANT else subject

    def _held(self, policy: Policy, period: Window, zone: str, starts_on: date) -> Policy:
        if policy.period == CalendarMonths():
            return policy
        first = to_datetime(period.start_ms, zone).date()
        return self._policy(policy.policy, max(first, starts_on), starts_on) or policy

    def _policy(self, name: str, day: date, starts_on: date) -> Policy | None:
        key = (name, day, min(starts_on, day))
        if key not in self._in_force:
            self._in_force[key] = policy_in_force(self.policies, name, day, starts_on)
        return self._in_force[key]

    def _with_units(self, subject: Subject) -> Subject:
        contract, window = subject.contract, subject.window
        rows = self.units.get((contract.merchant_id, contract.service), [])
        found = [
            (row, cut)
            for row in rows
            if window and (cut := _bounds(window, subject.time_zone, row["starts_on"], row["ends_on"])) is not None
        ]
        if not found:
            reason = f"no unit of {contract.service} is known in the period; import units"
            return replace(subject, policy=None, window=None, parked_reason=reason)
        return replace(subject, units=_units(found, contract))


def _units(found: Sequence[tuple[Row, Window]], contract: Contract) -> tuple[Unit, ...]:
    """Units with their shares of the fee: by their own fees where all have one, otherwise equal."""
    fees = [row["monthly_fee_minor"] for row, _ in found]
    total = contract.monthly_fee.minor
    if total and all(fee is not None for fee in fees):
        shares = [Fraction(fee, total) for fee in fees]
    else:
        shares = [Fraction(1, len(found))] * len(found)
    return tuple(Unit(row["unit"], cut, share) for (row, cut), share in zip(found, shares, strict=True))


def _contract(row: Row, starts_on: date) -> Contract:
    return Contract(
        merchant_id=row["merchant_id"],
        service=row["service"],
        policy=row["policy"],
        monthly_fee=Money(row["currency"], row["monthly_fee_minor"]),
        starts_on=starts_on,
        ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
    )


def _touches(row: Row, month: Month) -> bool:
    first, end = month.first_day.isoformat(), month.next.first_day.isoformat()
    return row["starts_on"] < end and (not row["ends_on"] or row["ends_on"] > first)


def _why_parked(policy: Policy | None, contract: Contract, day: date) -> str:
    if policy is None:
        return f"no version of the policy {contract.policy} is in force on {day}; publish one"
    return f"the policy {contract.policy} is for {policy.service}, the contract for {contract.service}"


@lru_cache(maxsize=10_000)
def _periods(period: Period, month: Month, zone: str, *, due: bool) -> tuple[Window, ...]:
    return tuple(periods_ending_in(period, month, zone)) if due else (period_around(period, month, zone),)


@lru_cache(maxsize=100_000)
def _bounds(whole: Window, zone: str, starts_on: str, ends_on: str | None) -> Window | None:
    """The part of a period between two days; None if that is no time at all."""
    start_ms = max(whole.start_ms, midnight_ms(date.fromisoformat(starts_on), zone))
    end_ms = min(whole.end_ms, midnight_ms(date.fromisoformat(ends_on), zone)) if ends_on else whole.end_ms
    return Window(start_ms, end_ms) if start_ms < end_ms else None


def park_overlaps(subjects: list[Subject]) -> None:
    """Two contracts for the same service at the same time cannot both be right."""
    latest: dict[tuple[str, str], list[int]] = {}
    for i, subject in enumerate(subjects):
        key = (subject.contract.merchant_id, subject.contract.service)
        for before in latest.get(key, []):
            one, two = subjects[before].contract, subject.contract
            if one.starts_on == two.starts_on or (ends_on := one.ends_on or date.max) <= two.starts_on:
                continue
            until = "has no end" if ends_on == date.max else f"ends on {ends_on}"
            reason = (
                f"the contract from {one.starts_on} {until}, and the next one begins on {two.starts_on}; "
                f"end the first one"
            )
            for at in (before, i):
                kept = subjects[at]
                subjects[at] = Subject(kept.contract, kept.region, kept.partner_id, parked_reason=reason)
        latest.setdefault(key, []).append(i)
