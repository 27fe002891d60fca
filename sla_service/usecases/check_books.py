"""Check the books: what a violation is, is said in ``domain/violations``; here is how each is found.

What this reads, it reads by itself: it trusts no digest, total or state that is stored, and shares no code with what
wrote them, but for the digests of figures and the contracts that are due. It streams: books of any size fit.
"""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.book_pages import next_number
from sla_service.db.books import QUESTIONS, ask, orphans
from sla_service.db.run_batches import list_batches
from sla_service.db.runs import list_runs, load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.violations import Books
from sla_service.usecases.check_run import check_run
from sla_service.usecases.check_statements import KINDS, Numbers, check_statements
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.verify_chains import verify_chains

SERIES = {"merchant": "statements", "partner": "partner_statements"}
Dealt = dict[str, list[tuple[int, int, int]]]
"""By kind: first number, how many, and the run that took them."""


def check_books(session: Session, run_id: int | None = None, *, progress: Progress = silent) -> Books:
    """Check every run, statement and entry, or those of one run.

    Args:
        session: Open; nothing is changed. It sees one state of the database.
        run_id: Only this run; what lies between runs (series, chains, orphans) is left out then.
        progress: Told how many runs are checked.

    Raises:
        NotFoundError: There is no such run.
    """
    books = Books()
    runs = sorted(list_runs(session) if run_id is None else [load_run(session, run_id)], key=lambda run: run.run_id)
    dealt: Dealt = {kind: [] for kind in SERIES}
    for done, run in enumerate(runs):
        progress("Checking runs", done, len(runs))
        check_run(session, run, books)
        _add_dealt(session, run, books, dealt)
        session.expunge_all()
    for question in QUESTIONS:
        for row in ask(session, question, run_id):
            books.note(question.rule, question.subject.format(**row), question.message.format(**row))
    if run_id is None:
        _check_series(session, dealt, books)
        for child, missing in orphans(session):
            books.note("orphan", child, f"{missing} is not there, and something belongs to it")
        _check_chains(session, books)
    progress("Checking runs", len(runs), max(len(runs), 1))
    return books


def _add_dealt(session: Session, run: RunRecord, books: Books, dealt: Dealt) -> None:
    batches = list_batches(session, run.run_id)
    found = check_statements(session, run, batches, books)
    for batch in batches:
        if batch.first_number is not None and batch.statements:
            dealt[KINDS[batch.kind]].append((batch.first_number, batch.statements, run.run_id))
    if not batches:
        for kind, numbers in found.items():
            _add_old(run, kind, numbers, dealt)


def _add_old(run: RunRecord, kind: str, numbers: Numbers, dealt: Dealt) -> None:
    """A run from before there were batches took what it has."""
    if numbers.count:
        dealt[kind].append((numbers.lowest, numbers.highest - numbers.lowest + 1, run.run_id))


def _check_series(session: Session, dealt: Dealt, books: Books) -> None:
    """Runs take their numbers one after the other: from 1 to the counter, without a gap, none twice."""
    for kind, taken in dealt.items():
        following = 1
        for first, count, run_id in sorted(taken):
            _check_follows(f"run {run_id}", first, following, books)
            following = max(following, first + count)
        _check_follows(f"series {SERIES[kind]}", next_number(session, SERIES[kind]), following, books)


def _check_follows(subject: str, first: int, following: int, books: Books) -> None:
    if first > following:
        message = f"the numbers {following} to {first - 1} were given to no statement"
        books.note("statement_number", subject, message)
    elif first < following:
        books.note("statement_number", subject, f"the numbers {first} to {following - 1} were given twice")


def _check_chains(session: Session, books: Books) -> None:
    verified = verify_chains(session)
    for finding in verified.findings:
        books.note("guard" if finding.rule == "guard_missing" else "chain", finding.subject, finding.message)
    for chain, blocks in verified.blocks.items():
        books.count(f"blocks of the {chain}", blocks)
