"""Credit memos for QuickBooks: a row per line, for an import that maps columns on its screen."""

from __future__ import annotations

from sla_service.formats.exports.ledgers import Document, Ledger, Rows, Terms
from sla_service.formats.exports.names import short_number

COLUMNS = (
    "DocNumber", "Customer", "TxnDate", "Product/Service", "Description", "Qty", "Rate", "Amount", "TaxCode",
    "Currency", "PrivateNote",
)  # fmt: skip
MAX_ROWS = 1_000
"""In one file: our own choice, so that an import that stops midway is looked through by a person."""


def quickbooks_rows(document: Document, terms: Terms, is_charge: bool) -> Rows:  # noqa: FBT001 - as Ledger calls it
    """A row per line; the rows of a document share its number."""
    for line in document.lines:
        cells = {
            "DocNumber": short_number(document.number),
            "Customer": document.customer(terms.customer),
            "TxnDate": terms.day(document.issued_on),
            "Product/Service": terms.item,
            "Description": line.description,
            "Qty": 1,
            "Rate": line.amount.amount,
            "Amount": line.amount.amount,
            "TaxCode": terms.quickbooks_tax,
            "Currency": document.currency,
            "PrivateNote": document.key,
        }
        yield "Invoices" if is_charge else "CreditMemos", cells, line.amount


QUICKBOOKS = Ledger(
    credits={"CreditMemos": COLUMNS},
    charges={"Invoices": COLUMNS},
    rows=quickbooks_rows,
    max_documents=MAX_ROWS,
    max_rows=MAX_ROWS,
    max_lines=MAX_ROWS,
)
