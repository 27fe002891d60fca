"""NetSuite's import of credit memos: three linked files, joined by the external id."""

from __future__ import annotations

from sla_service.formats.exports.ledgers import Document, Ledger, Rows, Terms

MEMO = ("External ID", "Customer", "Location", "Memo", "Credit #", "Date", "Currency")
INVOICE = ("External ID", "Customer", "Location", "Memo", "Invoice #", "Date", "Currency")
ITEMS = ("External ID", "Item", "Quantity", "Amount", "Description")
APPLY = ("External ID", "Apply", "Payment")

MAX_LINES = 5_000
"""In one transaction; NetSuite asks for no more, to stay fast."""
MAX_ROWS = 25_000
"""In all files of one import together; its Import Assistant takes no more."""


def netsuite_rows(document: Document, terms: Terms, is_charge: bool) -> Rows:  # noqa: FBT001 - as Ledger calls it
    """A memo, or an invoice for what is taken back; its items; and what it is applied to, if the settings say so."""
    name = "Invoice" if is_charge else "CreditMemo"
    yield (
        name,
        {
            "External ID": document.key,
            "Customer": document.customer(terms.customer),
            "Location": terms.netsuite_location,
            "Memo": document.memo,
            "Invoice #" if is_charge else "Credit #": document.number,
            "Date": terms.day(document.issued_on),
            "Currency": document.currency,
        },
        None,
    )
    for line in document.lines:
        cells = {
            "External ID": document.key,
            "Item": terms.item,
            "Quantity": 1,
            "Amount": line.amount.amount,
            "Description": line.description,
        }
        yield f"{name}Items", cells, line.amount
    if terms.netsuite_apply and not is_charge:
        customer = document.customer(terms.customer)
        invoice = terms.netsuite_apply.format(customer=customer, merchant=document.merchant_id, period=document.period)
        cells = {"External ID": document.key, "Apply": invoice, "Payment": document.total.amount}
        yield "CreditMemoApply", cells, None


NETSUITE = Ledger(
    credits={"CreditMemo": MEMO, "CreditMemoItems": ITEMS, "CreditMemoApply": APPLY},
    charges={"Invoice": INVOICE, "InvoiceItems": ITEMS},
    rows=netsuite_rows,
    max_documents=MAX_ROWS,
    max_rows=MAX_ROWS,
    max_lines=MAX_LINES,
)
