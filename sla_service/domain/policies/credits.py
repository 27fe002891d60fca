"""Stages 7 and 8: gate, tables, and the functions that turn a breach into a credit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.money import Money


class Gate(StrEnum):
    """Stage 7. When the commitment is met, apart from the table."""

    AT_LEAST = "at_least"
    """At the target or better."""
    ABOVE = "above"
    """Better than the target only."""
    NONE = "none"
    """The credit function alone decides; the target only gives the error budget."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the base."""

    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Amount:
    """A fixed amount, one per currency in which it is promised."""

    amounts: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Time:
    """So much time: its value in money, or service time where credits extend the term."""

    time_ms: int


@dataclass(frozen=True, slots=True)
class Right:
    """A right and no money, such as to terminate."""

    name: str


Pay = Share | Amount | Time | Right


@dataclass(frozen=True, slots=True)
class Tier:
    """A row of the table: a range of availability (or of the metric) and what it pays.

    The edges are kept as written. Rows may leave holes or overlap; an availability that no row or more than one row
    covers has no answer here and goes to a person, unless the contract says which row applies.
    """

    pays: Pay
    upper: Fraction | None = None
    """None: no upper edge."""
    upper_inclusive: bool = False
    lower: Fraction | None = None
    """None: no lower edge, down to a negative availability."""
    lower_inclusive: bool = True
    clause: str = ""

    def covers(self, figure: Fraction) -> bool:
        """Whether the figure lies in the row's range, exactly."""
        if self.upper is not None and (figure > self.upper or (figure == self.upper and not self.upper_inclusive)):
            return False
        if self.lower is None or figure > self.lower or (figure == self.lower and self.lower_inclusive):
            return True
        # A fixed-length month can give a negative availability: a last row "from 0 %" means "or less".
        return figure < 0 and self.lower == 0 and self.lower_inclusive


class Overlap(StrEnum):
    """Stage 7. What several rows that cover one availability mean."""

    UNDEFINED = "undefined"
    """The contract does not say; a person decides."""
    DEEPEST = "deepest"
    """The row for the worst service applies: "below 99 %" before "below 99.9 %"."""


@dataclass(frozen=True, slots=True)
class Table:
    """F1, and with other pay F5 to F12: by the row that covers the availability."""

    rows: tuple[Tier, ...]
    overlap: Overlap = Overlap.UNDEFINED


class Per(StrEnum):
    """What is paid for."""

    PERIOD = "period"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Flat:
    """F2 and F9. The same for every breach, or for every outage."""

    pay: Pay
    per: Per = Per.PERIOD


class DowntimeOf(StrEnum):
    """Which downtime is multiplied, or counted in blocks."""

    ALL = "all"
    EXCESS = "excess"
    """What goes beyond the error budget of the target."""


@dataclass(frozen=True, slots=True)
class Multiple:
    """F3 and F11. So many times the fee for the time down.

    Base × times × downtime ÷ the denominator of the period, or ÷ the time that the base covers, where it says one.

    Where credits extend the term: so many times the downtime as service time.
    """

    times: Fraction = Fraction(1)
    of: DowntimeOf = DowntimeOf.ALL
    whole_ms: int = 0
    """The time is made whole upwards to this unit; 0 leaves it exact."""


class BlockCount(StrEnum):
    """How a block that is not full counts."""

    FULL = "full"
    """Only full blocks count."""
    PART = "part"
    """A block or part thereof."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """F4. So much for every block of downtime, of each outage or of the period."""

    block_ms: int
    pay: Pay
    count: BlockCount = BlockCount.FULL
    per: Per = Per.PERIOD
    after_ms: int = 0
    """Downtime up to this is free; blocks are counted beyond it."""
    of: DowntimeOf = DowntimeOf.ALL
    """Only for the period: of a single outage nothing is allowed."""


@dataclass(frozen=True, slots=True)
class Band:
    """A range of downtime and what it pays; the edges as written."""

    pays: Pay
    lower_ms: int = 0
    lower_inclusive: bool = True
    upper_ms: int | None = None
    upper_inclusive: bool = False
    clause: str = ""

    def covers(self, time_ms: int | Fraction) -> bool:
        """Whether a length of downtime lies in the range, exactly."""
        if self.upper_ms is not None and (
            time_ms > self.upper_ms or (time_ms == self.upper_ms and not self.upper_inclusive)
        ):
            return False
        return time_ms > self.lower_ms or (time_ms == self.lower_ms and self.lower_inclusive)


@dataclass(frozen=True, slots=True)
class Bands:
    """F5. By how long each outage, or all of the period, lasted. Holes and overlaps are kept, as in a table."""

    rows: tuple[Band, ...]
    per: Per = Per.OUTAGE
    overlap: Overlap = Overlap.UNDEFINED


class Span(StrEnum):
    """Stretches of the clock that are paid for when they are hit."""

    HOUR = "hour"
    DAY = "day"


class HitBy(StrEnum):
    """What must be long enough in an hour or day for it to be paid."""

    TOTAL = "total"
    """All downtime that falls into it."""
    OUTAGE = "outage"
    """An outage that begins in it, with its whole length."""


@dataclass(frozen=True, slots=True)
class Hits:
    """F6 and F8. So much for every clock hour or local day that is hit by so much downtime."""

    span: Span
    pay: Pay
    minimum_ms: int = 0
    strict: bool = True
    """Whether exactly the minimum is too little."""
    hit_by: HitBy = HitBy.TOTAL


@dataclass(frozen=True, slots=True)
class Points:
    """F7. So much for every step by which the target was missed."""

    step: Fraction
    pay: Pay
    count: BlockCount = BlockCount.FULL


@dataclass(frozen=True, slots=True)
class Manual:
    """What no formula decides: every breach goes to a person, with a name, a date and a reason."""

    why: str


class Stacking(StrEnum):
    """How several credits for one period become one."""

    SUM = "sum"
    LARGEST = "largest"
    FIRST = "first"
    """The first in the list that pays anything."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Several functions at once."""

    rule: Stacking
    of: tuple[Credit, ...]


Credit = Table | Flat | Multiple | Blocks | Bands | Hits | Points | Manual | Stack


def pays_of(credit: Credit) -> tuple[Pay, ...]:
    """Everything that a credit says is paid, in order; multiples and what a person decides say nothing of the kind."""
    match credit:
        case Table(rows=rows) | Bands(rows=rows):
            return tuple(row.pays for row in rows)
        case Flat(pay=pay) | Blocks(pay=pay) | Hits(pay=pay) | Points(pay=pay):
            return (pay,)
        case Stack(of=parts):
            return tuple(pay for part in parts for pay in pays_of(part))
        case _:
            return ()


def times_of(credit: Credit) -> tuple[int, ...]:
    """The lengths of service time that a credit pays, and those that it makes time whole to, in milliseconds."""
    match credit:
        case Multiple(whole_ms=whole_ms):
            # Time that is made whole is paid as time.
            return (whole_ms,) if whole_ms else ()
        case Stack(of=parts):
            return tuple(time_ms for part in parts for time_ms in times_of(part))
        case _:
            return tuple(pay.time_ms for pay in pays_of(credit) if isinstance(pay, Time))
