"""Stage 4: in which stretch an allowance holds before it is granted anew, and how much of it is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from sla_service.domain.accounting.pieces import Piece, length_ms
from sla_service.domain.cycles import calendar_around, contract_year_around, period_at, week_around
from sla_service.domain.instants import DAY_MS, to_datetime
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import CalendarMonths, Week
from sla_service.domain.policies.downtime import Allowance, AllowancePer
from sla_service.domain.windows import Window

NO_DAY = date.min
"""The first day of a contract where none is known: contract years are then those of the calendar."""


@dataclass(frozen=True, slots=True)
class Grants:
    """When the allowances of one contract are granted anew."""

    policy: Policy
    zone: str
    active: Window
    """The part of the period that is measured; an allowance for each period holds in it."""
    starts_on: date = NO_DAY
    """The contract's first day."""

    def around(self, at_ms: int, per: AllowancePer) -> Window:
        """The stretch around an instant in which one allowance holds."""
        period = self.policy.period
        first_month = period.first_month if isinstance(period, CalendarMonths) else 1
        match per:
            case AllowancePer.PERIOD:
                return self._period(at_ms)
            case AllowancePer.WEEK:
                return week_around(at_ms, self.zone, period.starts if isinstance(period, Week) else 0)
            case AllowancePer.MONTH:
                return calendar_around(at_ms, self.zone, 1)
            case AllowancePer.QUARTER:
                return calendar_around(at_ms, self.zone, 3, first_month)
            case AllowancePer.YEAR:
                return calendar_around(at_ms, self.zone, 12, first_month)
            case AllowancePer.CONTRACT_YEAR:
                return contract_year_around(at_ms, self.zone, self.starts_on)

    def _period(self, at_ms: int) -> Window:
        """The measured part of the period, or what there is of another period outside of it."""
        if self.active.start_ms <= at_ms < self.active.end_ms:
            return self.active
        whole = period_at(self.policy.period, at_ms, self.zone)
        if at_ms < self.active.start_ms:
            return Window(whole.start_ms, min(whole.end_ms, self.active.start_ms))
        return Window(max(whole.start_ms, self.active.end_ms), whole.end_ms)

    def first_ms(self, period: Window) -> int:
        """From when on excluded time may have used up what the policy allows in a period, whenever a contract began."""
        allowed = {one.per for rule in self.policy.exclude for one in rule.allowances} - {AllowancePer.PERIOD}
        first = min((self._earliest(period.start_ms, per) for per in allowed), default=period.start_ms)
        # A week that began in the month before used up that month's allowance too.
        return min((self.around(first, per).start_ms for per in allowed - {AllowancePer.CONTRACT_YEAR}), default=first)

    def _earliest(self, at_ms: int, per: AllowancePer) -> int:
        """The earliest start of a stretch around an instant.

        Of contracts' years one that begins on its day of the year: then all merchants of a policy are read alike, and
        measured once.
        """
        if per is AllowancePer.CONTRACT_YEAR:
            today = to_datetime(at_ms, self.zone).date()
            return contract_year_around(at_ms - DAY_MS, self.zone, today).start_ms
        return self.around(at_ms, per).start_ms


class Allowed:
    """What is left of a policy's allowances; pieces must come in order, for the earliest time is excluded first."""

    def __init__(self, grants: Grants) -> None:
        self.grants = grants
        self._used: dict[tuple[Hashable, int], int] = defaultdict(int)

    def excluded(self, piece: Piece) -> Iterator[tuple[Piece, bool]]:
        """The piece cut where its rule's allowances end, each part with whether they still allow it."""
        allowances = self.grants.policy.exclude[piece.rule].allowances
        if not allowances:
            yield piece, True
            return
        rest = piece
        while True:
            stretches = [self.grants.around(rest.start_ms, one.per) for one in allowances]
            until = min([rest.end_ms, *(one.end_ms for one in stretches)])
            now = rest if until == rest.end_ms else replace(rest, end_ms=until)
            granted = zip(allowances, stretches, strict=True)
            keys = [(_name(piece.rule, n, one), stretch.start_ms) for n, (one, stretch) in enumerate(granted)]
            left = [max(0, one.time_ms - self._used[key]) for one, key in zip(allowances, keys, strict=True)]
            spent = min([length_ms(now), *left])
            for key in keys:
                self._used[key] += spent
            yield from _parts(now, spent)
            if until == piece.end_ms:
                return
            rest = replace(rest, start_ms=until)


def _name(rule: int, number: int, allowance: Allowance) -> Hashable:
    """Whose allowance it is: the rule's own, or that of several rules."""
    return allowance.shared or (rule, number)


def _parts(piece: Piece, spent_ms: int) -> Iterator[tuple[Piece, bool]]:
    edge = piece.start_ms + spent_ms
    for part, is_free in ((piece.between(piece.start_ms, edge), True), (piece.between(edge, piece.end_ms), False)):
        if part is not None:
            yield part, is_free
