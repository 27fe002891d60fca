"""What was measured, over which time, against which promise; and the answer that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from sla_service.domain.periods import Month, days, midnight_ms
from sla_service.domain.stated_terms import StatedRounding
from sla_service.domain.statements import StatedCredit, Statement, StatementKind
from sla_service.domain.windows import Window
from sla_service.formats.texts import credit_words
from sla_service.formats.texts.credit_words import REQUESTS, Words, edge, listed, period, target
from sla_service.formats.texts.time_words import exact_time, length, service_time

BY_MONTH = frozenset({"", "incident", "hour", "day"})
"""Periods whose availability is that of the calendar month."""
GLUE = "\u00a0"
"""A space at which no line is broken."""
WHOLE_ANYHOW = frozenset({"full_period", "unused_as_up"})
"""Of parts of a period: what is measured is the whole one."""


def answer(statement: Statement, words: Words) -> str:
    """The statement's one sentence: what is credited, per currency, what is added to a term, and for which time."""
    month, say = span(statement, words), words.texts.say
    amounts = [words.conventions.money(total) for total in statement.totals if total.minor]
    times = _times(statement, words)
    partner = ".partner" if statement.kind is StatementKind.PARTNER else ""
    if not amounts and not times:
        return say(f"statement.answer{partner}.none", month=month)
    amount = listed(amounts, words.texts) if amounts else ""
    time = listed(times, words.texts) if times else ""
    key = {(True, False): "credit", (False, True): "time", (True, True): "both"}[bool(amounts), bool(times)]
    if key != "credit" and len(times) > 1:
        key = f"{key}_several"
    return say(f"statement.answer{partner}.{key}", amount=amount, time=time, month=month)


def worth(statement: Statement, words: Words) -> str:
    """The same in figures, for a subject line: ``USD 29.90 and 3 days``; empty if there is nothing."""
    amounts = [words.conventions.money(total) for total in statement.totals if total.minor]
    parts = [*amounts, *_times(statement, words)]
    return listed(parts, words.texts) if parts else ""


def credited(credit: StatedCredit, words: Words) -> str:
    """One credit in figures: ``USD 29.90``, ``3 days``."""
    time = service_time(credit.service_ms, words) if credit.service_ms else ""
    if time and not credit.amount.minor:
        return time
    money = words.conventions.money(credit.amount)
    return listed([money, time], words.texts) if time else money


def sorry(credits_: Sequence[StatedCredit], words: Words) -> str:
    """The apology, once, for what was wrong; empty where every promise was kept."""
    broken = [credit for credit in credits_ if not credit_words.is_kept(credit)]
    if not broken:
        return ""
    is_metric = all(credit.measured.metric for credit in broken)
    return words.texts.say("statement.why.sorry_metric" if is_metric else "statement.why.sorry")


def counted_in(credit: StatedCredit, words: Words) -> str:
    """The label of the sum of what counted."""
    key = "total" if credit.measured.period in BY_MONTH else "total_span"
    return words.texts.say(f"statement.lines.{key}", month=credit_span(credit, words))


def _times(statement: Statement, words: Words) -> list[str]:
    """Service time per credit: each is added to a term of its own, so that they are not summed."""
    if statement.kind is StatementKind.PARTNER:
        total = sum(line.service_ms for line in statement.merchants)
        return [service_time(total, words)] if total else []
    found = [credit for credit in statement.credits if credit.service_ms]
    if len(found) == 1:
        return [service_time(found[0].service_ms, words)]
    key = "statement.answer.of_service"
    return [words.texts.say(key, time=service_time(c.service_ms, words), service=c.service) for c in found]


def span(statement: Statement, words: Words) -> str:
    """The statement's time: ``September 2023``, or ``1 July 2023 to 30 September 2023`` where its period is another."""
    windows = {_whole(credit) for credit in statement.credits if credit.measured.period not in BY_MONTH}
    month = words.conventions.month(statement.period)
    if not windows:
        return month
    if len(windows) == 1 and all(credit.measured.period not in BY_MONTH for credit in statement.credits):
        return dates(windows.pop(), statement.credits[0].time_zone, words)
    return words.texts.say("statement.span.ending", month=month)


def credit_span(credit: StatedCredit, words: Words) -> str:
    """One credit's time, as ``span``; of a month, the month."""
    if credit.measured.period not in BY_MONTH:
        return dates(_whole(credit), credit.time_zone, words)
    return words.conventions.month(str(Month.at(credit.period_start_ms, credit.time_zone)))


def dates(window: Window, zone: str, words: Words) -> str:
    """``1 July 2023 to 30 September 2023``, on the policy's clock."""
    ways = words.conventions.in_zone(zone)
    first, last = ways.local(window.start_ms).date(), ways.local(window.end_ms - 1).date()
    # Day and month stay on one line.
    shown = [ways.day(day).replace(" ", GLUE, 1) for day in (first, last)]
    return words.texts.say("statement.span.dates", first=shown[0], last=shown[1])


def short_span(credit: StatedCredit, words: Words) -> str:
    """A period's days in short, to tell two of one service apart: ``4 Sept to 10 Sept``."""
    ways, window = words.conventions.in_zone(credit.time_zone), period(credit)
    first, last = ways.local(window.start_ms).date(), ways.local(window.end_ms - 1).date()
    return words.texts.say("statement.span.dates", first=ways.short_day(first), last=ways.short_day(last))


def rights(credit: StatedCredit, words: Words) -> list[str]:
    """What else the merchant may do, a sentence per right."""
    found = []
    for name in credit.rights:
        key = f"statement.rights.{name}"
        said = key if words.texts.has(key) else "statement.rights.other"
        found.append(words.texts.say(said, service=credit.service, name=name))
    return found


def _whole(credit: StatedCredit) -> Window:
    """The whole period, also where the contract ran for a part of it."""
    if credit.measured.whole_end_ms:
        return Window(credit.measured.whole_start_ms, credit.measured.whole_end_ms)
    return period(credit)


def why(credit: StatedCredit, words: Words) -> str:
    """What was measured against what was promised."""
    return _measured(f"statement.why.{_kind(credit)}{_verdict(credit)}", credit, words)


def opening(credit: StatedCredit, words: Words) -> str:
    """``why`` as the first sentence to the merchant, saying of how much of the period the contract ran."""
    return _measured(f"statement.opening.{_kind(credit)}{_verdict(credit)}", credit, words)


def _measured(key: str, credit: StatedCredit, words: Words) -> str:
    metric = credit.measured.metric
    value = edge(metric.value, credit, words) if metric and metric.value else ""
    return words.texts.say(
        key,
        service=credit.service,
        availability=credit_words.availability(credit, words),
        time=time_promised(credit, words),
        span=credit_span(credit, words),
        target=target(credit, words),
        name=metric.name if metric else "",
        value=value,
    )


def _kind(credit: StatedCredit) -> str:
    """Which way of measuring the sentence is about."""
    if credit.measured.metric:
        return "metric." if credit.measured.metric.value else "unknown."
    if credit.measured.subject == "unit":
        return "unit."
    return "requests." if credit.measured.indicator in REQUESTS else ""


def _verdict(credit: StatedCredit) -> str:
    if not credit.target or (credit.measured.gate == "none" and credit.is_paid):
        return "plain"
    return "met" if credit_words.is_kept(credit) else "breach"


def time_promised(credit: StatedCredit, words: Words) -> str:
    """``of the month``, ``of the 12 days your contract ran in September 2023``, ``of 1 July 2023 to …``."""
    window, zone = period(credit), credit.time_zone
    month = Month.at(window.start_ms, zone)
    is_month = credit.measured.period in BY_MONTH
    if credit.measured.part_period in WHOLE_ANYHOW or window == _whole(credit):
        is_whole_month = window == month.window(zone) or credit.measured.part_period in WHOLE_ANYHOW
        if is_month and is_whole_month:
            return words.texts.say("statement.opening.month")
        if not is_month:
            return words.texts.say("statement.opening.whole", span=dates(_whole(credit), zone, words))
    said = words.conventions.month(str(month)) if is_month else dates(_whole(credit), zone, words)
    parts = days(window, zone)
    is_whole_days = window.start_ms == midnight_ms(parts[0][0], zone) and window.end_ms == midnight_ms(
        parts[-1][0] + timedelta(days=1), zone
    )
    within = "" if is_month else "_within"
    if not is_whole_days:
        return words.texts.say(f"statement.opening.part{within}", month=said)
    number = words.conventions.integer(len(parts))
    return words.texts.count(f"statement.opening.days{within}", len(parts), number=number, month=said)


def division(credit: StatedCredit, words: Words) -> str:
    """The division that gives the availability; for a metric its value."""
    if credit.measured.metric:
        figure = credit_words.figure(credit, words)
        promised = target(credit, words)
        key = "statement.division.metric" if promised else "statement.division.metric_plain"
        return words.texts.say(key, figure=figure, target=promised)
    measured = credit.measurement
    is_requests = credit.measured.indicator in REQUESTS
    write = words.conventions.exact if is_requests else words.conventions.minutes
    total, bad = Fraction(measured.total_ms), measured.bad_ms
    said = words.texts.say(
        f"statement.division.{credit.measured.indicator}" if is_requests else _minutes_key(credit),
        total=write(total),
        bad=write(bad),
        up=write(total - bad),
        availability=credit_words.availability(credit, words),
    )
    subject = credit.measured.subject
    return words.texts.say(f"statement.division.{subject}", rest=said) if subject else said


def _minutes_key(credit: StatedCredit) -> str:
    return "statement.division.fixed" if credit.measured.is_fixed_length else "statement.ladder.availability"


def seen(credit: StatedCredit, words: Words) -> Iterator[str]:
    """What the credit looks at, where that is not the measured figure: less bad time, a rounded availability."""
    if credit.measured.credited_ms:
        minutes = words.conventions.minutes(Fraction(credit.measured.credited_ms))
        yield words.texts.say("statement.division.credited", minutes=minutes)
    if credit.measured.figure:
        yield words.texts.say("statement.division.figure", figure=credit_words.decisive(credit, words))


def roundings(credit: StatedCredit, words: Words) -> list[str]:
    """How time or availability was made whole, a sentence per step."""
    return [_rounding(step, credit, words) for step in credit.measured.quantise]


def _rounding(step: StatedRounding, credit: StatedCredit, words: Words) -> str:
    if step.kind == "whole_slots":
        return words.texts.say("statement.quantise.whole_slots", unit=length(int(step.unit), words))
    if step.kind != "availability":
        unit = exact_time(Fraction(step.unit), words)
        return words.texts.say(f"statement.quantise.{step.kind}.{step.rounding}", unit=unit)
    kind = "metric" if credit.measured.metric else "availability"
    return words.texts.say(f"statement.quantise.{kind}.{step.rounding}", unit=edge(step.unit, credit, words))
