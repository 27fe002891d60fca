"""The command as a person types it, over a home of its own."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sla_service.cli import cli
from sla_service.cli.context import Context
from sla_service.config import Settings
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
