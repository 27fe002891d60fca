"""Xero's import of sales documents: its template's columns, all of them, in its order; it refuses changed headings."""

from __future__ import annotations

from sla_service.domain.money import Money
from sla_service.formats.exports.ledgers import DATE_FORMATS, Document, Ledger, Rows, Terms

COLUMNS = (
    "*ContactName", "EmailAddress", "POAddressLine1", "POAddressLine2", "POAddressLine3", "POAddressLine4", "POCity",
    "PORegion", "POPostalCode", "POCountry", "*InvoiceNumber", "Reference", "*InvoiceDate", "*DueDate",
    "InventoryItemCode", "*Description", "*Quantity", "*UnitAmount", "Discount", "*AccountCode", "*TaxType",
    "TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2", "Currency", "BrandingTheme",
)  # fmt: skip
MAX_DOCUMENTS = 500
"""In one file."""
EMPTY = dict.fromkeys(COLUMNS)


def xero_rows(document: Document, terms: Terms, is_charge: bool) -> Rows:  # noqa: FBT001 - as Ledger calls it
    """A row per line; the rows of a document share its number."""
    day = document.issued_on.strftime(DATE_FORMATS["DD/MM/YYYY"])
    # Imported as invoices, credits are negative ones; what is taken back is an invoice either way.
    sign = -1 if terms.xero_sign == "negative" and not is_charge else 1
    for line in document.lines:
        money = Money(document.currency, sign * line.amount.minor)
        cells = {
            "*ContactName": document.customer(terms.xero_contact),
            "EmailAddress": document.email,
            "*InvoiceNumber": document.number,
            "Reference": document.key,
            "*InvoiceDate": day,
            "*DueDate": day,
            "*Description": line.description,
            "*Quantity": 1,
            "*UnitAmount": money.amount,
            "*AccountCode": terms.xero_account,
            "*TaxType": terms.xero_tax,
            "Currency": document.currency,
        }
        yield "Invoices" if is_charge else "CreditNotes", EMPTY | cells, money


XERO = Ledger(
    credits={"CreditNotes": COLUMNS},
    charges={"Invoices": COLUMNS},
    rows=xero_rows,
    max_documents=MAX_DOCUMENTS,
    # Only documents are limited; a row's worth of text for each of as many lines as any statement has fits into memory.
    max_rows=1_000_000,
    max_lines=1_000_000,
)
