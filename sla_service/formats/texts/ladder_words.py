"""How an amount is made, rung by rung, so that it can be redone with a pocket calculator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.money import Money
from sla_service.domain.stated_terms import StatedTerm
from sla_service.domain.statements import StatedCredit
from sla_service.formats.texts import credit_words, measure_words, term_words
from sla_service.formats.texts.credit_words import Words
from sla_service.formats.texts.time_words import exact_time, service_time


@dataclass(frozen=True, slots=True)
class Rung:
    """What is done, and the amount then; empty where nothing is an amount yet."""

    words: str
    amount: str


def ladder(credit: StatedCredit, words: Words) -> list[Rung]:
    """From the measurement to the credit, without the total.

    Amounts are figures in the credit's currency; service time is written out with its unit.
    """
    rungs = [Rung(measure_words.division(credit, words), "")]
    if credit.decision is not None:
        return [*rungs, _decision(credit, words)]
    rungs += [Rung(said, "") for said in measure_words.seen(credit, words)]
    rungs += _base(credit, words)
    if credit.paid.terms:
        rungs += _terms(credit, words)
    else:
        exact = Fraction(credit.before_cap_minor or 0)
        said = credit_words.tier(credit, words)
        rungs.append(Rung(said, words.conventions.exact_amount(exact, credit.amount.currency)))
        if not credit.rate:
            return rungs
    rungs += [*_cap(credit, words), *_caps(credit, words)]
    if not has_money(credit):
        return rungs
    return [*rungs, *_minimum(credit, words), _rounding(credit, words), *_group(credit, words)]


def has_money(credit: StatedCredit) -> bool:
    """Whether the credit is money at all, or service time alone."""
    return bool(credit.amount.minor or Fraction(credit.before_cap_minor or 0)) or not credit.service_ms


def head(credit: StatedCredit, words: Words) -> str:
    """What stands over the amounts: ``Amount (USD)``, ``Service time``."""
    if not has_money(credit):
        return words.texts.say("statement.ladder.time")
    return words.texts.say("statement.ladder.amount", currency=credit.amount.currency)


def total(credit: StatedCredit, words: Words) -> str:
    """What stands under them."""
    if not has_money(credit):
        return service_time(credit.service_ms, words)
    amount = words.conventions.amount(credit.amount)
    if not credit.service_ms:
        return amount
    return credit_words.listed([amount, service_time(credit.service_ms, words)], words.texts)


def _base(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    minor = term_words.base_minor(credit)
    if minor is None or not term_words.uses_base(credit.paid):
        return
    yield Rung(term_words.base(credit, words), words.conventions.exact_amount(minor, credit.amount.currency))


def _terms(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    """A rung per function, then what they come to together, where that is not one of them."""
    paid = credit.paid
    told = paid.terms if paid.is_listed or len(paid.terms) > 1 or paid.by else paid.terms[:1]
    if paid.is_listed and len(told) == 1:
        yield _term(told[0], credit, words)
        return
    for one in told:
        yield _term(one, credit, words) if paid.is_listed else Rung(term_words.term(one, credit, words), "")
    yield Rung(_together(credit, words), _before_caps(credit, words))


def _term(one: StatedTerm, credit: StatedCredit, words: Words) -> Rung:
    said = term_words.term(one, credit, words)
    if one.time_ms and not Fraction(one.amount or 0):
        return Rung(said, exact_time(Fraction(one.time_ms), words))
    if one.pay is not None and one.pay.kind == "right":
        return Rung(said, "")
    return Rung(said, words.conventions.exact_amount(Fraction(one.amount or 0), credit.amount.currency))


def _together(credit: StatedCredit, words: Words) -> str:
    paid = credit.paid
    if paid.is_listed:
        return words.texts.say(f"statement.ladder.{paid.stacking or 'sum'}")
    if paid.by in {"hour", "day"} and not paid.by_count:
        # Of what is measured from requests no lines are kept that would tell how many there were.
        return words.texts.say(f"statement.ladder.by_some.{paid.by}")
    if paid.by:
        number = words.conventions.integer(paid.by_count)
        said = words.texts.count(f"statement.ladder.by.{paid.by}", paid.by_count, number=number)
        if paid.is_prorated:
            said += words.texts.say("statement.ladder.by_time")
        if paid.by_share:
            said += words.texts.say("statement.ladder.by_share", share=paid.by_share)
        return said
    return words.texts.say("statement.ladder.unlisted")


def _before_caps(credit: StatedCredit, words: Words) -> str:
    """What all terms come to: the first cap's figure before it cut, or the stored one."""
    if has_money(credit):
        by_itself = (cap for cap in credit.paid.caps if cap.per in term_words.BY_ITSELF and cap.before)
        first = next((Fraction(cap.before) for cap in by_itself), None)
        before = Fraction(credit.before_cap_minor) if first is None else first
        return words.conventions.exact_amount(before, credit.amount.currency)
    timed = next((Fraction(cap.before) for cap in credit.paid.caps if cap.kind == "time" and cap.before), None)
    return exact_time(Fraction(credit.service_ms) if timed is None else timed, words)


def _decision(credit: StatedCredit, words: Words) -> Rung:
    decision = credit.decision
    key, by, issuer, why = "decided_plain", "", "", ""
    if decision is not None:
        by, issuer, why = decision.by, decision.on_behalf_of, decision.reason
        key = "decided" if issuer else "decided_plain"
    said = words.texts.say(f"statement.ladder.{key}", by=by, issuer=issuer, reason=why)
    return Rung(said, total(credit, words))


def _cap(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    """The one cap that is a share of the monthly fee."""
    if not credit.cap_minor:
        return
    cap, before = Fraction(credit.cap_minor), Fraction(credit.before_cap_minor)
    currency = credit.amount.currency
    said = words.texts.say(
        "statement.ladder.cap_reached" if before > cap else "statement.ladder.cap_kept",
        share=credit_words.term(credit.cap_of_fee, words),
        cap=f"{currency} {words.conventions.exact_amount(cap, currency)}",
    )
    yield Rung(said, words.conventions.exact_amount(min(cap, before), currency))


def _caps(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    for said, after, is_time in term_words.caps(credit, words):
        if is_time:
            yield Rung(said, exact_time(after, words))
        else:
            yield Rung(said, words.conventions.exact_amount(after, credit.amount.currency))


def _minimum(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    if credit.minimum is None:
        return
    unrounded, ways = Fraction(credit.unrounded_minor), words.conventions
    least = credit.minimum.minor
    is_paid = unrounded > least if credit.minimum_strict else unrounded >= least
    key = f"statement.ladder.minimum_{'paid' if is_paid else 'unpaid'}{'_strict' if credit.minimum_strict else ''}"
    said = words.texts.say(key, minimum=ways.money(credit.minimum))
    nothing = ways.amount(Money(credit.amount.currency, 0))
    yield Rung(said, ways.exact_amount(unrounded, credit.amount.currency) if is_paid else nothing)


def _rounding(credit: StatedCredit, words: Words) -> Rung:
    """To the whole amount, which is the credit unless a group's cap cuts it afterwards."""
    cap = credit.paid.group_cap
    rounded = credit.amount if cap is None else Money(credit.amount.currency, cap.before)
    return Rung(credit_words.rounding(credit, words), words.conventions.amount(rounded))


def _group(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    """The cap that holds for all policies of a group together."""
    cap = credit.paid.group_cap
    if cap is None:
        return
    ways, currency = words.conventions, credit.amount.currency
    said = words.texts.say(
        "statement.ladder.group_reached" if cap.before > cap.left else "statement.ladder.group_kept",
        name=cap.name,
        limit=ways.money(Money(currency, cap.limit)),
        left=ways.money(Money(currency, cap.left)),
    )
    yield Rung(said, ways.amount(credit.amount))
