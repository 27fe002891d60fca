"""How the amount is made: a ladder of lines that can be redone with a pocket calculator."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.money import Money
from sla_service.domain.statements import StatedCredit
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.statement_pdf.account import heading
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import GRID_MM, LEFT_MM, NOTE, QUIET, RIGHT_MM, STRONG, TEXT
from sla_service.formats.statement_pdf.setting import wrap
from sla_service.formats.statement_pdf.table import RULE_BELOW_MM
from sla_service.formats.texts import credit_words

WORDS_MM = 138.0
"""Width of the words; the amounts stand in the rest."""
LINES = 3
"""Of one rung; a longer clause ends in an ellipsis."""

Rung = tuple[str, str]
"""What is done, and the amount then."""


def draw_ladder(draft: Draft, credit: StatedCredit) -> None:
    """Every rung with its amount, the total in semibold."""
    sheet, texts = draft.sheet, draft.texts
    rungs = _rungs(draft, credit)
    sheet.need(GRID_MM * (len(rungs) + 3))
    heading(draft, texts.say("statement.ladder.title"))
    head = texts.say("statement.ladder.amount", currency=credit.amount.currency)
    sheet.write_right(RIGHT_MM, sheet.y, head, NOTE, QUIET)
    sheet.rule(sheet.y + RULE_BELOW_MM)
    sheet.y += RULE_BELOW_MM
    tail = _tail_mm(draft, [amount for _, amount in rungs])
    for words, amount in rungs:
        _draw(draft, words, amount, tail)
    sheet.rule(sheet.y + RULE_BELOW_MM)
    sheet.y += RULE_BELOW_MM + GRID_MM
    sheet.write(LEFT_MM, sheet.y, texts.say("statement.ladder.total"), STRONG)
    _amount(draft, draft.conventions.amount(credit.amount), tail, strong=True)
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


def _rungs(draft: Draft, credit: StatedCredit) -> list[Rung]:
    ways, say = draft.conventions, draft.texts.say
    exact = Fraction(credit.before_cap_minor or 0)
    rungs = [
        (_availability(draft, credit), ""),
        (say("statement.ladder.fee", service=credit.service), ways.amount(credit.fee)),
        (credit_words.tier(credit, draft.words), ways.exact_amount(exact, credit.amount.currency)),
    ]
    if not credit.rate:
        return rungs
    return [*rungs, *_cap(draft, credit), *_minimum(draft, credit), _rounding(draft, credit)]


def _availability(draft: Draft, credit: StatedCredit) -> str:
    """The division that gives the availability."""
    total, bad = Fraction(credit.total_ms), Fraction(credit.bad_ppm_ms, SHARE_FULL_PPM)
    return draft.texts.say(
        "statement.ladder.availability",
        total=draft.conventions.minutes(total),
        bad=draft.conventions.minutes(bad),
        up=draft.conventions.minutes(total - bad),
        availability=credit_words.availability(credit, draft.words),
    )


def _cap(draft: Draft, credit: StatedCredit) -> list[Rung]:
    if not credit.cap_minor:
        return []
    cap, before = Fraction(credit.cap_minor), Fraction(credit.before_cap_minor)
    currency = credit.amount.currency
    said = draft.texts.say(
        "statement.ladder.cap_reached" if before > cap else "statement.ladder.cap_kept",
        share=credit_words.term(credit.cap_of_fee, draft.words),
        cap=f"{currency} {draft.conventions.exact_amount(cap, currency)}",
    )
    return [(said, draft.conventions.exact_amount(min(cap, before), currency))]


def _minimum(draft: Draft, credit: StatedCredit) -> list[Rung]:
    if credit.minimum is None:
        return []
    unrounded = Fraction(credit.unrounded_minor)
    least = credit.minimum.minor
    is_paid = unrounded > least if credit.minimum_strict else unrounded >= least
    key = f"statement.ladder.minimum_{'paid' if is_paid else 'unpaid'}{'_strict' if credit.minimum_strict else ''}"
    said = draft.texts.say(key, minimum=draft.conventions.money(credit.minimum))
    nothing = draft.conventions.amount(Money(credit.amount.currency, 0))
    exact = draft.conventions.exact_amount(unrounded, credit.amount.currency)
    return [(said, exact if is_paid else nothing)]


def _rounding(draft: Draft, credit: StatedCredit) -> Rung:
    return credit_words.rounding(credit, draft.words), draft.conventions.amount(credit.amount)
