"""A run's statements as documents for ledgers: one per merchant and currency, a line per credit in money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlmodel import Session

from sla_service.config import Settings
from sla_service.db.stated import iter_document_pages
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.formats.exports.ledgers import Document, DocumentLine, Ledger, Terms
from sla_service.formats.exports.names import document_key
from sla_service.formats.exports.netsuite import NETSUITE
from sla_service.formats.exports.quickbooks import QUICKBOOKS
from sla_service.formats.exports.xero import XERO

LEDGERS: dict[str, Ledger] = {"netsuite": NETSUITE, "xero": XERO, "quickbooks": QUICKBOOKS}
SETTINGS = {
    "netsuite": ("customer", "item", "dates", "netsuite_location", "netsuite_apply"),
    "xero": ("xero_contact", "xero_account", "xero_tax", "xero_sign"),
    "quickbooks": ("customer", "item", "dates", "quickbooks_tax"),
}
"""What of the terms each one's bytes depend on."""

Row = dict[str, Any]


def terms_of(settings: Settings) -> Terms:
    """What ledgers are told, from the settings."""
    return Terms(
        customer=settings.ledger_customer,
        item=settings.ledger_item,
        dates=settings.ledger_dates,
        netsuite_location=settings.netsuite_location,
        netsuite_apply=settings.netsuite_apply,
        xero_contact=settings.xero_contact,
        xero_account=settings.xero_account,
        xero_tax=settings.xero_tax,
        xero_sign=settings.xero_sign,
        quickbooks_tax=settings.quickbooks_tax,
    )


def iter_documents(session: Session, run: Row) -> Iterator[Document]:
    """Documents in order of their statements' numbers."""
    rows = (row for page in iter_document_pages(session, run["run_id"]) for row in page)
    for _number, group in groupby(rows, key=itemgetter("number")):
        yield _document(list(group), run)


def _document(rows: list[Row], run: Row) -> Document:
    first, services = rows[0], Counter(row["service"] for row in rows)
    verb = "voiding" if first["is_void"] else "correcting"
    what = f"Service credits for {run['period']}, statement {first['number']}"
    return Document(
        number=first["number"],
        key=document_key(first["merchant_id"], first["currency"], run),
        memo=what if first["corrects"] is None else f"{what}, {verb} {first['corrects']}",
        merchant_id=first["merchant_id"],
        billing_ref=first["billing_ref"],
        name=first["party_name"] or first["merchant_id"],
        email=first["email"] or "",
        period=run["period"],
        issued_on=to_datetime(run["issued_at_ms"]).date(),
        currency=first["currency"],
        lines=tuple(_line(row, run, is_only=services[row["service"]] == 1) for row in rows),
    )


def _line(row: Row, run: Row, *, is_only: bool) -> DocumentLine:
    """One credit; of a service with several, weeks or two contracts, it says from which day each one is."""
    kind = "Service credit"
    if row["corrects"] is not None:
        kind = "Service credit, corrected" if row["stated_minor"] > 0 else "Service credit taken back"
    since = "" if is_only else f" from {to_datetime(row['period_start_ms'], row['time_zone']).date().isoformat()}"
    description = f"{kind}: {row['service']}{since}, {run['period']}, statement {row['number']}"
    return DocumentLine(row["service"], description, Money(row["currency"], row["stated_minor"]))
