"""An issued month whose evidence changes: what is stated is the difference, and nothing issued is touched."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sla_service.config import Settings
from sla_service.db.bulk import rows_of
from sla_service.db.credits import list_merchant_credits
from sla_service.db.engine import reading, writing
from sla_service.db.history import load_history
from sla_service.db.runs import list_issued_runs, list_runs, load_run
from sla_service.domain.errors import ConflictError
from sla_service.usecases.export_run import export_terms
from sla_service.usecases.month_statements import month_statements
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.read_availability import read_month
from sla_service.usecases.reconcile_run import reconcile_run
from sla_service.usecases.review_correction import review_correction
from tests.usecases.the_corrections import SEPTEMBER, Story


def test_late_evidence_is_credited_with_the_difference(closed):
    assert closed.totals("kept") == [29_90]
    closed.a_later_outage("kept")
    run_id = closed.correct()
    assert closed.credits(run_id)["kept"] == (29_90, 74_75, 44_85)
    first, second = closed.statements("kept")
    assert (second.total_minor, second.corrects, second.revision) == (44_85, first.number, 2)
    assert closed.entries("kept") == [("issued", 29_90), ("issued", 44_85)]


def test_who_is_not_concerned_gets_no_statement(closed):
    closed.a_later_outage("kept")
    closed.correct()
    assert closed.totals("taken") == [29_90]
    assert closed.totals("quiet") == []


def test_a_statement_says_what_was_credited_and_what_should_have_been(closed):
    closed.a_later_outage("kept")
    closed.correct()
    told = closed.told("kept")
    (credit,) = told.credits
    assert told.corrects == closed.statements("kept")[0].number
    assert (credit.before.minor, credit.amount.minor, credit.stated.minor) == (29_90, 74_75, 44_85)
    assert [str(total) for total in told.totals] == ["USD 44.85"]


def test_what_was_credited_stays_credited(closed):
    closed.it_was_announced("kept")
    run_id = closed.correct()
    assert closed.credits(run_id)["kept"] == (29_90, 0, 0)
    assert closed.totals("kept") == [29_90]
    assert closed.owed() == 2 * 29_90


def test_where_the_policy_says_so_it_is_taken_back(closed):
    closed.it_was_announced("taken")
    run_id = closed.correct()
    assert closed.credits(run_id)["taken"] == (29_90, 0, -29_90)
    assert closed.totals("taken") == [29_90, -29_90]
    assert closed.entries("taken") == [("issued", 29_90), ("reversed", 29_90)]


def test_a_correction_is_corrected_from_where_it_left_off(closed):
    closed.a_later_outage("taken", "kept")
    closed.correct()
    closed.it_was_announced("taken", "kept", day="2023-09-12")
    run_id = closed.correct()
    assert closed.credits(run_id)["kept"] == (74_75, 29_90, 0)
    assert closed.credits(run_id)["taken"] == (74_75, 29_90, -44_85)
    assert closed.totals("taken") == [29_90, 44_85, -44_85]
    numbers = [one.number for one in closed.statements("taken")]
    assert [one.corrects for one in closed.statements("taken")] == [None, *numbers[:2]]


def test_statements_of_a_month_add_up_to_its_latest_amounts(closed):
    closed.a_later_outage("taken", "quiet")
    closed.correct()
    closed.it_was_announced("taken")
    run_id = closed.correct()
    stated = {one: sum(closed.totals(one)) for one in ("kept", "taken", "quiet")}
    assert stated == {one: before + now for one, (before, _, now) in closed.credits(run_id).items()}
    assert sum(stated.values()) == closed.owed()


def test_a_partner_sees_the_differences_of_its_merchants(closed):
    closed.a_later_outage("kept")
    closed.correct()
    first, second = closed.statements("P1", "partner")
    assert second.corrects == first.number
    (line,) = closed.told("P1", "partner").merchants
    assert (line.merchant_id, line.amount.minor) == ("kept", 44_85)


@pytest.mark.parametrize(("merchant", "stated"), [("kept", 0), ("taken", -29_90)])
def test_a_contract_that_is_gone_is_named_and_taken_back_only_where_that_is_allowed(closed, merchant, stated):
    policy = "keeping" if merchant == "kept" else "taking"
    ended = (
        "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
        f"{merchant},shop,{policy},299.00,USD,2020-01-01,2023-06-01\n"
    )
    closed.bring("contracts", ended, update=True)
    run_id = closed.correct(batch_merchants=1)
    assert closed.credits(run_id)[merchant] == (29_90, 0, stated)
    assert closed.totals(merchant) == [29_90] + [stated] * bool(stated)
    # What is gone is remembered: another correction does not find it anew.
    again = closed.credits(closed.correct(batch_merchants=2))
    assert again.get(merchant, (0, 0, 0)) == (29_90 + stated, 0, 0)


@pytest.mark.parametrize("batch_merchants", [1, 2, 3])
def test_batches_make_no_difference(closed, batch_merchants):
    ended = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    closed.bring("contracts", ended + "kept,shop,keeping,299.00,USD,2020-01-01,2023-06-01\n", update=True)
    closed.a_later_outage("quiet", "taken")
    run_id = closed.correct(batch_merchants=batch_merchants)
    assert closed.credits(run_id) == {"kept": (29_90, 0, 0), "quiet": (0, 29_90, 29_90), "taken": (29_90, 74_75, 44_85)}
    numbers = {one: closed.statements(one)[-1].number for one in ("quiet", "taken")}
    assert numbers == {"quiet": "SCM-2023-09-0000003", "taken": "SCM-2023-09-0000004"}


def test_another_currency_has_no_difference_and_waits_for_a_person(closed):
    euros = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    closed.bring("contracts", euros + "kept,shop,keeping,299.00,EUR,2020-01-01,\n", update=True)
    run_id = closed.correct()
    assert closed.credits(run_id)["kept"] == (0, 0, 0)
    assert closed.totals("kept") == [29_90]


def test_a_month_that_is_not_issued_is_closed_not_corrected(sqlite_engine):
    story = Story(sqlite_engine).filled()
    with writing(story.engine) as session, pytest.raises(ConflictError, match="is not issued yet"):
        plan_correction(session, SEPTEMBER, now_ms=story.now_ms, actor="ann")


def test_a_newer_proposal_takes_the_place_of_one_that_nobody_approved(closed):
    closed.a_later_outage("kept")
    first = closed.propose()
    second = closed.propose()
    assert second != first
    closed.issue(second)
    with pytest.raises(ConflictError, match="is superseded"):
        closed.issue(first)


def test_nothing_that_was_issued_changes(closed):
    before = closed.statements("kept")[0].snapshot
    closed.a_later_outage("kept")
    closed.correct()
    assert closed.statements("kept")[0].snapshot == before


def test_a_later_month_counts_a_corrected_one_once_with_all_that_was_credited(closed):
    closed.a_later_outage("kept", "taken")
    closed.correct()
    closed.it_was_announced("kept", "taken", day="2023-09-12")
    closed.correct()
    with reading(closed.engine) as session:
        rows = {row["merchant_id"]: row for row in rows_of(load_history(session, "2023-10"))}
        assert load_history(session, "2023-10").num_rows == len(rows) == 3
    # What is kept was credited, although the outage turned out to be shorter.
    assert (rows["kept"]["amount_minor"], rows["taken"]["amount_minor"]) == (74_75, 29_90)
    assert rows["kept"]["availability"] == rows["taken"]["availability"] == "179/180"


def test_the_month_of_the_pages_is_the_corrected_one_and_names_the_newest_statement(closed):
    closed.a_later_outage("kept")
    closed.correct()
    with reading(closed.engine) as session:
        (shown,) = read_month(session, "kept", SEPTEMBER, now_ms=closed.now_ms)
        (row,) = list_merchant_credits(session, "kept")
        linked = month_statements(session, "merchant", "kept", str(SEPTEMBER))
    assert (shown.amount.minor, shown.statement_number) == (74_75, closed.statements("kept")[1].number)
    assert row[0].amount_minor == 74_75
    assert [(one.number, one.corrected_by) for one in linked] == [
        (linked[0].number, linked[1].number),
        (linked[1].number, None),
    ]


def test_what_is_kept_is_still_shown_as_credited(closed):
    closed.it_was_announced("kept")
    closed.correct()
    with reading(closed.engine) as session:
        (shown,) = read_month(session, "kept", SEPTEMBER, now_ms=closed.now_ms)
    assert (shown.outcome, shown.is_credited, shown.amount.minor) == ("met", True, 29_90)
    assert shown.statement_number == closed.statements("kept")[0].number


def test_a_review_names_the_largest_difference_first_and_who_keeps_more(closed):
    closed.a_day_passes()
    closed.a_later_outage("quiet")
    closed.it_was_announced("kept", "taken")
    run_id = closed.propose()
    with reading(closed.engine) as session:
        review = review_correction(session, load_run(session, run_id))
    shown = [(row["merchant_id"], row["before_minor"], row["stated_minor"]) for row in review.differences]
    assert shown == [("quiet", 0, 29_90), ("taken", 29_90, -29_90), ("kept", 29_90, 0)]
    assert [row["merchant_id"] for row in review.kept] == ["kept"]
    assert [entry.action for entry in review.changes] == ["import.impacts", "import.exclusions"]
    assert review.corrects_run == 1


def test_a_review_names_contracts_that_are_gone(closed):
    closed.a_day_passes()
    ended = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    closed.bring("contracts", ended + "kept,shop,keeping,299.00,USD,2020-01-01,2023-06-01\n", update=True)
    run_id = closed.propose()
    with reading(closed.engine) as session:
        review = review_correction(session, load_run(session, run_id))
    assert [(one.merchant_id, one.before_minor) for one in review.gone] == [("kept", 29_90)]
    assert [entry.subject for entry in review.changes] == [
        "merchant kept: contracts kept/shop/2020-01-01",
        "contracts",
    ]


def test_of_two_corrections_that_race_one_begins(closed):
    """Both look before either writes; on SQLite the second one waits and takes the first one's place."""
    barrier = threading.Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda actor: _begin(closed, barrier, actor), ("ann", "cleo")))
    with reading(closed.engine) as session:
        live = [run for run in list_runs(session) if run.revision == 2 and run.state == "draft"]
    assert len(live) == 1
    assert any(isinstance(one, int) for one in found)


def _begin(story, barrier, actor):
    barrier.wait()
    try:
        with writing(story.engine) as session:
            return plan_correction(session, SEPTEMBER, now_ms=story.now_ms, actor=actor).run_id
    except ConflictError as error:
        return error


def test_statements_ledger_messages_and_exports_of_corrections_and_voids_agree(closed):
    closed.a_later_outage("kept")
    closed.it_was_announced("taken")
    closed.correct()
    ended = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    closed.bring("contracts", ended + "kept,shop,keeping,299.00,USD,2020-01-01,2023-06-01\n", update=True)
    closed.correct()
    with reading(closed.engine) as session:
        runs = [run.run_id for run in list_issued_runs(session, str(SEPTEMBER))]
        found = [reconcile_run(session, run_id, export_terms(Settings())).differences for run_id in runs]
    assert found == [[], [], []]
