# ruff: noqa: S608 - the names in the statements are those of our tables
"""R10: what was issued is not updated, deleted or truncated, through no table, no route and no command."""

from __future__ import annotations

import uuid

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sla_service.app import create_app
from sla_service.cli import cli
from sla_service.cli.context import Context
from sla_service.config import Settings
from sla_service.db import guards
from sla_service.db.engine import create_engine, writing
from sla_service.db.grants import grant, rights_on
from sla_service.db.tables import StatementDocumentRecord, metadata
from sla_service.usecases.api_keys import create_api_key
from tests.reliability import small_month
from tests.reliability.figures import record
from tests.reliability.small_month import NOW_MS, digests, violations

pytestmark = pytest.mark.reliability
FROZEN = ("runs", "run_batches", "credits", "credit_lines", *guards.APPEND_ONLY[:1], "statements", "statement_credits")
MESSAGE = ("number", "recipient", "message_id")
"""What never changes of a message that is still to be sent."""


@pytest.fixture
def issued(copies):
    engine = copies.at("issued")
    with writing(engine) as session:
        number = session.connection().execute(text("SELECT min(number) FROM statements")).scalar_one()
        session.add(StatementDocumentRecord(number=number, pdf=b"%PDF", pdf_sha256="x"))
    return engine


def attempts(engine):
    for table in (*FROZEN, "statement_documents"):
        for column in metadata.tables[table].columns.keys():  # noqa: SIM118 - a collection of columns is no mapping
            yield f'UPDATE {table} SET "{column}" = "{column}"'
        yield f"DELETE FROM {table}"
    for column in MESSAGE:
        yield f"UPDATE outbox SET {column} = {column} || 'x'"
    yield "DELETE FROM outbox"
    if engine.dialect.name == "postgresql":
        yield from (f"TRUNCATE {table} CASCADE" for table in (*FROZEN, "outbox", "statement_documents"))


def refusal(engine, statement):
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        return str(error.orig)
    return None


def test_no_row_that_was_issued_is_changed(issued):
    before, tried = digests(issued), list(attempts(issued))
    refused = [statement for statement in tried if "keeps what it says" in (refusal(issued, statement) or "")]
    assert sorted(set(tried) - set(refused)) == []
    assert digests(issued) == before
    record(
        "R10",
        {f"statements of SQL on {issued.dialect.name}": len(tried), f"refused on {issued.dialect.name}": len(refused)},
    )


def as_role(engine, role):
    return create_engine(engine.url.set(username=role, drivername="postgresql").render_as_string(hide_password=False))


@pytest.fixture
def app_role(postgres_copies):
    """An engine of a role with least privilege over a database of its own, and one of the owner."""
    role = f"app_{uuid.uuid4().hex[:8]}"
    postgres_copies.server.psql(f"CREATE ROLE {role} LOGIN;")
    engine, _ = postgres_copies._copy("template_sla")
    with engine.begin() as connection:
        grant(connection, role)
        grant(connection, role)
    limited = as_role(engine, role)
    yield limited, engine
    limited.dispose()
    engine.dispose()


def test_a_role_with_least_privilege_closes_a_month_and_can_do_nothing_else(app_role):
    limited, owner = app_role
    small_month.calculated(limited)
    for step in (small_month.submit, small_month.approve, small_month.issue):
        step(limited)
    assert violations(limited) == []
    tried = [
        (statement, refusal(limited, statement) or "")
        for table in metadata.tables
        for right, statement in (
            ("UPDATE", f"UPDATE {table} SET {next(iter(metadata.tables[table].c)).name} = NULL WHERE false"),
            ("DELETE", f"DELETE FROM {table} WHERE false"),
            ("TRUNCATE", f"TRUNCATE {table}"),
        )
        if right not in rights_on(table)
    ]
    others = [
        "ALTER TABLE statements DISABLE TRIGGER ALL",
        "DROP TRIGGER guard_statements_update ON statements",
        "DROP FUNCTION guard_statements_update() CASCADE",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (x int)",
        "UPDATE alembic_version SET version_num = 'x'",
    ]
    tried += [(statement, refusal(limited, statement) or "") for statement in others]
    assert [(one, said) for one, said in tried if "permission denied" not in said and "must be owner" not in said] == []
    assert violations(owner) == []
    record("R10", {"statements of a role with least privilege": len(tried), "refused to it": len(tried)})


def test_no_route_changes_what_was_issued(sqlite_copies, tmp_path):
    engine = sqlite_copies.at("issued")
    with writing(engine) as session:
        key = create_api_key(session, "tester", now_ms=NOW_MS, actor="ann").key
    settings = Settings(home=tmp_path, database_url=str(engine.url), secret_key="k" * 32)
    app = create_app(settings, clock=lambda: NOW_MS)
    before, called, crashed = digests(engine), 0, []
    values = {"run_id": 1, "merchant_id": "linear", "partner_id": "P1", "credit_no": 1, "period": "2023-09"}
    values |= {"number": first_number(engine), "policy": "by-step", "incident_id": "INC-2023-09-19", "month": "2023-09"}
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", str(values.get(name, 1)))
            for kind in ("int", "string", "path", "uuid"):
                path = path.replace(f"<{kind}:{name}>", str(values.get(name, 1)))
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            for body in (None, {}, {"state": "draft", "amount": "1.00", "reason": "x", "period": "2023-09"}):
                headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": uuid.uuid4().hex}
                answer = client.open(path, method=method, json=body, headers=headers)
                called += 1
                crashed += [(method, path)] if answer.status_code >= 500 else []
    assert crashed == []
    assert digests(engine) == before
    assert [one for one in violations(engine) if one.rule != "statement_number"] == []
    record("R10", {"calls of every route with every method": called, "rows changed by them": 0})


def first_number(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT min(number) FROM statements").scalar_one()


COMMANDS = (
    ("run", "calculate", "--period", "2023-09"),
    ("run", "submit", "1"),
    ("run", "approve", "1"),
    ("run", "reject", "1", "--reason", "x"),
    ("run", "decide", "1", "1", "--amount", "1.00 USD", "--reason", "x"),
    ("run", "issue", "1"),
    ("import", "merchants", "{merchants}", "--update"),
    ("import", "contracts", "{contracts}", "--update"),
    ("import", "impacts", "{impacts}", "--update"),
    ("ledger", "apply", "{merchants}"),
    ("db", "upgrade"),
)


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_no_command_changes_what_was_issued(sqlite_copies, tmp_path, who):
    engine = sqlite_copies.at("issued")
    before = digests(engine)
    month = small_month.load.__globals__
    files = {
        "merchants": month["MERCHANTS"].replace("Store linear", "Store other").replace("linear@", "other@"),
        "contracts": month["CONTRACTS"].replace("299.00", "999.00"),
        "impacts": month["IMPACTS"].replace(",0.5", ",0.9"),
    }
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    settings = Settings(home=tmp_path, database_url=str(engine.url), secret_key="k" * 32)
    for words in COMMANDS:
        given = [word.format(**{name: tmp_path / f"{name}.csv" for name in files}) for word in words]
        context = Context(settings, secret_key=lambda: "k" * 32, clock=lambda: NOW_MS, actor=who)
        CliRunner().invoke(cli, given, obj=context, catch_exceptions=False)
        context.engine.dispose()
    assert digests(engine) == before
    assert violations(engine) == []
    record("R10", {f"commands that change something, as {who}": len(COMMANDS), "rows changed by commands": 0})
