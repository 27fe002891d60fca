"""R8: what was approved is what is issued. Whatever changes in between stops the issue, and the approval is gone."""

from __future__ import annotations

import importlib.metadata
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlmodel import select

from sla_service.db.credits import list_parked
from sla_service.db.engine import reading, writing
from sla_service.db.runs import load_run
from sla_service.db.statements import list_statements
from sla_service.db.tables import AuditRecord
from sla_service.domain.errors import ChangedError, ConflictError
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.usecases import bind_run
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.decide_run import approve_run, submit_run
from sla_service.usecases.issue_run import issue_run, start_issue
from sla_service.usecases.work_run import withdrawing
from tests.cli import wide
from tests.reliability import the_bound_month as month
from tests.reliability.figures import of_form, record
from tests.runs import submit_and_approve

pytestmark = pytest.mark.reliability

ISSUER, NOW_MS = wide.ISSUER, wide.NOW_MS
WORLD = {
    "the zone database": "tzdb",
    "the template": "template",
    "the issuer's name": "issuer: name",
    "the issuer's address": "issuer: address",
    "the issuer's colour": "issuer: accent",
    "the contact": "issuer: contact_email",
    "the public address": "issuer: public_url",
}
"""What changes outside of the database, and what it is called in the refusal."""
OTHER_ISSUERS = {
    "the issuer's name": replace(ISSUER, name="Southlight Commerce"),
    "the issuer's address": replace(ISSUER, address=("1 Some Street",)),
    "the issuer's colour": replace(ISSUER, accent="#0b5564"),
    "the contact": replace(ISSUER, contact_email="other@northlight.example"),
    "the public address": replace(ISSUER, public_url="https://sla.example.com"),
}


@pytest.fixture
def approved(engine):
    """Run 2 of the month, with a decided case, approved by ben."""
    month.load(engine)
    draft = wide.calculate(engine)
    decide(engine, draft)
    run_id = wide.calculate(engine)
    approve(engine, run_id)
    return run_id


def decide(engine, run_id):
    with writing(engine) as session:
        credit_no = next(c.credit_no for c in list_parked(session, run_id) if c.outcome == "undefined")
        amount = Money("USD", 1_200)
        decide_credit(session, run_id, credit_no, amount, reason="agreed by mail", now_ms=NOW_MS, actor="cleo")


def approve(engine, run_id):
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben", issuer=ISSUER)


def start(engine, run_id, issuer=ISSUER):
    """As the command does it: what turns out to have changed takes the approval back, on record."""
    with (
        withdrawing(lambda: writing(engine), run_id, now_ms=NOW_MS, actor="ben"),
        writing(engine) as session,
    ):
        start_issue(session, run_id, issuer=issuer, now_ms=NOW_MS, actor="ben")


def refused(engine, run_id, issuer=ISSUER):
    """What the refusal names; nothing, if issuing began or the approval is still there."""
    try:
        start(engine, run_id, issuer)
    except ChangedError as error:
        with reading(engine) as session:
            run = load_run(session, run_id)
            gone = (run.state, run.approved_by, run.submitted_by, run.binding) == ("calculated", None, None, None)
            is_named = all(one in (run.approval_reason or "") for one in error.changes)
            nothing_issued = not list_statements(session, run_id)
        return "; ".join(error.changes) if gone and is_named and nothing_issued else ""
    return ""


ALWAYS = {
    "a partner's address by hand",
    "a merchant's language by hand",
    "an impact's share by hand",
    "units by import --update",
    "a charge by hand",
    "a claim by hand",
    "a decision's amount by hand",
    "a new version of a policy that comes into force",
    "a stated amount by hand",
}


def chosen(engine):
    """All of them; in the short form on PostgreSQL, where each takes long, every fourth and those looked at below."""
    every = list(month.kinds(engine))
    some = every if engine.dialect.name == "sqlite" else every[:: of_form(4, 1)]
    return [kind for kind in every if kind in some or kind.name in ALWAYS]


def test_every_change_of_what_a_run_rests_on_stops_its_issue_and_clears_the_approval(engine, approved):
    named, missed = {}, []
    for kind in chosen(engine):
        kind.make()
        found = refused(engine, approved)
        kind.unmake()
        named[kind.name] = found
        if not found:
            missed.append(kind.name)
            break
        approve(engine, approved)
    # What was named was refused, cleared and on record: ``refused`` says nothing otherwise.
    cleared = sum(map(bool, named.values()))
    found = {"kinds of change to data": len(named), "refused and cleared on record": cleared}
    record("R8", {f"data, {engine.dialect.name}": found})
    assert not missed
    assert "recipients" in named["a partner's address by hand"]
    assert "recipients" in named["a merchant's language by hand"]
    assert named["an impact's share by hand"] == "inputs: impacts"
    assert named["units by import --update"] == "inputs: units"
    assert named["a charge by hand"] == "inputs: charges"
    assert named["a claim by hand"] == "inputs: claims"
    assert named["a decision's amount by hand"] == "inputs: decisions"
    assert "policies" in named["a new version of a policy that comes into force"]
    assert "totals" in named["a stated amount by hand"]
    with reading(engine) as session:
        reasons = month.logged_reasons(session.exec(select(AuditRecord)).all())
    assert len(reasons) == len(named), "each withdrawal is in the audit log"


def test_every_change_outside_of_the_database_does_the_same(engine, approved):
    for name, component in WORLD.items():
        with ExitStack() as stack:
            if name == "the zone database":
                stack.enter_context(month.replaced(importlib.metadata, "version", lambda _package: "2099a"))
            if name == "the template":
                stack.enter_context(month.replaced(bind_run, "template_version", lambda: "0" * 64))
            assert refused(engine, approved, OTHER_ISSUERS.get(name, ISSUER)) == component
        approve(engine, approved)
    record("R8", {f"world, {engine.dialect.name}": {"kinds of change outside": len(WORLD), "refused": len(WORLD)}})


def test_an_earlier_month_that_is_issued_in_between_changes_what_looks_back(engine, approved):
    with writing(engine) as session:
        before = calculate_run(session, Month(2023, 8), now_ms=NOW_MS, actor="ann").run_id
    approve(engine, before)
    with writing(engine) as session:
        issue_run(session, before, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    assert refused(engine, approved) == "inputs: history"


def test_what_has_not_changed_is_issued(engine, approved):
    start(engine, approved)
    with reading(engine) as session:
        assert load_run(session, approved).state == "issuing"


def test_a_change_of_what_it_does_not_rest_on_does_not_matter(engine, approved):
    impacts = month.FILES["impacts"] + "INC-week,week,week,,2023-03-13T10:00Z,2023-03-13T11:40Z,1\n"
    month.import_rows(engine, "impacts", impacts)
    start(engine, approved)


def test_nobody_decides_a_case_of_a_run_that_is_approved(engine, approved):
    with pytest.raises(ConflictError, match="is approved"), writing(engine) as session:
        decide_credit(session, approved, 1, Money("USD", 1), reason="late", now_ms=NOW_MS, actor="cleo")


def test_what_changed_since_the_calculation_is_not_even_submitted(engine):
    month.load(engine)
    run_id = wide.calculate(engine)
    decide(engine, run_id)
    said = r"since run 1 was calculated, this changed: inputs: decisions"
    with pytest.raises(ChangedError, match=said), writing(engine) as session:
        submit_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ann")


def test_what_changed_since_the_submission_is_not_approved(engine):
    month.load(engine)
    run_id = wide.calculate(engine)
    with writing(engine) as session:
        submit_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ann")
    was, is_ = month.EDITS["usage"]
    month.import_rows(engine, "usage", month.FILES["usage"].replace(was, is_), update=True)
    with pytest.raises(ChangedError, match="inputs: usage"), writing(engine) as session:
        approve_run(session, run_id, digest=None, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
