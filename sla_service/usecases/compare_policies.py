"""What another version of a policy would have paid: one month measured under both, by the code that credits."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.evidence import load_contracts, load_units
from sla_service.domain.assessment import Outcome
from sla_service.domain.cycles import months_in
from sla_service.domain.errors import NotFoundError
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import RollingDays
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.formats.policy_yaml import print_policy
from sla_service.usecases.contract_facts import surroundings
from sla_service.usecases.contract_periods import ContractPeriods, park_overlaps
from sla_service.usecases.credit_rows import CreditRows
from sla_service.usecases.gather_evidence import Gathered, add_happenings
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.progress import Progress, silent

Row = Mapping[str, Any]
CaseKey = tuple[str, str, str, str]
"""Merchant, service, contract's first day, currency."""
NO_ANSWER = {Outcome.UNDEFINED.value, "parked"}
NOT_DUE = "not_due"
LONGEST_MONTH_DAYS = 31
ALWAYS = date(2000, 1, 1)
"""Before any contract."""


class Verdict(StrEnum):
    """What the other policy changes for a merchant."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    OTHER_KIND = "other_kind"
    """More of money and less of service time, or the other way round."""
    NO_ANSWER = "no_answer"
    """One of the two has no single answer, or nothing could be measured."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy gives a contract, over all its periods that are due with the month."""

    outcome: str
    """A value of ``Outcome``, ``parked``, or ``not_due``; of several periods the one that matters most."""
    amount_minor: int = 0
    service_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One contract under both policies."""

    merchant_id: str
    service: str
    currency: str
    before: Side
    after: Side

    @property
    def difference_minor(self) -> int:
        """After less before."""
        return self.after.amount_minor - self.before.amount_minor

    @property
    def verdict(self) -> Verdict:
        """More, less or the same."""
        if {self.before.outcome, self.after.outcome} & NO_ANSWER:
            return Verdict.NO_ANSWER
        money, time = self.difference_minor, self.after.service_ms - self.before.service_ms
        if not money and not time:
            return Verdict.SAME
        if money >= 0 and time >= 0:
            return Verdict.MORE
        return Verdict.LESS if money <= 0 and time <= 0 else Verdict.OTHER_KIND


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two policies, in terms and in a month's money."""

    month: Month
    cases: tuple[Case, ...]
    """Every contract that names the policy, by merchant."""
    is_estimate: bool
    """Whether a period goes on: time to come is taken as up."""

    def of(self, verdict: Verdict) -> list[Case]:
        """The cases of one verdict, the largest differences first."""
        found = [case for case in self.cases if case.verdict is verdict]
        return sorted(found, key=lambda case: (-abs(case.difference_minor), case.merchant_id, case.service))

    def totals(self) -> dict[str, tuple[int, int]]:
        """Before and after per currency; cases without an answer count as nothing."""
        sums: dict[str, tuple[int, int]] = {}
        for case in self.cases:
            before, after = sums.get(case.currency, (0, 0))
            sums[case.currency] = (before + case.before.amount_minor, after + case.after.amount_minor)
        return dict(sorted(sums.items()))


def changed_terms(old: Policy, new: Policy) -> list[str]:
    """The lines of the canonical files that differ, marked with − and +; their examples are no terms."""
    one, two = (print_policy(replace(policy, examples=())).splitlines() for policy in (old, new))
    # The first two lines are the names of files that are none.
    return [line for line in list(difflib.unified_diff(one, two, n=0, lineterm=""))[2:] if not line.startswith("@@")]


def published_policy(session: Session, name: str, version: int) -> Policy:
    """One published version.

    Raises:
        NotFoundError: There is none.
    """
    found = [policy for policy in published_policies(session) if policy.policy == name]
    for policy in found:
        if policy.version == version:
            return policy
    known = ", ".join(f"{name}@{policy.version}" for policy in found)
    hint = f"published are {known}" if known else "`sla policy list` shows those that are"
    raise NotFoundError(f"the policy {name}@{version} is not published; {hint}")


def compare_policies(
    session: Session, old: Policy, new: Policy, month: Month, *, now_ms: int, progress: Progress = silent
) -> Comparison:
    """Measure every contract that names the new policy under both, with the evidence as it is.

    A person's decisions stay out: what has no answer is shown as having none. Policies of other names in the same group
    are not looked at.

    Args:
        session: Open; only reads.
        old: As if it were in force for all of these contracts.
        new: The same; its name says which contracts.
        month: Periods that end in it are due.
        now_ms: Where open incidents are cut.
        progress: Told how far it is.
    """
    rows = _contracts(session, new.policy, month, (old, new))
    found: dict[CaseKey, list[Side | None]] = {}
    is_estimate = False
    for at, policy in enumerate((old, new)):
        gathered = _gathered(session, _for_all(policy, new), rows, month, now_ms)
        is_estimate |= any(subject.window and subject.window.end_ms > now_ms for subject in gathered.subjects)
        for key, side in _sides(_credits(session, gathered, progress)).items():
            found.setdefault(key, [None, None])[at] = side
    cases = [
        Case(merchant, service, currency, before or Side(NOT_DUE), after or Side(NOT_DUE))
        for (merchant, service, _, currency), (before, after) in sorted(found.items())
    ]
    return Comparison(month, tuple(cases), is_estimate)


def _for_all(policy: Policy, new: Policy) -> Policy:
    """The policy as if it were the one that the contracts name, for their service, and always in force."""
    return replace(
        policy,
        policy=new.policy,
        service=new.service,
        effective_from=ALWAYS,
        effective_to=None,
        is_frozen_for_term=False,
    )


def _contracts(session: Session, name: str, month: Month, policies: Sequence[Policy]) -> pa.Table:
    rows = load_contracts(
        session, first_day=_first_day(month, policies), end_day=month.next.first_day.isoformat(), among=None
    )
    return rows.filter(pc.equal(rows["policy"], name))


def _first_day(month: Month, policies: Sequence[Policy]) -> str:
    """A day on which no period that ends in the month has begun."""
    days = [
        policy.period.days
        if isinstance(policy.period, RollingDays)
        else LONGEST_MONTH_DAYS * (months_in(policy.period).__ceil__() + 1)
        for policy in policies
    ]
    return (month.first_day - timedelta(days=max(days))).isoformat()


def _gathered(session: Session, policy: Policy, rows: pa.Table, month: Month, now_ms: int) -> Gathered:
    units: dict[tuple[str, str], list[Row]] = defaultdict(list)
    if policy.subject is not SubjectKind.MERCHANT:
        end_day = month.next.first_day.isoformat()
        known = load_units(session, first_day=_first_day(month, (policy,)), end_day=end_day)
        for row in rows_of(known):
            units[row["merchant_id"], row["service"]].append(row)
    making = ContractPeriods(month, [policy], units, due=True)
    gathered = Gathered(month, policies=[policy], as_of_ms=now_ms)
    gathered.subjects = [subject for row in rows_of(rows) for subject in making.subjects(row)]
    park_overlaps(gathered.subjects)
    if gathered.subjects:
        add_happenings(session, gathered, [policy])
    return gathered


def _credits(session: Session, gathered: Gathered, progress: Progress) -> Iterable[Row]:
    # Ibis takes long to import: only those who measure pay for it.
    from sla_service.measure.availability import measure  # noqa: PLC0415
    from sla_service.usecases.evidence_tables import evidence_tables  # noqa: PLC0415

    if not gathered.subjects:
        return []
    tables = evidence_tables(gathered)
    rows = CreditRows(0, gathered, tables, measure(tables.evidence))
    return rows_of(rows.credits(surroundings(session, gathered), {}, progress))


def _sides(rows: Iterable[Row]) -> dict[CaseKey, Side]:
    found: dict[CaseKey, Side] = {}
    for row in rows:
        key = (row["merchant_id"], row["service"], row["contract_starts_on"], row["currency"])
        side = Side(row["outcome"], row["amount_minor"], row["service_ms"], row["reason"] or "")
        found[key] = _together(found[key], side) if key in found else side
    return found


_WEIGHT = (*sorted(NO_ANSWER), Outcome.CREDITED, Outcome.UNCLAIMED, Outcome.BELOW_MINIMUM, Outcome.NOTHING_OWED)


def _together(one: Side, two: Side) -> Side:
    """Several periods of one contract; what has no answer is said first."""
    first = min((one, two), key=lambda side: _WEIGHT.index(side.outcome) if side.outcome in _WEIGHT else len(_WEIGHT))
    return replace(first, amount_minor=one.amount_minor + two.amount_minor, service_ms=one.service_ms + two.service_ms)
