"""The command as a person types it, over a home of its own."""

from __future__ import annotations

import shutil

import pytest
from click.testing import CliRunner

from sla_service.cli import cli
from sla_service.cli.context import Context
from sla_service.config import Settings
from sla_service.db.engine import create_engine
from tests.cli import wide as book
from tests.usecases.the_month import NOW_MS


@pytest.fixture
def sla(tmp_path, fonts_dir):
    """Run a command; returns click's result. A second person is ``as_="ben"``; settings go by name."""

    def run(*words, as_="ann", **settings):
        made = Settings(home=tmp_path / "home", fonts_dir=str(fonts_dir), **settings)
        context = Context(made, secret_key=lambda: "k" * 32, clock=lambda: NOW_MS, actor=as_)
        try:
            return CliRunner().invoke(cli, [str(word) for word in words], obj=context, catch_exceptions=False)
        finally:
            if "engine" in context.__dict__:
                context.engine.dispose()

    return run


@pytest.fixture(scope="session")
def wide_database(sqlite_template, tmp_path_factory):
    """A database with a contract of every kind of policy, nothing calculated; to be copied."""
    path = tmp_path_factory.mktemp("wide") / "sla.db"
    shutil.copy(sqlite_template, path)
    engine = create_engine(f"sqlite:///{path}")
    book.load(engine)
    engine.dispose()
    return path


@pytest.fixture
def wide(sla, tmp_path, wide_database):
    """``sla`` over a copy of it."""
    (tmp_path / "home").mkdir()
    shutil.copy(wide_database, tmp_path / "home" / "sla.db")
    return sla
