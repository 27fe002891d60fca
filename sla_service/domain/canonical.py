"""The canonical JSON of frozen values: the same value has the same bytes, written one by one or by the thousand."""

from __future__ import annotations

import json

from sla_service.domain.stated_terms import said_fields

VERIFICATION_CODE_DIGITS = 12
"""48 bits of the digest: far too many to hit by chance, few enough to type."""

canonical_json = json.JSONEncoder(default=said_fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""Keys sorted, no white space, letters as they are."""


class Template:
    """A value's canonical JSON with some of its fields left open.

    Statements by the thousand are alike but for a few fields: what is alike is encoded once.
    """

    __slots__ = ("_text",)

    def __init__(self, value: object, *names: str) -> None:
        """Take a value, and the names of the fields to leave open in the order of the alphabet.

        Raises:
            ValueError: A name is not there, is there twice, or is left out because it has its default.
        """
        said, text, done = said_fields(value), canonical_json(value).replace("%", "%%"), ""
        for name in names:
            # No string in JSON contains this: the quotes in it are written with a backslash.
            key = f'"{name}":'
            before, found, after = text.partition(key)
            now = canonical_json(said.get(name)).replace("%", "%%")
            if not found or key in before + after + done or not after.startswith(now):
                message = f"{type(value).__name__} has no single {name} after the names before it"
                raise ValueError(message)
            done, text = f"{done}{before}{key}%s", after.removeprefix(now)
        self._text = done + text

    def fill(self, *texts: str | int) -> str:
        """The JSON with these in the open fields, which are JSON already; a whole number is its own."""
        return self._text % texts


def verification_code(sha256: str) -> str:
    """The first digits of a digest, in groups that can be read out: ``3f2a-90bc-77d1``."""
    code = sha256[:VERIFICATION_CODE_DIGITS]
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
