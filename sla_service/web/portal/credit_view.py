"""A credit and how it was computed, in short: the issued statement's own figures and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from sla_service.db.statements import find_document, load_statement
from sla_service.domain.assessment import Outcome
from sla_service.domain.money import Money
from sla_service.domain.statements import StatedCredit, snapshot_sha256, statement_from_json, verification_code
from sla_service.formats.texts import Texts, credit_words
from sla_service.formats.texts.conventions import Conventions
from sla_service.formats.texts.credit_words import Words
from sla_service.usecases.read_availability import ServiceMonth


@dataclass(frozen=True, slots=True)
class Rung:
    """What is done, and the amount then."""

    words: str
    amount: str


@dataclass(frozen=True, slots=True)
class CreditView:
    """A credit of the month: issued with a statement, or expected."""

    amount: str
    is_issued: bool
    how: str = ""
    """Head of the rungs."""
    unit: str = ""
    """Head of their amounts."""
    rungs: tuple[Rung, ...] = ()
    when: str = ""
    expires: str = ""
    statement_number: str = ""
    issued_on: str = ""
    code: str = ""
    has_document: bool = True
    """False while the statement could not be made into a PDF; its figures stand on the page all the same."""


def credit_view(session: Session, texts: Texts, ways: Conventions, one: ServiceMonth) -> CreditView | None:
    """The credit of a service's month, if there is one."""
    if one.outcome != Outcome.CREDITED:
        return None
    if one.statement_number is None:
        return CreditView(ways.money(one.amount), is_issued=False)
    record = load_statement(session, one.statement_number)
    statement = statement_from_json(record.snapshot)
    document = find_document(session, one.statement_number)
    start_ms = one.window.start_ms if one.window else 0
    stated = next(c for c in statement.credits if c.service == one.service and c.period_start_ms == start_ms)
    words = Words(texts, ways)
    return CreditView(
        amount=ways.amount(stated.amount),
        is_issued=True,
        how=texts.say("statement.ladder.title"),
        unit=texts.say("statement.ladder.amount", currency=stated.amount.currency),
        rungs=tuple(_rungs(stated, words)),
        when=credit_words.when(stated, words),
        expires=ways.iso_day(stated.expires_on) if stated.expires_on else "",
        statement_number=statement.number,
        issued_on=ways.iso_day(statement.issued_on),
        code=verification_code(snapshot_sha256(record.snapshot)),
        has_document=document is None or document.parked_reason is None,
    )


def _division(credit: StatedCredit, words: Words) -> str:
    total, bad = Fraction(credit.total_ms), credit.measurement.bad_ms
    return words.texts.say(
        "statement.ladder.availability",
        total=words.conventions.minutes(total),
        bad=words.conventions.minutes(bad),
        up=words.conventions.minutes(total - bad),
        availability=credit_words.availability(credit, words),
    )


def _rungs(credit: StatedCredit, words: Words) -> Iterator[Rung]:
    ways, currency = words.conventions, credit.amount.currency
    before, cap = Fraction(credit.before_cap_minor), Fraction(credit.cap_minor or 0)
    yield Rung(_division(credit, words), "")
    yield Rung(words.texts.say("statement.ladder.fee", service=credit.service), ways.amount(credit.fee))
    yield Rung(credit_words.tier(credit, words), ways.exact_amount(before, currency))
    if credit.cap_minor and before > cap:
        share, most = credit_words.term(credit.cap_of_fee, words), f"{currency} {ways.exact_amount(cap, currency)}"
        said = words.texts.say("statement.ladder.cap_reached", share=share, cap=most)
        yield Rung(said, ways.exact_amount(cap, currency))
    if Fraction(credit.unrounded_minor).denominator > 1:
        yield Rung(credit_words.rounding(credit, words), ways.amount(Money(currency, credit.amount.minor)))
