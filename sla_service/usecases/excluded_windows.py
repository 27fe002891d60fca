"""The windows that policies exclude: those that happened, those that come again, and those that lie in both.

Windows that a policy's own words make are few, and made here before anything is measured. They are called by a kind of
their own, so that they are no other policy's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.downtime import Exclude, ExclusionRule, RecurringRule
from sla_service.domain.recurrence import recurring_windows, windows_of
from sla_service.domain.windows import Window
from sla_service.usecases.announced import announced_in_time

RECURRING = "recurring"


def follows_zone(policy: Policy) -> bool:
    """Whether what a policy excludes depends on a merchant's own clocks."""
    zones = {
        one.time_zone
        for rule in policy.exclude
        for one in ((rule,) if isinstance(rule, RecurringRule) else rule.within)
    }
    if any(isinstance(rule, ExclusionRule) and rule.notice_business_days for rule in policy.exclude):
        zones.add(policy.time_zone)
    return MERCHANT_ZONE in zones


def reason_of(rule: Exclude) -> str:
    """What people read as the reason of an exclusion."""
    return RECURRING if isinstance(rule, RecurringRule) else rule.kind.value


def kind_of(rule: Exclude, terms: int, rank: int) -> str:
    """The kind of the windows that a rule looks at."""
    made = isinstance(rule, RecurringRule) or rule.within or rule.notice_business_days
    return f"{reason_of(rule)}-{terms}-{rank}" if made else reason_of(rule)


def excluded_windows(known: pa.Table, terms: Iterable[tuple[Policy, str, Window]]) -> pa.Table:
    """Everything that rules look at: what is known, and after it what they make of it.

    Args:
        known: What happened; in the shape of ``measure.columns.EXCLUSIONS``.
        terms: Policies, each with a merchant's zone and the time for which its windows are asked.
    """
    made = [
        _made(rule, kind_of(rule, number, rank), policy, zone, reach, known)
        for number, (policy, zone, reach) in enumerate(terms)
        for rank, rule in enumerate(policy.exclude)
    ]
    return pa.concat_tables([known, *(one for one in made if one is not None)])


def _made(rule: Exclude, kind: str, policy: Policy, zone: str, reach: Window, known: pa.Table) -> pa.Table | None:
    if isinstance(rule, RecurringRule):
        windows = recurring_windows(rule, reach, zone)
        rows = [
            {"kind": kind, "service": policy.service, "start_ms": one.start_ms, "end_ms": one.end_ms} for one in windows
        ]
        return pa.Table.from_pylist(rows, schema=known.schema)
    if not rule.within and not rule.notice_business_days:
        return None
    is_meant = pc.and_(pc.equal(known["kind"], rule.kind.value), pc.equal(known["service"], policy.service))
    own = known.filter(is_meant)
    if rule.notice_business_days:
        own = announced_in_time(own, rule, zone)
    if rule.within:
        return _cut(own, kind, windows_of(rule.within, reach, zone))
    return own.set_column(own.schema.get_field_index("kind"), "kind", pa.array([kind] * own.num_rows, pa.string()))


def _cut(known: pa.Table, kind: str, to: Sequence[Window]) -> pa.Table:
    """The parts of known windows that lie in one of some others, which lie apart; the notice stays the whole one's."""
    ends = [one.end_ms for one in to]
    rows = []
    for row in known.to_pylist():
        at = bisect_right(ends, row["start_ms"])
        while at < len(to) and to[at].start_ms < row["end_ms"]:
            start_ms, end_ms = max(row["start_ms"], to[at].start_ms), min(row["end_ms"], to[at].end_ms)
            rows.append(row | {"kind": kind, "start_ms": start_ms, "end_ms": end_ms})
            at += 1
    return pa.Table.from_pylist(rows, schema=known.schema)
