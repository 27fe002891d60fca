"""Stages 1 and 2: of what availability is computed, and what is counted as bad."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.incidents import Curve


class SubjectKind(StrEnum):
    """Stage 1. Of what availability is computed."""

    MERCHANT = "merchant"
    """A merchant's contract for a service: whichever of its units is hit, the service is."""
    POOL = "pool"
    """All units of the contract together: bad time and time in existence are summed over them."""
    UNIT = "unit"
    """Each unit (site, device, feature) alone, with its own share of the fee; the contract's credit is their sum."""


@dataclass(frozen=True, slots=True)
class Together:
    """Stage 1. The contract is hit only while several of its units are, and as much as the least hit of them."""

    down: int | None = None
    """How many units at once; None for all that exist."""


SubjectOf = SubjectKind | Together


class Comparison(StrEnum):
    """How a figure is held against an edge, exactly as a contract words it."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"

    def holds(self, figure: Fraction, edge: Fraction) -> bool:
        """Whether the figure lies on this side of the edge."""
        match self:
            case Comparison.ABOVE:
                return figure > edge
            case Comparison.AT_LEAST:
                return figure >= edge
            case Comparison.BELOW:
                return figure < edge
            case _:
                return figure <= edge


class UsageFigure(StrEnum):
    """What the rows of usage in a slot say of it."""

    ERROR_RATE = "error_rate"
    """Failed ÷ requests, both summed over the slot; a slot without requests has none, and is not bad."""
    FAILURES = "failures"
    """Failed requests, summed over the slot."""
    VALUE = "value"
    """A measured value, such as a latency; of several in a slot each is looked at by itself."""


@dataclass(frozen=True, slots=True)
class BadWhen:
    """A condition on a slot's figures."""

    figure: UsageFigure
    comparison: Comparison
    edge: Fraction


class Needed(StrEnum):
    """How many of a slot's conditions have to hold."""

    ALL = "all"
    ANY = "any"


class SlotEvidence(StrEnum):
    """What tells whether slots are bad."""

    USAGE = "usage"
    """Usage, and outages beside it; where neither is known of a period, nothing is measured."""
    OUTAGES = "outages"
    """Incidents and impacts alone; where none is known nothing was down, as for windows."""


class RequestsPer(StrEnum):
    """Over what the least number of requests is counted."""

    SLOT = "slot"
    """A slot with fewer is not bad; for requests by themselves, a row of usage."""
    PERIOD = "period"
    """A period with fewer has nothing bad in it. Requests that are not measured are not counted."""


@dataclass(frozen=True, slots=True)
class MinimumRequests:
    """So few requests that their errors mean nothing."""

    count: int
    per: RequestsPer = RequestsPer.PERIOD


class Idle(StrEnum):
    """What a slot without requests is."""

    GOOD = "good"
    """It counts, with no errors."""
    SKIPPED = "skipped"
    """It leaves the period."""


class Worse(StrEnum):
    """In which direction a metric gets worse."""

    HIGHER = "higher"
    LOWER = "lower"


class Statistic(StrEnum):
    """How the values of a period become one; every row of usage counts once."""

    MEAN = "mean"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Windows:
    """a) Windows of time with a share of impact: incidents and impacts."""

    curve: Curve = Curve.STEP


@dataclass(frozen=True, slots=True)
class Slots:
    """b) Slots of a fixed length are bad or not, by conditions on their usage.

    Where the evidence is windows instead of usage, a slot is bad if the windows cover the whole of it.
    """

    slot_ms: int
    bad_when: tuple[BadWhen, ...]
    minimum_requests: MinimumRequests | None = None
    needed: Needed = Needed.ALL
    evidence: SlotEvidence = SlotEvidence.USAGE

    @property
    def counts_requests(self) -> bool:
        """Whether requests are summed for anything."""
        return self.minimum_requests is not None or any(one.figure is not UsageFigure.VALUE for one in self.bad_when)

    @property
    def counts_values(self) -> bool:
        """Whether measured values are looked at."""
        return any(one.figure is UsageFigure.VALUE for one in self.bad_when)


@dataclass(frozen=True, slots=True)
class SlotMean:
    """c) The unweighted mean of the slots' error rates: a busy slot weighs no more than a quiet one."""

    slot_ms: int
    idle: Idle = Idle.GOOD
    minimum_requests: MinimumRequests | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """d) Good requests ÷ requests over the period."""

    minimum_requests: MinimumRequests | None = None


@dataclass(frozen=True, slots=True)
class ScoredEvents:
    """e) Requests with a score: good ones 1, tolerated ones this, failed ones 0 (Apdex has one half)."""

    tolerated: Fraction = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class AffectedUsers:
    """f) Minutes × (users affected ÷ users at that minute) ÷ minutes: a quiet minute weighs as much as a busy one."""


@dataclass(frozen=True, slots=True)
class Metric:
    """g) A measured value against a threshold: target and table are in the metric's own unit, not in per cent."""

    name: str
    unit: str = ""
    worse: Worse = Worse.HIGHER
    statistic: Statistic = Statistic.MEAN


def is_of_usage(indicator: Indicator) -> bool:
    """Whether usage is looked at to measure it."""
    if isinstance(indicator, Slots):
        return indicator.evidence is SlotEvidence.USAGE
    return not isinstance(indicator, Windows)


Indicator = Windows | Slots | SlotMean | Events | ScoredEvents | AffectedUsers | Metric


def has_outages(indicator: Indicator) -> bool:
    """Whether there are stretches of time that are bad; the others are sums over rows of usage."""
    return isinstance(indicator, Windows | Slots | AffectedUsers)
