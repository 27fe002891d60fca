"""How the amount is made: a ladder of lines that can be redone with a pocket calculator."""

from __future__ import annotations

from sla_service.domain.statements import StatedCredit
from sla_service.formats.statement_pdf.account import heading
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import GRID_MM, LEFT_MM, NOTE, QUIET, RIGHT_MM, STRONG, TEXT
from sla_service.formats.statement_pdf.setting import wrap
from sla_service.formats.statement_pdf.table import RULE_BELOW_MM
from sla_service.formats.texts import correction_words, ladder_words

WORDS_MM = 138.0
"""Width of the words; the amounts stand in the rest."""
LINES = 3
"""Of one rung; a longer clause ends in an ellipsis."""


def draw_ladder(draft: Draft, credit: StatedCredit) -> None:
    """Every rung with its amount, the total in semibold."""
    sheet, texts = draft.sheet, draft.texts
    rungs = ladder_words.ladder(credit, draft.words)
    sheet.need(GRID_MM * (len(rungs) + 3))
    heading(draft, texts.say("statement.ladder.title"))
    sheet.write_right(RIGHT_MM, sheet.y, ladder_words.head(credit, draft.words), NOTE, QUIET)
    sheet.rule(sheet.y + RULE_BELOW_MM)
    sheet.y += RULE_BELOW_MM
    below = correction_words.below_the_total(credit, draft.words)
    tail = _tail_mm(draft, [rung.amount for rung in [*rungs, *below]])
    for rung in rungs:
        _draw(draft, rung.words, rung.amount, tail)
    sheet.rule(sheet.y + RULE_BELOW_MM)
    sheet.y += RULE_BELOW_MM + GRID_MM
    sheet.write(LEFT_MM, sheet.y, texts.say("statement.ladder.total"), STRONG)
    _amount(draft, ladder_words.total(credit, draft.words), tail, strong=True)
    for rung in below:
        _draw(draft, rung.words, rung.amount, tail)
    sheet.y += sheet.rhythm.gap_mm


def _draw(draft: Draft, words: str, amount: str, tail: float) -> None:
    sheet = draft.sheet
    sheet.written.append(words)
    for line in wrap(words, WORDS_MM, TEXT, sheet.faces, lines=LINES):
        sheet.need(GRID_MM)
        sheet.y += GRID_MM
        sheet.write(LEFT_MM, sheet.y, line, TEXT)
    _amount(draft, amount, tail)


def _amount(draft: Draft, amount: str, tail: float, *, strong: bool = False) -> None:
    """An amount at the cursor, its decimal sign under the others'."""
    style = STRONG if strong else TEXT
    whole = amount.partition(draft.conventions.decimal)[0]
    width = draft.sheet.faces.width_mm(whole, style)
    draft.sheet.write(RIGHT_MM - tail - width, draft.sheet.y, amount, style)


def _tail_mm(draft: Draft, amounts: list[str]) -> float:
    """Widest part from the decimal sign on."""
    decimal = draft.conventions.decimal
    return max(draft.sheet.faces.width_mm("".join(a.partition(decimal)[1:]), STRONG) for a in amounts)
