"""Credit functions, bases and caps in sentences, with the figures that they were applied to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Money
from sla_service.domain.stated_terms import HowPaid, StatedCap, StatedPay, StatedTerm
from sla_service.domain.statements import StatedCredit
from sla_service.formats.texts import credit_words
from sla_service.formats.texts.credit_words import REQUESTS, Words, listed
from sla_service.formats.texts.time_words import exact_time, length, part_of, service_time

BY_ITSELF = frozenset({"outage", "unit"})
"""Caps that were applied before what they hold for was added up."""
_KNOWN_BASES = ("monthly_fee", "period_fee", "next_invoice")
"""Names that the policy language defines; others are kinds of charges."""


def base(credit: StatedCredit, words: Words) -> str:
    """What shares are of: ``Monthly fee for storefront``, ``1/12 of the charges “annual” for storefront``."""
    said, stated = words.texts.say, credit.paid.base
    if stated is not None and stated.in_force:
        whole = replace(stated, in_force="", minor=str(Fraction(stated.minor or 0) / Fraction(stated.in_force)))
        base_said = base(replace(credit, paid=replace(credit.paid, base=whole)), words)
        return said("statement.base.prorated", base=base_said, part=credit_words.term(stated.in_force, words))
    if stated is None or (stated.of, stated.share) == (("monthly_fee",), "1"):
        return said("statement.ladder.fee", service=credit.service)
    if stated.of == ("period_fee",) and stated.share == "1":
        months = Fraction(stated.minor or 0) / credit.fee.minor if credit.fee.minor else Fraction(0)
        if months > 1 and months.denominator == 1:
            count = words.conventions.integer(int(months))
            fee = words.conventions.money(credit.fee)
            return said("statement.base.months", count=count, fee=fee, service=credit.service)
    names = listed([of(name, words) for name in stated.of], words.texts)
    taken = said(f"statement.base.{stated.month}", charges=names)
    if stated.share != "1":
        taken = said("statement.base.share", share=credit_words.term(stated.share, words), charges=taken)
    return said("statement.base.said", base=taken, service=credit.service)


def base_minor(credit: StatedCredit) -> Fraction | None:
    """What shares are of; None where it is not known."""
    stated = credit.paid.base
    if stated is None:
        return Fraction(credit.fee.minor)
    return Fraction(stated.minor) if stated.minor else None


def uses_base(paid: HowPaid) -> bool:
    """Whether any of the terms is reckoned from the base."""
    kinds = {term.pay.kind for term in paid.terms if term.pay}
    is_multiple = any(term.kind == "multiple" and not term.time_ms for term in paid.terms)
    is_unknown = any(term.kind in {"several", "bands", "table"} and term.pay is None for term in paid.terms)
    return not paid.terms or is_multiple or is_unknown or bool(kinds & {"share", "time"})


def of(name: str, words: Words) -> str:
    """A fee or kind of charge in a sentence."""
    if name in _KNOWN_BASES:
        return words.texts.say(f"statement.of.{name}")
    return words.texts.say("statement.of.charge", name=name)


def term(one: StatedTerm, credit: StatedCredit, words: Words) -> str:  # noqa: PLR0911 - a case each
    """A function with its figures; its rule alone where they are not known."""
    if not (one.amount or one.time_ms) or (one.kind == "multiple" and not one.bad):
        return _rule(one, credit, words)
    say, paid = words.texts.say, pay(one.pay, credit, words)
    match one.kind:
        case "table":
            return row(one, credit, words, paid) + _clause(one, words)
        case "flat":
            return _each(f"statement.term.flat.{one.per}", one, words, pay=paid)
        case "multiple":
            return _multiple(one, credit, words)
        case "blocks":
            said = _each(f"statement.term.blocks.{one.part}", one, words, block=length(int(one.unit), words), pay=paid)
            return said + _after(one, words)
        case "bands" if one.per == "outage":
            return _each("statement.term.bands", one, words, range=_band(one, words), pay=paid) + _clause(one, words)
        case "bands":
            said = say("statement.term.band", range=_band(one, words), pay=paid)
            return said + _clause(one, words)
        case "hits":
            return _each(f"statement.term.hits.{one.unit}", one, words, pay=paid, condition=_hit(one, words))
        case "points":
            return _each(f"statement.term.points.{one.part}", one, words, step=_step(one, credit, words), pay=paid)
        case _:
            return say("statement.term.several")


def _each(key: str, one: StatedTerm, words: Words, /, **values: object) -> str:
    """A sentence about so many of something."""
    count = Fraction(one.count or 1)
    shown = {"count": words.conventions.exact(count), **values}
    if one.pay is not None and one.pay.kind == "time":
        shown["pay"] = words.texts.count("statement.pay.aside", int(count), pay=values["pay"])
    return words.texts.count(key, int(count), **shown)


def _rule(one: StatedTerm, credit: StatedCredit, words: Words) -> str:
    """What the contract says, without what it was applied to."""
    values = {
        "pay": pay(one.pay, credit, words),
        "unit": "",
        "condition": _hit(one, words) if one.kind == "hits" else "",
        "times": words.conventions.exact(Fraction(one.times or 1)),
    }
    key = f"statement.rule.{one.kind}"
    if one.kind in {"flat", "hits"}:
        key += f".{one.per or one.unit}"
    elif one.kind in {"blocks", "points"}:
        key += f".{one.part}"
        values["unit"] = length(int(one.unit), words) if one.kind == "blocks" else _step(one, credit, words)
    elif one.kind == "table" and one.pay is not None:
        return row(one, credit, words, values["pay"]) + _clause(one, words)
    return words.texts.say(key, **values) + (_after(one, words) if one.kind == "blocks" else "")


def pay(one: StatedPay | None, credit: StatedCredit, words: Words) -> str:  # noqa: PLR0911 - a case each
    """What is paid for one: ``5% of USD 800.00``, ``USD 5.00``, ``10 hours of the 720 that USD 800.00 pays for``."""
    if one is None:
        return ""
    say = words.texts.say
    match one.kind:
        case "share":
            return say("statement.pay.share", share=credit_words.term(one.figure, words), base=_base(credit, words))
        case "amount":
            return words.conventions.money(Money(credit.amount.currency, int(one.figure)))
        case "time" if credit.paid.base_covers_ms:
            time, covers = part_of(int(one.figure), _covers(int(one.figure), credit), words)
            return say("statement.pay.time", time=time, covers=covers, base=_base(credit, words))
        case "time":
            return say("statement.pay.value", time=length(int(one.figure), words, in_days=True))
        case "service_time":
            return say("statement.pay.service_time", time=service_time(int(one.figure), words))
        case _:
            return right(one.figure, words)


def _covers(time_ms: int, credit: StatedCredit) -> Fraction:
    """What the base pays for, in the unit of a time: whole days are days of the calendar."""
    days = credit.paid.base_covers_days
    return Fraction(days) * DAY_MS if days and time_ms % DAY_MS == 0 else Fraction(credit.paid.base_covers_ms)


def right(name: str, words: Words) -> str:
    """A right in a sentence."""
    key = f"statement.right.{name}"
    return words.texts.say(key if words.texts.has(key) else "statement.right.other", name=name)


def _base(credit: StatedCredit, words: Words) -> str:
    """The base as an amount, or by its name where it is reckoned part by part."""
    minor = base_minor(credit)
    if credit.paid.by in {"unit", "hour", "day"}:
        return words.texts.say("statement.pay.own")
    if minor is None:
        return words.texts.say("statement.pay.base")
    return amount(minor, credit.amount.currency, words)


def amount(minor: Fraction, currency: str, words: Words) -> str:
    """An exact amount with its currency: ``USD 29.985``."""
    return f"{currency} {words.conventions.exact_amount(minor, currency)}"


def row(one: StatedTerm, credit: StatedCredit, words: Words, paid: str) -> str:
    """The row of the credit table in words: ``Availability 99.2939% is below 99.95% and at least 99%: USD 5.00``."""
    edges = credit_words.Edges(one.upper, one.upper_inclusive, one.lower, one.lower_inclusive)
    return credit_words.row(edges, credit, words, paid)


def _clause(one: StatedTerm, words: Words) -> str:
    return words.texts.say("statement.ladder.clause", clause=one.clause) if one.clause else ""


def _multiple(one: StatedTerm, credit: StatedCredit, words: Words) -> str:
    """``10 × USD 9,000.00 × 13 ÷ 129,600 minutes``."""
    say, is_requests = words.texts.say, credit.measured.indicator in REQUESTS
    if one.whole_ms or not one.covers:
        return _made_whole(one, credit, words)
    excess = say("statement.term.excess") if one.is_excess else ""
    write = words.conventions.exact if is_requests else words.conventions.minutes
    key = "statement.term.multiple.requests" if is_requests else "statement.term.multiple.money"
    said = say(key, base=_base(credit, words), bad=write(Fraction(one.bad)), covers=write(Fraction(one.covers)))
    times = words.conventions.exact(Fraction(one.times))
    return (said if one.times == "1" else say("statement.term.multiple.times", times=times, rest=said)) + excess


def _made_whole(one: StatedTerm, credit: StatedCredit, words: Words) -> str:
    """So many times the downtime as service time, or as time that is paid in whole units."""
    made = Fraction(one.times) * Fraction(one.bad)
    if one.whole_ms:
        made = Fraction((made / one.whole_ms).__ceil__() * one.whole_ms)
    said = words.texts.say(
        "statement.term.multiple.whole" if one.whole_ms else "statement.term.multiple.time",
        down=_down(one, words),
        time=exact_time(made, words),
        unit=length(one.whole_ms, words, in_days=True) if one.whole_ms else "",
    )
    if not one.covers:
        return said
    time, covers = part_of(int(made), Fraction(one.covers), words)
    base = _base(credit, words)
    return said + words.texts.say("statement.term.multiple.worth", time=time, base=base, covers=covers)


def _down(one: StatedTerm, words: Words) -> str:
    """``3 × 220 minutes down``."""
    key = "statement.term.multiple.beyond" if one.is_excess else "statement.term.multiple.down"
    down = words.texts.say(key, bad=words.conventions.minutes(Fraction(one.bad)))
    if one.times == "1":
        return down
    times = words.conventions.exact(Fraction(one.times))
    return words.texts.say("statement.term.multiple.times", times=times, rest=down)


def _after(one: StatedTerm, words: Words) -> str:
    if one.is_excess:
        return words.texts.say("statement.term.excess")
    return words.texts.say("statement.term.after", time=length(one.beyond_ms, words)) if one.beyond_ms else ""


def _band(one: StatedTerm, words: Words) -> str:
    edges = []
    if Fraction(one.lower or 0) or not one.lower_inclusive:
        side = "lower_closed" if one.lower_inclusive else "longer"
        edges.append(words.texts.say(f"statement.ladder.{side}", edge=length(int(one.lower), words)))
    if one.upper:
        side = "upper_closed" if one.upper_inclusive else "shorter"
        edges.append(words.texts.say(f"statement.ladder.{side}", edge=length(int(one.upper), words)))
    return listed(edges, words.texts) if edges else words.texts.say("statement.term.any_length")


def _hit(one: StatedTerm, words: Words) -> str:
    """`` by more than 5 minutes``; nothing where any downtime is enough."""
    how = "outage" if one.by_outage else "total"
    if one.is_strict and not one.beyond_ms:
        return words.texts.say(f"statement.term.hit.{how}.any")
    side = "more" if one.is_strict else "least"
    return words.texts.say(f"statement.term.hit.{how}.{side}", time=length(one.beyond_ms, words))


def _step(one: StatedTerm, credit: StatedCredit, words: Words) -> str:
    return credit_words.edge(one.unit, credit, words)


def caps(credit: StatedCredit, words: Words) -> Iterator[tuple[str, Fraction, bool]]:
    """Each cap in a sentence, what was left after it, and whether that is service time."""
    is_time = credit.settlement_form == "term_extension"
    for cap in credit.paid.caps:
        timed = is_time and cap.kind == "time"
        yield _cap(cap, credit, words, is_time=timed), Fraction(cap.after), timed


def _cap(cap: StatedCap, credit: StatedCredit, words: Words, *, is_time: bool) -> str:
    say, currency = words.texts.say, credit.amount.currency
    if cap.kind == "share":
        whose = of(cap.of or "monthly_fee", words)
        if credit.measured.subject == "unit" and cap.per in BY_ITSELF:
            whose = say("statement.pay.own") if not cap.of else say("statement.of.unit", of=whose)
        most = say("statement.cap.share", share=credit_words.term(cap.at, words), of=whose)
    elif cap.kind == "time":
        time = length(int(cap.at), words, in_days=True)
        most = time if is_time else say("statement.pay.value", time=time)
    elif cap.at:
        most = words.conventions.money(Money(currency, int(cap.at)))
    else:
        return say("statement.cap.none", currency=currency)
    said = say(f"statement.cap.{cap.per}", most=most)
    if cap.per in BY_ITSELF:
        if not cap.before:
            return said
        return said + say("statement.cap.applied" if cap.after != cap.before else "statement.cap.kept")
    if not cap.limit:
        return said + say("statement.cap.unknown")
    limit = Fraction(cap.limit)
    shown = exact_time(limit, words) if is_time else amount(limit, currency, words)
    if cap.whole or (cap.per != "period" and cap.kind == "share"):
        said += say("statement.cap.left", left=shown)
    elif cap.kind != "amount" and not is_time:
        said += say("statement.cap.is", amount=shown)
    return said + say("statement.cap.applied" if Fraction(cap.before) > limit else "statement.cap.kept")
