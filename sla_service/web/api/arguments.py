"""What a request says, read strictly: every problem with its JSON pointer or the name of its parameter."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError, validates_schema
from webargs.flaskparser import FlaskParser

from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.web.api.fields import ERROR_MESSAGES
from sla_service.web.strict_json import pointer_to, read_json

MAX_PROBLEMS = 1_000
"""As for files: so many are shown, the rest is counted."""


class StrictSchema(Schema):
    """An object in which every name is known; an unknown one is answered with the nearest that there is."""

    error_messages = ERROR_MESSAGES

    class Meta:
        """For the description; what is said of an unknown name is in ``refuse_unknown``."""

        unknown = RAISE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown(self, data: Any, original: Any, **_kwargs: Any) -> None:  # noqa: ANN401, ARG002 - marshmallow's signature
        """Refuse names that the schema does not have."""
        if not isinstance(original, Mapping):
            return
        known = [field.data_key or name for name, field in self.load_fields.items()]
        problems: dict[Any, Any] = {}
        for name in original:
            if name not in known:
                near = difflib.get_close_matches(str(name).lower(), known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"
                problems[name] = [Problem("unknown_field", f"there is no such field; {hint}")]
        if problems:
            raise ValidationError(problems)


class StrictParser(FlaskParser):
    """Reads bodies by ``strict_json`` and turns marshmallow's refusals into the domain's."""

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ANN401, ARG002 - webargs' signature
        """The body."""
        return read_json(req)

    def load_querystring(self, req: Request, schema: Schema) -> dict[str, str]:  # noqa: ARG002
        """The parameters, each given once."""
        given = req.args.to_dict(flat=False)
        twice = [name for name, values in given.items() if len(values) > 1]
        if twice:
            raise InvalidValueError(Problem("parameter_repeated", "give this once", path=shown(n)) for n in twice)
        return {name: values[0] for name, values in given.items()}

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:  # noqa: ANN401
        """Raise every problem at its place.

        Raises:
            InvalidValueError: Always.
        """
        assert isinstance(error.messages, dict)  # noqa: S101 - webargs puts the location around the messages
        problems = []
        for location, messages in error.messages.items():
            problems += list(_located(messages, "", is_json=location == "json"))
        raise InvalidValueError(problems[:MAX_PROBLEMS], total=len(problems)) from None


def _located(messages: Any, place: str, *, is_json: bool) -> Iterator[Problem]:  # noqa: ANN401 - a tree of messages
    match messages:
        case dict():
            for name, below in messages.items():
                further = pointer_to(place, name) if is_json else shown(name)
                yield from _located(below, place if name == "_schema" else further, is_json=is_json)
        case list():
            for below in messages:
                yield from _located(below, place, is_json=is_json)
        case Problem():
            yield Problem(messages.rule, messages.message, path=place, value=messages.value)
        case _:
            yield Problem("invalid", str(messages), path=place)
