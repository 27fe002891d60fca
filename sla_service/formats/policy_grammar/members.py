"""The members of a record: how a field, or several, becomes one attribute of a value, or several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Protocol, TypeVar

from sla_service.formats.policy_grammar.shapes import Definitions, JsonSchema, Plain, Shape
from sla_service.formats.yaml_reader import REFUSED, Fields, Refused

Values = dict[str, Any]
"""By attribute of the value that a record makes; what was refused is not there."""

T_co = TypeVar("T_co", covariant=True)

_NOTHING: Any = object()
"""There is no default."""
_IMPLIED: Any = object()
"""To be replaced by what other values imply."""


@dataclass(frozen=True)
class Case:
    """What a mapping may look like, for the schema."""

    properties: Mapping[str, JsonSchema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    rules: tuple[JsonSchema, ...] = ()
    description: str = ""

    def joined(self, other: Case) -> Case:
        """The fields of both in one mapping."""
        properties = {**self.properties, **other.properties}
        description = self.description or other.description
        return Case(properties, self.required + other.required, self.rules + other.rules, description)

    def schema(self) -> JsonSchema:
        """An object without other fields."""
        told: JsonSchema = {"description": self.description} if self.description else {}
        told |= {"type": "object", "properties": dict(self.properties), "additionalProperties": False}
        if self.required:
            told["required"] = list(self.required)
        if self.rules:
            told["allOf"] = list(self.rules)
        return told


class Member(ABC):
    """Some fields of a record."""

    attributes: tuple[str, ...]
    """Of the value; all of them are in the values unless something was refused."""

    @abstractmethod
    def read(self, fields: Fields, values: Values, defaults: Values) -> None:
        """Put what the fields say, or the defaults, into the values."""

    @abstractmethod
    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:
        """Put what does not have its default into the written fields."""

    @abstractmethod
    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:
        """The fields in the schema."""

    @abstractmethod
    def is_required(self, defaults: Values) -> bool:
        """Whether one of the fields has to be there."""


@dataclass(frozen=True)
class Field(Member):
    """One field. It holds one attribute, or several whose values stand in one text."""

    name: str
    shape: Shape[Any]
    description: str
    attribute: str | tuple[str, ...] = ""
    """The field's own name where it is left out."""
    must: bool = False
    """Whether it has to be there although there is a default."""
    implied: Callable[[Callable[[str], Any]], object] | None = None
    """What is meant where it is left out, from the other attributes."""

    @property
    def attributes(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of the value."""
        return self.attribute if isinstance(self.attribute, tuple) else (self.attribute or self.name,)

    def _default(self, defaults: Values) -> object:
        if self.must or any(name not in defaults for name in self.attributes):
            return _NOTHING
        return self._whole(defaults)

    def _whole(self, values: Values) -> object:
        whole = tuple(values[name] for name in self.attributes)
        return whole if isinstance(self.attribute, tuple) else whole[0]

    def _parts(self, whole: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the attributes' values
        return whole if isinstance(self.attribute, tuple) else (whole,)

    def read(self, fields: Fields, values: Values, defaults: Values) -> None:
        """The field, or its default."""
        node = fields.node_of(self.name, required=self.is_required(defaults))
        if node is None:
            value = _IMPLIED if self.implied else self._default(defaults)
        else:
            value = self.shape.read(fields.reader, node, fields.at(self.name))
        if value not in (REFUSED, _NOTHING):
            values.update(zip(self.attributes, self._parts(value), strict=True))

    def imply(self, values: Values) -> None:
        """The value that is meant by saying nothing."""
        if self.implied and values.get(self.attributes[0]) is _IMPLIED:
            try:
                values[self.attributes[0]] = self.implied(values.__getitem__)
            except KeyError:
                del values[self.attributes[0]]  # what it follows from was refused

    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:
        """The field, unless it says what is meant anyway."""
        own = self._whole({name: getattr(value, name) for name in self.attributes})
        meant = self.implied(lambda name: getattr(value, name)) if self.implied else self._default(defaults)
        if own != meant:
            written[self.name] = self.shape.write(own)

    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:
        """The field."""
        schema = self.shape.schema(definitions) | {"description": self.description}
        return [Case({self.name: schema}, (self.name,) if self.is_required(defaults) else ())]

    def is_required(self, defaults: Values) -> bool:
        """Without a default."""
        return self.implied is None and self._default(defaults) is _NOTHING


@dataclass(frozen=True)
class Said(Member):
    """A field that is read, checked, and means nothing more."""

    name: str
    shape: Shape[Any]
    description: str

    attributes = ()

    def read(self, fields: Fields, values: Values, defaults: Values) -> None:  # noqa: ARG002 - nothing is kept
        """Look at it only."""
        node = fields.node_of(self.name)
        if node is not None:
            self.shape.read(fields.reader, node, fields.at(self.name))

    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:
        """Nothing."""

    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:  # noqa: ARG002 - it has no default
        """The field."""
        return [Case({self.name: self.shape.schema(definitions) | {"description": self.description}})]

    def is_required(self, defaults: Values) -> bool:  # noqa: ARG002 - it has no default
        """Never."""
        return False


@dataclass(frozen=True)
class Named(Member):
    """A value under one of several names, of which the name says something too."""

    names: Mapping[str, object]
    """What each name says: the second attribute's value."""
    shape: Shape[Any]
    descriptions: tuple[str, ...]
    attributes: tuple[str, ...]
    """Of the value, and of what the name says."""
    problem: tuple[str, str]
    """Rule and message where it is given twice, or not at all though it must be."""
    must: bool = False

    def read(self, fields: Fields, values: Values, defaults: Values) -> None:
        """The field that is there, or the defaults."""
        found: list[tuple[object, object]] = []
        for name, says in self.names.items():
            node = fields.node_of(name)
            if node is not None:
                found.append((self.shape.read(fields.reader, node, fields.at(name)), says))
        if len(found) > 1 or (self.must and not found):
            fields.refuse(*self.problem)
        elif not found:
            values.update({name: defaults[name] for name in self.attributes})
        elif not isinstance(found[0][0], Refused):
            values.update(zip(self.attributes, found[0], strict=True))

    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:
        """The field whose name says what the value does."""
        own = tuple(getattr(value, name) for name in self.attributes)
        if not self.must and own == tuple(defaults[name] for name in self.attributes):
            return
        name = next(name for name, says in self.names.items() if says == own[1])
        written[name] = self.shape.write(own[0])

    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:  # noqa: ARG002 - `must` says it
        """The fields, at most one of them together."""
        schema = self.shape.schema(definitions)
        told = zip(self.names, self.descriptions, strict=True)
        pairs: list[JsonSchema] = [{"required": list(pair)} for pair in combinations(self.names, 2)]
        rules: list[JsonSchema] = [{"not": pairs[0] if len(pairs) == 1 else {"anyOf": pairs}}]
        if self.must:
            rules.append({"anyOf": [{"required": [name]} for name in self.names]})
        return [Case({name: schema | {"description": text} for name, text in told}, (), tuple(rules))]

    def is_required(self, defaults: Values) -> bool:  # noqa: ARG002 - `must` says it
        """One of the names."""
        return self.must


class FieldsShape(Protocol[T_co]):
    """A shape that can read and write fields among others: a record, or one of several."""

    def read_fields(self, fields: Fields, given: Values) -> T_co | Refused:
        """The value."""

    def write(self, value: Any) -> Plain:  # noqa: ANN401 - contravariant in fact, and not worth a second variable
        """Its fields."""

    def cases(self, definitions: Definitions) -> list[Case]:
        """The fields in the schema."""


@dataclass(frozen=True)
class Inline(Member):
    """A value whose fields stand among those of the record that holds it."""

    attribute: str
    shape: FieldsShape[Any]

    @property
    def attributes(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of the value that holds it."""
        return (self.attribute,)

    def read(self, fields: Fields, values: Values, defaults: Values) -> None:  # noqa: ARG002 - its fields have them
        """From the same mapping."""
        value = self.shape.read_fields(fields, {})
        if value is not REFUSED:
            values[self.attribute] = value

    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:  # noqa: ARG002 - the same
        """Into the same mapping."""
        own = self.shape.write(getattr(value, self.attribute))
        written.update(own if isinstance(own, dict) else {})

    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:  # noqa: ARG002 - the same
        """Those of the shape."""
        return self.shape.cases(definitions)

    def is_required(self, defaults: Values) -> bool:  # noqa: ARG002 - the same
        """Fields that are inline are those that say what is held."""
        return True
