"""A credit and how it was computed, in short: the issued statement's own figures and sentences."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.statements import find_document, load_statement
from sla_service.domain.canonical import verification_code
from sla_service.domain.statements import snapshot_sha256, statement_from_json
from sla_service.formats.texts import Texts, credit_words
from sla_service.formats.texts.conventions import Conventions
from sla_service.formats.texts.credit_words import Words
from sla_service.formats.texts.ladder_words import Rung, head, ladder, total
from sla_service.usecases.service_month import ServiceMonth
from sla_service.web.portal.figures import amount


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
    if not one.is_credited:
        return None
    if one.statement_number is None:
        return CreditView(amount(ways, one), is_issued=False)
    record = load_statement(session, one.statement_number)
    statement = statement_from_json(record.snapshot)
    document = find_document(session, one.statement_number)
    start_ms = one.window.start_ms if one.window else 0
    stated = next(c for c in statement.credits if c.service == one.service and c.period_start_ms == start_ms)
    words = Words(texts, ways)
    # What is left of a void was made by no terms: a part of it had been used.
    rungs = () if statement.void_reason else tuple(ladder(stated, words))
    return CreditView(
        amount=total(stated, words),
        is_issued=True,
        how=texts.say("statement.ladder.title"),
        unit=head(stated, words),
        rungs=rungs,
        when=credit_words.when(stated, words),
        expires=ways.iso_day(stated.expires_on) if stated.expires_on else "",
        statement_number=statement.number,
        issued_on=ways.iso_day(statement.issued_on),
        code=verification_code(snapshot_sha256(record.snapshot)),
        has_document=document is None or document.parked_reason is None,
    )
