"""Files for finance as bytes: safe in a spreadsheet, cut as ledgers take them, named so that no credit doubles."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.config import CHOICES, Settings
from sla_service.domain.money import Money
from sla_service.formats.exports.csv_table import Sums, csv_bytes, safe_text
from sla_service.formats.exports.ledgers import CONTROL, DATE_FORMATS, Document, DocumentLine, Part, ledger_files
from sla_service.formats.exports.names import SHORT_NUMBER_CHARACTERS, credit_key, document_key, short_number
from sla_service.formats.exports.netsuite import NETSUITE
from sla_service.formats.exports.quickbooks import QUICKBOOKS
from sla_service.formats.exports.read_back import read_rows
from sla_service.formats.exports.xero import XERO
from sla_service.usecases.ledger_documents import terms_of

TERMS = terms_of(Settings())
RUN = {"period": "2023-09", "revision": 1, "run_id": 1}
CREDIT = {
    "merchant_id": "M-1", "service": "shop", "contract_starts_on": "2020-01-01", "time_zone": "Asia/Shanghai",
    "period_start_ms": 1_693_497_600_000,
}  # fmt: skip


class TestCells:
    @pytest.mark.parametrize(
        "text",
        [
            *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"),
            *("＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "﹢1", "﹣1", "﹫SUM(A1)"),
            *(" =1+1", "  @x", "\u00a0=1", "\u3000＝1", "\u200b=1", "\ufeff=1", " \t +1"),
        ],
        ids=repr,
    )
    def test_what_a_spreadsheet_would_run_gets_an_apostrophe(self, text):
        assert safe_text(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["29.90", "-29.90", "0", "-5", "3000", "10.000"])
    def test_numbers_stay_numbers(self, text):
        assert safe_text(text) == text

    @pytest.mark.parametrize("text", ["", "Store", "a=b", "x -1", "２９", "'=1", "Zürich", "店"])
    def test_other_text_stays_as_it_is(self, text):
        assert safe_text(text) == text

    @pytest.mark.parametrize("text", ["-", "-1e5", "-1,000", "-=1", "--1", "-1 ", "+5", "−5+1", "-１"])
    def test_what_only_looks_like_a_number_is_text(self, text):
        assert safe_text(text) == (text if text.startswith("−") else f"'{text}")

    @given(st.text())
    def test_a_file_gives_back_every_cell_and_none_that_begins_a_formula(self, text):
        (row,) = list(csv.DictReader(io.StringIO(csv_bytes(("a", "b"), [{"a": text, "b": 1}]).decode(), newline="")))
        assert row["a"].removeprefix("'") == text.removeprefix("'")
        bare = row["a"].lstrip()
        assert not bare.startswith(("=", "+", "@")) or row["a"].startswith("'")
        assert not bare.startswith("-") or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", row["a"])


class TestNames:
    def test_two_runs_of_a_month_call_a_credit_the_same(self):
        again = {**RUN, "run_id": 7}
        assert credit_key(CREDIT, RUN) == credit_key(CREDIT, again) == "2023-09/M-1/shop/2020-01-01"
        assert document_key("M-1", "USD", RUN) == document_key("M-1", "USD", again) == "2023-09-M-1-USD-r1"

    def test_a_correction_has_names_of_its_own(self):
        second = {**RUN, "revision": 2}
        assert credit_key(CREDIT, second) == "2023-09/M-1/shop/2020-01-01/r2"
        assert credit_key(CREDIT, second, is_only=False) == "2023-09/M-1/shop/2020-01-01/2023-09-01/r2"
        assert document_key("M-1", "USD", second) == "2023-09-M-1-USD-r2"

    @given(st.lists(st.tuples(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,9}\Z"), st.sampled_from(["USD", "EUR"]),
                              st.integers(1, 12)), unique=True, max_size=30))  # fmt: skip
    def test_no_two_documents_share_a_name(self, documents):
        names = {document_key(m, currency, {**RUN, "revision": r}) for m, currency, r in documents}
        assert len(names) == len(documents)

    @pytest.mark.parametrize("number", ["SCM-2023-09-0000001", "SCM-2023-09-123456789", "SCM-2023-09-0000001-p2"])
    def test_a_number_that_is_short_enough_is_kept(self, number):
        assert (short_number(number) == number) is (len(number) <= SHORT_NUMBER_CHARACTERS)

    def test_a_longer_one_is_derived_and_is_the_same_each_time_and_another_for_another_number(self):
        long = [f"SCM-2023-09-{i:012d}" for i in range(2_000)]
        short = [short_number(number) for number in long]
        assert short == [short_number(number) for number in long]
        assert len(set(short)) == len(long)
        assert {len(number) for number in short} == {SHORT_NUMBER_CHARACTERS}


def document(i=1, *amounts, currency="USD"):
    money = [Money(currency, minor) for minor in amounts or (2990,)]
    return Document(
        number=f"SCM-2023-09-{i:07d}",
        key=f"2023-09-M{i}-{currency}-r1",
        memo="Service credits",
        merchant_id=f"M{i}",
        billing_ref=f"B-{i}" if i % 2 else None,
        name=f"Store {i}",
        email=f"m{i}@store.example",
        period="2023-09",
        issued_on=date(2023, 10, 3),
        currency=currency,
        lines=tuple(DocumentLine("shop", f"Service credit: shop {n}", one) for n, one in enumerate(money)),
    )


def files(documents, ledger, **settings):
    terms = terms_of(Settings(**settings)) if settings else TERMS
    return dict(ledger_files(documents, ledger, terms, "x", Sums()))


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


class TestNetSuite:
    def test_three_linked_files_and_the_control_file(self):
        made = files([document(1, 2990, 1000), document(2)], NETSUITE)
        assert list(made) == [
            *("x-0001-CreditMemo.csv", "x-0001-CreditMemoItems.csv", "x-0001-CreditMemoApply.csv"),
            "x-control.csv",
        ]
        memos, items = rows(made["x-0001-CreditMemo.csv"]), rows(made["x-0001-CreditMemoItems.csv"])
        assert [(row["External ID"], row["Customer"], row["Date"]) for row in memos] == [
            ("2023-09-M1-USD-r1", "B-1", "2023-10-03"),
            ("2023-09-M2-USD-r1", "M2", "2023-10-03"),
        ]
        assert {row["External ID"] for row in items} == {row["External ID"] for row in memos}
        assert [row["Amount"] for row in items] == ["29.90", "10.00", "29.90"]

    def test_a_memo_is_applied_to_the_invoice_that_the_settings_name(self):
        made = files([document(1, 2990, 1000)], NETSUITE, netsuite_apply="INV-{customer}-{period}")
        (row,) = rows(made["x-0001-CreditMemoApply.csv"])
        assert row == {"External ID": "2023-09-M1-USD-r1", "Apply": "INV-B-1-2023-09", "Payment": "39.90"}

    def test_a_statement_of_more_than_5_000_lines_is_several_memos(self):
        made = files([document(1, *[1] * 12_001)], NETSUITE)
        memos, items = rows(made["x-0001-CreditMemo.csv"]), rows(made["x-0001-CreditMemoItems.csv"])
        assert [row["External ID"].removeprefix("2023-09-M1-USD-r1") for row in memos] == ["", "-p2", "-p3"]
        assert [row["Credit #"].removeprefix("SCM-2023-09-0000001") for row in memos] == ["", "-p2", "-p3"]
        counts = {row["External ID"]: 0 for row in items}
        for row in items:
            counts[row["External ID"]] += 1
        assert list(counts.values()) == [5_000, 5_000, 2_001]

    def test_a_part_has_at_most_25_000_rows_in_all_of_its_files(self):
        made = files([document(i, *[1] * 4_000) for i in range(1, 14)], NETSUITE, netsuite_apply="I")
        for part in (1, 2, 3):
            own = [name for name in made if f"-{part:04d}-" in name]
            assert len(own) == 3
            assert 0 < sum(len(rows(made[name])) for name in own) <= 25_000

    def test_what_is_taken_back_is_an_invoice_with_positive_amounts(self):
        made = files([document(1, -2000, 500)], NETSUITE)
        assert list(made) == ["x-0001-Invoice.csv", "x-0001-InvoiceItems.csv", "x-control.csv"]
        assert [row["Amount"] for row in rows(made["x-0001-InvoiceItems.csv"])] == ["20.00", "-5.00"]


class TestXero:
    def test_the_template_s_columns_with_their_stars_and_days_as_it_reads_them(self):
        (name, *_rest) = made = files([document(1, 2990)], XERO)
        assert name == "x-0001-CreditNotes.csv"
        (row,) = rows(made[name])
        assert [column for column in row if column.startswith("*")] == [
            *("*ContactName", "*InvoiceNumber", "*InvoiceDate", "*DueDate", "*Description", "*Quantity"),
            *("*UnitAmount", "*AccountCode", "*TaxType"),
        ]
        assert (row["*ContactName"], row["*InvoiceDate"], row["*UnitAmount"]) == ("Store 1", "03/10/2023", "29.90")
        assert (row["*InvoiceNumber"], row["Reference"]) == ("SCM-2023-09-0000001", "2023-09-M1-USD-r1")

    @pytest.mark.parametrize(("sign", "shown"), [("positive", "29.90"), ("negative", "-29.90")])
    def test_the_sign_is_a_setting(self, sign, shown):
        made = files([document(1, 2990)], XERO, xero_sign=sign)
        (row,) = rows(made["x-0001-CreditNotes.csv"])
        assert row["*UnitAmount"] == shown

    @pytest.mark.parametrize("sign", ["positive", "negative"])
    def test_what_is_taken_back_is_an_invoice_either_way(self, sign):
        (row,) = rows(files([document(1, -2000)], XERO, xero_sign=sign)["x-0001-Invoices.csv"])
        assert row["*UnitAmount"] == "20.00"

    def test_at_most_500_documents_a_file_and_none_in_two_files(self):
        made = files([document(i, 1, 2) for i in range(1, 1_002)], XERO)
        numbers = [{row["*InvoiceNumber"] for row in rows(made[f"x-{part:04d}-CreditNotes.csv"])} for part in (1, 2, 3)]
        assert [len(own) for own in numbers] == [500, 500, 1]
        assert len(set().union(*numbers)) == 1_001


class TestQuickBooks:
    def test_a_row_per_line_with_a_number_of_at_most_21_characters(self):
        (row, other) = rows(files([document(1, 2990, 1000)], QUICKBOOKS)["x-0001-CreditMemos.csv"])
        assert (row["DocNumber"], row["Customer"], row["TxnDate"]) == ("SCM-2023-09-0000001", "B-1", "2023-10-03")
        assert (row["Qty"], row["Rate"], row["Amount"], row["TaxCode"]) == ("1", "29.90", "29.90", "NON")
        assert other["DocNumber"] == row["DocNumber"]
        many = rows(files([document(1, *[1] * 2_500)], QUICKBOOKS)["x-0003-CreditMemos.csv"])
        assert {len(row["DocNumber"]) for row in many} <= set(range(1, SHORT_NUMBER_CHARACTERS + 1))

    def test_days_are_written_as_the_settings_say(self):
        (row,) = rows(files([document()], QUICKBOOKS, ledger_dates="MM/DD/YYYY")["x-0001-CreditMemos.csv"])
        assert row["TxnDate"] == "10/03/2023"


class TestControlFile:
    def test_rows_sums_per_currency_and_the_digest_of_each_file(self):
        made = files([document(1, 2990, 1000), document(2, 3000, currency="JPY")], NETSUITE)
        control = rows(made["x-control.csv"])
        assert list(control[0]) == list(CONTROL)
        for row in control:
            assert hashlib.sha256(made[row["file"]]).hexdigest() == row["sha256"]
            assert int(row["rows"]) == len(rows(made[row["file"]]))
        said = [(row["currency"], row["currency_rows"], row["amount"]) for row in control]
        assert said == [("", "", ""), ("JPY", "1", "3000"), ("USD", "2", "39.90"), ("", "", "")]

    def test_a_run_without_credits_has_a_control_file_and_nothing_else(self):
        assert list(files([], XERO)) == ["x-control.csv"]

    def test_no_more_than_a_part_is_in_memory(self):
        taken = iter(ledger_files((document(i) for i in range(1, 10**9)), XERO, TERMS, "x", Sums()))
        assert next(taken)[0] == "x-0001-CreditNotes.csv"
        assert next(taken)[0] == "x-0002-CreditNotes.csv"

    def test_parts_count_documents_and_rows(self):
        part = Part({"a": ("b",)}, 1)
        part.add([("a", {"b": 1}, Money("USD", 5)), ("a", {"b": 2}, None)])
        assert (part.documents, part.count, part.sums["a"].rows) == (1, 2, 2)


@given(st.lists(st.integers(0, 9)))
def test_a_file_is_read_back_however_it_was_cut_into_chunks(cuts):
    data = csv_bytes(("a", "b"), [{"a": "x\ny", "b": 1}, {"a": 'é"', "b": 2}])
    chunks, at = [], 0
    for cut in cuts:
        chunks.append(data[at : at + cut])
        at += cut
    assert [row["a"] for row in read_rows([*chunks, data[at:]])] == ["x\ny", 'é"']


def test_the_settings_know_the_same_ways_to_write_a_day():
    assert set(CHOICES["ledger_dates"]) == set(DATE_FORMATS)
