"""Stages 3 to 5: which runs of impact count, what is left out, and how time is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.policies.local_windows import LocalWindow, StartDay, YearDays


class Clock(StrEnum):
    """Stage 3. From when downtime runs. Without the instant that a contract asks for, nothing counts."""

    FAILURE = "failure"
    CONFIRMATION = "confirmation"
    """The provider confirmed it."""
    TICKET = "ticket"
    """A ticket was opened for it."""
    REPORT = "report"
    """The customer reported it."""


class Affected(StrEnum):
    """Stage 3. Whom an outage counts for."""

    EVERYONE = "everyone"
    OWN_ERRORS = "own_errors"
    """Merchants with a failed request of their own within the outage."""
    ACTIVE = "active"
    """Merchants with a request of their own within the outage, or shortly before or after it."""


class RunsMeasured(StrEnum):
    """Stage 3. Whether what is left out parts an outage."""

    BEFORE_EXCLUSIONS = "before_exclusions"
    """An outage with an exclusion in its middle is one, as long as it was."""
    AFTER_EXCLUSIONS = "after_exclusions"
    """What is left out of downtime ends an outage, and what comes behind it is another one."""


class ReportedBy(StrEnum):
    """Stage 3. What must have been there for an impact."""

    TICKET = "ticket"
    REPORT = "report"


class ReportedSince(StrEnum):
    """Stage 3. From which edge of an impact the time for its ticket or report runs."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Reported:
    """Stage 3. An impact without this counts nothing; unlike a clock it moves no start."""

    by: ReportedBy
    within_ms: int | None = None
    """None for at any time."""
    since: ReportedSince = ReportedSince.END


@dataclass(frozen=True, slots=True)
class Qualify:
    """Stage 3. A run of impact shorter than this counts nothing; a run that reaches it counts whole."""

    minimum_run_ms: int = 0
    strict: bool = False
    """Whether a run of exactly the minimum is still too short ("more than five minutes")."""
    exactly_undefined: bool = False
    """Whether the contract contradicts itself about a run of exactly the minimum."""
    grace_ms: int = 0
    """The first so much of every run never counts."""
    clock: tuple[Clock, ...] = (Clock.FAILURE,)
    """Of several the earliest that is known."""
    affected: Affected = Affected.EVERYONE
    activity_ms: int = 0
    """For ``ACTIVE``: how long before and after the outage a request still shows that the merchant was there."""
    measured: RunsMeasured = RunsMeasured.BEFORE_EXCLUSIONS
    joined_within_ms: int = 0
    """Runs with at most so much time between them are one outage, from its first start to its last end."""
    reported: Reported | None = None


class ExclusionEffect(StrEnum):
    """Stage 4. What excluding does to the ratio."""

    NOT_DOWN = "not_down"
    """Out of the numerator: the time stays in the period and counts as up."""
    NOT_MEASURED = "not_measured"
    """Out of both: the time leaves the period."""
    ADDED_BACK = "added_back"
    """The whole excluded time is added to the time up, whether anything was down in it or not."""
    NOT_CREDITED = "not_credited"
    """It counts as down for availability and error budget, but not for the credit."""


class AllowancePer(StrEnum):
    """How often an allowance is granted anew; calendar terms in the policy's zone."""

    PERIOD = "period"
    WEEK = "week"
    """From Monday on, or as the policy's own weeks."""
    MONTH = "month"
    QUARTER = "quarter"
    """Of the calendar, or of the year that the policy's own period names."""
    YEAR = "year"
    """The same."""
    CONTRACT_YEAR = "contract_year"
    """From the contract's first day, and every anniversary of it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Stage 4. Excluded time beyond this counts after all, the earliest being excluded first."""

    time_ms: int
    per: AllowancePer = AllowancePer.MONTH
    shared: str = ""
    """Rules whose allowance has the same name here use up one together; empty for a rule's own."""


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """Stage 4. One kind of time that the contract does not count, and on what condition."""

    kind: ExclusionKind
    notice_ms: int | None = None
    """Least time between announcement and start; None asks for no announcement."""
    effect: ExclusionEffect = ExclusionEffect.NOT_DOWN
    allowance: Allowance | None = None
    confirmed: bool = False
    """Whether the upstream provider must have confirmed it."""
    covered: tuple[str, ...] = ()
    """Upstream providers whose outages count all the same."""
    within: tuple[LocalWindow, ...] = ()
    """Only what lies in one of these is excluded; empty for all of it."""
    further: tuple[Allowance, ...] = ()
    """Allowances beside the first; what is excluded fits in every one."""
    notice_business_days: int = 0
    """Least business days from the announcement to the start, instead of ``notice_ms``."""
    holidays: str = ""
    """Country, or part of one, whose public holidays are no business days; empty for weekends only."""

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """The first and the further ones; empty where there is no limit."""
        return _allowances(self)


@dataclass(frozen=True, slots=True)
class RecurringRule:
    """Stage 4. A window of local time that comes again, such as a weekly maintenance window.

    It follows the clocks of the zone: from two to five in the morning is two hours where the clock skips one.
    """

    starts_minute: int
    """Minutes of the local day; an end not after it is on the next day."""
    ends_minute: int
    time_zone: str
    days: tuple[StartDay, ...] = ()
    """Days of the week, Monday 0, or single ones of a month; empty for every day."""
    effect: ExclusionEffect = ExclusionEffect.NOT_DOWN
    allowance: Allowance | None = None
    """How much downtime in it is excluded at most; only downtime uses it up, and only downtime is excluded then."""
    further: tuple[Allowance, ...] = ()
    """Allowances beside the first; what is excluded fits in every one."""
    never: tuple[YearDays, ...] = ()
    """Days of the year on which none starts."""

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """The first and the further ones; empty where there is no limit."""
        return _allowances(self)


def _allowances(rule: ExclusionRule | RecurringRule) -> tuple[Allowance, ...]:
    return (rule.allowance, *rule.further) if rule.allowance is not None else ()


Exclude = ExclusionRule | RecurringRule


class TimeRounding(StrEnum):
    """Which way time or a percentage is made whole."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"
    """Halves up."""


@dataclass(frozen=True, slots=True)
class WholeSlots:
    """Stage 5. Of every outage only the clock slots (whole minutes, say) that lie in it from end to end."""

    slot_ms: int


@dataclass(frozen=True, slots=True)
class RoundOutage:
    """Stage 5. Every outage is made whole by itself."""

    unit_ms: int
    rounding: TimeRounding


@dataclass(frozen=True, slots=True)
class RoundTotal:
    """Stage 5. The period's downtime is made whole."""

    unit_ms: int
    rounding: TimeRounding


@dataclass(frozen=True, slots=True)
class RoundAvailability:
    """Stage 5. Gate and table see the availability rounded to this step; the measured one stays exact."""

    step: Fraction
    rounding: TimeRounding


Quantise = WholeSlots | RoundOutage | RoundTotal | RoundAvailability
