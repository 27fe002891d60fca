"""One policy's words: sentences in a language, and its numbers written exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from babel import Locale
from babel.dates import format_skeleton
from babel.lists import format_list

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident
from sla_service.domain.policies.indicators import Metric, Worse, has_outages
from sla_service.domain.policies.payment import SettleForm
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions, conventions_for

HOURS_AT_MOST_MS = 72 * HOUR_MS
"""Notices and outages are written in hours up to this, as contracts do, and in days and hours beyond it."""
SINGLE_UNITS = 120
"""So many minutes or seconds are written as such; more of them in hours and minutes, which a person can compare."""
PARTS = {EachIncident: "incident", EachHour: "hour", EachDay: "day"}
"""What a policy judges one by one, instead of a period as a whole."""
_LEAP_YEAR = 2000
MAX_DECIMALS = 20
"""A number with more decimals is written as a fraction."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Says the terms of one policy in one language."""

    policy: Policy
    texts: Texts
    ways: Conventions

    @classmethod
    def of(cls, policy: Policy, texts: Texts) -> Voice:
        """The voice in which a language's texts speak of a policy."""
        return cls(policy, texts, conventions_for(texts.language, "UTC", texts.language))

    def say(self, key: str, /, **values: object) -> str:
        """Fill a sentence."""
        return self.texts.say(key, **values)

    def one_of(self, key: str, when: Mapping[str, bool], /, **values: object) -> str:
        """The sentence under ``key`` for the first condition that holds."""
        return self.say(f"{key}.{next(name for name, holds in when.items() if holds)}", **values)

    def count(self, key: str, number: int) -> str:
        """``12 months``."""
        return self.texts.count(key, number, number=self.ways.integer(number))

    def joint(self, sentences: Iterable[str]) -> str:
        """Several sentences in a row as one."""
        return self.say("word.joint").join(sentences)

    def every(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        return format_list(items, "standard", self._lists)

    def any_of(self, items: Sequence[str]) -> str:
        """``a, b or c``."""
        return format_list(items, "or", self._lists)

    @property
    def _lists(self) -> Locale:
        return self.ways.dates

    def quoted(self, text: str) -> str:
        """A name or text as it stands in the file."""
        return self.say("word.quoted", text=text)

    def names(self, names: Sequence[str]) -> str:
        """Several names as they stand in the file."""
        return self.every([self.quoted(name) for name in names])

    def number(self, number: Fraction | int) -> str:
        """``2,000``, ``0.25``, ``1/3``."""
        return self.ways.number(text) if (text := _decimal(Fraction(number))) else str(number)

    def percent(self, ratio: Fraction) -> str:
        """``99.95%``; ``1/30`` if it is no finite decimal."""
        return f"{self.ways.number(text)}%" if (text := _decimal(ratio * 100)) else str(ratio)

    def figure(self, value: Fraction) -> str:
        """A value of what is promised: a percentage, or a number in the metric's unit."""
        if not isinstance(self.policy.indicator, Metric):
            return self.percent(value)
        unit = self.policy.indicator.unit
        return f"{self.number(value)} {unit}" if unit else self.number(value)

    @property
    def is_worse_higher(self) -> bool:
        """Whether a higher figure is worse."""
        return isinstance(self.policy.indicator, Metric) and self.policy.indicator.worse is Worse.HIGHER

    @property
    def promised(self) -> str:
        """What is promised: availability, or the metric by its name."""
        if isinstance(self.policy.indicator, Metric):
            return self.quoted(self.policy.indicator.name)
        return self.say("word.availability")

    def day(self, day: date) -> str:
        """``19 September 2023``."""
        return self.ways.day(day)

    def weekday(self, number: int) -> str:
        """``Monday`` for 0."""
        return str(self.ways.dates.days["format"]["wide"][number])

    def month(self, number: int) -> str:
        """``January`` for 1."""
        return str(self.ways.dates.months["format"]["wide"][number])

    def day_of_year(self, month: int, day: int) -> str:
        """``15 November``."""
        return format_skeleton("MMMMd", date(_LEAP_YEAR, month, day), locale=self.ways.dates)

    def country(self, code: str) -> str:
        """``China (CN)``, ``Germany (DE-BY)``."""
        return self.say("word.country", name=self.ways.dates.territories.get(code[:2], code), code=code)

    def amounts(self, amounts: Sequence[Money]) -> str:
        """``USD 5.00 or EUR 4.50``: whichever is in the contract's currency."""
        return self.any_of([self.ways.money(money) for money in amounts])

    def time(self, time_ms: int) -> str:
        """A stretch of time: ``90 minutes``, ``72 hours``, ``28 days (672 hours)``, ``8 hours 45 minutes``."""
        whole_days = time_ms > HOURS_AT_MOST_MS and time_ms % DAY_MS == 0
        return self.days_and_hours(time_ms) if whole_days else self._clock_time(time_ms)

    def days_and_hours(self, time_ms: int) -> str:
        """Whole days, and how many hours that are: contracts say either. Other times as they are."""
        if not time_ms or time_ms % DAY_MS:
            return self._clock_time(time_ms)
        hours = self.count("time.hour", time_ms // HOUR_MS)
        return self.say("time.same", time=self.service_time(time_ms), same=hours)

    def service_time(self, time_ms: int) -> str:
        """Time of service, which is given in days: ``1 day``."""
        is_days = time_ms and time_ms % DAY_MS == 0
        return self.count("time.day", time_ms // DAY_MS) if is_days else self._clock_time(time_ms)

    def _clock_time(self, time_ms: int) -> str:
        for name, size_ms, most in _SINGLE:
            if time_ms % size_ms == 0 and (most is None or time_ms <= most * size_ms):
                return self.count(f"time.{name}", time_ms // size_ms)
        said, rest_ms = [], time_ms
        for name, size_ms in _CLOCK:
            count, rest_ms = divmod(rest_ms, size_ms)
            said += [self.count(f"time.{name}", count)] if count else []
        return self.joint(said)

    @property
    def has_outages(self) -> bool:
        """Whether stretches of time are bad; otherwise rows of evidence are counted or measured."""
        return has_outages(self.policy.indicator)

    @property
    def parts(self) -> str | None:
        """What is judged one by one: ``incident``, ``hour`` or ``day``; None where the period is judged as a whole."""
        return PARTS.get(type(self.policy.period))

    def period_word(self, key: str) -> str:
        """The word for what is judged: ``period``, ``outage``, ``clock hour``, in one of its forms."""
        return self.say(f"word.{key}.{self.parts or 'period'}")

    @property
    def whose(self) -> str:
        """What may be in force for a part of a period only: the contract, or a unit too."""
        return self.say("period.whose.units" if self.policy.is_by_unit else "period.whose.merchant")

    @property
    def extends_term(self) -> bool:
        """Whether time that is paid is service time, and not its value."""
        return self.policy.settlement.form is SettleForm.TERM_EXTENSION

    def worth(self, time_ms: int) -> str:
        """Time that is paid: service time, or its value."""
        if self.extends_term:
            return self.say("pay.service_time", time=self.service_time(time_ms))
        return self.say("pay.value", time=self.days_and_hours(time_ms))

    def idle(self, term: str) -> str:
        """A term that is there and changes nothing: said, because two files are not the same for it."""
        return self.say("word.idle", term=self.quoted(term))

    def clause(self, clause: str) -> str:
        """Where a row stands in the contract, for the end of its sentence."""
        return self.say("word.clause", clause=self.quoted(clause)) if clause else ""


_CLOCK = (("hour", HOUR_MS), ("minute", MINUTE_MS), ("second", SECOND_MS), ("millisecond", 1))
_SINGLE = (("hour", HOUR_MS, None), ("minute", MINUTE_MS, SINGLE_UNITS), ("second", SECOND_MS, SINGLE_UNITS))


def _decimal(number: Fraction) -> str:
    """A plain decimal, exact; empty if there is none that is short."""
    for digits in range(MAX_DECIMALS):
        scaled = number * 10**digits
        if scaled.denominator == 1:
            sign, text = ("-" if scaled < 0 else ""), str(abs(scaled.numerator)).rjust(digits + 1, "0")
            return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
    return ""
