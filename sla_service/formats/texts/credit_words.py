"""What a credit says in sentences: shared by the document and the mail that brings it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sla_service.domain.money import Money, Rounding
from sla_service.domain.periods import Month, days, midnight_ms
from sla_service.domain.shares import format_floored_between, format_percent
from sla_service.domain.statements import ImpactLine, LineStatus, StatedCredit, Statement, StatementKind
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language in one reader's way of writing."""

    texts: Texts
    conventions: Conventions


def answer(statement: Statement, words: Words) -> str:
    """The statement's one sentence: what is credited, per currency, and for which month."""
    month = words.conventions.month(statement.period)
    amounts = [total for total in statement.totals if total.minor]
    is_partner = statement.kind is StatementKind.PARTNER
    if not amounts:
        return words.texts.say("statement.answer.partner_none" if is_partner else "statement.answer.none", month=month)
    key = "statement.answer.partner" if is_partner else "statement.answer.credit"
    return words.texts.say(key, amount=listed([words.conventions.money(a) for a in amounts], words.texts), month=month)


def listed(items: Sequence[str], texts: Texts) -> str:
    """Several things in a sentence: ``EUR 5.00, JPY 300 and USD 29.90``."""
    head = texts.say("statement.comma").join(items[:-1])
    return texts.say("statement.and").join([head, items[-1]]) if head else items[-1]


def availability(credit: StatedCredit, words: Words) -> str:
    """The measured availability, floored, with enough digits never to read as an edge that it missed or passed."""
    measured = credit.measurement.availability
    edges = [Fraction(edge) for edge in (credit.target, credit.tier_upper, credit.tier_lower) if edge]
    shown = [format_floored_between(measured, edge) for edge in edges]
    return words.conventions.percent(max(shown, key=len))


def term(ratio: str, words: Words) -> str:
    """A contract's percentage as written: ``99.95%``; as a fraction, ``1/3``, if it has no finite decimal."""
    exact = Fraction(ratio)
    try:
        return words.conventions.percent(format_percent(exact))
    except ValueError:
        return str(exact)


def why(credit: StatedCredit, words: Words) -> str:
    """What was measured against what was promised."""
    key = "met" if is_kept(credit) else "breach"
    return words.texts.say(
        f"statement.why.{key}",
        service=credit.service,
        availability=availability(credit, words),
        target=term(credit.target, words),
    )


def opening(credit: StatedCredit, words: Words) -> str:
    """``why`` as the first sentence to the merchant, saying of how much of the month the contract ran."""
    key = "met" if is_kept(credit) else "breach"
    return words.texts.say(
        f"statement.opening.{key}",
        service=credit.service,
        availability=availability(credit, words),
        time=_time_promised(credit, words),
        target=term(credit.target, words),
    )


def _time_promised(credit: StatedCredit, words: Words) -> str:
    """``of the month``, or ``of the 12 days your contract ran in September 2023``."""
    window, zone = period(credit), credit.time_zone
    month = Month.at(window.start_ms, zone)
    if window == month.window(zone):
        return words.texts.say("statement.opening.month")
    parts, said = days(window, zone), words.conventions.month(str(month))
    is_whole_days = window.start_ms == midnight_ms(parts[0][0], zone) and window.end_ms == midnight_ms(
        parts[-1][0] + timedelta(days=1), zone
    )
    if not is_whole_days:
        return words.texts.say("statement.opening.part", month=said)
    number = words.conventions.integer(len(parts))
    return words.texts.count("statement.opening.days", len(parts), number=number, month=said)


def when(credit: StatedCredit, words: Words) -> str:
    """How the credit reaches the merchant; empty for a form that has no sentence."""
    key = f"statement.when.{credit.settlement_form}"
    return words.texts.say(key) if words.texts.has(key) else ""


def is_kept(credit: StatedCredit) -> bool:
    """Whether the promise was kept."""
    return credit.measurement.availability >= credit.target_ratio


def tier(credit: StatedCredit, words: Words) -> str:
    """The row of the credit table in words: ``Availability … is below 99.95% and at least 99%: 10% of the fee``."""
    texts, measured = words.texts, availability(credit, words)
    if not credit.rate:
        return texts.say("statement.ladder.met", availability=measured, target=term(credit.target, words))
    upper = "upper_closed" if credit.tier_upper_inclusive else "upper_open"
    above = texts.say(f"statement.ladder.{upper}", edge=term(credit.tier_upper, words))
    rate = term(credit.rate, words)
    if not Fraction(credit.tier_lower or 0):
        said = texts.say("statement.ladder.from_zero", availability=measured, upper=above, rate=rate)
    else:
        lower = "lower_closed" if credit.tier_lower_inclusive else "lower_open"
        below = texts.say(f"statement.ladder.{lower}", edge=term(credit.tier_lower, words))
        said = texts.say("statement.ladder.between", availability=measured, upper=above, lower=below, rate=rate)
    return said + (texts.say("statement.ladder.clause", clause=credit.clause) if credit.clause else "")


def rounding(credit: StatedCredit, words: Words) -> str:
    """The rounding in words, with the exact amount before it."""
    currency = credit.amount.currency
    unit = words.conventions.money(Money(currency, 1))
    rule = words.texts.say(f"statement.rounding.{Rounding(credit.rounding)}", unit=unit)
    exact = Fraction(credit.unrounded_minor)
    if exact.denominator == 1:
        return words.texts.say("statement.ladder.exact", rule=rule)
    return words.texts.say(
        "statement.ladder.rounding", rule=rule, exact=words.conventions.exact_amount(exact, currency)
    )


def method(credit: StatedCredit, words: Words) -> str:
    """The accounting method by name, with what it means."""
    key = f"statement.method.{credit.curve}"
    known = words.texts.say(key) if words.texts.has(key) else credit.curve
    return words.texts.say("statement.method.name", method=known)


def reason(line: ImpactLine, credit: StatedCredit, words: Words) -> str:
    """Why a stretch does not count, in plain words."""
    if line.status is LineStatus.TOO_SHORT:
        minutes = words.conventions.minutes(Fraction(credit.minimum_run_ms))
        return words.texts.say("statement.reason.too_short", minutes=minutes)
    key = f"statement.reason.{line.reason}"
    if words.texts.has(key):
        return words.texts.say(key)
    return words.texts.say("statement.reason.other", reason=line.reason)


def mean_share(line: ImpactLine, words: Words) -> str:
    """The mean share of impact over a stretch, floored: ``53.5%``."""
    return words.conventions.share(Fraction(line.impact_ppm_ms, line.duration_ms * SHARE_FULL_PPM))


def minutes(ppm_ms: int, words: Words) -> str:
    """Share × milliseconds as minutes of full outage."""
    return words.conventions.minutes(Fraction(ppm_ms, SHARE_FULL_PPM))


def period(credit: StatedCredit) -> Window:
    """The month that was measured."""
    return Window(credit.period_start_ms, credit.period_end_ms)
