"""R4: whatever two people try in whatever order, and eight at once, a run is issued once and as it was approved."""

from __future__ import annotations

import threading
from itertools import permutations

import pytest
from sqlalchemy import text, update
from sqlmodel import Session

from sla_service.db.engine import reading, writing
from sla_service.db.runs import change_state, load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ChangedError, ConflictError, ForbiddenError, NotFoundError
from sla_service.usecases.check_books import check_books
from sla_service.usecases.decide_run import approve_run, reject_run, submit_run, withdraw_approval
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.void_statement import propose_void
from tests.reliability.figures import of_form, record
from tests.reliability.small_month import ISSUER, NOW_MS, STATEMENTS, violations
from tests.usecases.the_month import MERCHANTS

pytestmark = pytest.mark.reliability
AT_ONCE = 8
ROUNDS = of_form(25, 1_000)
LENGTH = of_form(3, 6)
"""Of the orders that are tried: of all six, every order is a permutation."""
REFUSED = (ConflictError, ForbiddenError, NotFoundError, ChangedError)


def edit(session, actor):
    text_ = MERCHANTS.replace("linear@store.example", "other@store.example")
    import_file(session, "merchants", text_.encode(), name="m.csv", now_ms=NOW_MS, actor=actor, update=True)


def void(session, actor):
    number = session.connection().execute(text("SELECT min(number) FROM statements")).scalar_one() or "SCM-0"
    propose_void(session, number, reason="not owed", now_ms=NOW_MS, actor=actor)


DONE = {
    "edit": edit,
    "submit": lambda session, actor: submit_run(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor=actor),
    "approve": lambda session, actor: approve_run(session, 1, digest=None, issuer=ISSUER, now_ms=NOW_MS, actor=actor),
    "reject": lambda session, actor: reject_run(session, 1, reason="no", now_ms=NOW_MS, actor=actor),
    "issue": lambda session, actor: issue_run(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor=actor),
    "void": void,
}
BY = {"edit": "ann", "submit": "ann", "approve": "ben", "reject": "ben", "issue": "ben", "void": "ann"}
OTHER = {"ann": "ben", "ben": "ann"}


class Model:
    """What is allowed, in as few words as possible."""

    def __init__(self):
        self.state, self.is_edited = "calculated", False

    def tell(self, action):
        """The state after an action; the same if it is refused."""
        needed = {"submit": "calculated", "approve": "submitted", "issue": "approved"}
        becomes = {"submit": "submitted", "approve": "approved", "issue": "issued", "reject": "rejected"}
        if action == "edit":
            self.is_edited = self.is_edited or self.state not in {"issued", "calculated"}
        elif action == "reject":
            self.state = "rejected" if self.state in ("calculated", "submitted", "approved") else self.state
        elif action in needed and self.state == needed[action]:
            # Whoever finds that something has changed since it was submitted sends it back.
            is_back = self.is_edited and action != "submit"
            self.state = "calculated" if is_back else becomes[action]
            self.is_edited = self.is_edited and not (is_back or action == "submit")
        return self.state


def attempt(session, action, actor):
    """Do it as a command would; say whether it was refused."""
    nested = session.begin_nested()
    try:
        DONE[action](session, actor)
    except REFUSED as error:
        nested.rollback()
        session.expire_all()
        if isinstance(error, ChangedError) and load_run(session, 1).state != "calculated":
            withdraw_approval(session, 1, list(error.changes), now_ms=NOW_MS, actor=actor)
        return type(error)
    nested.commit()
    session.expire_all()
    return None


def test_every_order_of_what_two_people_can_do_ends_as_the_model_says(sqlite_copies):
    tried = 0
    engine = sqlite_copies.at("calculated")
    for order in permutations(BY, LENGTH):
        with Session(engine) as session:
            model = Model()
            for action in order:
                if action == "approve" and model.state == "submitted":
                    assert attempt(session, action, OTHER[BY[action]]) is ForbiddenError
                expected, was = model.tell(action), load_run(session, 1).state
                refusal = attempt(session, action, BY[action])
                found = load_run(session, 1).state
                assert found == expected, (order, action, was, refusal)
                if action == "void":
                    assert (refusal is None) == (found == "issued"), order
            tried += 1
            if tried % 20 == 0:
                assert check_books(session).violations == []
            session.rollback()
    record("R4", {"orders of six actions, one after the other": tried, "orders that ended otherwise than allowed": 0})


def read_then_write(session, run, *, to, now_ms, actor, **stamps):
    """What everybody writes first: the state was right when it was looked at."""
    change = update(RunRecord).where(RunRecord.run_id == run.run_id)
    session.connection().execute(change.values(state=to, version=RunRecord.version + 1, **stamps))


def winners(engine, change, to):
    """How many of eight who have all seen the same state can change it."""
    start, won, errors = threading.Barrier(AT_ONCE), [], []

    def run(i):
        try:
            with reading(engine) as session:
                seen = load_run(session, 1)
                session.expunge(seen)
            start.wait()
            with writing(engine) as session:
                change(session, seen, to=to, now_ms=NOW_MS, actor=f"p{i}")
            won.append(i)
        except ConflictError:
            pass
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    together(run)
    assert errors == []
    return len(won)


def together(run):
    threads = [threading.Thread(target=run, args=(i,)) for i in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_eight_who_saw_the_same_state_one_changes_it(copies):
    engine = copies.at("calculated")
    found = [winners(engine, change_state, ("submitted", "calculated")[i % 2]) for i in range(ROUNDS)]
    assert found == [1] * ROUNDS
    # The negative control: without compare-and-set this very test fails, so it would notice.
    usual = engine.execution_options(isolation_level="READ COMMITTED") if copies.kind == "postgresql" else engine
    without = [winners(usual, read_then_write, "submitted") for _ in range(5)]
    assert all(count > 1 for count in without)
    figures = {"rounds of eight at once": ROUNDS, "changed twice": 0, "changed twice by read-then-write, of 5": 5}
    record("R4", {f"compare-and-set on {engine.dialect.name}": figures})


def test_eight_at_once_approve_and_issue_a_run_once(copies):
    rounds = max(2, ROUNDS // 8)
    for _ in range(rounds):
        engine = copies.at("submitted")
        start, approved, issued, errors = threading.Barrier(AT_ONCE), [], [], []

        def run(i, engine=engine, start=start, approved=approved, issued=issued, errors=errors):
            for into, action in ((approved, "approve"), (issued, "issue")):
                start.wait()
                try:
                    with writing(engine) as session:
                        DONE[action](session, f"p{i}")
                    into.append(i)
                except ConflictError:
                    pass
                except BaseException as error:  # noqa: BLE001 - shown by the test
                    errors.append(error)

        together(run)
        assert (errors, len(approved), len(issued)) == ([], 1, 1)
        with reading(engine) as session:
            counts = [
                session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
                for table in ("statements", "outbox")
            ]
        assert counts == [STATEMENTS] * 2
        assert violations(engine) == []
        copies.close()
    figures = {"rounds of eight approving, then issuing": rounds, "double issues": 0, "violations": 0}
    record("R4", {f"races on {copies.kind}": figures})
