"""Composing the application: its secret, its limits, and a database that is not there yet."""

from __future__ import annotations

import stat
import threading

import pytest

from sla_service.app import create_app, secret_key
from sla_service.config import Settings
from sla_service.domain.errors import MissingSettingsError
from sla_service.web.context import EXTENSION


def test_a_secret_is_generated_once_and_kept_for_its_owner_alone(tmp_path):
    settings = Settings(home=tmp_path / "new")
    secret = secret_key(settings)
    assert len(secret) == 64
    assert secret_key(settings) == secret
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]


def test_processes_that_start_together_share_one_secret(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(secret_key(Settings(home=tmp_path)))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_secret_that_can_be_guessed_is_refused(tmp_path):
    with pytest.raises(MissingSettingsError, match="SLA_SECRET_KEY"):
        secret_key(Settings(home=tmp_path, secret_key="changeme"))


def test_a_secret_that_is_set_is_used_and_nothing_is_written(tmp_path):
    assert secret_key(Settings(home=tmp_path, secret_key="x" * 32)) == "x" * 32
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_not_ready_and_says_what_to_do(tmp_path):
    app = create_app(Settings(home=tmp_path))
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.json["code"]) == (503, "schema_outdated")
    assert "sla db upgrade" in response.json["detail"]
    assert app.test_client().get("/healthz").status_code == 200
    app.extensions[EXTENSION].engine.dispose()


def test_a_database_that_cannot_be_reached_is_not_ready(tmp_path):
    app = create_app(Settings(home=tmp_path, database_url="postgresql://nobody@127.0.0.1:9/none"))
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.json["code"]) == (503, "unavailable")


def test_readers_by_https_are_told_to_stay_there(tmp_path):
    app = create_app(Settings(home=tmp_path, public_url="https://status.example"))
    assert "Strict-Transport-Security" in app.test_client().get("/healthz").headers
    app.extensions[EXTENSION].engine.dispose()


def test_cookies_would_travel_by_https_only_and_to_us_alone(tmp_path):
    config = create_app(Settings(home=tmp_path)).config
    assert config["SESSION_COOKIE_SECURE"]
    assert config["SESSION_COOKIE_HTTPONLY"]
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["MAX_CONTENT_LENGTH"]
