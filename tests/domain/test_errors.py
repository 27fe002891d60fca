"""Errors: every problem at once, each saying where it stands and what was found."""

from __future__ import annotations

import pytest

from sla_service.domain.errors import SHOWN_VALUE_CHARACTERS, InvalidValueError, MissingSettingsError, Problem, shown


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("range", "write less"), "write less"),
        (Problem("range", "write less", value="9"), "write less (found '9')"),
        (Problem("range", "write less", line=3, column="share"), "line 3, column share: write less"),
        (Problem("range", "write less", path="cap.at", line=3, value="9"), "line 3, cap.at: write less (found '9')"),
    ],
)
def test_a_problem_is_one_line(problem, text):
    assert str(problem) == text


def test_an_error_tells_every_problem_on_its_own_line():
    error = InvalidValueError([Problem("a", "first"), Problem("b", "second")])
    assert str(error) == "first\nsecond"
    assert error.total == 2


def test_an_error_can_say_that_there_were_more_problems_than_it_tells():
    assert InvalidValueError([Problem("a", "first")], total=1000).total == 1000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("plain", "plain", id="printable text stays"),
        pytest.param("a\nb\x1b[31m", "a\\u000ab\\u001b[31m", id="control characters cannot play with a terminal"),
        pytest.param("\u202e", "\\u202e", id="nor can those that turn the direction of writing"),
        pytest.param(1.5, "1.5", id="a value that is no text"),
    ],
)
def test_a_refused_value_is_safe_to_repeat(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("value", ["x" * 10_000, "\n" * 10_000, "x" * (SHOWN_VALUE_CHARACTERS - 1) + "\n\n"])
def test_a_refused_value_is_never_repeated_at_length(value):
    assert len(shown(value)) <= SHOWN_VALUE_CHARACTERS


def test_all_missing_settings_are_named_at_once():
    error = MissingSettingsError(["SLA_DATABASE_URL", "SLA_SECRET_KEY"], "serve")
    assert str(error) == "To serve, set SLA_DATABASE_URL, SLA_SECRET_KEY in the environment."
