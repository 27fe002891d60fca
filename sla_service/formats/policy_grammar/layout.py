"""Written values as YAML that reads well: small fields in one line, lists of them line by line."""

from __future__ import annotations

import re

import yaml

from sla_service.formats.policy_grammar.shapes import Plain

_WIDTH = 120
_STEP = 2

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._%/+-]|:(?=[A-Za-z0-9]))*(?<! )", re.ASCII)
"""Text that every reader of YAML takes for itself, wherever it stands."""
_GUESSED = re.compile(r"~|null|true|false|Null|True|False|NULL|TRUE|FALSE", re.ASCII)
"""Text that a reader of YAML 1.2 takes for something else."""


def laid_out(value: dict[str, Plain]) -> str:
    """A document."""
    return "".join(f"{line}\n" for line in _fields(value, 0))


def _fields(value: dict[str, Plain], indent: int) -> list[str]:
    return [line for name, item in value.items() for line in _field(name, item, indent)]


def _field(name: str, value: Plain, indent: int) -> list[str]:
    start = f"{' ' * indent}{_text(name, is_flow=False)}:"
    if isinstance(value, str):
        return [f"{start} {_text(value, is_flow=False)}"]
    if _is_small(value) and len(line := f"{start} {_flow(value)}") <= _WIDTH:
        return [line]
    if isinstance(value, dict):
        return [start, *_fields(value, indent + _STEP)]
    return [start, *(line for item in value for line in _item(item, indent + _STEP))]


def _item(value: Plain, indent: int) -> list[str]:
    start = f"{' ' * indent}- "
    if isinstance(value, str) or not value:
        return [f"{start}{_flow(value)}"]
    if isinstance(value, dict) and _is_small(value) and len(line := f"{start}{_flow(value)}") <= _WIDTH:
        return [line]
    deeper = indent + _STEP
    if isinstance(value, dict):
        lines = _fields(value, deeper)
    else:
        lines = [line for item in value for line in _item(item, deeper)]
    return [f"{start}{lines[0][deeper:]}", *lines[1:]]


def _is_small(value: Plain) -> bool:
    """Whether it may stand in one line: no fields or lists in fields, and no fields in lists."""
    if isinstance(value, dict):
        return all(isinstance(item, str) or _is_texts(item) for item in value.values())
    return _is_texts(value)


def _is_texts(value: Plain) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _flow(value: Plain) -> str:
    if isinstance(value, str):
        return _text(value, is_flow=True)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(name, is_flow=True)}: {_flow(item)}' for name, item in value.items())}}}"
    return f"[{', '.join(map(_flow, value))}]"


def _text(text: str, *, is_flow: bool) -> str:
    """Without quotes wherever it reads the same."""
    if _GUESSED.fullmatch(text) is None and (_PLAIN.fullmatch(text) or _reads_same(text, is_flow=is_flow)):
        return text
    return "'" + text.replace("'", "''") + "'"


def _reads_same(text: str, *, is_flow: bool) -> bool:
    document = f"{{a: {text}}}" if is_flow else f"a: {text}"
    try:
        return bool(yaml.load(document, yaml.BaseLoader) == {"a": text})  # noqa: S506 - every value stays text
    except yaml.YAMLError:
        return False
