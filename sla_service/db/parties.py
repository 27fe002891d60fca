"""Merchants and partners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy import select as select_columns
from sqlmodel import Session, func, select

from sla_service.db.tables import ContractRecord, MerchantRecord, PartnerRecord, StatementRecord, metadata
from sla_service.domain.errors import NotFoundError
from sla_service.domain.parties import Merchant, Partner

MERCHANTS = metadata.tables["merchants"]
CHUNK = 500
"""Ids in one IN list; SQLite takes at most 32,766 parameters, and plans get slow long before."""


def load_merchant(session: Session, merchant_id: str) -> Merchant:
    """One merchant.

    Raises:
        NotFoundError: There is no such merchant.
    """
    record = session.get(MerchantRecord, merchant_id)
    if record is None:
        raise NotFoundError(f"there is no merchant {merchant_id}")
    return _merchant(record)


def load_merchants(session: Session, merchant_ids: Iterable[str]) -> dict[str, Merchant]:
    """Several merchants by id; ids that do not exist are left out."""
    wanted = sorted(set(merchant_ids))
    found: dict[str, Merchant] = {}
    for i in range(0, len(wanted), CHUNK):
        # Rows, not records: nothing is changed, and a batch has twenty thousand of them.
        query = select_columns(MERCHANTS).where(MERCHANTS.c.merchant_id.in_(wanted[i : i + CHUNK]))
        found |= {row.merchant_id: _merchant(row) for row in session.connection().execute(query)}
    return found


def find_example_merchant(session: Session) -> str | None:
    """The first merchant with a statement, or else the first one: for trying the portal."""
    stated = select(func.min(StatementRecord.party_id)).where(StatementRecord.kind == "merchant")
    return session.exec(stated).one() or session.exec(select(func.min(MerchantRecord.merchant_id))).one()


def load_partners(session: Session) -> dict[str, Partner]:
    """All partners by id."""
    return {
        record.partner_id: Partner(
            record.partner_id,
            record.name,
            record.email,
            record.locale,
            record.time_zone,
            record.currency,
        )
        for record in session.exec(select(PartnerRecord))
    }


def list_contracts(session: Session, merchant_id: str) -> list[ContractRecord]:
    """A merchant's contracts by service and first day."""
    query = select(ContractRecord).where(ContractRecord.merchant_id == merchant_id)
    return sorted(session.exec(query), key=lambda record: (record.service, record.starts_on))


def hold_recipients(session: Session) -> None:
    """Let nobody change merchants and partners until the transaction ends, and wait for those who do just now.

    It must come before anything is read: what the session sees is settled by the first statement that reads. On SQLite
    every writing transaction is alone already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("LOCK TABLE merchants, partners IN SHARE MODE")


def change_recipients(session: Session) -> None:
    """Wait until nobody holds merchants and partners; before anything is read, for the same reason."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("LOCK TABLE merchants, partners IN ROW EXCLUSIVE MODE")


def recipients_query(run_id: int) -> Iterator[Select[Any]]:
    """What is copied to the statements of a run: its merchants with something to state, and their partners; by id."""
    credits, merchants, partners = (metadata.tables[name] for name in ("credits", "merchants", "partners"))
    stated = (credits.c.run_id == run_id) & ((credits.c.stated_minor != 0) | (credits.c.stated_service_ms != 0))
    ids = select_columns(credits.c.merchant_id).where(stated)
    named = [merchants.c[name] for name in ("merchant_id", "name", "email", "locale", "time_zone", "billing_ref")]
    yield select_columns(*named).where(merchants.c.merchant_id.in_(ids)).order_by(merchants.c.merchant_id)
    ids = select_columns(credits.c.partner_id).where(stated)
    yield select_columns(partners).where(partners.c.partner_id.in_(ids)).order_by(partners.c.partner_id)


def _merchant(record: MerchantRecord | Row[Any]) -> Merchant:
    return Merchant(
        merchant_id=record.merchant_id,
        name=record.name,
        email=record.email,
        locale=record.locale,
        time_zone=record.time_zone,
        country=record.country,
        currency=record.currency,
        region=record.region,
        active_from=date.fromisoformat(record.active_from),
        partner_id=record.partner_id,
        billing_ref=record.billing_ref,
        active_to=date.fromisoformat(record.active_to) if record.active_to else None,
    )
