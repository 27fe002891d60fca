"""Gathered evidence as the tables that measuring takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import table_of
from sla_service.domain.accounting.detail import needs_detail
from sla_service.domain.clock_slots import clocks, is_everywhere_alike
from sla_service.domain.incidents import USAGE_PREFIX, Curve, Incident, recovery_segments
from sla_service.domain.instants import DAY_MS, EARLIEST_MS, HOUR_MS
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.cycles import EachDay, EachHour, PartPeriod
from sla_service.domain.policies.downtime import Affected, ExclusionEffect, RecurringRule
from sla_service.domain.policies.indicators import (
    AffectedUsers,
    Needed,
    RequestsPer,
    SlotMean,
    Slots,
    Together,
    is_of_usage,
)
from sla_service.domain.windows import Window
from sla_service.measure.availability import Evidence
from sla_service.measure.columns import CLOCKS, CONDITIONS, EXCLUSIONS, IMPACTS, PLATFORM, RULES, SUBJECTS, TERMS, USAGE
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.excluded_windows import excluded_windows, follows_zone, kind_of, reason_of
from sla_service.usecases.gather_evidence import Gathered, reach_of

Row = tuple[object, ...]
Method = Callable[[Policy], Curve]


@dataclass(frozen=True, slots=True)
class Measurable:
    """One row of the subjects table: a gathered subject over a window, and which of its units."""

    subject: int
    span: int
    """Which of the windows asked for; 0 for the subject's own."""
    period: Window
    window: Window
    unit: int = -1
    """Index in the subject's units; −1 for the whole contract."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What measuring takes, and what its numbers stand for."""

    evidence: Evidence
    measurables: list[Measurable]
    """The index is the number in the subjects table."""


def own_method(policy: Policy) -> Curve:
    """The policy's own accounting method."""
    return policy.curve


def evidence_tables(
    gathered: Gathered, *, curve: Method = own_method, windows: Sequence[Window] | None = None
) -> Tables:
    """The tables for every subject that is not parked.

    Args:
        gathered: What was read.
        curve: The accounting method to read evidence through; the policy's own unless another is asked for.
        windows: Measure each subject over these windows instead of its period.
    """
    making = _Making(gathered, curve, windows)
    return making.tables()


class _Making:
    """One set of tables; what subjects share is worked out once."""

    def __init__(self, gathered: Gathered, curve: Method, windows: Sequence[Window] | None) -> None:
        self.gathered, self.curve, self.windows = gathered, curve, windows
        self.terms: dict[tuple[str, str], int] = {}
        self.known: list[tuple[Policy, str, Window]] = []
        """Policy, zone, and from when to when anything of its subjects is read."""
        self.reaches: dict[tuple[str, str, Window], Window] = {}
        self.follows_zone = {policy.digest for policy in gathered.policies if _depends_on_zone(policy)}
        self.measurables: list[Measurable] = []
        self.subjects: list[Row] = []

    def tables(self) -> Tables:
        for i, subject in enumerate(self.gathered.subjects):
            if subject.policy is not None and subject.window is not None:
                self._add(i, subject, subject.policy, subject.window)
        subjects = pa.concat_tables([table_of(self.subjects, SUBJECTS), *self._plain()])
        curves = sorted({self.curve(policy) for policy in self.gathered.policies})
        evidence = Evidence(
            subjects=subjects,
            terms=table_of([self._terms(i, policy) for i, (policy, _, _) in enumerate(self.known)], TERMS),
            rules=table_of(list(self._rules()), RULES),
            platform=table_of(_platform(self.gathered.incidents, curves, self.gathered.as_of_ms), PLATFORM),
            impacts=_impacts(self.gathered),
            exclusions=self._exclusions(),
            conditions=table_of(list(self._conditions()), CONDITIONS),
            clocks=table_of(list(self._clocks()), CLOCKS),
            usage=_usage(self.gathered),
        )
        return Tables(evidence, self.measurables)

    def _add(self, i: int, subject: Subject, policy: Policy, window: Window) -> None:
        spans = [(subject.period or window, window)] if self.windows is None else [(w, w) for w in self.windows]
        for n, (period, measured) in enumerate(spans):
            reach = self._reach(policy, subject.time_zone, period)
            terms = self._number(policy, subject.time_zone, reach)
            units = range(len(subject.units)) if subject.units else (-1,)
            for unit in units:
                name = subject.units[unit].name if unit >= 0 else ""
                active = self._active(subject, policy, measured, unit)
                counted = period if policy.part_period is PartPeriod.FULL_PERIOD else active
                contract = subject.contract
                self.subjects.append(
                    (
                        len(self.measurables),
                        contract.merchant_id,
                        contract.service,
                        subject.region,
                        name,
                        terms,
                        counted.start_ms,
                        counted.end_ms,
                        reach.start_ms,
                        reach.end_ms,
                    )
                )
                self.measurables.append(Measurable(i, n, period, active, unit))

    def _plain(self) -> Iterable[pa.Table]:
        """The plain contracts, numbered after all others, in their order."""
        plain = self.gathered.plain
        if plain is None:
            return
        by_kind = []
        for kind in plain.kinds:
            reach = self._reach(kind.policy, kind.zone, kind.period)
            terms = self._number(kind.policy, kind.zone, reach)
            by_kind.append((terms, kind.window.start_ms, kind.window.end_ms, reach.start_ms, reach.end_ms))
        names = SUBJECTS.names[5:]
        kinds = table_of(by_kind, pa.schema([SUBJECTS.field(name) for name in names])).take(plain.rows["kind"])
        count, rows = len(self.measurables), plain.rows
        numbers = pa.array(range(count, count + rows.num_rows), pa.int64())
        parties = [rows[name] for name in ("merchant_id", "service", "region")]
        nothing = pa.repeat(pa.scalar(""), rows.num_rows)
        yield pa.table([numbers, *parties, nothing, *(kinds[name] for name in names)], schema=SUBJECTS)

    def _active(self, subject: Subject, policy: Policy, measured: Window, unit: int) -> Window:
        """The part of a stretch in which the contract, or one of its units, is measured."""
        # What hits units at once is measured over the contract's time, whenever each of them existed.
        if unit < 0 or self.windows is not None or isinstance(policy.subject, Together):
            return measured
        return subject.units[unit].window.overlap(measured) or measured

    def _reach(self, policy: Policy, zone: str, period: Window) -> Window:
        key = (policy.digest, zone, period)
        if key not in self.reaches:
            self.reaches[key] = reach_of(policy, period, zone)
        return self.reaches[key]

    def _number(self, policy: Policy, zone: str, reach: Window) -> int:
        """The number of a policy's terms; under rules in the merchant's zone, of the policy in that zone."""
        key = (policy.digest, zone if policy.digest in self.follows_zone else "")
        if key not in self.terms:
            self.terms[key] = len(self.known)
            self.known.append((policy, zone, reach))
        number = self.terms[key]
        _, first_zone, before = self.known[number]
        if reach.start_ms < before.start_ms or reach.end_ms > before.end_ms:
            wide = Window(min(before.start_ms, reach.start_ms), max(before.end_ms, reach.end_ms))
            self.known[number] = (policy, first_zone, wide)
        return number

    def _terms(self, number: int, policy: Policy) -> Row:
        indicator, qualify, reported = policy.indicator, policy.qualify, policy.qualify.reported
        reads = "usage" if is_of_usage(indicator) else "windows"
        reads = "slots" if isinstance(indicator, Slots) and reads == "usage" else reads
        minimum = indicator.minimum_requests if isinstance(indicator, Slots) else None
        per_slot = minimum.count if minimum is not None and minimum.per is RequestsPer.SLOT else 0
        detail = needs_detail(policy)
        return (
            number,
            self.curve(policy).value,
            # On whole milliseconds "longer than" is "at least one more".
            0 if detail else qualify.minimum_run_ms + qualify.strict,
            " ".join(qualify.clock),
            detail,
            reads,
            self._usage_incident(policy),
            per_slot,
            {Affected.OWN_ERRORS: "errors", Affected.ACTIVE: "requests"}.get(qualify.affected),
            *((reported.by.value, reported.since.value, reported.within_ms) if reported else (None, None, None)),
        )

    def _usage_incident(self, policy: Policy) -> int:
        wanted = f"{USAGE_PREFIX}{policy.service}"
        return next((n for n, one in enumerate(self.gathered.incidents) if one.incident_id == wanted), 0)

    def _rules(self) -> Iterable[Row]:
        for number, (policy, _, _) in enumerate(self.known):
            for rank, rule in enumerate(policy.exclude):
                leaves = rule.effect is ExclusionEffect.NOT_MEASURED
                kind, reason = kind_of(rule, number, rank), reason_of(rule)
                if isinstance(rule, RecurringRule):
                    yield number, rank, kind, None, leaves, False, "", reason
                else:
                    covered = "|" + "|".join(rule.covered) + "|" if rule.covered else ""
                    yield number, rank, kind, rule.notice_ms, leaves, rule.confirmed, covered, reason

    def _exclusions(self) -> pa.Table:
        known = self.gathered.exclusions
        found = EXCLUSIONS.empty_table() if known is None else known.select(EXCLUSIONS.names).cast(EXCLUSIONS)
        return excluded_windows(found, self.known)

    def _conditions(self) -> Iterable[Row]:
        for number, (policy, _, _) in enumerate(self.known):
            if isinstance(policy.indicator, Slots):
                for one in policy.indicator.bad_when:
                    edge = one.edge
                    is_enough = policy.indicator.needed is Needed.ANY
                    yield number, one.figure.value, one.comparison.value, edge.numerator, edge.denominator, is_enough

    def _clocks(self) -> Iterable[Row]:
        for number, (policy, zone, reach) in enumerate(self.known):
            for cuts, slot_ms, requests, values in _cuts(policy):
                # A row at the edge of what is read may begin in a slot that begins before it.
                known = clocks(reach.start_ms - slot_ms - DAY_MS, reach.end_ms, slot_ms, zone)
                for n, one in enumerate(known):
                    # A row that begins even before is longer than any slot, which is all that is asked of it.
                    start_ms = one.start_ms if n else EARLIEST_MS
                    yield number, cuts, start_ms, one.end_ms, one.slot_ms, one.shift_ms, requests, values


def _cuts(policy: Policy) -> Iterable[tuple[str, int, bool, bool]]:
    """What time is cut into, the length, and whether requests and values are looked at in it."""
    if not is_of_usage(policy.indicator):
        return
    match policy.indicator:
        case Slots(slot_ms) as slots:
            yield "slots", slot_ms, slots.counts_requests, slots.counts_values
        case SlotMean(slot_ms):
            yield "slots", slot_ms, True, False
    if isinstance(policy.period, EachHour | EachDay) and not isinstance(policy.indicator, AffectedUsers):
        yield "parts", HOUR_MS if isinstance(policy.period, EachHour) else DAY_MS, True, True


def _depends_on_zone(policy: Policy) -> bool:
    """Whether a merchant's own clocks decide how its time is cut or what is left out of it."""
    if policy.time_zone == MERCHANT_ZONE and not all(is_everywhere_alike(length) for _, length, _, _ in _cuts(policy)):
        return True
    return follows_zone(policy)


def _platform(incidents: Sequence[Incident], curves: Iterable[Curve], as_of_ms: int) -> list[Row]:
    return [
        (
            curve.value,
            number,
            incident.service,
            incident.region,
            segment.window.start_ms,
            segment.window.end_ms,
            segment.share_ppm,
            incident.confirmed_at_ms,
        )
        for curve in curves
        for number, incident in enumerate(incidents)
        for segment in recovery_segments(incident, curve, until_ms=as_of_ms)
    ]


def _impacts(gathered: Gathered) -> pa.Table:
    if gathered.impacts is None:
        return IMPACTS.empty_table()
    ids = pa.array([incident.incident_id for incident in gathered.incidents], pa.string())
    numbers = pc.index_in(gathered.impacts["incident_id"], ids).cast(pa.int64())
    known = gathered.impacts.append_column("incident", numbers)
    # An impact outside its incident's own window still counts: the merchant's evidence is its own.
    return known.filter(pc.is_valid(known["incident"])).select(IMPACTS.names)


def _usage(gathered: Gathered) -> pa.Table:
    return USAGE.empty_table() if gathered.usage is None else gathered.usage.select(USAGE.names).cast(USAGE)
