"""Every statement of a run arrives; what is known to have arrived is never sent again; what is not known is shown."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from sla_service.db.engine import writing
from sla_service.db.tables import OutboxRecord, RunRecord, StatementDocumentRecord, StatementRecord
from sla_service.domain.errors import ConflictError, InvalidValueError, NotFoundError
from sla_service.domain.instants import parse_instant
from sla_service.domain.statements import StatementKind, snapshot_sha256, statement_to_json
from sla_service.mail import Outcome, Receipt, open_smtp
from sla_service.usecases import deliver
from sla_service.usecases.deliver import CLAIM_MS, LEFT, RENDER_FIRST, STOPPED, TAKEN, Sender, deliver_run
from sla_service.usecases.portal_links import open_portal_link
from sla_service.usecases.write_statements import message_id
from tests.formats.statement_samples import AGENCY, ISSUER, STORE, partner_statement, worked_statement
from tests.mail.smtp_servers import (
    DROP,
    GARBAGE,
    HANG,
    LATER,
    NEVER,
    PATIENT,
    SHORT,
    Fault,
    faulty_server,
    good_server,
    settings_for,
)
from tests.reliability.figures import record

NOW = parse_instant("2023-10-05T09:00:00Z")
SENDER = Sender("sla@northlight.example", secret_key="k" * 32, public_url="https://status.northlight.example")
MAILS = int(os.environ.get("SLA_TEST_MAILS", "120"))
"""Of the random test; the figures in docs/delivery.md are of 10,000."""
FAULTY_SHARE = 0.05 if MAILS >= 1000 else 0.25
"""Of the messages; more where there are few."""
ANY_FAULT = [
    *((step, action) for step in ("connect", "greeting", "ehlo", "mail", "rcpt", "data") for action in (DROP, GARBAGE)),
    *((step, LATER) for step in ("greeting", "ehlo", "mail", "rcpt", "data", "dot")),
    *((step, action) for step in ("dot", "kept") for action in (DROP, GARBAGE)),
    ("body", DROP),
    ("after", DROP),
]
ACCEPTED = Receipt(Outcome.ACCEPTED, "250 ok")


def pdf_of(number):
    return f"%PDF-1.4 {number}\r\n".encode() + hashlib.sha256(number.encode()).digest() * 20


def address_of(i):
    return f"store{i:05d}@merchants.example"


def a_run(engine, count=3, *, state="issued", undocumented=(), parked=(), recipient=STORE, before=0):
    """An issued run with a message for each of ``count`` merchants; returns the statements' numbers."""
    issued = {"approved_at_ms": 2, "approved_by": "bo", "issued_at_ms": 3, "issued_by": "bo"}
    with writing(engine) as session:
        session.add(
            RunRecord(
                run_id=1, period="2023-09", state=state, version=3, digest="d", tzdb_version="2025b",
                created_at_ms=1, created_by="al", **issued,
            )
        )  # fmt: skip
        session.flush()
        numbers = [add_statement(session, i, recipient) for i in range(before, count)]
        session.flush()
        for i, number in enumerate(numbers):
            if i in parked:
                session.add(StatementDocumentRecord(number=number, parked_reason="characters no font has"))
            elif i not in undocumented:
                pdf = pdf_of(number)
                digest = hashlib.sha256(pdf).hexdigest()
                session.add(StatementDocumentRecord(number=number, pdf=pdf, pdf_sha256=digest))
    return numbers


def add_statement(session, i, recipient=STORE):
    store = replace(recipient, party_id=f"m-{i}", name=f"Store {i}", email=address_of(i))
    statement = replace(worked_statement(), number=f"SCM-2023-09-{i:07d}", run_id=1, recipient=store)
    return add(session, statement)


def add(session, statement):
    snapshot, address = statement_to_json(statement), statement.recipient.email
    session.add(
        StatementRecord(
            number=statement.number, kind=statement.kind.value, run_id=1, period="2023-09",
            party_id=statement.recipient.party_id, currency="USD", revision=1, issued_at_ms=statement.issued_at_ms,
            snapshot=snapshot, snapshot_sha256=snapshot_sha256(snapshot),
        )
    )  # fmt: skip
    session.flush()
    session.add(
        OutboxRecord(
            number=statement.number, recipient=address,
            message_id=message_id(statement.number, address, statement.issuer.contact_email),
            state="pending", attempts=0, updated_at_ms=NOW - 1,
        )
    )  # fmt: skip
    return statement.number


def outbox(engine):
    with writing(engine) as session:
        rows = session.exec(select(OutboxRecord).order_by(OutboxRecord.number)).all()
        session.expunge_all()
    return rows


def states(engine):
    return [row.state for row in outbox(engine)]


def change(engine, number, **columns):
    with writing(engine) as session:
        row = session.exec(select(OutboxRecord).where(OutboxRecord.number == number)).one()
        for name, value in columns.items():
            setattr(row, name, value)


def deliver_all(engine, send, *, now=NOW, **other):
    values = {"send": send, "sender": SENDER, "now": lambda: now, **other}
    return deliver_run(lambda: writing(engine), 1, **values)


def deliver_to(engine, port, *, timeouts=PATIENT, **other):
    with open_smtp(settings_for(port), timeouts=timeouts) as smtp:
        return deliver_all(engine, smtp.send, **other)


class Recorder:
    """A mail server in a list: gives the receipts in order, and then accepts."""

    def __init__(self, *receipts):
        self.receipts, self.sent = list(receipts), []

    def __call__(self, sender, recipient, message):
        self.sent.append((sender, recipient, message))
        receipt = self.receipts.pop(0) if self.receipts else ACCEPTED
        if isinstance(receipt, BaseException):
            raise receipt
        return receipt


def test_every_message_arrives_exactly_once_with_the_stored_document(engine):
    numbers = a_run(engine, 5)
    with good_server() as (port, mails):
        first = deliver_to(engine, port)
        second = deliver_to(engine, port)
    assert (first.accepted, second.accepted) == (5, 0)
    assert not any((first.refused, first.deferred, first.uncertain, first.parked, first.skipped, first.stopped))
    assert [(mail.sender, mail.recipient) for mail in mails] == [(SENDER.address, address_of(i)) for i in range(5)]
    for number, mail in zip(numbers, mails, strict=True):
        message = message_from_bytes(mail.content, policy=default)
        (attached,) = message.iter_attachments()
        assert attached.get_content() == pdf_of(number)
        assert attached.get_filename() == f"service-credit-statement-{number}.pdf"
    assert [message_from_bytes(m.content)["Message-ID"] for m in mails] == [row.message_id for row in outbox(engine)]
    assert [(row.state, row.attempts, row.last_error) for row in outbox(engine)] == [("accepted", 1, None)] * 5


def test_a_refused_recipient_is_recorded_in_the_servers_words_and_not_tried_again(engine):
    numbers = a_run(engine)
    with good_server(refused={address_of(1)}) as (port, mails):
        first = deliver_to(engine, port)
        second = deliver_to(engine, port)
    assert first.accepted == 2
    assert first.refused == [(numbers[1], "550 5.1.1 no such user here")]
    assert (second.accepted, second.refused) == (0, [])
    assert outbox(engine)[1].last_error == "550 5.1.1 no such user here"
    assert states(engine) == ["accepted", "refused", "accepted"]
    assert len(mails) == 2


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_a_temporary_refusal_is_due_again_at_the_next_call(engine, step):
    numbers = a_run(engine)
    with faulty_server(Fault(step, LATER)) as server:
        first = deliver_to(engine, server.port)
        second = deliver_to(engine, server.port)
    # The faulty connection refuses every message at that step, so all three wait for the second call.
    assert first.deferred == [(number, "451 4.3.2 try again later") for number in numbers]
    assert second.accepted == 3
    assert [row.attempts for row in outbox(engine)] == [2, 2, 2]
    assert sorted(Counter(mail.recipient for mail in server.mails).values()) == [1, 1, 1]


@pytest.mark.parametrize("fault", [("dot", DROP), ("dot", HANG), ("kept", DROP), ("kept", HANG), ("kept", GARBAGE)])
def test_no_answer_after_the_final_dot_is_uncertain_and_resent_by_the_next_call(sqlite_engine, fault):
    numbers = a_run(sqlite_engine)
    with faulty_server(Fault(*fault)) as server:
        first = deliver_to(sqlite_engine, server.port, timeouts=SHORT)
        shown = states(sqlite_engine)
        second = deliver_to(sqlite_engine, server.port)
    assert first.accepted == 2
    assert [number for number, _ in first.uncertain] == numbers[:1]
    assert shown == ["uncertain", "accepted", "accepted"]
    assert (second.accepted, states(sqlite_engine)) == (1, ["accepted"] * 3)
    copies = [mail.content for mail in server.mails if mail.recipient == address_of(0)]
    assert len(copies) == (2 if fault[0] == "kept" else 1)
    assert len(set(copies)) == 1


def test_uncertain_messages_can_be_held_for_a_person(engine):
    numbers = a_run(engine)
    with faulty_server(Fault("kept", DROP)) as server:
        deliver_to(engine, server.port)
        held = deliver_to(engine, server.port, resend_uncertain=False)
    assert held.accepted == 0
    assert [number for number, _ in held.uncertain] == numbers[:1]
    assert states(engine) == ["uncertain", "accepted", "accepted"]
    assert len(server.mails) == 3


def test_a_doubt_stays_a_doubt_until_the_message_is_accepted(engine):
    numbers = a_run(engine, 1)
    broke = Receipt(Outcome.UNCERTAIN, "no answer")
    later, gone = Receipt(Outcome.DEFERRED, "451 later"), Receipt(Outcome.NOT_SENT, "gone", may_retry_now=True)
    for receipts in ([broke], [later], [gone, gone]):
        assert [n for n, _ in deliver_all(engine, Recorder(*receipts)).uncertain] == numbers
        assert states(engine) == ["uncertain"]
    assert deliver_all(engine, Recorder(Receipt(Outcome.REFUSED, "550 no"))).refused == [
        (numbers[0], "an earlier attempt may have arrived; this one: 550 no")
    ]


def test_a_message_left_by_a_crash_is_left_to_its_sender_first_and_uncertain_then(engine):
    numbers = a_run(engine, 2)
    change(engine, numbers[0], state="sending", attempts=1, updated_at_ms=NOW)
    send = Recorder()
    early = deliver_all(engine, send, now=NOW + CLAIM_MS - 1)
    assert early.accepted == 1
    assert [number for number, _ in early.skipped] == numbers[:1]
    assert "2023-10-05T09:00:00Z" in early.skipped[0][1]
    held = deliver_all(engine, send, now=NOW + CLAIM_MS, resend_uncertain=False)
    assert held.uncertain == [(numbers[0], LEFT)]
    assert states(engine) == ["uncertain", "accepted"]
    assert deliver_all(engine, send, now=NOW + CLAIM_MS).accepted == 1
    assert [recipient for _, recipient, _ in send.sent] == [address_of(1), address_of(0)]
    assert outbox(engine)[0].attempts == 2


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("a bug")])
def test_a_sender_that_is_stopped_says_so_itself(engine, stop):
    a_run(engine, 2)
    with pytest.raises(type(stop)):
        deliver_all(engine, Recorder(stop))
    assert [(row.state, row.last_error) for row in outbox(engine)] == [("uncertain", STOPPED), ("pending", None)]
    assert deliver_all(engine, Recorder()).accepted == 2


def test_every_attempt_sends_the_same_bytes_under_one_message_id(engine):
    a_run(engine, 1)
    send = Recorder(Receipt(Outcome.DEFERRED, "451"), Receipt(Outcome.UNCERTAIN, "cut"))
    for days in range(3):
        deliver_all(engine, send, now=NOW + days * 86_400_000)
    assert len(send.sent) == 3
    assert len({message for _, _, message in send.sent}) == 1
    (row,) = outbox(engine)
    assert message_from_bytes(send.sent[0][2])["Message-ID"] == row.message_id
    assert (row.state, row.attempts) == ("accepted", 3)


def test_what_is_not_rendered_or_parked_is_reported_and_left_alone(engine):
    numbers = a_run(engine, 4, undocumented={1}, parked={2})
    delivered = deliver_all(engine, Recorder())
    assert delivered.accepted == 2
    assert delivered.skipped == [(numbers[1], RENDER_FIRST)]
    assert delivered.parked == [(numbers[2], "characters no font has")]
    assert states(engine) == ["accepted", "pending", "pending", "accepted"]
    assert outbox(engine)[1].attempts == 0


def test_an_address_that_cannot_be_written_parks_that_merchant_alone(sqlite_engine):
    a_run(sqlite_engine, 2)
    with writing(sqlite_engine) as session:
        bad = replace(STORE, party_id="m-bad", email="a@x.example\r\nBcc: b@x.example")
        number = add(session, replace(worked_statement(), number="SCM-0", run_id=1, recipient=bad))
        session.flush()
        session.add(StatementDocumentRecord(number=number, pdf=b"%PDF", pdf_sha256="x"))
    send = Recorder()
    delivered = deliver_all(sqlite_engine, send)
    assert delivered.accepted == 2
    assert [n for n, _ in delivered.parked] == ["SCM-0"]
    assert len(send.sent) == 2


def test_a_connection_that_dies_is_opened_again_for_the_same_message(engine):
    a_run(engine)
    with faulty_server(Fault("after", DROP)) as server:
        delivered = deliver_to(engine, server.port)
    assert delivered.accepted == 3
    assert server.connections == 2
    assert [row.attempts for row in outbox(engine)] == [1, 2, 1]
    assert sorted(mail.recipient for mail in server.mails) == [address_of(i) for i in range(3)]


def test_a_message_is_tried_twice_and_the_call_gives_up_after_three_in_a_row(engine):
    numbers = a_run(engine, 6)
    change(engine, numbers[4], state="uncertain")
    send = Recorder(*[Receipt(Outcome.NOT_SENT, "connection refused", may_retry_now=True)] * 99)
    delivered = deliver_all(engine, send)
    assert [recipient for _, recipient, _ in send.sent] == [address_of(i) for i in (0, 0, 1, 1, 2, 2)]
    assert [number for number, _ in delivered.deferred] == [*numbers[:4], numbers[5]]
    assert delivered.uncertain == [(numbers[4], "not tried: connection refused")]
    assert delivered.stopped == "connection refused"
    assert states(engine) == ["pending"] * 4 + ["uncertain", "pending"]
    assert [row.attempts for row in outbox(engine)] == [2, 2, 2, 0, 0, 0]


def test_a_wrong_password_is_tried_three_times_and_no_more(sqlite_engine):
    a_run(sqlite_engine, 5)
    send = Recorder(*[Receipt(Outcome.NOT_SENT, "535 5.7.8 wrong password")] * 99)
    assert deliver_all(sqlite_engine, send).stopped == "535 5.7.8 wrong password"
    assert len(send.sent) == 3


def test_merchants_get_a_link_that_opens_their_pages_and_partners_none(sqlite_engine):
    a_run(sqlite_engine, 1)
    with writing(sqlite_engine) as session:
        partner = replace(partner_statement(3), number="SCP-2023-09-0000001", run_id=1)
        session.add(StatementDocumentRecord(number=add(session, partner), pdf=b"%PDF", pdf_sha256="x"))
    send = Recorder()
    assert deliver_all(sqlite_engine, send).accepted == 2
    texts = [message_from_bytes(m, policy=default).get_body(("plain",)).get_content() for _, _, m in send.sent]
    link = next(line for line in texts[0].splitlines() if line.startswith("https://status.northlight.example/portal/"))
    token = link.rstrip("/").rpartition("/")[2]
    assert open_portal_link(SENDER.secret_key, token, now_ms=NOW) == "m-0"
    assert "https://" not in texts[1]
    assert send.sent[1][1] == AGENCY.email
    assert partner.kind is StatementKind.PARTNER


@pytest.mark.parametrize("sender", [Sender("sla@x.example", "", "https://x.example"), Sender("sla@x.example", "k")])
def test_without_a_key_or_a_portal_there_is_no_link(sender):
    assert sender.portal_link(worked_statement()) is None


@pytest.mark.parametrize("state", ["calculated", "approved", "rejected"])
def test_a_run_that_is_not_issued_is_refused(sqlite_engine, state):
    a_run(sqlite_engine, state=state)
    with pytest.raises(ConflictError, match=f"run 1 is {state}"):
        deliver_all(sqlite_engine, Recorder())


def test_a_run_that_is_not_there_is_not_found(sqlite_engine):
    with pytest.raises(NotFoundError):
        deliver_all(sqlite_engine, Recorder())


def test_a_sender_that_cannot_be_written_is_refused_before_anything_is_sent(sqlite_engine):
    a_run(sqlite_engine)
    with pytest.raises(InvalidValueError, match="write one address"):
        deliver_all(sqlite_engine, Recorder(), sender=Sender("no address"))
    assert states(sqlite_engine) == ["pending"] * 3


def test_progress_counts_to_the_end(sqlite_engine, monkeypatch):
    monkeypatch.setattr(deliver, "PAGE", 2)
    a_run(sqlite_engine, 5)
    told = []
    deliver_all(sqlite_engine, Recorder(), progress=lambda *what: told.append(what))
    assert told == [("Sending statements", i, 5) for i in range(1, 6)]


def test_no_transaction_is_open_while_the_server_is_spoken_to(engine):
    a_run(engine)
    open_now = Counter()

    @contextmanager
    def counted():
        with writing(engine) as session:
            open_now["transactions"] += 1
            yield session
        open_now["transactions"] -= 1

    def send(_sender, recipient, _message):
        assert open_now["transactions"] == 0
        (row,) = [row for row in outbox(engine) if row.recipient == recipient]
        assert (row.state, row.attempts) == ("sending", 1)
        return ACCEPTED

    delivered = deliver_run(counted, 1, send=send, sender=SENDER, now=lambda: NOW)
    assert delivered.accepted == 3


@pytest.mark.parametrize("senders", [2, 4])
def test_two_senders_at_once_send_each_message_once(engine, senders):
    a_run(engine, 40)
    start, found, errors = threading.Barrier(senders), [], []

    def run(port):
        try:
            start.wait()
            found.append(deliver_to(engine, port))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    with good_server() as (port, mails):
        threads = [threading.Thread(target=run, args=(port,)) for _ in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert Counter(mail.recipient for mail in mails) == dict.fromkeys(map(address_of, range(40)), 1)
    assert sum(delivered.accepted for delivered in found) == 40
    assert {reason for delivered in found for _, reason in delivered.skipped if "has had it" not in reason} <= {TAKEN}
    assert [(row.state, row.attempts) for row in outbox(engine)] == [("accepted", 1)] * 40


def test_a_claim_lost_to_another_sender_is_skipped(engine):
    numbers = a_run(engine, 2)

    class Meanwhile(Recorder):
        """While the first message is sent, another sender takes the second."""

        def __call__(self, *message):
            change(engine, numbers[1], state="sending", attempts=1, updated_at_ms=NOW)
            return super().__call__(*message)

    send = Meanwhile()
    delivered = deliver_all(engine, send)
    assert (delivered.accepted, delivered.skipped) == (1, [(numbers[1], TAKEN)])
    assert len(send.sent) == 1


@contextmanager
def failing(engine, fails):
    """A transaction whose commit ends in an error, before or after it took place."""
    if fails == "before":
        raise OperationalError("begin", {}, Exception("link cut"))
    with writing(engine) as session:
        yield session
    if fails == "after":
        raise OperationalError("commit", {}, Exception("link cut"))


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 12))
def test_the_database_failing_at_any_transaction_loses_nothing_and_hides_no_doubt(sqlite_engine, nth, fails):
    a_run(sqlite_engine, 2)
    count, send, doubts = Counter(), Recorder(), set()

    def factory():
        count["transactions"] += 1
        return failing(sqlite_engine, fails if count["transactions"] == nth else "")

    for day in range(3):
        try:
            deliver_run(factory, 1, send=send, sender=SENDER, now=lambda day=day: NOW + day * CLAIM_MS)
        except OperationalError:
            doubts |= {row.recipient for row in outbox(sqlite_engine) if row.state in ("sending", "uncertain")}
    assert states(sqlite_engine) == ["accepted", "accepted"]
    copies = Counter(recipient for _, recipient, _ in send.sent)
    assert set(copies) == {address_of(0), address_of(1)}
    assert {recipient for recipient, times in copies.items() if times > 1} <= doubts


@pytest.mark.reliability
def test_random_faults_lose_nothing_and_double_only_what_was_in_doubt(sqlite_engine):
    numbers = a_run(sqlite_engine, MAILS)
    draw = random.Random(20230919)  # noqa: S311 - to be repeated, not to be secret
    faults = [
        Fault(*(draw.choice(ANY_FAULT) if draw.random() < FAULTY_SHARE else ()), is_once=True) for _ in range(2 * MAILS)
    ]
    doubts, calls = set(), 0
    with faulty_server(*faults) as server:
        while set(states(sqlite_engine)) != {"accepted"}:
            calls += 1
            assert calls < 100
            delivered = deliver_to(sqlite_engine, server.port, now=NOW + calls)
            doubts |= {number for number, _ in delivered.uncertain}
    copies = Counter(mail.recipient for mail in server.mails)
    assert set(copies) == {address_of(i) for i in range(MAILS)}
    # Copies are copies: the same bytes, and so the same Message-ID.
    assert len({mail.content for mail in server.mails}) == MAILS
    doubled = {recipient for recipient, times in copies.items() if times > 1}
    assert doubled <= {address_of(numbers.index(number)) for number in doubts}
    assert server.fired > MAILS * FAULTY_SHARE / 4
    figures = {"mails": MAILS, "faults": server.fired, "calls": calls, "in doubt": len(doubts), "lost": 0}
    figures |= {"Message-IDs per statement": 1, "sent twice": f"{len(doubled)} ({len(doubled) / MAILS:.2%})"}
    record("R5", {"random faults": figures}, seed=20230919)


def test_refusals_for_good_are_kept_apart_from_those_for_now(sqlite_engine):
    numbers = a_run(sqlite_engine, 2)
    with faulty_server(Fault("dot", NEVER)) as server:
        delivered = deliver_to(sqlite_engine, server.port)
    assert delivered.refused == [(number, "554 5.7.1 no thanks") for number in numbers]
    assert ISSUER.contact_email == SENDER.address
