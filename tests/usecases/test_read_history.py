"""What was known when: the time that something is about, and the time at which it became known."""

from __future__ import annotations

import json

import pytest

from sla_service.db.audit import iter_audit
from sla_service.db.engine import reading
from sla_service.domain.errors import NotFoundError
from sla_service.domain.periods import Month
from sla_service.usecases.read_history import read_history
from tests.usecases.the_corrections import CLOSED_MS, IMPACT_HEAD, SEPTEMBER

HALF = "FIRST,{0},shop,2023-09-05T00:00Z,2023-09-05T04:00Z,0.5\n"


@pytest.fixture
def corrected(closed):
    """A month closed on the 2nd, late evidence on the 3rd, corrected on the 4th."""
    closed.a_day_passes()
    closed.a_later_outage("kept")
    closed.correct()
    return closed


def history(story, merchant="kept", **which):
    with reading(story.engine) as session:
        return read_history(session, merchant, **which)


def said(found, what):
    return [one.said for one in found.events if one.what == what]


def test_statements_credits_and_entries_are_told_in_the_order_in_which_they_became_known(corrected):
    found = history(corrected)
    assert said(found, "statement") == [
        "SCM-2023-09-0000001 issued by run 1",
        "SCM-2023-09-0000003 issued by run 2; corrects SCM-2023-09-0000001",
    ]
    assert said(found, "credit") == [
        "shop: credited, USD 29.90",
        "shop: credited, USD 74.75 where USD 29.90 was credited before",
    ]
    assert said(found, "ledger") == [
        "issued USD 29.90 of SCM-2023-09-0000001",
        "issued USD 44.85 of SCM-2023-09-0000003",
    ]
    assert (list(map(str, found.credited)), list(map(str, found.owed))) == (["USD 74.75"], ["USD 74.75"])


def test_a_month_is_shown_as_it_was_known_then(corrected):
    found = history(corrected, month=SEPTEMBER, as_of_ms=CLOSED_MS)
    assert list(map(str, found.credited)) == ["USD 29.90"]
    assert len(said(found, "statement")) == 1


def test_evidence_that_came_later_has_both_times(corrected):
    late = history(corrected, month=SEPTEMBER).events
    (one,) = (one for one in late if one.what == "evidence" and one.recorded_at_ms > CLOSED_MS)
    assert one.said == "impacts imported from impacts.csv: 1 rows, 1 new, 0 changed"
    assert (one.about, one.by) == ("2023-09-12T00:00:00Z to 2023-09-12T06:00:00Z", "dan")


def test_a_row_that_was_replaced_is_told_with_before_and_after(corrected):
    corrected.bring("impacts", IMPACT_HEAD + HALF.format("kept"), update=True)
    one = next(one for one in history(corrected).events if one.before)
    assert one.said == "impacts FIRST/kept/shop//1693872000000 changed"
    assert (one.before, one.after) == ({"share_ppm": 1_000_000}, {"share_ppm": 500_000})


def test_every_replaced_row_is_logged_whole_and_no_other(corrected):
    again = IMPACT_HEAD + HALF.format("kept") + "FIRST,taken,shop,2023-09-05T00:00Z,2023-09-05T04:00Z,1\n"
    corrected.bring("impacts", again, update=True)
    with reading(corrected.engine) as session:
        rows = [row for row in iter_audit(session) if row["action"] == "row.impacts"]
    (row,) = rows
    assert row["subject"] == "merchant kept: impacts FIRST/kept/shop//1693872000000"
    before, after = json.loads(row["before"]), json.loads(row["after"])
    assert before == {**after, "share_ppm": 1_000_000}
    assert {"incident_id", "merchant_id", "started_at_ms", "ended_at_ms", "share_ppm"} <= after.keys()


def test_evidence_about_another_merchant_is_not_told(corrected):
    corrected.a_later_outage("quiet")
    corrected.bring("impacts", IMPACT_HEAD + HALF.format("taken"), update=True)
    found = [one for one in history(corrected).events if one.recorded_at_ms == corrected.now_ms]
    assert [one.what for one in found if one.what == "evidence"] == []


def test_evidence_about_another_month_is_not_told_of_this_one(corrected):
    found = history(corrected, month=Month(2023, 8))
    assert {one.what for one in found.events} == {"evidence"}
    # Contracts, merchants and policies hold always.
    assert [one.said.split(" ")[0] for one in found.events if "impacts" in one.said or "incidents" in one.said] == []


def test_a_merchant_who_is_not_there_is_not_found(corrected):
    with pytest.raises(NotFoundError):
        history(corrected, "nobody")
