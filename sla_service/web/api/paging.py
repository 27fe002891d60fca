"""Lists in pages: a limit, and the key of the last item seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from marshmallow import fields

from sla_service.domain.errors import InvalidValueError
from sla_service.web.api.arguments import StrictSchema
from sla_service.web.api.fields import ERROR_MESSAGES, refuse

MAX_LIMIT = 500
DEFAULT_LIMIT = 100
MAX_DIGITS = 15

T = TypeVar("T")


class NumberParameter(fields.Field[int]):
    """A whole number in a query, in plain digits."""

    default_error_messages = ERROR_MESSAGES
    rule, message, most = "number_format", "write a whole number from 1", 10**MAX_DIGITS

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        text = str(value)
        is_plain = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
        if not is_plain or not 1 <= int(text) <= self.most:
            raise refuse(self.rule, self.message, value)
        return int(text)


class LimitParameter(NumberParameter):
    """How many items a page has."""

    rule, message, most = "page_limit", f"ask for 1 to {MAX_LIMIT} at a time", MAX_LIMIT


class LimitQuerySchema(StrictSchema):
    """How much of a list."""

    limit = LimitParameter(
        load_default=DEFAULT_LIMIT,
        metadata={
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "description": "How many items the page has.",
        },
    )


class PageQuerySchema(LimitQuerySchema):
    """Which page."""

    after = fields.String(metadata={"description": "Key of the last item seen; follow `next` instead of making it."})


def page(items: Sequence[T], key: Callable[[T], str], *, limit: int, after: str | None) -> tuple[list[T], str | None]:
    """The page after a key, and the address of the next one.

    Raises:
        InvalidValueError: No item has that key.
    """
    start = 0
    if after is not None:
        start = next((i + 1 for i, item in enumerate(items) if key(item) == after), 0)
        if not start:
            raise InvalidValueError.of("cursor_invalid", "use `next` of the page before, as it is", path="after")
    found = list(items[start : start + limit])
    more = start + limit < len(items)
    return found, next_page(key(found[-1])) if more else None


def next_page(after: str) -> str:
    """The address of the same list after a key."""
    return f"{request.path}?{urlencode({**request.args, 'after': after})}"
