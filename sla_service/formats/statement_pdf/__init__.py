"""A frozen statement as a PDF: the only package that draws with reportlab.

``merchant`` and ``partner`` lay out, in millimetres, onto a ``Sheet`` that only remembers what lies where; ``paint``
turns it into bytes. So pages can be counted before the first is drawn, and characters checked before any is.
"""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock

from sla_service.domain.statements import Statement, StatementKind, statement_to_json
from sla_service.formats.fonts import require_glyphs
from sla_service.formats.statement_pdf import merchant, paint, partner
from sla_service.formats.statement_pdf.draft import Draft, draft_for
from sla_service.formats.statement_pdf.measures import TIGHTER

_SURROGATES = re.compile(r"[\ud800-\udfff]+")
_ONE_AT_A_TIME = Lock()
"""reportlab's fonts keep their place in a file while they are read, and are shared by the whole process."""


def render_statement(statement: Statement, *, fonts_dir: Path) -> bytes:
    """Draw a merchant's or a partner's statement.

    Args:
        statement: As frozen at issue; everything shown is in it.
        fonts_dir: Cache folder of prepared fonts; filled on first use.

    Returns:
        The PDF. The same statement gives the same bytes, whatever was drawn before and whenever.

    Raises:
        InvalidValueError: Rule ``glyph_missing``: a text has characters that no font can print; all such texts at once.
            Rule ``zone_unknown``: the recipient's zone is none.
    """
    # Halves of a surrogate pair cannot even be digested, so they are refused before the layout asks for the code.
    snapshot = statement_to_json(statement)
    require_glyphs(_SURROGATES.findall(snapshot))
    with _ONE_AT_A_TIME:
        draft = _laid_out(statement, snapshot, fonts_dir)
        require_glyphs(draft.sheet.written)
        return paint.to_pdf(draft)


def _laid_out(statement: Statement, snapshot: str, fonts_dir: Path) -> Draft:
    """All pages; a merchant's with less air where that saves one."""
    best = draft_for(statement, snapshot, fonts_dir)
    if statement.kind is StatementKind.PARTNER:
        partner.lay_out(best)
        return best
    merchant.lay_out(best)
    for rhythm in TIGHTER:
        if len(best.sheet.pages) <= max(len(statement.credits), 1):
            break
        draft = draft_for(statement, snapshot, fonts_dir, rhythm)
        merchant.lay_out(draft)
        best = min(best, draft, key=lambda laid_out: len(laid_out.sheet.pages))
    return best
