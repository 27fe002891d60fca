"""What failing often leads to: rights, and credits that wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import yaml

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.policies.payment import Chronic, ChronicOutages, DueAfter
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.members import Field, Member, Named, Said
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import Definitions, JsonSchema, ListOf, Plain, Scalar, Shape
from sla_service.formats.yaml_reader import Fields, Reader, Refused

T = TypeVar("T")

_MAX_PERIODS = 60
_MAX_OUTAGES = 1_000
_PERIOD = "period"


@dataclass(frozen=True)
class _ByMark(Shape[T]):
    """One of two records, told apart by a field that only the second has."""

    one: Record[T]
    other: Record[T]
    mark: str

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """By the fields that are there."""
        names = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
        return (self.other if self.mark in names else self.one).read(reader, node, path)

    def write(self, value: T) -> Plain:
        """As the record of its class."""
        return (self.other if isinstance(value, self.other.of) else self.one).write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        """Either of the two."""
        return {"anyOf": [self.one.schema(definitions), self.other.schema(definitions)]}


def _check_missed(fields: Fields, missed: int, of: int) -> None:
    if missed > of:
        fields.refuse("range", f"{missed} of {of} periods cannot be missed", "missed")


def _parse_within(text: str) -> str:
    if text != _PERIOD:
        message = (
            "write `period`: outages are counted within one period; for days across periods choose a `rolling` "
            "period of so many days, or let a person look"
        )
        raise InvalidValueError.of("choice", message)
    return text


_PERIODS = words.whole(1, _MAX_PERIODS)
_OF = Field("of", _PERIODS, "Of so many, the present one included")
_MISSED = Field("missed", _PERIODS, "So many periods must be missed")
_IN_A_ROW = Field("in_a_row", words.YES_NO, "Whether they must follow each other")
_THEN = Field("then", words.TEXT, "The right that it gives")
_CHECK = Check(("missed", "of"), _check_missed)

_OUTAGES: Record[Chronic | ChronicOutages] = Record(
    ChronicOutages,
    (
        Field("outages", words.whole(1, _MAX_OUTAGES), "So many outages, each by itself long enough"),
        Named(
            {"longer_than": True, "at_least": False},
            words.DURATION,
            ("An outage that counts has more downtime than this", "An outage that counts has at least this downtime"),
            ("minimum_ms", "strict"),
            ("exclusive_fields", "give `longer_than` or `at_least`, not both"),
        ),
        Said("within", Scalar("", _parse_within, str, {"enum": [_PERIOD]}), "Within one period"),
        _THEN,
    ),
)


def chronic(dialect: Dialect) -> Shape[tuple[Chronic | ChronicOutages, ...]]:
    """Rights, by missed periods or by outages."""
    below = Field("one_below", dialect.edge, "At least one of the missed periods is below this")
    missed: Record[Chronic | ChronicOutages] = Record(
        Chronic, (_MISSED, _OF, _IN_A_ROW, _below(dialect), below, _THEN), (_CHECK,)
    )
    return ListOf(_ByMark(missed, _OUTAGES, "outages"), is_bare=True)


def due_after(dialect: Dialect) -> Shape[DueAfter]:
    """When a credit is due that one missed period alone does not give."""
    return Record(DueAfter, (_MISSED, _OF, _IN_A_ROW, _below(dialect)), (_CHECK,))


def _below(dialect: Dialect) -> Member:
    return Field("below", dialect.edge, "Missed means below this; below the target where it is left out")
