"""Fonts as reportlab knows them: loaded once per process, and measured."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from sla_service.formats.fonts import Face, face_of_script, font_file, runs
from sla_service.formats.statement_pdf.measures import MM_PER_PT, Style

REMEMBERED = 8192
"""Texts whose widths are kept: labels come back on every statement."""

Piece = tuple[str, str, float]
"""Name of the font, stretch of text, width in millimetres."""


class Fonts:
    """The prepared fonts of one cache folder; each is loaded when first needed."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._fonts: dict[Face, TTFont] = {}

    def font(self, face: Face) -> TTFont:
        """The font of a face, registered with reportlab under a name that changes with its content."""
        font = self._fonts.get(face)
        if font is None:
            path = font_file(face, cache=self._cache)
            font = TTFont(path.stem, str(path), asciiReadable=False)
            pdfmetrics.registerFont(font)
            self._fonts[face] = font
        return font


class Faces:
    """How texts are set for one kind of reader."""

    def __init__(self, fonts: Fonts, wide: Face | None, *, has_other_names: bool) -> None:
        self.font = fonts.font
        self._wide = wide
        self._has_other_names = has_other_names
        self.pieces = lru_cache(maxsize=REMEMBERED)(self._pieces)
        self.width_mm = lru_cache(maxsize=REMEMBERED)(self._width_mm)

    def _pieces(self, text: str, style: Style) -> tuple[Piece, ...]:
        """A text as stretches of one font."""
        found = []
        wide = (face_of_script(text) if self._has_other_names else None) or self._wide
        for face, part in runs(text, wide):
            font = self.font(style.weight if face is Face.REGULAR else face)
            width_mm = float(font.stringWidth(part, style.size_pt)) * MM_PER_PT
            found.append((font.fontName, part, width_mm))
        return tuple(found)

    def _width_mm(self, text: str, style: Style) -> float:
        """Width of a text on one line."""
        return sum(width for _, _, width in self.pieces(text, style))


@lru_cache(maxsize=8)
def load_fonts(cache: Path) -> Fonts:
    """The fonts of a cache folder, shared by all statements of this process."""
    return Fonts(cache)


@lru_cache(maxsize=32)
def load_faces(cache: Path, wide: Face | None = None, *, has_other_names: bool = False) -> Faces:
    """The fonts of a cache folder as one kind of reader wants them.

    Args:
        cache: Folder of the prepared fonts.
        wide: East Asian face of the reader; None to go by each text's own script.
        has_other_names: Whether there are names of others than the reader: their own script goes first.
    """
    return Faces(load_fonts(cache), wide, has_other_names=has_other_names)
