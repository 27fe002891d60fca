"""Shapes with fields: records, their members, and unions of records told apart by a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

import yaml

from sla_service.domain.errors import InvalidValueError
from sla_service.formats.policy_grammar.members import Case, Field, Member, Values
from sla_service.formats.policy_grammar.shapes import Definitions, JsonSchema, Plain, Shape
from sla_service.formats.policy_scalars import keyed
from sla_service.formats.yaml_reader import REFUSED, Fields, Reader, Refused

T = TypeVar("T")


@dataclass(frozen=True)
class Check:
    """A rule for several fields at once; it runs where none of the values that it reads was refused."""

    attributes: tuple[str, ...]
    run: Callable[..., None]
    """Takes the fields, to note problems at, and the attributes' values."""
    schema: JsonSchema | None = None
    """The same rule in the schema, where it can say it."""


@dataclass(frozen=True)
class Record(Shape[T]):
    """Fields that make a value.

    What has a default in the value's class is optional in the file, and left out when written.
    """

    of: type
    members: tuple[Member, ...]
    checks: tuple[Check, ...] = ()
    make: Callable[..., T] | None = None
    """From values by attribute; None for the class itself."""
    defaults: Values = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "defaults", _defaults_of(self.of))

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The value of a mapping, all of whose fields belong to it."""
        fields = reader.fields(node, path)
        if not fields.is_mapping:
            return REFUSED
        value = self.read_fields(fields, {})
        fields.done()
        return value

    def read_fields(self, fields: Fields, given: Values) -> T | Refused:
        """The value of some of a mapping's fields, and of what is given already."""
        values = dict(given)
        for member in self.members:
            member.read(fields, values, self.defaults)
        for member in self.members:
            if isinstance(member, Field):
                member.imply(values)
        noted = len(fields.reader.problems)
        for check in self.checks:
            if values.keys() >= set(check.attributes):
                check.run(fields, *(values[name] for name in check.attributes))
        is_whole = all(values.keys() >= set(member.attributes) for member in self.members)
        return self._made(fields, values) if is_whole and len(fields.reader.problems) == noted else REFUSED

    def _made(self, fields: Fields, values: Values) -> T | Refused:
        make: Callable[..., T] = self.make or self.of
        try:
            return make(**values)
        except InvalidValueError as error:
            for problem in error.problems:
                fields.refuse(problem.rule, problem.message)
            return REFUSED

    def write(self, value: T) -> dict[str, Plain]:
        """The fields that do not have their default."""
        written: dict[str, Plain] = {}
        for member in self.members:
            member.write(value, written, self.defaults)
        return written

    def cases(self, definitions: Definitions) -> list[Case]:
        """What its mapping may look like."""
        cases = [Case(rules=tuple(check.schema for check in self.checks if check.schema))]
        for member in self.members:
            cases = [case.joined(one) for case in cases for one in member.cases(definitions, self.defaults)]
        return cases

    def schema(self, definitions: Definitions) -> JsonSchema:
        """An object without other fields."""
        return one_of([case.schema() for case in self.cases(definitions)])

    @property
    def is_required(self) -> bool:
        """Whether it cannot be empty."""
        return any(member.is_required(self.defaults) for member in self.members)


@dataclass(frozen=True)
class Spread(Member):
    """A field whose own fields are attributes of the value around it."""

    name: str
    record: Record[Values]
    description: str

    @property
    def attributes(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of the value around it."""
        return tuple(name for member in self.record.members for name in member.attributes)

    def read(self, fields: Fields, values: Values, defaults: Values) -> None:
        """The field's fields, or the defaults."""
        node = fields.node_of(self.name, required=self.record.is_required)
        if node is not None:
            said = self.record.read(fields.reader, node, fields.at(self.name))
            values.update({} if isinstance(said, Refused) else said)
        elif not self.record.is_required:
            values.update({name: defaults[name] for name in self.attributes})

    def write(self, value: object, written: dict[str, Plain], defaults: Values) -> None:  # noqa: ARG002 - its fields have them
        """The field, unless nothing in it has to be said."""
        own: dict[str, Plain] = {}
        for member in self.record.members:
            member.write(value, own, self.record.defaults)
        if own:
            written[self.name] = own

    def cases(self, definitions: Definitions, defaults: Values) -> list[Case]:  # noqa: ARG002 - the same
        """The field."""
        schema = self.record.schema(definitions) | {"description": self.description}
        return [Case({self.name: schema}, (self.name,) if self.record.is_required else ())]

    def is_required(self, defaults: Values) -> bool:  # noqa: ARG002 - the same
        """Whether one of its fields is."""
        return self.record.is_required


@dataclass(frozen=True)
class Variant(Generic[T]):
    """A record under one or several words, each of which gives some of its values."""

    words: Mapping[str, Values]
    record: Record[Any]
    description: str

    def word_of(self, value: object) -> str | None:
        """The word under which a value is written; None if it is not of this variant."""
        if not isinstance(value, self.record.of):
            return None
        says = self.words.items()
        return next((word for word, given in says if all(getattr(value, k) == v for k, v in given.items())), None)


@dataclass(frozen=True)
class Untagged(Generic[T]):
    """A shape that needs no word, because it is a list or has a field that only it has."""

    shape: Shape[Any]
    marks: frozenset[str]
    is_written: Callable[[T], bool]

    def is_meant(self, node: yaml.Node) -> bool:
        """Whether a node is to be read by this shape."""
        if isinstance(node, yaml.MappingNode):
            names = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
            return bool(names & self.marks)
        return isinstance(node, yaml.SequenceNode)


@dataclass(frozen=True)
class OneOf(Shape[T]):
    """One of several records, told apart by a word."""

    variants: Sequence[Variant[Any]]
    tag: str = "kind"
    description: str = "Which of the ways to say it"
    untagged: Untagged[T] | None = None

    def read(self, reader: Reader, node: yaml.Node, path: str) -> T | Refused:
        """The value of the variant that the word names."""
        if self.untagged and self.untagged.is_meant(node) and not _has(node, self.tag):
            shape: Shape[T] = self.untagged.shape
            return shape.read(reader, node, path)
        fields = reader.fields(node, path)
        if not fields.is_mapping:
            return REFUSED
        value = self.read_fields(fields, {})
        fields.done()
        return value

    def read_fields(self, fields: Fields, given: Values) -> T | Refused:
        """The value, from a mapping that may have other fields too."""
        node = fields.node_of(self.tag, required=True)
        words = {word: (variant, values) for variant in self.variants for word, values in variant.words.items()}
        found = fields.reader.scalar(node, fields.at(self.tag), keyed(words)) if node else REFUSED
        if isinstance(found, Refused):
            fields.has_unknown = True
            return REFUSED
        record: Record[T] = found[0].record
        return record.read_fields(fields, {**given, **found[1]})

    def write(self, value: T) -> Plain:
        """The word and the variant's fields."""
        if self.untagged and self.untagged.is_written(value):
            return self.untagged.shape.write(value)
        for variant in self.variants:
            word = variant.word_of(value)
            if word is not None:
                return {self.tag: word, **variant.record.write(value)}
        message = f"the language has no way to say {value!r}"
        raise ValueError(message)

    def cases(self, definitions: Definitions) -> list[Case]:
        """What its mapping may look like: the cases of every variant."""
        return [
            replace(_tagged(self.tag, variant, self.description).joined(case), description=variant.description)
            for variant in self.variants
            for case in variant.record.cases(definitions)
        ]

    def schema(self, definitions: Definitions) -> JsonSchema:
        """One of the variants."""
        schemas = [case.schema() for case in self.cases(definitions)]
        return one_of([*schemas, self.untagged.shape.schema(definitions)] if self.untagged else schemas)


def one_of(schemas: list[JsonSchema]) -> JsonSchema:
    """The only schema, or any of several."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _tagged(tag: str, variant: Variant[Any], description: str) -> Case:
    words = list(variant.words)
    word: JsonSchema = {"const": words[0]} if len(words) == 1 else {"enum": words}
    return Case({tag: word | {"description": description}}, (tag,))


def _has(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.MappingNode) and any(key.value == name for key, _ in node.value)


def _defaults_of(of: type) -> Values:
    found: Values = {}
    for one in fields(of):
        if one.default is not MISSING:
            found[one.name] = one.default
        elif one.default_factory is not MISSING:
            found[one.name] = one.default_factory()
    return found
