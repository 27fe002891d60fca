"""From measured columns to one measurement per subject, with the lines behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.domain.accounting import Account, Judged, Piece, PieceStatus, account, denominator_ms
from sla_service.domain.accounting.detail import needs_detail, slot_length_ms
from sla_service.domain.accounting.grants import NO_DAY
from sla_service.domain.accounting.together import Lying, together
from sla_service.domain.accounting.usage import UsageSum, left_slots, measure_usage
from sla_service.domain.incidents import USAGE_PREFIX
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import PartPeriod
from sla_service.domain.policies.downtime import Affected, AllowancePer, ExclusionEffect
from sla_service.domain.policies.indicators import AffectedUsers, Slots, SubjectKind, SubjectOf, Together, Windows
from sla_service.domain.windows import Window
from sla_service.usecases.account_units import Accounted, LineRow, of_units
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.excluded_windows import reason_of
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.known_evidence import NO_USAGE, Known, Span, counted_pieces, why_not_measured, why_stray

if TYPE_CHECKING:
    from sla_service.measure.availability import Measured
    from sla_service.usecases.evidence_tables import Measurable, Tables

T = TypeVar("T")


class Accounts:
    """The accounts of all subjects in detail; what one representative stands for is accounted for once."""

    def __init__(self, gathered: Gathered, tables: Tables, measured: Measured) -> None:
        self.gathered, self.tables = gathered, tables
        # Plain contracts, which come last, have no account.
        own = measured.members.filter(pc.less(measured.members["subject"], len(tables.measurables)))
        self.representative = dict(zip(own["subject"].to_pylist(), own["representative"].to_pylist(), strict=True))
        usage = gathered.usage
        here = frozenset() if usage is None else frozenset(usage["service"].unique().to_pylist())
        # Whoever reads for some merchants asks for all: nobody is parked because of who else was read.
        self.used_services = here if gathered.used_services is None else gathered.used_services
        self.detailed = {policy.digest for policy in gathered.policies if needs_detail(policy)}
        self.pieces = _pieces(measured.pieces)
        self.sums = _grouped(measured.usage, _usage_sum)
        self.spans: dict[int, list[Span]] = _grouped(measured.spans, _span)
        self.strays = _grouped(measured.strays, lambda row: Window(*row))
        self.numbers: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, one in enumerate(tables.measurables):
            self.numbers[one.subject, one.span].append(number)
        self._known: dict[tuple[object, ...], Accounted] = {}

    def of(self, subject: int, span: int = 0) -> Accounted | None:
        """The account of a subject over a span; None where its policy is measured as a sum."""
        found = self.gathered.subjects[subject]
        if found.policy is None or found.policy.digest not in self.detailed:
            return None
        numbers = self.numbers[subject, span]
        # Representatives have one policy, region and period; zone and the contract's first day may differ, and units
        # their lives and shares.
        key = (
            found.time_zone,
            _first_day(found),
            found.window,
            found.lifetime,
            found.units,
            *(self.representative[number] for number in numbers),
        )
        if key not in self._known:
            self._known[key] = self._account(found, found.policy, numbers)
        return self._known[key]

    def _account(self, subject: Subject, policy: Policy, numbers: Sequence[int]) -> Accounted:
        strays = [row for number in numbers for row in self.strays.get(self.representative[number], [])]
        if strays:
            row = max(strays, key=lambda one: (one.duration_ms, -one.start_ms))
            return Accounted(None, reason=why_stray(policy, row))
        if not subject.units or isinstance(policy.subject, Together):
            return self._one(subject, policy, numbers)
        parts = [self._one(subject, policy, [number]) for number in numbers]
        if policy.subject is SubjectKind.POOL and len({one.measurement is None for one in parts}) > 1:
            # What is known of one unit tells that the pool is measured: of another, nothing is nothing bad.
            parts = [self._one(subject, policy, [number], in_pool=True) for number in numbers]
        return of_units(subject, policy, parts)

    def _one(self, subject: Subject, policy: Policy, numbers: Sequence[int], *, in_pool: bool = False) -> Accounted:
        """The account of one unit, or of those that count only together."""
        one = self.tables.measurables[numbers[0]]
        known = self._known_of(subject, policy, numbers)
        asks_usage = policy.qualify.affected is not Affected.EVERYONE and policy.service not in self.used_services
        reason = why_not_measured(policy, known, one.period, in_pool=in_pool)
        if asks_usage or reason:
            return Accounted(None, reason=reason or NO_USAGE.format(service=policy.service))
        pieces = counted_pieces(policy, known, self._usage_incident(policy))
        found = _accounted(subject, policy, one, pieces, known.rows)
        measurement = found.measurement
        if not isinstance(policy.indicator, Windows | Slots | AffectedUsers):
            measured = one.period if policy.part_period is PartPeriod.FULL_PERIOD else one.window
            total_ms = denominator_ms(policy, period=one.period, active=one.window)
            left = left_slots(policy, slot_length_ms(policy), pieces, subject.time_zone)
            measurement = measure_usage(policy, known.sums, total_ms, measured, left)
        if measurement is not None and policy.part_period is PartPeriod.NO_CYCLE and one.window != one.period:
            measurement = replace(measurement, is_promised=False)
        lines = tuple(_lines(policy, found, self._usage_incident(policy)))
        return Accounted(measurement, found.excluded_ppm_ms, found.unmeasured_ms, lines)

    def _lying(self, subject: Subject, of: SubjectOf, units: Sequence[int]) -> Sequence[Piece]:
        """The pieces of one unit, or what those that count only together have at the same time."""
        pieces = [self.pieces.get(unit, []) for unit in units]
        if not isinstance(of, Together):
            return pieces[0]
        lives = map(subject.lifetime_of, subject.units)
        return together([Lying(life, one) for life, one in zip(lives, pieces, strict=True)], of.down)

    def _known_of(self, subject: Subject, policy: Policy, numbers: Sequence[int]) -> Known:
        units = [self.representative[number] for number in numbers]
        return Known(
            self._lying(subject, policy.subject, units),
            [row for unit in units for row in self.sums.get(unit, [])],
            [row for unit in units for row in self.spans.get(unit, [])],
        )

    def _usage_incident(self, policy: Policy) -> int:
        wanted = f"{USAGE_PREFIX}{policy.service}"
        return next((n for n, one in enumerate(self.gathered.incidents) if one.incident_id == wanted), -1)


def _accounted(
    subject: Subject, policy: Policy, one: Measurable, pieces: Sequence[Piece], rows: Sequence[Span]
) -> Account:
    return account(
        policy,
        pieces,
        period=one.period,
        active=one.window,
        zone=subject.time_zone,
        activity=[Window(row[0], row[1]) for row in rows if row[4]],
        starts_on=_first_day(subject),
        life=_life(subject, policy, one),
    )


def _first_day(subject: Subject) -> date:
    """The contract's first day where its terms look at it; otherwise one for all, so that they are accounted as one."""
    rules = subject.policy.exclude if subject.policy else ()
    by_contract = any(one.per is AllowancePer.CONTRACT_YEAR for rule in rules for one in rule.allowances)
    return subject.contract.starts_on if by_contract else NO_DAY


def _life(subject: Subject, policy: Policy, one: Measurable) -> Window | None:
    """When the contract or unit was in force; None where it is taken to have been all the time."""
    if policy.part_period is PartPeriod.FULL_PERIOD:
        return None
    if one.unit < 0 or isinstance(policy.subject, Together):
        return subject.lifetime
    return subject.lifetime_of(subject.units[one.unit]).overlap(subject.lifetime)


def _lines(policy: Policy, found: Account, usage_incident: int) -> Iterable[LineRow]:
    """Pieces with impact, neighbours of one fate together."""
    last: LineRow | None = None
    for one in found.judged:
        line = _line(policy, one, usage_incident)
        if line is None:
            continue
        if last is not None and last[2] == line[1] and (last[0], *last[5:]) == (line[0], *line[5:]):
            last = (last[0], last[1], line[2], last[3] + line[3], last[4] + line[4], last[5], last[6])
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


def _line(policy: Policy, one: Judged, usage_incident: int) -> LineRow | None:
    piece = one.piece
    if not piece.share_ppm:
        return None
    counted = is_counted(one)
    impact = int(piece.share_ppm * (piece.end_ms - piece.start_ms))
    return (
        piece.incident if piece.incident >= 0 else usage_incident,
        piece.start_ms,
        piece.end_ms,
        impact,
        impact if counted else 0,
        (PieceStatus.COUNTED if counted else one.status).value,
        _reason(policy, one),
    )


DOWN_ALL_THE_SAME = frozenset({ExclusionEffect.ADDED_BACK, ExclusionEffect.NOT_CREDITED})


def is_counted(one: Judged) -> bool:
    """Whether a piece counts as down for availability."""
    if one.status is PieceStatus.COUNTED:
        return True
    return one.status is PieceStatus.EXCLUDED and one.effect in DOWN_ALL_THE_SAME


def _reason(policy: Policy, one: Judged) -> str | None:
    if one.effect is None or one.piece.rule < 0:
        return None
    return reason_of(policy.exclude[one.piece.rule])


def _pieces(table: pa.Table) -> dict[int, list[Piece]]:
    """Pieces by subject; column by column, because a large book has millions of them."""
    found: dict[int, list[Piece]] = defaultdict(list)
    subjects, *columns = (pc.fill_null(column, -1).to_pylist() for column in table.columns)
    for subject, piece in zip(subjects, map(Piece, *columns), strict=True):
        found[subject].append(piece)
    return dict(found)


def _grouped(table: pa.Table, make: Callable[[list[Any]], T]) -> dict[int, list[T]]:
    """Rows by subject, each made of the columns after it."""
    found: dict[int, list[T]] = defaultdict(list)
    columns = [column.to_pylist() for column in table.columns]
    for subject, *values in zip(*columns, strict=True):
        found[subject].append(make(values))
    return dict(found)


def _span(values: Sequence[Any]) -> Span:
    start, end, users, affected, is_activity = values
    return start, end, users or 0, affected or 0, is_activity


def _usage_sum(values: Sequence[int | None]) -> UsageSum:
    start, end, base, rank, rows, active, requests, failed, tolerated, nano, value_rows, minimum, maximum = values
    return UsageSum(
        base or 0,
        -1 if rank is None else rank,
        rows or 0,
        active or 0,
        requests or 0,
        failed or 0,
        tolerated or 0,
        nano,
        value_rows or 0,
        minimum,
        maximum,
        None if start is None or end is None else Window(start, end),
    )
