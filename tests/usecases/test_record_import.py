"""What the audit log says of evidence, policies, decisions, keys and links; and what it does not."""

from __future__ import annotations

import json

import pytest
from sqlmodel import select

from sla_service.db.engine import reading, writing
from sla_service.db.tables import AuditRecord
from sla_service.domain.money import Money
from sla_service.usecases.api_keys import create_api_key, revoke_api_key
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.portal_links import make_portal_link
from sla_service.usecases.record_incident import Sender, record_impacts, record_timeline
from tests.usecases.the_month import FILES, NOW_MS, calculate, load, policies

CHARGES = "merchant_id,service,month,kind,amount,currency\nstep,storefront,2023-09,usage,12.00,USD\n"
AN_IMPACT = {
    "incident_id": "INC-2023-09-07",
    "merchant_id": "half",
    "service": "storefront",
    "started_at": "2023-09-27T10:00:00+08:00",
    "ended_at": "2023-09-27T12:00:00+08:00",
    "share": "0.5",
}


def entries(engine, *actions):
    """What was logged, in order: action, subject, actor, origin, and what is now."""
    with reading(engine) as session:
        found = session.exec(select(AuditRecord).order_by(AuditRecord.entry_no)).all()
        return [
            (one.action, one.subject, one.actor, one.origin, json.loads(one.after or "{}"))
            for one in found
            if not actions or one.action in actions
        ]


def import_(engine, noun, text, *, update=False, origin=""):
    with writing(engine, origin=origin) as session:
        import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=NOW_MS, actor="cleo", update=update)


def test_every_file_is_an_entry_with_its_counts_its_digest_and_the_time_that_it_is_about(engine):
    load(engine)
    found = {subject: after for action, subject, *_, after in entries(engine) if action.startswith("import.")}
    assert set(found) == set(FILES)
    assert found["impacts"] == {
        "file": "impacts.csv",
        "sha256": found["impacts"]["sha256"],
        "rows": 2,
        "added": 2,
        "changed": 0,
        "from": "2023-09-25T02:00:00Z",
        "to": "2023-09-25T05:00:00Z",
        "merchants": ["half"],
    }
    assert len(found["impacts"]["sha256"]) == 64
    assert "from" not in found["merchants"], "a merchant is about every month"


def test_a_charge_is_about_its_months(engine):
    load(engine)
    import_(engine, "charges", CHARGES, origin="terminal")
    ((_, subject, actor, origin, after),) = entries(engine, "import.charges")
    assert (subject, actor, origin, after["months"]) == ("charges", "cleo", "terminal", ["2023-09"])


def test_what_changes_nothing_is_no_entry(engine):
    load(engine)
    before = entries(engine)
    import_(engine, "impacts", FILES["impacts"])
    import_(engine, "impacts", FILES["impacts"], update=True)
    import_(engine, "impacts", FILES["impacts"] + "\n")
    with writing(engine) as session:
        publish_policy(session, policies()[0], now_ms=NOW_MS, actor="cleo")
    assert entries(engine) == before


def test_a_refused_file_is_no_entry(engine):
    load(engine)
    before = entries(engine)
    with pytest.raises(Exception, match="share"):
        import_(engine, "impacts", FILES["impacts"].replace("0.5", "5"))
    assert entries(engine) == before


def test_a_window_that_was_changed_may_have_been_anywhere_before(engine):
    load(engine)
    import_(engine, "exclusions", FILES["exclusions"].replace("12:30+08:00", "12:45+08:00"), update=True)
    *_, (*_, after) = entries(engine, "import.exclusions")
    assert after["changed"] == 1
    assert "from" not in after


def test_what_a_program_sends_is_an_entry_under_its_name(engine):
    load(engine)
    sender = Sender("monitoring", NOW_MS)
    point = {"at": "2023-09-25T11:30:00+08:00", "share_available": "50"}
    for _ in range(2):
        with writing(engine, origin="192.0.2.7 with the key monitoring") as session:
            record_impacts(session, [AN_IMPACT], sender=sender)
            record_timeline(session, "INC-2023-09-07", [point], sender=sender)
    *_, (*_, actor, origin, after) = entries(engine, "import.impacts")
    assert (actor, origin, after["file"], after["added"]) == (
        "monitoring",
        "192.0.2.7 with the key monitoring",
        "sent by a program",
        1,
    )
    assert len(entries(engine, "import.impacts")) == 2
    assert len(entries(engine, "import.timeline")) == 2


def test_publishing_keys_and_links_are_entries_without_any_secret(engine):
    load(engine)
    with writing(engine) as session:
        made = create_api_key(session, "billing", now_ms=NOW_MS, actor="ann")
        revoke_api_key(session, made.key_id, now_ms=NOW_MS, actor="ben")
        token = make_portal_link(session, "k" * 32, "step", days=3, now_ms=NOW_MS, actor="cleo")
    found = entries(engine, "key.create", "key.revoke", "link.make")
    assert [(action, subject, actor) for action, subject, actor, *_ in found] == [
        ("key.create", f"key {made.key_id}", "ann"),
        ("key.revoke", f"key {made.key_id}", "ben"),
        ("link.make", "merchant step", "cleo"),
    ]
    said = json.dumps(entries(engine))
    assert token not in said
    assert made.key.rpartition("_")[2] not in said
    published = {subject: after for _, subject, *_, after in entries(engine, "policy.publish")}
    assert len(published) == len(policies())
    assert set(published["policy by-step v1"]) == {"service", "effective_from", "effective_to", "digest"}


def test_a_decision_is_an_entry_with_what_was_decided_before_and_the_same_again_is_none(engine):
    load(engine)
    run_id = calculate(engine)
    with reading(engine) as session:
        from sla_service.db.credits import list_parked

        credit_no = next(c.credit_no for c in list_parked(session, run_id) if c.outcome == "undefined")
    for minor in (1200, 1200, 900):
        with writing(engine) as session:
            decide_credit(session, run_id, credit_no, Money("USD", minor), reason="agreed", now_ms=NOW_MS, actor="cleo")
    found = entries(engine, "run.decide")
    assert [(subject, after["amount_minor"]) for _, subject, _, _, after in found] == [
        ("decision 2023-09 holed storefront 2020-01-01", 1200),
        ("decision 2023-09 holed storefront 2020-01-01", 900),
    ]
