"""JSON bodies to the letter: what a lenient parser would repair, guess or drop is refused with its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from flask import Request

from sla_service.domain.errors import InvalidValueError, Problem, shown

MAX_DEPTH = 32
MAX_NUMBER_CHARACTERS = 40
"""Beyond any count or instant; a number of a million digits takes minutes to become an integer."""

# A string that is never closed runs to the end: possessive, so that no input is scanned twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(request: Request) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a request's body.

    Raises:
        InvalidValueError: Another media type, charset or encoding; no body; or JSON that two readers could read
            differently: duplicate keys, numbers that are none, lone surrogates, nesting without end.
        RequestEntityTooLarge: Longer than the application takes.
    """
    _check_headers(request)
    data = request.get_data(cache=False)
    if not data.strip():
        raise InvalidValueError.of("body_required", "send a JSON object in the body")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} of the body is not UTF-8"
        raise InvalidValueError.of("encoding", message) from None
    return parse_json(text)


def parse_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON text.

    Raises:
        InvalidValueError: As ``read_json``.
    """
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        message = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise InvalidValueError.of("json_syntax", message) from None
    if _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)
    return value


def _check_headers(request: Request) -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise InvalidValueError.of("content_encoding", "send the body as it is, not compressed", value=encoding)
    if request.mimetype != "application/json":
        message = "send JSON, with Content-Type: application/json"
        raise InvalidValueError.of("media_type", message, value=request.mimetype or "none")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        raise InvalidValueError.of("charset", "JSON is UTF-8 only", value=charset)


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        character = token[0][0]
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidValueError.of("json_depth", f"nest at most {MAX_DEPTH} levels deep")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError.of("json_duplicate_key", "an object has this key twice; keep one", value=twice)
    return found


def _integer(text: str) -> int:
    return int(text) if len(text) <= MAX_NUMBER_CHARACTERS else _no_number(text)


def _number(text: str) -> float:
    number = float(text) if len(text) <= MAX_NUMBER_CHARACTERS else math.inf
    return number if math.isfinite(number) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise InvalidValueError.of("json_number", "this is not a number that JSON has, or it is too long", value=text)


def _check_surrogates(value: object) -> None:
    problems = [
        Problem("unicode_surrogate", "this text has half of a surrogate pair; send whole characters", path=pointer)
        for pointer, text in _texts(value, "")
        if any("\ud800" <= character <= "\udfff" for character in text)
    ]
    if problems:
        raise InvalidValueError(problems)


def _texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield pointer, value
        case dict():
            for name, item in value.items():
                yield pointer_to(pointer, name), name
                yield from _texts(item, pointer_to(pointer, name))
        case list():
            for i, item in enumerate(value):
                yield from _texts(item, pointer_to(pointer, i))


def pointer_to(pointer: str, name: object) -> str:
    """A JSON pointer (RFC 6901) one step longer; a name that cannot be shown is cut and escaped."""
    return f"{pointer}/{shown(name).replace('~', '~0').replace('/', '~1')}"
