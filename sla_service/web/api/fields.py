"""The API's own fields: strings in the domain's patterns, checked by the domain's parsers, and never coerced.

A field gives back the very text that was sent: the same text that a file's cell would hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, fields

from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.shares import parse_available_percent, parse_share
from sla_service.formats.cells import parse_count, parse_id, parse_name, parse_text

DIGEST = re.compile(r"[0-9a-f]{12,64}", re.ASCII)
ERROR_MESSAGES: Any = {
    "required": [Problem("required", "add this field")],
    "null": [Problem("null", "fill this in, or leave the field away")],
    "type": [Problem("type_object", "send an object here")],
    "unknown": [],
}
"""In place of marshmallow's sentences: it hands lists on as they are."""


def parse_digest(text: str) -> str:
    """The beginning of a SHA-256, as ``run show`` and the API print it.

    Raises:
        InvalidValueError: Too short to be sure, or no digest.
    """
    if not DIGEST.fullmatch(text):
        raise InvalidValueError.of("digest_format", "send the first 12 to 64 digits of the digest that you reviewed")
    return text


def refuse(rule: str, message: str, value: object = None) -> ValidationError:
    """A refusal in marshmallow's form."""
    return ValidationError([Problem(rule, message, value=None if value is None else shown(value))])


class CellField(fields.Field[str]):
    """Text that one of the domain's parsers accepts."""

    default_error_messages = ERROR_MESSAGES
    parse: Callable[[str], object]
    wrong_type = ("type_string", "send a string")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401, ARG002
        if not isinstance(value, str):
            raise refuse(*self.wrong_type, value=value)
        try:
            type(self).parse(value)
        except InvalidValueError as error:
            problem = error.problems[0]
            raise refuse(problem.rule, problem.message, value) from None
        return value


class IdField(CellField):
    """An identifier from another system."""

    parse = staticmethod(parse_id)


class NameField(CellField):
    """A service, region or policy name."""

    parse = staticmethod(parse_name)


class TextField(CellField):
    """One line that people read."""

    parse = staticmethod(parse_text)


class MonthField(CellField):
    """A calendar month."""

    parse = staticmethod(Month.parse)
    wrong_type = ("type_string", 'write the month as text: "2023-09"')


class DigestField(CellField):
    """What was reviewed: the first 12 hexadecimal digits of a digest, or more."""

    parse = staticmethod(parse_digest)


class InstantField(CellField):
    """An instant with its offset."""

    parse = staticmethod(parse_instant)
    wrong_type = ("instant_type", 'write the instant as text: "2023-09-19T02:00:00+08:00"')


class ShareField(CellField):
    """A share from 0 to 1, as text."""

    parse = staticmethod(parse_share)
    wrong_type = ("type_string", 'send the share as text, such as "0.5": a JSON number may lose digits on its way')


class PercentField(CellField):
    """A percentage still available, as text."""

    parse = staticmethod(parse_available_percent)
    wrong_type = ("type_string", 'send the percentage as text, such as "50": a JSON number may lose digits on its way')


class CountField(fields.Field[str]):
    """A whole number from 0; JSON's integers are exact, so these are numbers on the wire."""

    default_error_messages = ERROR_MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401, ARG002
        if not isinstance(value, int) or isinstance(value, bool):
            rule, message = "type_integer", "send a whole number, without quotes and without decimals"
            raise refuse(rule, message, value)
        try:
            parse_count(str(value))
        except InvalidValueError as error:
            raise refuse("range", "send a whole number from 0 with at most 16 digits", value) from error
        return str(value)


class ObjectField(fields.Nested):
    """A nested object."""

    default_error_messages = ERROR_MESSAGES


class ListField(fields.List[Any]):
    """A list with a limit."""

    default_error_messages = ERROR_MESSAGES

    def __init__(self, schema: type[Schema], *, at_most: int, at_least: int = 0, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(ObjectField(schema), **kwargs)
        self.at_most, self.at_least = at_most, at_least
        self.metadata = {**self.metadata, "maxItems": at_most, "minItems": at_least}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            raise refuse("type_array", "send a list here", value)
        if len(value) > self.at_most:
            raise refuse("row_limit", f"send at most {self.at_most:,} at a time", len(value))
        if len(value) < self.at_least:
            raise refuse("no_rows", "send at least one")
        return super()._deserialize(value, attr, data, **kwargs)
