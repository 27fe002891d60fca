"""Bodies that a lenient reader would repair, guess or drop."""

from __future__ import annotations

import time

import pytest

from sla_service.domain.errors import InvalidValueError
from sla_service.web.strict_json import MAX_DEPTH, parse_json


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "body_required"),
        (b" \n", 400, "body_required"),
        (b'{"title": "\xff"}', 400, "encoding"),
        (b'{"a": 1,}', 400, "json_syntax"),
        (b"{'a': 1}", 400, "json_syntax"),
        (b'{"a": 1} // why', 400, "json_syntax"),
        (b'{"a": "line\nbreak"}', 400, "json_syntax"),
        (b'{"a": 1, "a": 2}', 400, "json_duplicate_key"),
        (b'{"a": {"b": 1, "b": 1}}', 400, "json_duplicate_key"),
        (b'{"a": NaN}', 400, "json_number"),
        (b'{"a": -Infinity}', 400, "json_number"),
        (b'{"a": 1e400}', 400, "json_number"),
        (b'{"a": ' + b"9" * 100_000 + b"}", 400, "json_number"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "json_depth"),
        (b'{"title": "\\ud800"}', 400, "unicode_surrogate"),
        (b"[]", 422, "type_object"),
        (b"null", 422, "type_object"),
        (b'"x"', 422, "type_object"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_not_one_object_in_plain_json_is_refused(lite, body, status, code):
    response = lite.post("/incidents", body)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "text/plain"}, "media_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "media_type"),
        ({"Content-Type": "application/json; charset=utf-16"}, "charset"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "content_encoding"),
    ],
)
def test_another_kind_of_body_is_refused(lite, headers, code):
    headers = {"Authorization": f"Bearer {lite.key}", **headers}
    response = lite.client.post("/api/v1/incidents", data=b"{}", headers=headers)
    assert (response.status_code, response.json["code"]) == (415, code)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(lite):
    response = lite.post("/impacts", b'{"impacts": [' + b" " * (16 * 1024 * 1024) + b"]}")
    assert (response.status_code, response.json["code"]) == (413, "too_large")
    assert "16,777,216" in response.json["detail"]


def test_a_surrogate_is_found_at_its_place():
    with pytest.raises(InvalidValueError) as refused:
        parse_json('{"a": ["x", {"b/c": "\\ud800"}]}')
    assert [problem.path for problem in refused.value.problems] == ["/a/1/b~1c"]


def test_a_pair_of_surrogates_is_one_character():
    assert parse_json('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_brackets_inside_strings_do_not_count_as_depth():
    text = '{"a": "' + "[" * 100 + '\\"{{"}'
    assert parse_json(text)["a"].startswith("[[[")


def test_the_deepest_nesting_that_is_allowed_is_read():
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(InvalidValueError):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_a_string_that_is_never_closed_is_scanned_once():
    text = '"' + '\\"' * 1_000_000
    started = time.perf_counter()
    with pytest.raises(InvalidValueError):
        parse_json(text)
    assert time.perf_counter() - started < 2
