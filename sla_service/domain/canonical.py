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
        """Take a value, and the names of the fields to leave open.

        Raises:
            ValueError: The JSON has no such field; it leaves some defaults out.
        """
        said = said_fields(value)
        if unknown := set(names) - said.keys():
            message = f"the JSON of {type(value).__name__} does not say {', '.join(sorted(unknown))}"
            raise ValueError(message)
        fields = (f'"{name}":{"%s" if name in names else _escaped(said[name])}' for name in sorted(said))
        self._text = f"{{{','.join(fields)}}}"

    def fill(self, *texts: str | int) -> str:
        """The JSON with these in the open fields, in order of their names; each is JSON already, as a number is."""
        return self._text % texts


def _escaped(value: object) -> str:
    return canonical_json(value).replace("%", "%%")


def verification_code(sha256: str) -> str:
    """The first digits of a digest, in groups that can be read out: ``3f2a-90bc-77d1``."""
    code = sha256[:VERIFICATION_CODE_DIGITS]
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
