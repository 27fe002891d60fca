"""Setting text: breaking lines, cutting what is too long, aligning figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sla_service.formats.fonts import printable
from sla_service.formats.statement_pdf.faces import Faces
from sla_service.formats.statement_pdf.measures import Style

ELLIPSIS = "…"
GLUE = "\u00a0"
"""A space at which no line is broken."""
_AMOUNT = re.compile(r"\b([A-Z]{3}) (?=[0-9\u2212])")
"""A currency and its figure stay on one line."""
LONGEST = 2_000
"""Characters of one text that are looked at; no place on a statement holds more."""
FIRST_WIDE = "\u2e80"
"""From here on scripts are written without spaces, and a line may break between any two characters."""
CLOSING = frozenset("、。，．：；？！）」』】》〉”’…％")
"""Marks that do not begin a line."""


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """One line of printable text with single spaces, short enough to be set."""
    return " ".join(printable(text[:LONGEST]).split(" ")).strip()


def wrap(text: str, width_mm: float, style: Style, faces: Faces, *, lines: int | None = None) -> list[str]:
    """Break a text into lines.

    Args:
        text: Any; cleaned here.
        width_mm: No line is wider.
        style: Size and weight.
        faces: To measure with.
        lines: At most so many, the last ending in an ellipsis if the text goes on; None for as many as it takes.

    Returns:
        At least one line, which is empty for an empty text.
    """
    found = [""]
    for word in _words(_AMOUNT.sub(rf"\1{GLUE}", clean(text))):
        if faces.width_mm((found[-1] + word).rstrip(), style) <= width_mm:
            found[-1] += word
            continue
        found[-1] = found[-1].rstrip()
        for piece in _pieces(word, width_mm, style, faces):
            if found[-1]:
                found.append("")
            found[-1] = piece
    found[-1] = found[-1].rstrip()
    if lines is None or len(found) <= lines:
        return found
    return [*found[: lines - 1], cut(" ".join(found[lines - 1 :]), width_mm, style, faces)]


def cut(text: str, width_mm: float, style: Style, faces: Faces) -> str:
    """A text on one line, with an ellipsis if it does not fit."""
    text = clean(text)
    if faces.width_mm(text, style) <= width_mm:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if faces.width_mm(text[:middle].rstrip() + ELLIPSIS, style) <= width_mm:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """Stretches that stay together, each with the spaces behind it."""
    return tuple(_split(text))


def _split(text: str) -> Iterator[str]:
    word = ""
    for i, character in enumerate(text):
        word += character
        following = text[i + 1 : i + 2]
        if _may_break(character, following):
            yield word
            word = ""
    if word:
        yield word


def _may_break(character: str, following: str) -> bool:
    """Whether a line may end between two characters."""
    if character == " ":
        return following != " "
    is_wide = character >= FIRST_WIDE or following >= FIRST_WIDE
    return is_wide and bool(following) and following not in CLOSING


def _pieces(word: str, width_mm: float, style: Style, faces: Faces) -> Iterator[str]:
    """A word that is wider than the line, broken where the line is full."""
    piece = ""
    for character in word:
        if piece and faces.width_mm((piece + character).rstrip(), style) > width_mm:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece
