"""Draws that are the same on every machine and in every Python: the digits of a hash, taken one after the other.

``random``'s distributions may change between versions, and a book that changes would change the demo's amounts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

DRAW_BYTES = 40
"""320 bits: a draw of all that one merchant needs takes about 120, and the rest keeps the last one unbiased."""

_T = TypeVar("_T")


class Draws:
    """Numbers for one thing (``topic`` and ``number``), apart from those of every other thing.

    So merchant 7 is the same in a book of ten and in one of a hundred thousand.
    """

    __slots__ = ("_bits",)

    def __init__(self, seed: str, topic: str, number: int) -> None:
        digest = hashlib.shake_256(f"{seed}/{topic}/{number}".encode()).digest(DRAW_BYTES)
        self._bits = int.from_bytes(digest, "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit`` − 1."""
        self._bits, drawn = divmod(self._bits, limit)
        return drawn

    def one_of(self, choices: Sequence[_T]) -> _T:
        """One of the choices, each as likely as the other."""
        return choices[self.below(len(choices))]


def spread(weighted: Sequence[tuple[_T, int]]) -> tuple[_T, ...]:
    """Each choice as often as its weight says, in the order given, so that ``one_of`` draws it that often."""
    return tuple(choice for choice, weight in weighted for _ in range(weight))
