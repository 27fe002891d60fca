"""``sla check`` says what was looked at, names what is wrong, and says so to scripts as well."""

from __future__ import annotations

import json

import pytest

from sla_service.db import guards
from sla_service.db.engine import create_engine
from tests.usecases.the_month import close


@pytest.fixture
def closed(sla, tmp_path):
    """A home with a month that is issued, and an engine over it."""
    assert sla("db", "upgrade").exit_code == 0
    engine = create_engine(f"sqlite:///{tmp_path / 'home' / 'sla.db'}")
    close(engine)
    yield engine
    engine.dispose()


def test_good_books_are_said_to_be_good(sla, closed):
    said = sla("check")
    assert said.exit_code == 0
    assert said.output.startswith("Looked at: runs 1, ")
    assert "credits 12, statements 10, messages 10, entries 8" in said.output
    assert said.output.endswith("Everything is as it must be.\n")
    assert json.loads(sla("check", "--run", 1, "--json").output)["violations"] == []
    assert sla("check", "--run", 9).exit_code == 4


def test_what_is_wrong_is_named_with_exit_code_9(sla, closed):
    with closed.begin() as connection:
        guards.remove(connection)
        connection.exec_driver_sql("UPDATE statements SET total_minor = total_minor + 1 WHERE kind = 'merchant'")
    said = sla("check", "--run", 1)
    assert said.exit_code == 9
    assert "statement SCM-2023-09-0000001: its total is" in said.output
    assert "What must be (statement_total): the total of a statement is the sum" in said.output
    found = json.loads(sla("check", "--run", 1, "--json").output)
    assert {one["rule"] for one in found["violations"]} == {"statement_total", "entry"}


def test_before_the_first_run_there_is_nothing_to_look_at(sla):
    assert sla("db", "upgrade").exit_code == 0
    assert sla("check").exit_code == 0
