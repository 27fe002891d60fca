"""Stage 4: the windows of local time that a rule names, and how much it leaves out at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.cycles import CalendarMonths, Week
from sla_service.domain.policies.downtime import Allowance, AllowancePer, Exclude, RecurringRule
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, StartDay
from sla_service.formats.policy_words.voice import Voice

_PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth"}
_MONTHS = {AllowancePer.QUARTER: 3, AllowancePer.YEAR: 12}


def within(voice: Voice, windows: Sequence[LocalWindow]) -> Iterator[str]:
    """The windows outside of which nothing is left out."""
    if windows:
        yield voice.say("exclude.within")
    for one in windows:
        yield from window(voice, one)


def window(voice: Voice, rule: RecurringRule | LocalWindow) -> Iterator[str]:
    """A window that comes again."""
    is_overnight = rule.ends_minute <= rule.starts_minute
    yield voice.say(
        "exclude.overnight" if is_overnight else "exclude.recurring",
        days=_days(voice, rule.days),
        start=_time_of_day(rule.starts_minute),
        end=_time_of_day(rule.ends_minute),
        zone=zone_of(voice, rule.time_zone),
    )
    for days in rule.never:
        first = voice.day_of_year(days.first_month, days.first_day)
        last = voice.day_of_year(days.last_month, days.last_day)
        yield voice.say("exclude.never", first=first, last=last)


def _days(voice: Voice, days: Sequence[StartDay]) -> str:
    if not days:
        return voice.say("exclude.all_days")
    plain = [voice.weekday(day) for day in days if isinstance(day, int)]
    if len(plain) == len(days):
        return voice.say("exclude.days", days=voice.every(plain))
    return voice.every([_day(voice, day) for day in days])


def _day(voice: Voice, day: StartDay) -> str:
    if not isinstance(day, NthWeekday):
        return voice.say("exclude.days", days=voice.weekday(day))
    return voice.say(f"exclude.nth.{_PLACES.get(day.nth, 'last')}", day=voice.weekday(day.weekday))


def _time_of_day(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def zone_of(voice: Voice, zone: str) -> str:
    """Whose clocks."""
    return voice.say("period.zone_merchant") if zone == MERCHANT_ZONE else voice.say("period.zone", zone=zone)


def limits(voice: Voice, rule: Exclude) -> Iterator[str]:
    """How much is left out at most."""
    for one in rule.allowances:
        yield _limit(voice, one)
        if one.shared:
            yield voice.say("exclude.shared", name=voice.quoted(one.shared))
    if len(rule.allowances) > 1:
        yield voice.say("exclude.all_limits")


def _limit(voice: Voice, allowance: Allowance) -> str:
    period, time = voice.policy.period, voice.time(allowance.time_ms)
    months = _MONTHS.get(allowance.per, 1)
    first_month = period.first_month if isinstance(period, CalendarMonths) else 1
    if (first_month - 1) % months:
        return voice.say(f"exclude.allowance.{allowance.per}_from", time=time, month=voice.month(first_month))
    if allowance.per is AllowancePer.WEEK:
        day = voice.weekday(period.starts if isinstance(period, Week) else 0)
        return voice.say("exclude.allowance.week", time=time, day=day)
    return voice.say(f"exclude.allowance.{allowance.per}", time=time)
