"""What documents say, apart from how they look: one TOML file of sentences per language.

A sentence is looked up by its dotted key and filled with values that are already written out (see ``conventions``).
Values are never read as templates, so a name such as ``{amount}`` prints as it stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from babel import Locale

from sla_service.domain.errors import NotFoundError

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """All sentences of one language."""

    language: str
    """The language's code: ``en``. Documents name it in their metadata."""
    sentences: Mapping[str, str]
    """Dotted key to template: ``statement.answer.one``."""

    def say(self, key: str, /, **values: object) -> str:
        """Fill a sentence.

        Raises:
            KeyError: No such sentence, or a value that it names is not given: a mistake in the program.
        """
        return self.sentences[key].format_map(values)

    def count(self, key: str, number: int, /, **values: object) -> str:
        """Fill the sentence for a number, from the language's plural forms such as ``key.one`` and ``key.other``.

        Raises:
            KeyError: As ``say``.
        """
        form = Locale.parse(self.language).plural_form(number)
        found = f"{key}.{form}" if f"{key}.{form}" in self.sentences else f"{key}.other"
        return self.say(found, **values)

    def has(self, key: str) -> bool:
        """Whether there is a sentence for a key that is made from a value, such as the kind of an exclusion."""
        return key in self.sentences


def load_texts(language: str = DEFAULT_LANGUAGE) -> Texts:
    """The sentences of documents in a language.

    Raises:
        NotFoundError: There is no file of that language.
    """
    return texts_in(__name__, language)


@lru_cache(maxsize=16)
def texts_in(package: str, language: str) -> Texts:
    """The sentences of a language in the package that has them.

    Raises:
        NotFoundError: There is no file of that language.
    """
    source = files(package) / f"{language}.toml"
    if not language.isalnum() or not source.is_file():
        raise NotFoundError(f"there are no texts in the language {language!r}")
    return Texts(language, MappingProxyType(dict(_flat("", tomllib.loads(source.read_text(encoding="utf-8"))))))


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)
