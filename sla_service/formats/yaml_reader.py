"""Read YAML into values with the path and line of every problem, all of them at once.

Scalars stay text until a parser of the domain reads them: YAML's own guesses (``1_000``, ``yes``, dates without a zone)
never reach a policy.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, TypeVar

import yaml

from sla_service.domain.errors import InvalidValueError, Problem, shown

T = TypeVar("T")

MAX_DOCUMENT_CHARACTERS = 1_000_000
MAX_NESTING = 32


class Refused(Enum):
    """What stands for a value that was refused, and noted."""

    REFUSED = "refused"


REFUSED: Final = Refused.REFUSED


def read_document(text: str) -> yaml.Node:
    """The root node of a YAML text.

    Raises:
        InvalidValueError: Not YAML, empty, too large, or with anchors (which could nest without end).
    """
    if len(text) > MAX_DOCUMENT_CHARACTERS:
        raise InvalidValueError.of("too_large", f"a file goes up to {MAX_DOCUMENT_CHARACTERS:,} characters")
    try:
        _refuse_unsafe(text)
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        message = f"this is not YAML: {error.problem}{_yaml_hint(error.problem or '')}"
        raise InvalidValueError([Problem("yaml_syntax", message, line=line)]) from None
    except (yaml.YAMLError, RecursionError):
        raise InvalidValueError.of("yaml_syntax", "this is not YAML text in UTF-8") from None
    if root is None:
        raise InvalidValueError.of("file_empty", "the file is empty")
    return root


def _yaml_hint(problem: str) -> str:
    """What to do about what happens most: a text with a sign in it that means something to YAML."""
    if problem.startswith("mapping values") or problem.endswith("but got ':'"):
        return '; a text with a colon in it goes in quotes, such as "clause 4: credits"'
    return "; put the text in quotes" if "cannot start any token" in problem else ""


def _refuse_unsafe(text: str) -> None:
    """Stop at the first alias or at nesting too deep, before a tree is built: composing is quadratic in the depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidValueError.of("yaml_alias", "write values out; anchors and aliases are not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTING:
            message = f"lists and fields go at most {MAX_NESTING} levels deep"
            raise InvalidValueError(
                [Problem("yaml_nesting", message, line=event.start_mark.line + 1 if event.start_mark else None)]
            )


class Reader:
    """Collects problems while values are read; ``finish`` raises them together."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, node: yaml.Node, path: str, rule: str, message: str, value: object = None) -> None:
        """Note a problem at a node."""
        found = None if value is None else shown(value)
        self.problems.append(Problem(rule, message, path=path, line=node.start_mark.line + 1, value=found))

    def finish(self) -> None:
        """Raise everything that was noted.

        Raises:
            InvalidValueError: With every problem, in order of the lines.
        """
        if self.problems:
            raise InvalidValueError(sorted(self.problems, key=lambda problem: problem.line or 0))

    def scalar(
        self, node: yaml.Node, path: str, parse: Callable[[str], T], *, words: Sequence[str] = ()
    ) -> T | Refused:
        """One value through a parser of the domain; ``words`` are all that it takes, where they can be listed."""
        if not isinstance(node, yaml.ScalarNode):
            message = f"write one of these here: {', '.join(words)}" if words else "write one value here"
            self.refuse(node, path, "type_scalar", message)
            return REFUSED
        try:
            return parse(node.value)
        except InvalidValueError as error:
            for problem in error.problems:
                self.refuse(node, path, problem.rule, problem.message, node.value)
            return REFUSED

    def items(
        self, node: yaml.Node, path: str, *, is_single: Callable[[yaml.Node], bool]
    ) -> list[tuple[yaml.Node, str]] | Refused:
        """The items of a list with their paths; what is a single item counts as a list of one."""
        if isinstance(node, yaml.SequenceNode):
            return [(item, f"{path}[{i}]") for i, item in enumerate(node.value, start=1)]
        if is_single(node):
            return [(node, path)]
        self.refuse(node, path, "type_list", "write a list here")
        return REFUSED

    def fields(self, node: yaml.Node, path: str) -> Fields:
        """The fields of a mapping; empty, and noted, if it is not one."""
        return Fields(self, node, path)


class Fields:
    """A mapping's fields, taken by name; what nobody takes is unknown."""

    def __init__(self, reader: Reader, node: yaml.Node, path: str) -> None:
        self.reader, self.node, self.path = reader, node, path
        self.nodes: dict[str, yaml.Node] = {}
        self.keys: dict[str, yaml.Node] = {}
        self.known: list[str] = []
        self.has_unknown = False
        """Whether a refused value leaves open which fields there are."""
        self.is_mapping = isinstance(node, yaml.MappingNode)
        if not self.is_mapping:
            reader.refuse(node, path, "type_mapping", "write fields here, each as `name: value`")
            return
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                reader.refuse(key, path, "type_scalar", "a field's name is one word")
                continue
            name = key.value
            if name in self.nodes:
                reader.refuse(key, self.at(name), "duplicate_key", "this field is there twice")
            self.nodes[name], self.keys[name] = value, key

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def node_of(self, name: str, *, required: bool = False) -> yaml.Node | None:
        """The field's node; a missing required one is noted."""
        self.known.append(name)
        node = self.nodes.get(name)
        if node is None and required:
            self.reader.refuse(self.node, self.at(name), "field_missing", f"add `{name}`")
        return node

    def refuse(self, rule: str, message: str, *steps: str | int) -> None:
        """Note a problem of several fields, at the place to which steps lead: names of fields, numbers of items.

        The last steps may not be there (a missing field); the line is that of the last one that is.
        """
        node, path = self.node, self.path
        for step in steps:
            if isinstance(step, str):
                found = dict(_named_nodes(node)).get(step, node)
                node, path = found, f"{path}.{step}" if path else step
            elif isinstance(node, yaml.SequenceNode):
                node, path = node.value[step], f"{path}[{step + 1}]"
        self.reader.refuse(node, path, rule, message)

    def done(self) -> None:
        """Note every field that nobody took, with the nearest name that exists."""
        for name, node in self.keys.items():
            if name not in self.known and not self.has_unknown:
                near = nearest(name, self.known)
                hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(self.known)}"
                self.reader.refuse(node, self.at(name), "unknown_field", f"there is no field `{name}`; {hint}")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody may have meant."""
    return next(iter(difflib.get_close_matches(word, known, n=1)), None)


def _named_nodes(node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []
