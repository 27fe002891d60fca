"""A month that was corrected or voided, on the merchant's pages and in the API."""

from __future__ import annotations

import re

import pytest

from tests.usecases.test_voids import void
from tests.usecases.the_corrections import Story


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def story(lite):
    story = Story(lite.engine).filled()
    story.close()
    return story


def seen(lite, story):
    lite.now_ms = story.now_ms
    return words_of(lite.page("kept", "months/2023-09"))


def test_a_month_with_one_statement_has_no_list_of_them(lite, story):
    assert "Statements of September 2023" not in seen(lite, story)


def test_a_corrected_month_shows_all_that_was_credited_and_each_statement(lite, story):
    story.a_later_outage("kept")
    story.correct()
    said = seen(lite, story)
    assert "Credited 74.75" in said
    assert "SCM-2023-09-0000001 Corrected by SCM-2023-09-0000003 2 October 2023 USD 29.90" in said
    newer = "SCM-2023-09-0000003 Corrects SCM-2023-09-0000001: the difference to what was credited before"
    assert f"{newer} 3 October 2023 USD 44.85" in said


def test_a_voided_month_credits_nothing_and_says_why(lite, story):
    void(story, "SCM-2023-09-0000001")
    said = seen(lite, story)
    assert "SCM-2023-09-0000001 Void: SCM-2023-09-0000003 takes it back 2 October 2023 USD 29.90" in said
    why = "Takes back SCM-2023-09-0000001: The contract had ended before the outage"
    assert f"SCM-2023-09-0000003 {why} 3 October 2023 USD 29.90 taken back" in said
    assert "Credit None." in said


def test_what_is_kept_is_still_a_credit_of_the_month(lite, story):
    story.it_was_announced("kept")
    story.correct()
    assert "Credited 29.90" in seen(lite, story)


def test_the_api_lists_all_statements_of_the_month(lite, story):
    story.a_later_outage("kept")
    story.correct()
    void(story, "SCM-2023-09-0000003")
    found = lite.get("/merchants/kept/months/2023-09/availability").json
    (service,) = found["services"]
    assert service["credit"] == {"amount": "29.90", "currency": "USD"}
    first, second, third = found["statements"]
    assert (first["corrected_by"], first["voided_by"]) == ("SCM-2023-09-0000003", None)
    assert (second["voided_by"], second["corrects"]) == (third["number"], first["number"])
    assert (third["amount"]["amount"], third["is_void"]) == ("-44.85", True)
