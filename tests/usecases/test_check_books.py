"""The checker finds nothing in good books, and every kind of damage in bad ones, by its name; on both databases."""

from __future__ import annotations

import hashlib
import shutil
import uuid

import pytest
from sqlalchemy import text as sql
from sqlmodel import Session

from sla_service.db import guards
from sla_service.db.engine import create_engine, reading, writing
from sla_service.db.run_batches import list_batches
from sla_service.db.runs import load_run
from sla_service.db.tables import StatementDocumentRecord
from sla_service.domain.violations import RULES
from sla_service.usecases.check_books import check_books
from sla_service.usecases.decide_run import reject_run
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.void_statement import propose_void
from sla_service.usecases.work_run import DONE, next_batches, work_batch, work_run
from tests.reliability.figures import of_form
from tests.runs import submit_and_approve
from tests.usecases.the_corrections import CONTRACTS, Story
from tests.usecases.the_month import ISSUER, NOW_MS, SEPTEMBER, load

PDF = b"%PDF-1.4 a document"
GONE = "kept,shop,keeping,299.00,USD,2020-01-01,2023-08-31"


def work(engine, run_id):
    work_run(lambda: writing(engine), run_id, now=lambda: NOW_MS)


def approved(engine, *, merchants=3):
    """September in batches of some merchants, approved."""
    load(engine)
    with writing(engine) as session:
        run_id = plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=merchants).run_id
    work(engine, run_id)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, issuer=ISSUER)
    return run_id


def issued(engine):
    """September in four batches, issued, with a document of one statement."""
    run_id = approved(engine)
    with writing(engine) as session:
        start_issue(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    work(engine, run_id)
    with writing(engine) as session:
        number = session.connection().execute(sql("SELECT min(number) FROM statements")).scalar_one()
        digest = hashlib.sha256(PDF).hexdigest()
        session.add(StatementDocumentRecord(number=number, pdf=PDF, pdf_sha256=digest))
    return run_id


def corrected(engine):
    """A correction that found nothing to change: what was credited is before, and nothing is stated."""
    with writing(engine) as session:
        run_id = plan_correction(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=6).run_id
    work(engine, run_id)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, issuer=ISSUER)
    with writing(engine) as session:
        start_issue(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    work(engine, run_id)


UNDO_LOG = "UPDATE audit_log SET actor = 'ann' WHERE actor = 'eve'"


class Damaging:
    """A connection to good books without guards or constraints: damage is done, looked at, and rolled back."""

    def __init__(self, engine):
        self.engine, self.kind = engine, engine.dialect.name
        with engine.begin() as connection:
            guards.remove(connection)
            connection.exec_driver_sql("DROP INDEX uq_runs_live_period")
            if self.kind == "postgresql":
                for table, name in (("runs", "ck_runs_four_eyes"), ("ledger_entries", "ck_ledger_entries_amount")):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def check(self, *statements, run_id=None):
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            connection.rollback()
            if self.kind == "sqlite":
                driver = connection.connection.driver_connection
                driver.execute("PRAGMA foreign_keys = 0")
                driver.execute("PRAGMA ignore_check_constraints = 1")
            else:
                connection.exec_driver_sql("SET SESSION session_replication_role = replica")
            for statement in statements:
                result = connection.exec_driver_sql(statement)
                assert result.rowcount != 0, f"changes nothing: {statement}"
            found = self._looked_at(connection, run_id, logged=any("audit_log" in one for one in statements))
            connection.rollback()
            connection.invalidate()
        return found

    def _looked_at(self, connection, run_id, *, logged):
        if logged and self.kind == "postgresql":
            # The log is read in columns, over a connection of its own that sees only what was committed.
            connection.commit()
        with Session(connection) as session:
            found = check_books(session, run_id)
        if logged and self.kind == "postgresql":
            connection.exec_driver_sql(UNDO_LOG)
            connection.commit()
        return found


def good_books(kind, request, folder):
    """An engine over books with a month, its correction, and nothing wrong."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "books.db")
        engine = create_engine(f"sqlite:///{folder / 'books.db'}")
    else:
        server, name = request.getfixturevalue("postgres_server"), f"books{uuid.uuid4().hex[:8]}"
        server.psql(f"CREATE DATABASE {name} TEMPLATE template_sla;")
        engine = create_engine(server.get_uri(database=name))
    issued(engine)
    corrected(engine)
    return engine


@pytest.fixture(scope="module")
def shelf(request, tmp_path_factory):
    """Good books of each kind of database, made when they are first wanted, and once."""
    made = {}

    def take(kind):
        if kind not in made:
            made[kind] = Damaging(good_books(kind, request, tmp_path_factory.mktemp("books")))
        return made[kind]

    yield take
    for books in made.values():
        books.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request, shelf):
    return shelf(request.param)


FIRST = "(SELECT min(number) FROM statements WHERE kind = 'merchant')"
PAID = "(SELECT min(credit_no) FROM credits WHERE run_id = 1 AND stated_minor > 0)"
PARTNER = "(SELECT min(number) FROM statements WHERE kind = 'partner')"
_COPY = "number, recipient, message_id, state, attempts, last_error, updated_at_ms"
_ENTRY = (
    "INSERT INTO ledger_entries (entry_id, block, merchant_id, currency, kind, account_debit, account_credit,"
    " amount_minor, number, run_id, effective_on, recorded_at_ms, recorded_by, sha256)"
    " SELECT {id}, 'run-1/1', {merchant}, currency, {kind}, {debit}, {credit}, {amount}, number, 1, '2023-10-02', 1,"
    " 'ben', 'x' FROM statements WHERE number = {number}"
)


def entry(kind="issued", moves=("granted", "owed"), amount="total_minor", number=FIRST, merchant="party_id", name=None):
    said = name or f"'{kind}/' || number"
    return _ENTRY.format(
        id=said, merchant=merchant, kind=f"'{kind}'", debit=f"'{moves[0]}'", credit=f"'{moves[1]}'", amount=amount,
        number=number,
    )  # fmt: skip


def replaced(old, new, where):
    """The snapshot changed, and its digest left as it was."""
    return f"UPDATE statements SET snapshot = replace(snapshot, '{old}', '{new}') WHERE {where}"


DAMAGE = {
    "an approver who calculated it": ("four_eyes", "UPDATE runs SET approved_by = 'Ann' WHERE run_id = 1"),
    "an approver who decided": ("four_eyes", "UPDATE credits SET decided_by = 'ben' WHERE run_id = 1 AND credit_no = 1"),
    "the same approver twice": (
        "four_eyes", "UPDATE runs SET first_approved_by = 'BEN', first_approved_at_ms = approved_at_ms WHERE run_id = 1",
    ),
    "a state without its stamps": (
        "run_state", "UPDATE runs SET approved_at_ms = NULL, approved_by = NULL WHERE run_id = 1",
    ),
    "a time without a name": ("run_state", "UPDATE runs SET submitted_by = NULL WHERE run_id = 1"),
    "a stamp of another state": ("run_state", "UPDATE runs SET rejected_at_ms = 1, rejected_by = 'x' WHERE run_id = 1"),
    "times in another order": ("run_state", "UPDATE runs SET approved_at_ms = created_at_ms - 1 WHERE run_id = 1"),
    "a digest taken away": ("run_state", "UPDATE runs SET digest = '' WHERE run_id = 1"),
    "an approval of nothing": ("run_state", "UPDATE runs SET binding = NULL WHERE run_id = 1"),
    "a state that nobody logged": ("run_log", "UPDATE runs SET state = 'approved' WHERE run_id = 1"),
    "a version that nobody logged": ("run_log", "UPDATE runs SET version = version + 1 WHERE run_id = 1"),
    "a run that nobody logged": (
        "run_log", "DELETE FROM audit_log WHERE subject = 'run 1'", "UPDATE runs SET state = 'submitted' WHERE run_id = 1",
    ),
    "another digest": ("run_digest", "UPDATE runs SET digest = 'abc' WHERE run_id = 1"),
    "two live runs of a month": ("run_twice", "UPDATE runs SET revision = 1, kind = 'close' WHERE run_id = 2"),
    "a batch that is behind": ("batch_state", "UPDATE run_batches SET state = 'calculated' WHERE run_id = 1 AND batch_no = 2"),
    "a batch without a number": (
        "batch_state", "UPDATE run_batches SET first_number = NULL WHERE run_id = 1 AND batch_no = 1",
    ),
    "batches that overlap": ("batch_state", "UPDATE run_batches SET last_id = '~' WHERE run_id = 1 AND batch_no = 1"),
    "a batch the wrong way round": ("batch_state", "UPDATE run_batches SET first_id = '~', last_id = '' WHERE run_id = 1 AND batch_no = 1"),
    "a batch that counted more": ("batch_count", "UPDATE run_batches SET credits = 9 WHERE run_id = 1 AND batch_no = 1"),
    "a credit outside of every batch": (
        "batch_count", "UPDATE credits SET credit_no = -1 WHERE run_id = 2 AND credit_no = 1",
    ),
    "a batch's digest": ("batch_figures", "UPDATE run_batches SET figures_sha256 = 'x' WHERE run_id = 1 AND batch_no = 1"),
    "a credit taken away": ("credit_due", "DELETE FROM credits WHERE run_id = 1 AND credit_no = 3"),
    "a credit nobody is due": ("credit_due", "UPDATE credits SET contract_starts_on = '2019-01-01' WHERE run_id = 1 AND credit_no = 3"),
    "a contract credited by two runs": (
        "credit_twice",
        "UPDATE credits SET contract_starts_on = '2020-01-01', period_start_ms = (SELECT max(period_start_ms) FROM credits"
        " WHERE run_id = 1 AND merchant_id = 'linear') WHERE run_id = 1 AND merchant_id = 'linear'",
        "UPDATE runs SET revision = 1, kind = 'close' WHERE run_id = 2",
    ),
    "another amount before": ("credit_before", "UPDATE credits SET before_minor = before_minor - 1 WHERE run_id = 2 AND before_minor > 0"),
    "service time before": ("credit_before", "UPDATE credits SET before_service_ms = 5 WHERE run_id = 2"),
    "a credit counted in two runs": (
        "credit_before", "UPDATE credits SET before_minor = 0, stated_minor = amount_minor WHERE run_id = 2",
    ),
    "more stated than owed": ("credit_stated", f"UPDATE credits SET stated_minor = stated_minor + 1 WHERE run_id = 1 AND credit_no = {PAID}"),
    "more taken back than was too much": (
        "credit_stated", "UPDATE credits SET stated_minor = -before_minor - 1 WHERE run_id = 2 AND before_minor > 0",
    ),
    "a credit on no statement": ("credit_unstated", f"DELETE FROM statement_credits WHERE credit_no = {PAID}"),
    "a statement of a batch that is not issued": (
        "statement_early", "UPDATE run_batches SET state = 'calculated' WHERE run_id = 1 AND batch_no = 1",
    ),
    "a credit of another merchant": (
        "statement_credit", f"UPDATE statements SET party_id = 'lost' WHERE number = {FIRST}",
    ),
    "a statement without credits": ("statement_credit", f"DELETE FROM statement_credits WHERE number = {FIRST}"),
    "a statement of a run that was not issued": ("statement_run", "UPDATE runs SET state = 'approved' WHERE run_id = 1"),
    "a statement of no run": ("statement_run", f"UPDATE statements SET run_id = 99 WHERE number = {FIRST}"),
    "a gap": ("statement_number", f"DELETE FROM statements WHERE number = {FIRST}"),
    "a number out of turn": (
        "statement_number", f"UPDATE statements SET number = 'SCM-2023-09-0000099' WHERE number = {FIRST}",
    ),
    "a number of another month": (
        "statement_number", f"UPDATE statements SET number = 'SCM-2023-08-0000001' WHERE number = {FIRST}",
    ),
    "numbers dealt out twice": (
        "statement_number", "UPDATE run_batches SET first_number = 1 WHERE run_id = 1 AND batch_no = 3",
    ),
    "a counter that skipped": ("statement_number", "UPDATE counters SET next_number = next_number + 1 WHERE series = 'statements'"),
    "a counter set back": ("statement_number", "UPDATE counters SET next_number = 2 WHERE series = 'partner_statements'"),
    "another total": ("statement_total", f"UPDATE statements SET total_minor = total_minor + 1 WHERE number = {FIRST}"),
    "service time in the total": ("statement_total", f"UPDATE statements SET total_service_ms = 1 WHERE number = {FIRST}"),
    "another name": ("statement_row", f"UPDATE statements SET party_name = 'x' WHERE number = {FIRST}"),
    "another revision": ("statement_row", f"UPDATE statements SET revision = 7 WHERE number = {FIRST}"),
    "another currency": ("statement_row", f"UPDATE statements SET currency = 'EUR' WHERE number = {FIRST}"),
    "a word in a snapshot": ("snapshot_digest", replaced("Northlight", "Southlight", f"number = {FIRST}")),
    "a snapshot's digest": ("snapshot_digest", f"UPDATE statements SET snapshot_sha256 = 'x' WHERE number = {FIRST}"),
    "an amount in a snapshot": ("snapshot_amounts", replaced('"minor":', '"minor":1', f"number = {FIRST}")),
    "a snapshot that is none": ("snapshot_amounts", f"UPDATE statements SET snapshot = 'null' WHERE number = {FIRST}"),
    "an amount in a partner's snapshot": ("partner_amounts", replaced('"minor":', '"minor":1', f"number = {PARTNER}")),
    "a partner's other merchant": ("partner_amounts", replaced('"merchant_id":"', '"merchant_id":"x', f"number = {PARTNER}")),
    "a document's bytes": ("document_digest", "UPDATE statement_documents SET pdf = CAST('x' AS {blob})"),
    "a document's digest": ("document_digest", "UPDATE statement_documents SET pdf_sha256 = 'x'"),
    "a message lost": ("message", f"DELETE FROM outbox WHERE number = {FIRST}"),
    "a message too many": (
        "message",
        f"INSERT INTO outbox ({_COPY}) SELECT number, 'x@y.example', 'x', state, 0, NULL, 1 FROM outbox WHERE number = {FIRST}",
    ),
    "a message to somebody else": ("message", f"UPDATE outbox SET recipient = 'x@y.example' WHERE number = {FIRST}"),
    "a message under another name": ("message", f"UPDATE outbox SET message_id = 'x' WHERE number = {FIRST}"),
    "an entry missing": ("entry", f"DELETE FROM ledger_entries WHERE number = {FIRST}"),
    "an entry of another amount": ("entry", f"UPDATE ledger_entries SET amount_minor = 1 WHERE number = {FIRST}"),
    "an entry too many": ("entry", entry("reversed", ("owed", "reversed"))),
    "an entry for a partner": ("entry", entry(amount="1", number=PARTNER, merchant="'linear'")),
    "an entry of another merchant": ("entry", f"UPDATE ledger_entries SET merchant_id = 'lost' WHERE number = {FIRST}"),
    "a use of another merchant's credit": (
        "entry", entry("applied", ("owed", "applied"), "1", merchant="'lost'", name="'applied/I-1'"),
    ),
    "an entry between other accounts": ("entry_accounts", "UPDATE ledger_entries SET account_debit = 'expired'"),
    "an entry of nothing": ("entry_accounts", "UPDATE ledger_entries SET amount_minor = 0"),
    "more used than issued": (
        "entry_overused",
        entry("applied", ("owed", "applied"), name="'applied/I-1'"),
        entry("expired", ("owed", "expired"), "1"),
    ),
    "credits of no run": ("orphan", "DELETE FROM runs WHERE run_id = 2"),
    "lines of no credit": ("orphan", "UPDATE credit_lines SET credit_no = 999 WHERE run_id = 1 AND credit_no = 1"),
    "a message of no statement": ("orphan", f"UPDATE outbox SET number = 'SCM-0' WHERE number = {FIRST}"),
    "a document of no statement": ("orphan", "UPDATE statement_documents SET number = 'SCM-0'"),
    "an entry of no statement": ("orphan", "UPDATE ledger_entries SET number = 'SCM-0'"),
    "the chain's tail cut off": ("chain", "DELETE FROM chain_blocks"),
    "an entry of the log": ("chain", "UPDATE audit_log SET actor = 'eve' WHERE entry_no = (SELECT min(entry_no) FROM audit_log)"),
    "a guard taken away": ("guard", "UPDATE counters SET series = series"),
    "a link to no statement": ("orphan", f"UPDATE statement_credits SET number = 'SCM-0' WHERE number = {FIRST}"),
}  # fmt: skip


EVERY = [*(("sqlite", what) for what in DAMAGE), *(("postgresql", what) for what in list(DAMAGE)[:: of_form(3, 1)])]
"""On PostgreSQL the short form tries every third kind: the checker's statements are the same there."""


@pytest.mark.reliability
@pytest.mark.parametrize(("books", "what"), EVERY, indirect=["books"])
def test_damage_is_found_and_named(books, what):
    rule, *statements = DAMAGE[what]
    blob = "BLOB" if books.kind == "sqlite" else "BYTEA"
    found = books.check(*(one.replace("{blob}", blob) for one in statements))
    named = {violation.rule for violation in found.violations}
    assert rule in named, found.violations
    assert named <= set(RULES)
    assert all(violation.subject and violation.message for violation in found.violations)


def test_every_figure_is_part_of_its_batchs_digest(engine):
    issued(engine)
    damage = (
        "UPDATE credits SET reason = 'no' WHERE run_id = 1 AND credit_no = 1",
        "UPDATE credits SET steps = '[]' WHERE run_id = 1 AND credit_no = 10",
        "UPDATE credit_lines SET ended_at_ms = ended_at_ms + 1 WHERE run_id = 1 AND credit_no ="
        " (SELECT max(credit_no) FROM credit_lines WHERE credit_no < 9)",
    )
    with engine.begin() as connection:
        guards.remove(connection)
        for statement in damage:
            assert connection.exec_driver_sql(statement).rowcount > 0
    with reading(engine) as session:
        found = [(one.rule, one.subject) for one in check_books(session, 1).violations]
    assert len(found) == len(set(found)) == len(damage)
    assert {rule for rule, _ in found} == {"batch_figures"}


def test_every_rule_has_damage_that_breaks_it():
    assert {rule for rule, *_ in DAMAGE.values()} == set(RULES)


def test_good_books_have_no_finding(engine):
    issued(engine)
    corrected(engine)
    with reading(engine) as session:
        whole = check_books(session)
        alone = [check_books(session, run_id).violations for run_id in (1, 2)]
    assert (whole.violations, whole.found, alone) == ([], 0, [[], []])
    looked = {"runs": 2, "credits": 24, "lines": 22, "statements": 10, "messages": 10, "entries": 8, "documents": 1}
    assert whole.looked_at == {**looked, "blocks of the ledger": 4, "blocks of the audit": 0}


def test_corrections_and_voids_have_no_finding(engine):
    """Late evidence is credited, an excused outage taken back, a contract gone, a statement void and credited again."""
    story = Story(engine).filled()
    story.close()
    story.a_later_outage("kept")
    story.it_was_announced("taken")
    story.correct(batch_merchants=1)
    number = story.statements("kept")[0].number
    story.a_day_passes()
    with writing(engine) as session:
        void = propose_void(session, number, reason="not owed", now_ms=story.now_ms, actor="ann").run_id
    story.issue(void)
    story.correct(batch_merchants=2)
    story.bring("contracts", CONTRACTS.replace("kept,shop,keeping,299.00,USD,2020-01-01,", GONE), update=True)
    story.correct(batch_merchants=1)
    with reading(engine) as session:
        found = check_books(session)
    assert (found.violations, found.looked_at["runs"]) == ([], 5)
    assert len(story.statements("kept")) > 3


def test_a_run_can_be_checked_alone(books):
    assert books.check(DAMAGE["another total"][1], run_id=2).violations == []
    assert {one.rule for one in books.check(DAMAGE["another total"][1], run_id=1).violations} == {
        "statement_total",
        "entry",
    }


def next_batch(engine):
    with reading(engine) as session:
        done = DONE[load_run(session, 1).state]
        return next_batches(list_batches(session, 1), done)[0].batch_no


def test_a_run_has_no_finding_wherever_it_stops(engine):
    """Planned, half calculated, calculated, approved, half issued, issued: each step's books are good."""
    load(engine)
    looked = []

    def check():
        with reading(engine) as session:
            found = check_books(session)
        assert found.violations == []
        looked.append((found.looked_at.get("credits", 0), found.looked_at.get("statements", 0)))

    def step(count):
        for _ in range(count):
            work_batch(lambda: writing(engine), 1, next_batch(engine), now=lambda: NOW_MS)
        check()

    check()
    with writing(engine) as session:
        plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=3)
    step(0)
    step(2)
    work(engine, 1)
    check()
    with writing(engine) as session:
        submit_and_approve(session, 1, now_ms=NOW_MS, issuer=ISSUER)
    check()
    with writing(engine) as session:
        start_issue(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    step(0)
    step(2)
    work(engine, 1)
    check()
    # From nothing over half of the credits and half of the statements to all of them.
    assert looked == sorted(looked)
    assert (looked[0], looked[-1]) == ((0, 0), (12, 10))
    assert len(set(looked)) > 4


def test_runs_that_were_superseded_or_rejected_half_way_have_no_finding(sqlite_engine):
    load(sqlite_engine)
    for merchants in (6, 4, 12):
        with writing(sqlite_engine) as session:
            plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=merchants)
        if merchants == 6:
            work_batch(lambda: writing(sqlite_engine), 1, 1, now=lambda: NOW_MS)
    with writing(sqlite_engine) as session:
        reject_run(session, 3, reason="no", now_ms=NOW_MS, actor="ben")
    with reading(sqlite_engine) as session:
        found = check_books(session)
    assert (found.violations, found.looked_at["runs"]) == ([], 3)
