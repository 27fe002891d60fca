"""Who may approve: nobody who had a hand in it; and two people, where a run is beyond the safety bounds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlmodel import select

from sla_service.db.engine import reading, writing
from sla_service.db.runs import load_run
from sla_service.db.tables import AuditRecord
from sla_service.domain.bounds import Bounds, parse_bound
from sla_service.domain.errors import ForbiddenError, InvalidValueError
from sla_service.domain.money import Money
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.check_bounds import bounds_exceeded
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.decide_run import Caution, approve_run, submit_run
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.policies import publish_policy
from tests.usecases.the_month import FILES, ISSUER, NOW_MS, POLICY, SEPTEMBER, calculate, load

TIGHT = Caution(replace(Bounds(), run=(parse_bound("USD 100"),), merchant=(parse_bound("USD 70"),)))


def calculate_as(engine, actor):
    with writing(engine) as session:
        return calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor=actor).run_id


def submit_as(engine, run_id, actor):
    with writing(engine) as session:
        submit_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor=actor)


def approve_as(engine, run_id, actor, caution=Caution()):  # noqa: B008 - a frozen value
    with writing(engine) as session:
        return approve_run(
            session, run_id, digest=None, issuer=ISSUER, now_ms=NOW_MS + 60_000, actor=actor, caution=caution
        ).state


def import_as(engine, actor, noun, text, *, now_ms=NOW_MS, update=False):
    with writing(engine) as session:
        import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=now_ms, actor=actor, update=update)


def refusal(engine, run_id, actor, caution=Caution()):  # noqa: B008 - a frozen value
    with pytest.raises(ForbiddenError) as caught:
        approve_as(engine, run_id, actor, caution)
    assert caught.value.rule == "four_eyes"
    return str(caught.value)


def submitted_after(engine, actor, noun, text, **more):
    """A run of sam's, submitted by tom, where somebody changed an input before it was calculated."""
    load(engine)
    import_as(engine, actor, noun, text, **more)
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    return run_id


def test_neither_who_calculated_nor_who_submitted_approves_whatever_the_capitals(engine):
    load(engine)
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    assert "SAM calculated run 1 at 2023-10-02T01:00:00Z" in refusal(engine, run_id, "SAM")
    assert "tom submitted run 1" in refusal(engine, run_id, "tom")
    assert approve_as(engine, run_id, "ben") == "approved"


ONE_MORE = FILES["impacts"].splitlines()[0] + (
    "\nINC-2023-09-07,half,storefront,2023-{0}-27T10:00+08:00,2023-{0}-27T12:00+08:00,0.5\n"
)


def test_the_last_editor_of_an_input_does_not_approve_and_is_told_which_input_and_when(engine):
    run_id = submitted_after(engine, "Cleo", "impacts", ONE_MORE.format("09"))
    message = refusal(engine, run_id, "cleo")
    assert "cleo imported impacts (impacts.csv, 1 new or changed) at 2023-10-02T01:00:00Z" in message
    assert approve_as(engine, run_id, "ben") == "approved"


def test_who_edited_another_month_may_approve(engine):
    run_id = submitted_after(engine, "cleo", "impacts", ONE_MORE.format("03"))
    assert approve_as(engine, run_id, "cleo") == "approved"


def test_who_edited_before_somebody_else_did_may_approve(engine):
    load(engine)
    for actor, day in (("cleo", "09"), ("dan", "09")):
        import_as(engine, actor, "impacts", ONE_MORE.format(day).replace("T10", f"T{'09' if actor == 'dan' else '10'}"))
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    assert "dan imported impacts" in refusal(engine, run_id, "dan")
    assert approve_as(engine, run_id, "cleo") == "approved"


def test_who_changed_reference_data_does_not_approve_any_month(engine):
    renamed = FILES["merchants"].replace("Store yen", "Store Yen")
    run_id = submitted_after(engine, "cleo", "merchants", renamed, update=True)
    assert "cleo imported merchants" in refusal(engine, run_id, "cleo")


def test_who_published_a_policy_in_use_does_not_approve(engine):
    load(engine)
    document = POLICY.format(name="by-step", curve="step").replace("version: 1", "version: 2").replace("25%", "26%")
    unused = POLICY.format(name="not-in-use", curve="step")
    for actor, text in (("cleo", document), ("dan", unused)):
        with writing(engine) as session:
            publish_policy(session, text, now_ms=NOW_MS, actor=actor)
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    assert "cleo published the policy by-step v2" in refusal(engine, run_id, "cleo")
    assert approve_as(engine, run_id, "dan") == "approved"


def test_who_decided_a_case_does_not_approve(engine):
    load(engine)
    run_id = calculate(engine)
    with reading(engine) as session:
        from sla_service.db.credits import list_parked

        credit_no = next(c.credit_no for c in list_parked(session, run_id) if c.outcome == "undefined")
    with writing(engine) as session:
        decide_credit(session, run_id, credit_no, Money("USD", 1200), reason="agreed", now_ms=NOW_MS, actor="cleo")
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    assert "cleo decided a case of run 2 at 2023-10-02T01:00:00Z" in refusal(engine, run_id, "cleo")


@pytest.fixture
def submitted(engine):
    load(engine)
    run_id = calculate_as(engine, "sam")
    submit_as(engine, run_id, "tom")
    return run_id


def test_a_run_beyond_a_bound_stops_with_the_numbers_until_a_second_approver_says_why(engine, submitted):
    assert approve_as(engine, submitted, "ben", TIGHT) == "submitted"
    with reading(engine) as session:
        run = load_run(session, submitted)
        beyond = bounds_exceeded(session, run, TIGHT.bounds)
        assert (run.first_approved_by, run.approved_by) == ("ben", None)
    assert beyond == [
        "run total USD 269.10 is above the bound USD 100.00; no run was issued for the month before",
        "merchant any-impact gets USD 74.75, above the bound USD 70.00 for one merchant",
        "merchant reported-window gets USD 74.75, above the bound USD 70.00 for one merchant",
    ]
    because = replace(TIGHT, reason=" the outage of the 19th ")
    assert "was the first to approve run 1, at 2023-10-02T01:01:00Z" in refusal(engine, submitted, "BEN", because)
    assert "sam calculated" in refusal(engine, submitted, "sam", because)
    with pytest.raises(InvalidValueError, match="says why"):
        approve_as(engine, submitted, "cleo", TIGHT)
    assert approve_as(engine, submitted, "cleo", because) == "approved"
    with reading(engine) as session:
        run = load_run(session, submitted)
        assert (run.first_approved_by, run.approved_by, run.approval_reason) == (
            "ben",
            "cleo",
            "the outage of the 19th",
        )
        logged = {one.action: json.loads(one.after) for one in session.exec(select(AuditRecord)) if one.after}
    assert logged["run.first_approval"]["beyond"] == beyond
    assert logged["run.approved"]["beyond"] == beyond
    assert (logged["run.approved"]["first_approved_by"], logged["run.approved"]["approval_reason"]) == (
        "ben",
        "the outage of the 19th",
    )


def test_where_the_bounds_were_widened_since_one_approver_is_enough_even_the_first(engine, submitted):
    approve_as(engine, submitted, "ben", TIGHT)
    assert approve_as(engine, submitted, "ben") == "approved"
    with reading(engine) as session:
        assert load_run(session, submitted).first_approved_by is None
