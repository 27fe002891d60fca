"""Questions about the books that a database answers by itself: each finds what must not be; in good books, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text as sql
from sqlmodel import Session

_SAME_CONTRACT = (
    "e.merchant_id = c.merchant_id AND e.service = c.service AND e.contract_starts_on = c.contract_starts_on"
    " AND coalesce(e.period_start_ms, 0) = coalesce(c.period_start_ms, 0) AND e.currency = c.currency"
)
_LIVE = "r.state NOT IN ('rejected', 'superseded')"
_NOT_TAKEN_BACK = "(c.{0} < c.before_{1} AND c.stated_{1} BETWEEN c.{0} - c.before_{1} AND 0)"
_MOVES = (
    "WHEN 'issued' THEN 'granted>owed' WHEN 'applied' THEN 'owed>applied'"
    " WHEN 'expired' THEN 'owed>expired' WHEN 'reversed' THEN 'owed>reversed'"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A rule, how to say what breaks it, and the query that finds it."""

    rule: str
    subject: str
    message: str
    """With the names of the query's columns in braces, as in ``subject``."""
    query: str
    """``{run}`` stands where it can be narrowed down to a run."""
    run: str = ""
    """What stands there if one is asked about."""


QUESTIONS = (
    Question(
        "run_twice",
        "period {period}",
        "{found} live runs have revision {revision}",
        f"SELECT r.period, r.revision, count(*) AS found FROM runs r WHERE {_LIVE} {{run}}"
        " GROUP BY r.period, r.revision HAVING count(*) > 1",
        "AND r.period IN (SELECT period FROM runs WHERE run_id = :run_id)",
    ),
    Question(
        "credit_twice",
        "{service} of {merchant_id}",
        "its contract of {contract_starts_on} is credited {found} times for the same period, by runs {first} to {last}",
        "SELECT c.merchant_id, c.service, c.contract_starts_on, count(*) AS found, min(c.run_id) AS first,"
        f" max(c.run_id) AS last FROM credits c JOIN runs r ON r.run_id = c.run_id WHERE {_LIVE}"
        " GROUP BY c.merchant_id, c.service, c.contract_starts_on,"
        " coalesce(CAST(c.period_start_ms AS TEXT), r.period), r.revision HAVING count(*) > 1 {run}",
        "AND max(CASE WHEN c.run_id = :run_id THEN 1 ELSE 0 END) = 1",
    ),
    Question(
        "credit_before",
        "credit {run_id}-{credit_no}",
        "it says that {before_minor} minor units and {before_service_ms} ms were credited before; issued runs stated"
        " {minor} and {service_ms}",
        "SELECT * FROM (SELECT c.run_id, c.credit_no, c.before_minor, c.before_service_ms,"
        " coalesce(sum(e.stated_minor), 0) AS minor, coalesce(sum(e.stated_service_ms), 0) AS service_ms"
        " FROM credits c JOIN runs r ON r.run_id = c.run_id"
        " LEFT JOIN (SELECT q.period, q.revision, i.* FROM credits i JOIN runs q ON q.run_id = i.run_id"
        f" WHERE q.state = 'issued') e ON e.period = r.period AND e.revision < r.revision AND {_SAME_CONTRACT}"
        " WHERE r.state IN ('issuing', 'issued') {run}"
        " GROUP BY c.run_id, c.credit_no, c.before_minor, c.before_service_ms) f"
        " WHERE f.before_minor <> f.minor OR f.before_service_ms <> f.service_ms",
        "AND c.run_id = :run_id",
    ),
    Question(
        "credit_stated",
        "credit {run_id}-{credit_no}",
        "it is {amount_minor} minor units and {service_ms} ms, {before_minor} and {before_service_ms} of them credited"
        " before, and states {stated_minor} and {stated_service_ms}",
        "SELECT c.run_id, c.credit_no, c.amount_minor, c.service_ms, c.before_minor, c.before_service_ms,"
        " c.stated_minor, c.stated_service_ms FROM credits c JOIN runs r ON r.run_id = c.run_id"
        f" WHERE {_LIVE} {{run}} AND NOT ("
        f"(c.stated_minor = c.amount_minor - c.before_minor OR {_NOT_TAKEN_BACK.format('amount_minor', 'minor')})"
        " AND (c.stated_service_ms = c.service_ms - c.before_service_ms"
        f" OR {_NOT_TAKEN_BACK.format('service_ms', 'service_ms')}))",
        "AND c.run_id = :run_id",
    ),
    Question(
        "statement_credit",
        "statement {number}",
        "it has credit {run_id}-{credit_no}, which is of another run, merchant or currency, or states nothing",
        "SELECT t.number, t.run_id, t.credit_no FROM statement_credits t JOIN statements s ON s.number = t.number"
        " JOIN credits c ON c.run_id = t.run_id AND c.credit_no = t.credit_no"
        " WHERE (s.run_id <> c.run_id OR s.kind <> 'merchant' OR s.party_id <> c.merchant_id"
        " OR s.currency <> c.currency OR (c.stated_minor = 0 AND c.stated_service_ms = 0)) {run}",
        "AND t.run_id = :run_id",
    ),
    Question(
        "statement_run",
        "statement {number}",
        "its run {run_id} is {state}",
        "SELECT s.number, s.run_id, coalesce(r.state, 'not there') AS state FROM statements s"
        " LEFT JOIN runs r ON r.run_id = s.run_id"
        " WHERE (r.state IS NULL OR r.state NOT IN ('issuing', 'issued')) {run}",
        "AND s.run_id = :run_id",
    ),
    Question(
        "entry_accounts",
        "entry {entry_id}",
        "it moves {amount_minor} from {account_debit} to {account_credit}, which is not what {kind} does",
        "SELECT e.entry_id, e.kind, e.amount_minor, e.account_debit, e.account_credit FROM ledger_entries e"
        f" WHERE (e.amount_minor <= 0 OR e.account_debit || '>' || e.account_credit <> CASE e.kind {_MOVES} END)"
        " {run}",
        "AND e.run_id = :run_id",
    ),
    Question(
        "entry_overused",
        "statement {number}",
        "{used} minor units of it are applied or expired, and {issued} were issued",
        "SELECT e.number, sum(CASE WHEN e.kind IN ('applied', 'expired') THEN e.amount_minor ELSE 0 END) AS used,"
        " sum(CASE WHEN e.kind = 'issued' THEN e.amount_minor ELSE 0 END) AS issued FROM ledger_entries e"
        " WHERE 1 = 1 {run} GROUP BY e.number"
        " HAVING sum(CASE e.kind WHEN 'issued' THEN e.amount_minor WHEN 'reversed' THEN 0"
        " ELSE -e.amount_minor END) < 0",
        "AND e.number IN (SELECT number FROM statements WHERE run_id = :run_id)",
    ),
    Question(
        "entry",
        "entry {entry_id}",
        "statement {number} is not of merchant {merchant_id} in {currency}",
        "SELECT e.entry_id, e.number, e.merchant_id, e.currency FROM ledger_entries e"
        " JOIN statements s ON s.number = e.number"
        " WHERE (s.kind <> 'merchant' OR s.party_id <> e.merchant_id OR s.currency <> e.currency) {run}",
        "AND s.run_id = :run_id",
    ),
)
_PARENTS = (
    ("credits", "run {0}", "runs", ("run_id",)),
    ("credit_lines", "credit {0}-{1}", "credits", ("run_id", "credit_no")),
    ("run_batches", "run {0}", "runs", ("run_id",)),
    ("statement_credits", "credit {0}-{1}", "credits", ("run_id", "credit_no")),
    ("statement_credits", "statement {0}", "statements", ("number",)),
    ("statement_documents", "statement {0}", "statements", ("number",)),
    ("outbox", "statement {0}", "statements", ("number",)),
    ("ledger_entries", "statement {0}", "statements", ("number",)),
)
"""Children, what they belong to, and by which columns; foreign keys hold it, unless they were switched off."""
ASKED = 500
"""Rows that one question gives; more of the same are not looked for."""


def ask(session: Session, question: Question, run_id: int | None) -> Iterator[dict[str, Any]]:
    """What breaks a rule, as the columns of its query."""
    query = question.query.replace("{run}", question.run if run_id is not None else "")
    values = {} if run_id is None else {"run_id": run_id}
    rows = session.connection().execute(sql(f"{query} LIMIT {ASKED}"), values).mappings()
    yield from (dict(row) for row in rows)


def orphans(session: Session) -> Iterator[tuple[str, str]]:
    """The table that has something, and what is not there, of everything that belongs to something."""
    for child, said, parent, columns in _PARENTS:
        same = " AND ".join(f"p.{column} = c.{column}" for column in columns)
        names = ", ".join(f"c.{column}" for column in columns)
        query = f"SELECT DISTINCT {names} FROM {child} c WHERE NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same})"
        for row in session.connection().execute(sql(f"{query} LIMIT {ASKED}")):
            yield child, said.format(*row)
