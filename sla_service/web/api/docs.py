"""The API's description as a page to read: made from the OpenAPI document, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template

blueprint = Blueprint("docs", __name__)


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Argument, ...]
    body: tuple[Argument, ...]
    answers: tuple[tuple[str, str], ...]


@blueprint.get("/docs")
def read() -> str:
    """Every operation with what it takes and answers."""
    spec = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return render_template("portal/api_docs.html", operations=list(_operations(spec)), info=spec["info"])


def _operations(spec: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in spec["paths"].items():
        shared = methods.get("parameters", [])
        for method, told in methods.items():
            if method == "parameters":
                continue
            yield Operation(
                method=method.upper(),
                path=path,
                summary=told.get("summary", ""),
                description=told.get("description", ""),
                parameters=tuple(_parameter(one) for one in [*shared, *told.get("parameters", [])]),
                body=tuple(_body(spec, told)),
                answers=tuple((code, _resolved(spec, answer)["description"]) for code, answer in _answers(told)),
            )


def _answers(told: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((code, answer) for code, answer in told["responses"].items() if code != "default")


def _parameter(one: dict[str, Any]) -> Argument:
    schema = one.get("schema", {})
    where = f"{schema.get('type', '')}, in the {one['in']}"
    return Argument(one["name"], where, one.get("required", False), one.get("description", ""))


def _body(spec: dict[str, Any], told: dict[str, Any]) -> Iterator[Argument]:
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        yield from _fields(spec, _resolved(spec, content["schema"]), "")


def _fields(spec: dict[str, Any], schema: dict[str, Any], prefix: str) -> Iterator[Argument]:
    for name, told in schema.get("properties", {}).items():
        is_required = name in schema.get("required", ())
        yield Argument(f"{prefix}{name}", told.get("type", "object"), is_required, told.get("description", ""))
        if told.get("type") == "array":
            yield from _fields(spec, _resolved(spec, told["items"]), f"{prefix}{name}[].")


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = spec
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found
