"""Settings: everything has a default, and what is set must be what was meant."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from sla_service.config import Settings
from sla_service.domain.errors import InvalidValueError, MissingSettingsError


def test_the_embedded_default_needs_no_variable():
    settings = Settings.from_env({"PATH": "/bin"})
    assert settings.url == "sqlite:///var/sla.db"
    assert settings.fonts == Path("var/fonts")


def test_variables_are_read_by_the_kind_of_their_setting():
    env = {
        "SLA_HOME": "/srv/sla",
        "SLA_SMTP_PORT": "25",
        "SLA_SMTP_TLS": "no",
        "SLA_ISSUER_ADDRESS": "1 Harbour Street | Hong Kong",
    }
    settings = Settings.from_env(env)
    assert settings.home == Path("/srv/sla")
    assert (settings.smtp_port, settings.smtp_tls) == (25, False)
    assert settings.issuer_address == ("1 Harbour Street", "Hong Kong")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SLA_SMTP_PORT", "many"), ("SLA_SMTP_TLS", "perhaps"), ("SLA_ACCENT", "teal")],
)
def test_a_value_that_cannot_be_read_names_its_variable(name, value):
    with pytest.raises(InvalidValueError, match=f"{name}: write"):
        Settings.from_env({name: value})


def test_a_misspelt_setting_is_refused_with_the_nearest_name():
    with pytest.raises(InvalidValueError, match="did you mean SLA_DATABASE_URL"):
        Settings.from_env({"SLA_DATABSE_URL": "postgresql://db"})


def test_settings_that_are_needed_are_named_all_at_once():
    with pytest.raises(MissingSettingsError, match="SLA_SMTP_HOST, SLA_MAIL_FROM"):
        Settings().require("smtp_host", "mail_from", purpose="send mail")


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Settings().home = Path("elsewhere")
