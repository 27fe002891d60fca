"""What a place in a policy file can hold: each shape reads it, writes it, and gives its JSON Schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import yaml

from sla_service.formats.yaml_reader import REFUSED, Reader, Refused

T = TypeVar("T")
U = TypeVar("U")

Plain = str | list["Plain"] | dict[str, "Plain"]
"""A written value: text, lists and fields, in their order."""
JsonSchema = dict[str, Any]
Definitions = dict[str, JsonSchema]
"""Schemas by name, to which others refer."""


class Shape(ABC, Generic[T]):
    """One place of the language and the value that it holds."""

    @abstractmethod
    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The value; ``REFUSED`` with its problems noted."""

    @abstractmethod
    def write(self, value: T) -> Plain:
        """What ``read`` would read as this value."""

    @abstractmethod
    def schema(self, definitions: Definitions) -> JsonSchema:
        """What may stand here; shapes with a name are added to the definitions."""

    def is_item(self, node: yaml.Node) -> bool:
        """Whether a node can be the only item of a list of these, written without its dash."""
        return isinstance(node, yaml.MappingNode)


@dataclass(frozen=True)
class Scalar(Shape[T]):
    """One value, through a parser and its writer."""

    name: str
    """Of its definition in the schema; empty for one that is said in place."""
    parse: Callable[[str], T]
    show: Callable[[T], str]
    form: JsonSchema
    """What the schema says of it."""

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The value."""
        words = [word for word in self.form.get("enum", ()) if isinstance(word, str)]
        return reader.scalar(node, path, self.parse, words=words)

    def write(self, value: T) -> Plain:
        """Its text."""
        return self.show(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        """A reference, or what is said of it where it has no name."""
        if not self.name:
            return dict(self.form)
        definitions.setdefault(self.name, self.form)
        return {"$ref": f"#/$defs/{self.name}"}

    def is_item(self, node: yaml.Node) -> bool:
        """A scalar."""
        return isinstance(node, yaml.ScalarNode)


@dataclass(frozen=True)
class Defined(Shape[T]):
    """A shape with a name of its own, which may hold itself."""

    name: str
    shape: Callable[[], Shape[T]]

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The value."""
        return self.shape().read(reader, node, path)

    def write(self, value: T) -> Plain:
        """As the shape does."""
        return self.shape().write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        """A reference."""
        if self.name not in definitions:
            definitions[self.name] = {}
            definitions[self.name] = self.shape().schema(definitions)
        return {"$ref": f"#/$defs/{self.name}"}

    def is_item(self, node: yaml.Node) -> bool:
        """As the shape says."""
        return self.shape().is_item(node)


@dataclass(frozen=True)
class Distinct(Generic[T]):
    """That no two items of a list are alike."""

    key: Callable[[T], Hashable]
    message: Callable[[T], str]
    rule: str = "duplicate_rule"


@dataclass(frozen=True)
class ListOf(Shape[tuple[T, ...]]):
    """A list, whose only item may stand without its dash."""

    item: Shape[T]
    none: tuple[str, str] | None = None
    """Rule and message for an empty list; None allows it."""
    distinct: Distinct[T] | None = None
    is_bare: bool = False
    """Whether a single item is written without its dash."""

    def read(self, reader: Reader, node: yaml.Node, path: str) -> tuple[T, ...] | Refused:
        """The items, if none of them is refused."""
        places = reader.items(node, path, is_single=self.item.is_item)
        if isinstance(places, Refused):
            return REFUSED
        if not places and self.none:
            reader.refuse(node, path, *self.none)
            return REFUSED
        noted = len(reader.problems)
        values: list[T] = []
        for place, where in places:
            value = self.item.read(reader, place, where)
            if isinstance(value, Refused):
                continue
            if self.distinct and self.distinct.key(value) in map(self.distinct.key, values):
                reader.refuse(place, where, self.distinct.rule, self.distinct.message(value))
            values.append(value)
        return tuple(values) if len(reader.problems) == noted else REFUSED

    def write(self, value: tuple[T, ...]) -> Plain:
        """The items."""
        written = [self.item.write(item) for item in value]
        return written[0] if self.is_bare and len(written) == 1 else written

    def schema(self, definitions: Definitions) -> JsonSchema:
        """A list of items, or one."""
        item = self.item.schema(definitions)
        many: JsonSchema = {"type": "array", "items": item}
        return {"anyOf": [many | {"minItems": 1} if self.none else many, item]}


@dataclass(frozen=True)
class Either(Shape[T]):
    """One value, or a list or fields."""

    one: Shape[Any]
    other: Shape[Any]
    is_one: Callable[[T], bool]
    """Whether a value is written as one."""

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """By what stands there."""
        shape: Shape[T] = self.one if isinstance(node, yaml.ScalarNode) else self.other
        return shape.read(reader, node, path)

    def write(self, value: T) -> Plain:
        """In the shorter way where there is one."""
        return self.one.write(value) if self.is_one(value) else self.other.write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        """Both ways."""
        return {"anyOf": [self.one.schema(definitions), self.other.schema(definitions)]}


@dataclass(frozen=True)
class Converted(Shape[T], Generic[T, U]):
    """A shape whose value is another one for the domain."""

    shape: Shape[U]
    make: Callable[[U], T]
    take: Callable[[T], U]

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The domain's value."""
        value = self.shape.read(reader, node, path)
        return REFUSED if isinstance(value, Refused) else self.make(value)

    def write(self, value: T) -> Plain:
        """As the shape does."""
        return self.shape.write(self.take(value))

    def schema(self, definitions: Definitions) -> JsonSchema:
        """As the shape says."""
        return self.shape.schema(definitions)

    def is_item(self, node: yaml.Node) -> bool:
        """As the shape says."""
        return self.shape.is_item(node)
