"""R6: the link to the database is cut in every message, and the same is asked for again: nothing is lost or doubled."""

from __future__ import annotations

import hashlib
import socket
from collections import Counter
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from sla_service.db.bulk import read_arrow
from sla_service.db.engine import create_engine, reading, writing
from sla_service.db.tables import StatementDocumentRecord, metadata
from sla_service.mail import Outcome, Receipt
from sla_service.usecases.deliver import CLAIM_MS, Sender, deliver_run
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.work_run import work_batch
from tests.reliability import small_month
from tests.reliability.cut_link import DOWN, UP, CutLink, places
from tests.reliability.figures import of_form, record
from tests.reliability.small_month import ISSUER, NOW_MS, STATEMENTS, digests, state, violations
from tests.reliability.states import Ways, alone

pytestmark = pytest.mark.reliability
LAST = of_form(40, 300)
"""The link is cut after every one of so many last bytes: those of the commit, where a call may fail and have worked."""
POINTS = of_form(4, None)
"""Of each direction, spread over all of them."""
GO_ON_EVERY = 100
"""So often a database is gone on with although another was left in the same state."""
SENDER = Sender("sla@northlight.example")
PDF = b"%PDF-1.4"
sent = Counter()
"""Messages that the mail server took, by recipient."""


def approve(engine):
    small_month.approve(engine)


def begin(engine):
    """As ``sla run issue`` does: what has begun is not begun again."""
    if state(engine) != "issuing":
        with writing(engine) as session:
            start_issue(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor="ben")


def issue_first(engine):
    work_batch(lambda: writing(engine), 1, 1, now=lambda: NOW_MS)


def deliver(engine, now_ms=NOW_MS):
    def send(_sender, recipient, _message):
        sent[recipient] += 1
        return Receipt(Outcome.ACCEPTED, "250 ok")

    deliver_run(lambda: writing(engine), 1, send=send, sender=SENDER, now=lambda: now_ms)


def deliver_later(engine):
    deliver(engine, NOW_MS + CLAIM_MS)


STEPS = {
    "approve": ("submitted", (), approve, approve),
    "begin to issue": ("approved", (), begin, begin),
    "issue a batch": ("approved", (begin,), issue_first, issue_first),
    "claim and record a message": ("issued", (), deliver, deliver_later),
}
"""At which step of the month, what comes before, what is cut, and what is called afterwards."""
EFFECT = {
    "approve": "SELECT count(*) FROM runs WHERE state = 'approved'",
    "begin to issue": "SELECT count(*) FROM runs WHERE state = 'issuing'",
    "issue a batch": "SELECT count(*) FROM run_batches WHERE state = 'issued'",
    "claim and record a message": "SELECT count(*) FROM outbox WHERE state = 'accepted'",
}


def has_effect(engine, step):
    with reading(engine) as session:
        return session.connection().execute(text(EFFECT[step])).scalar_one() > 0


@pytest.fixture
def link(postgres_copies):
    folder = postgres_copies.server.get_uri().rpartition("host=")[2]
    made = CutLink(f"{folder}/.s.PGSQL.5432")
    yield made
    made.close()
    postgres_copies.close()


def prepared(copies, step):
    """A database just before a step; made once, and copied."""
    name = f"before: {step}"
    if name not in copies.templates:
        at, before, _, _ = STEPS[step]
        engine, copies.templates[name] = copies._copy(copies.template(at))
        for action in before:
            action(engine)
        if at == "issued":
            with writing(engine) as session:
                number = session.connection().execute(text("SELECT min(number) FROM statements")).scalar_one()
                digest = hashlib.sha256(PDF).hexdigest()
                session.add(StatementDocumentRecord(number=number, pdf=PDF, pdf_sha256=digest))
        engine.dispose()
    engine, _ = copies._copy(copies.templates[name])
    copies.engines.append(engine)
    return engine


@contextmanager
def through(link, engine):
    """The same database through the link, by a process that has worked with it: connected, and knowing its types."""
    linked = create_engine(f"postgresql://postgres@127.0.0.1:{link.port}/{engine.url.database}")
    try:
        with reading(linked) as session:
            read_arrow(session, select(metadata.tables["runs"].c.run_id))
        yield linked
    finally:
        linked.dispose()


def cut(link, engine, action, direction, after):
    """Do a step over a link that is cut; whether an error was seen."""
    with through(link, engine) as linked:
        link.arm(direction, after)
        try:
            action(linked)
        except (DBAPIError, OSError):
            return True
    return False


def messages_of(link, copies, step):
    """What a step says in each direction."""
    engine = prepared(copies, step)
    with through(link, engine) as linked:
        link.arm()
        STEPS[step][2](linked)
        return {direction: list(found) for direction, found in link.messages.items()}


def finished(engine):
    """The month closed, from wherever it is."""
    if state(engine) == "approved":
        begin(engine)
    if state(engine) == "issuing":
        small_month.work(engine, 1)
    return digests(engine)


def chosen(found):
    """All of them, or some in the short form."""
    return found if POINTS is None else found[:: max(1, len(found) // POINTS)][1 : POINTS + 1]


@pytest.mark.parametrize("step", STEPS)
def test_a_link_that_is_cut_anywhere_loses_and_doubles_nothing(postgres_copies, link, step):
    said = messages_of(link, postgres_copies, step)
    expected = digests(postgres_copies.at("issued"))
    _, _, action, again = STEPS[step]
    figures = Counter({"points": 0, "errors": 0, "ambiguous": 0, "messages sent again": 0})

    def go_on(engine):
        again(engine)
        assert has_effect(engine, step)
        figures["messages sent again"] += sum(times - 1 for times in sent.values())
        if step == "claim and record a message":
            assert len(sent) == 1
        assert finished(engine) == expected
        assert violations(engine) == []

    ways = Ways(postgres_copies, lambda: prepared(postgres_copies, step), go_on)
    for direction in (UP, DOWN):
        for after in chosen(places(said[direction], LAST)):
            sent.clear()
            engine = ways.start()
            is_error = cut(link, engine, action, direction, after)
            alone(engine)
            is_done = has_effect(engine, step)
            assert is_error or is_done
            figures.update(points=1, errors=is_error, ambiguous=is_error and is_done)
            ways.end(*sent.items(), is_once_more=figures["points"] % GO_ON_EVERY == 0)
    assert figures["errors"] > 0
    talk = {"messages": sum(map(len, said.values())), "bytes": sum(found[-1][2] for found in said.values())}
    figures["different states left behind"] = len(ways.known)
    record(
        "R6",
        {step: {**talk, **figures, "closed to the end": ways.gone_on, "lost": 0, "duplicated": 0, "violations": 0}},
    )


def test_no_transaction_is_open_while_a_mail_server_is_spoken_to(copies):
    engine = copies.at("issued")
    with writing(engine) as session:
        for number in session.connection().execute(text("SELECT number FROM statements")).scalars().all():
            session.add(StatementDocumentRecord(number=number, pdf=PDF, pdf_sha256=hashlib.sha256(PDF).hexdigest()))
    open_now, called = set(), []
    event.listen(engine, "begin", lambda connection: open_now.add(id(connection)))
    for ended in ("commit", "rollback"):
        event.listen(engine, ended, lambda connection: open_now.discard(id(connection)))

    def send(_sender, recipient, _message):
        called.append((recipient, len(open_now)))
        return Receipt(Outcome.ACCEPTED, "250 ok")

    deliver_run(lambda: writing(engine), 1, send=send, sender=SENDER, now=lambda: NOW_MS)
    assert len(called) == STATEMENTS
    assert {count for _, count in called} == {0}
    record("R6", {f"messages sent with a transaction open on {copies.kind}": 0, "messages sent": len(called)})


def test_the_link_counts_and_cuts(tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        link = CutLink(str(path))
        link.arm(UP, 3)
        with socket.create_connection(("127.0.0.1", link.port)) as client:
            client.sendall(b"12345")
            end, _ = server.accept()
            with end:
                assert end.recv(100, socket.MSG_WAITALL) == b"123"
        link.close()


def test_a_link_is_cut_at_the_edges_of_messages_and_inside_of_them():
    messages = [("Q", 0, 20), ("D", 20, 60), ("D", 60, 100), ("D", 100, 140), ("Z", 140, 146)]
    found = places(messages, last=3)
    assert {0, 1, 5, 10, 19, 20, 21, 25, 40, 59, 60} <= set(found)
    assert not set(found) & set(range(61, 100))
    assert found[-4:] == [143, 144, 145, 146]
    assert places([], last=3) == [0]
