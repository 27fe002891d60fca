"""A statement that should never have been issued is taken back by another one, which a second person approves."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sla_service.db.engine import writing
from sla_service.domain.errors import ChangedError, ConflictError, ForbiddenError, InvalidValueError, NotFoundError
from sla_service.usecases.apply_credits import apply_credits
from sla_service.usecases.decide_run import approve_run, reject_run, submit_run
from sla_service.usecases.issue_run import issue_run, start_issue
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.void_statement import propose_void
from tests.usecases.the_corrections import ISSUER, SEPTEMBER

REASON = "The contract had ended before the outage"


def propose(story, number, *, reason=REASON, actor="ann"):
    story.a_day_passes()
    with writing(story.engine) as session:
        run_id = propose_void(session, number, reason=reason, now_ms=story.now_ms, actor=actor).run_id
    with writing(story.engine) as session:
        submit_run(session, run_id, issuer=ISSUER, now_ms=story.now_ms, actor=actor)
    return run_id


def approve(story, run_id, *, actor="ben"):
    with writing(story.engine) as session:
        approve_run(session, run_id, digest=None, issuer=ISSUER, now_ms=story.now_ms, actor=actor)


def void(story, number):
    run_id = propose(story, number)
    approve(story, run_id)
    with writing(story.engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=story.now_ms, actor="ben")
    return run_id


def first_number(story, merchant):
    return story.statements(merchant)[0].number


def use(story, number, amount, reference="INV-1"):
    """Billing takes an amount off an invoice."""
    story.a_day_passes()
    merchant = next(one for one in ("kept", "taken") if first_number(story, one) == number)
    head = "reference,statement_number,merchant_id,amount,currency,applied_on\n"
    used = f"{head}{reference},{number},{merchant},{amount},USD,2023-10-02\n"
    with writing(story.engine) as session:
        apply_credits(session, used.encode(), name="used.csv", now_ms=story.now_ms, actor="eve")


def test_a_void_takes_back_the_whole_statement(closed):
    number = first_number(closed, "kept")
    void(closed, number)
    first, second = closed.statements("kept")
    assert (second.is_void, second.corrects, second.reason, second.revision) == (1, number, REASON, 2)
    assert (first.total_minor, second.total_minor) == (29_90, -29_90)
    assert second.number == "SCM-2023-09-0000003"
    assert closed.entries("kept") == [("issued", 29_90), ("reversed", 29_90)]
    assert (closed.told("kept").corrects, closed.told("kept").void_reason) == (number, REASON)


def test_it_takes_from_the_account_that_has_it(closed):
    number = first_number(closed, "kept")
    with writing(closed.engine) as session:
        session.connection().execute(text("UPDATE merchants SET billing_ref = 'NEW' WHERE merchant_id = 'kept'"))
    void(closed, number)
    first, second = closed.statements("kept")
    assert second.total_minor < 0
    assert first.billing_ref == second.billing_ref != "NEW"


def test_its_partner_sees_it(closed):
    void(closed, first_number(closed, "kept"))
    assert [one.is_void for one in closed.statements("P1", "partner")] == [0, 0]
    (line,) = closed.told("P1", "partner").merchants
    assert (line.merchant_id, line.amount.minor) == ("kept", -29_90)


def test_a_correction_after_a_void_begins_with_nothing(closed):
    void(closed, first_number(closed, "kept"))
    run_id = closed.correct()
    assert closed.credits(run_id)["kept"] == (0, 29_90, 29_90)
    assert closed.totals("kept") == [29_90, -29_90, 29_90]


def test_a_correction_can_be_void_alone(closed):
    closed.a_later_outage("kept")
    closed.correct()
    run_id = void(closed, closed.statements("kept")[1].number)
    assert closed.credits(run_id)["kept"] == (74_75, 29_90, -44_85)
    assert closed.totals("kept") == [29_90, 44_85, -44_85]
    assert closed.credits(closed.correct())["kept"] == (29_90, 74_75, 44_85)


def test_what_was_used_cannot_be_taken_back(closed):
    number = first_number(closed, "kept")
    use(closed, number, "10.00")
    run_id = void(closed, number)
    assert closed.credits(run_id)["kept"] == (29_90, 10_00, -19_90)
    assert closed.totals("kept") == [29_90, -19_90]
    assert closed.entries("kept") == [("issued", 29_90), ("applied", 10_00), ("reversed", 19_90)]
    assert closed.credits(closed.correct())["kept"] == (10_00, 29_90, 19_90)


def test_of_what_is_all_used_nothing_can_be_taken_back(closed):
    number = first_number(closed, "kept")
    use(closed, number, "29.90")
    with pytest.raises(ConflictError, match=r"nothing of .* is owed any more"):
        propose(closed, number)


def test_what_is_used_after_the_approval_stops_the_issue(closed):
    number = first_number(closed, "kept")
    run_id = propose(closed, number)
    approve(closed, run_id)
    use(closed, number, "10.00")
    with writing(closed.engine) as session, pytest.raises(ChangedError, match="still owed"):
        start_issue(session, run_id, issuer=ISSUER, now_ms=closed.now_ms, actor="ben")


def test_it_is_issued_as_it_begins_so_that_nothing_can_be_used_in_between(closed):
    run_id = propose(closed, first_number(closed, "kept"))
    approve(closed, run_id)
    with writing(closed.engine) as session:
        assert start_issue(session, run_id, issuer=ISSUER, now_ms=closed.now_ms, actor="ben").state == "issued"


def test_nobody_approves_their_own_void(closed):
    run_id = propose(closed, first_number(closed, "kept"))
    with pytest.raises(ForbiddenError):
        approve(closed, run_id, actor="ann")


def test_a_void_is_proposed_again_in_place_of_the_first_proposal(closed):
    first = propose(closed, first_number(closed, "kept"))
    second = propose(closed, first_number(closed, "kept"), reason="Another reason")
    with pytest.raises(ConflictError, match=f"run {first} is superseded"):
        approve(closed, first)
    approve(closed, second)


@pytest.mark.parametrize(("reason", "rule"), [(" ", "say why"), ("x" * 501, "500 characters")])
def test_it_needs_a_reason_that_can_be_read(closed, reason, rule):
    with pytest.raises(InvalidValueError, match=rule):
        propose(closed, first_number(closed, "kept"), reason=reason)


def test_what_cannot_be_void(closed):
    number = first_number(closed, "taken")
    closed.it_was_announced("taken")
    closed.correct()
    void(closed, first_number(closed, "kept"))
    for found, said in {
        "SCM-2023-09-0000099": "there is no statement",
        closed.statements("P1", "partner")[0].number: "void the merchant's, and it follows",
        closed.statements("taken")[1].number: "takes back itself",
        first_number(closed, "kept"): "is void already: SCM-2023-09-0000004 says so",
        closed.statements("kept")[1].number: "is a void itself",
        number: r"nothing of .* is owed any more",
    }.items():
        with pytest.raises((ConflictError, NotFoundError), match=said):
            propose(closed, found)


def test_only_one_change_of_a_month_is_under_way(closed):
    correction = closed.propose()
    with pytest.raises(ConflictError, match=f"run {correction} corrects the month and is calculated"):
        propose(closed, first_number(closed, "kept"))
    with writing(closed.engine) as session:
        reject_run(session, correction, reason="not now", now_ms=closed.now_ms, actor="ann")
    void_run = propose(closed, first_number(closed, "kept"))
    with writing(closed.engine) as session, pytest.raises(ConflictError, match=f"run {void_run} voids SCM-2023-09-"):
        plan_correction(session, SEPTEMBER, now_ms=closed.now_ms, actor="ann")
