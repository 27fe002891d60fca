"""A correction, a void and a history, as finance types them."""

from __future__ import annotations

import json
import shutil

import pytest

from sla_service.domain.instants import HOUR_MS
from tests.usecases.the_corrections import Story

FIRST = "SCM-2023-09-0000001"


@pytest.fixture
def book(sla, tmp_path, sqlite_engine):
    """``sla`` over a September that was closed, with an outage of ``kept`` that came in since."""
    story = Story(sqlite_engine).filled()
    story.now_ms -= 2 * HOUR_MS
    story.close()
    story.now_ms += HOUR_MS
    story.a_later_outage("kept")
    sqlite_engine.dispose()
    (tmp_path / "home").mkdir()
    shutil.copy(tmp_path / "sla.db", tmp_path / "home" / "sla.db")
    return sla


def issued(book, run_id):
    for words in (("submit", run_id), ("approve", run_id), ("issue", run_id)):
        done = book("run", *words, as_="ben" if words[0] == "approve" else "ann")
        assert done.exit_code == 0, done.output


def test_a_correction_shows_before_now_and_difference_and_what_came_in(book):
    shown = book("run", "correct", "--period", "2023-09", "--reason", "late alerts")
    assert shown.exit_code == 0
    assert "29.90 74.75 +44.85" in " ".join(shown.output.split())
    assert "import.impacts" in shown.output
    assert "then hand it over for approval: `sla run submit 2`." in shown.output
    again = book("run", "show", "2")
    assert "What changes, the largest first" in again.output


def test_all_differences_are_there_for_programs(book):
    said = json.loads(book("run", "correct", "--period", "2023-09", "--json").stdout)
    (one,) = said["differences"]
    assert (one["merchant_id"], one["before"], one["now"], one["difference"]) == ("kept", "29.90", "74.75", "44.85")
    assert json.loads(book("run", "show", "2", "--json").stdout)["differences"] == said["differences"]


def test_a_correction_without_a_difference_says_so(book):
    book("run", "correct", "--period", "2023-09")
    issued(book, 2)
    assert "Nobody's credit is another one than before." in book("run", "correct", "--period", "2023-09").output


def test_a_statement_shows_what_corrects_it_and_what_became_of_its_money(book):
    book("run", "correct", "--period", "2023-09")
    issued(book, 2)
    shown = book("statement", "show", FIRST).output
    assert "It is corrected by SCM-2023-09-0000003" in shown
    assert "In the ledger: issued USD 29.90; still owed USD 29.90" in shown
    assert f"It corrects {FIRST}, by the difference" in book("statement", "show", "SCM-2023-09-0000003").output


def test_a_void_is_proposed_by_one_and_approved_by_another(book):
    proposed = book("statement", "void", FIRST, "--reason", "Sent in error")
    assert proposed.exit_code == 0
    assert f"Run 2 voids {FIRST} and takes back USD 29.90" in proposed.output
    assert book("run", "approve", "2").exit_code == 6
    assert book("run", "approve", "2", as_="ben").exit_code == 0
    assert "1 statements for merchants" in book("run", "issue", "2").output
    said = json.loads(book("statement", "show", FIRST, "--json").stdout)
    assert (said["voided_by"], said["corrected_by"]) == ("SCM-2023-09-0000003", None)
    assert f"It voids {FIRST}: Sent in error" in book("statement", "show", "SCM-2023-09-0000003").output


def test_a_void_renders_and_is_listed_in_the_outbox(book, tmp_path):
    book("statement", "void", FIRST, "--reason", "Sent in error")
    book("run", "approve", "2", as_="ben")
    book("run", "issue", "2")
    done = book("statement", "render", "--run", "2", "-o", tmp_path / "pdf")
    assert done.exit_code == 0
    assert "Rendered 2 statements." in done.output


def test_a_history_has_both_times(book):
    book("run", "correct", "--period", "2023-09")
    issued(book, 2)
    shown = " ".join(book("history", "--merchant", "kept", "--period", "2023-09").output.split())
    assert "Credited in all: USD 74.75. Still owed: USD 74.75." in shown
    then = book("history", "--merchant", "kept", "--period", "2023-09", "--as-of", "2023-10-01T00:00Z")
    assert then.output.strip() == "Store kept (kept), 2023-09, as known at 2023-10-01T00:00Z: nothing was recorded."
    said = json.loads(book("history", "--merchant", "kept", "--json").stdout)
    assert {one["what"] for one in said["events"]} == {"evidence", "credit", "statement", "ledger"}
    assert said["credited"] == {"USD": "74.75"}


def test_a_month_that_is_not_issued_says_what_to_do(book):
    refused = book("run", "correct", "--period", "2023-10")
    assert refused.exit_code == 5
    assert "close it first" in refused.output
