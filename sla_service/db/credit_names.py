"""Which statement a credit's name in other ledgers stands for."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select
from sqlmodel import Session

from sla_service.db.tables import metadata
from sla_service.domain.credit_names import CreditName

ASKED = 500
"""Merchants in one question to the database."""


def find_numbers(session: Session, names: Iterable[CreditName]) -> dict[CreditName, str]:
    """Numbers of merchants' statements by what exports call them or their credits; what is not ours is left out."""
    wanted = list(dict.fromkeys(names))
    merchants = list(dict.fromkeys(name.merchant_id for name in wanted))
    known: dict[CreditName, str] = {}
    for start in range(0, len(merchants), ASKED):
        known |= _names_of(session, merchants[start : start + ASKED])
    return {name: known[name] for name in wanted if name in known}


def _names_of(session: Session, merchants: list[str]) -> dict[CreditName, str]:
    """Every name of every statement of some merchants."""
    statements, stated, credits = (metadata.tables[name] for name in ("statements", "statement_credits", "credits"))
    same = and_(credits.c.run_id == stated.c.run_id, credits.c.credit_no == stated.c.credit_no)
    joined = statements.outerjoin(stated, stated.c.number == statements.c.number).outerjoin(credits, same)
    of = statements.c
    columns = (of.number, of.period, of.party_id, of.revision, of.currency)
    query = select(*columns, credits.c.service, credits.c.contract_starts_on).select_from(joined)
    rows = session.connection().execute(query.where(of.kind == "merchant", of.party_id.in_(merchants)))
    found: dict[CreditName, str] = {}
    for number, period, merchant_id, revision, currency, service, starts_on in rows:
        found[CreditName(period, merchant_id, revision, currency=currency)] = number
        found[CreditName(period, merchant_id, revision, service, starts_on)] = number
    return found
