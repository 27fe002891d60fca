"""A partner's statement: one line per merchant's credit, totals per currency."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_service.domain.money import Money
from sla_service.domain.shares import format_floored, format_floored_between
from sla_service.domain.statements import MerchantLine
from sla_service.formats.fonts import missing_glyphs, printable
from sla_service.formats.statement_pdf.account import heading
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.letter import draw_continuation, draw_letter
from sla_service.formats.statement_pdf.measures import GRID_MM, LEFT_MM, RIGHT_MM, TEXT
from sla_service.formats.statement_pdf.small_print import draw_small_print, proof
from sla_service.formats.statement_pdf.table import CELL_GAP_MM, Align, Column, Row, Table
from sla_service.formats.texts import correction_words, credit_words, measure_words
from sla_service.formats.texts.time_words import service_time

AVAILABILITY_MM, TARGET_MM, CREDIT_MM = 151.0, 168.0, 170.0
"""Where the columns of figures end, and where the last one begins."""
SERVICE_WIDTH_MM = 24.0
AVAILABILITY_WIDTH_MM = 20.0
MOST_NUMBER_MM = 50.0
MINUS = "−"
"""As in amounts."""


def lay_out(draft: Draft) -> None:
    """Fill the draft's sheet."""
    statement, sheet = draft.statement, draft.sheet
    sheet.head = lambda: draw_continuation(draft)
    answer = correction_words.answer if statement.corrects else measure_words.answer
    draw_letter(draft, answer(statement, draft.words), _sentences(draft))
    heading(draft, draft.texts.say("statement.partner.title"))
    for total in statement.totals:
        of_currency = [line for line in statement.merchants if line.amount.currency == total.currency]
        lines = [line for line in of_currency if line.amount.minor or not line.service_ms]
        if lines:
            _currency(draft, total, lines)
    if any(line.service_ms for line in statement.merchants):
        _service_time(draft, [line for line in statement.merchants if line.service_ms])
    if not statement.merchants:
        sheet.y += GRID_MM
    by_id = [draft.texts.say("statement.partner.by_id")] if any(map(missing_name, statement.merchants)) else []
    period = draft.texts.say("statement.print.partner_period", month=draft.span)
    draw_small_print(draft, [*by_id, period, *proof(draft)])


def missing_name(line: MerchantLine) -> bool:
    """Whether a merchant's name cannot be printed as it is: it must not keep the others' from being read."""
    return bool(missing_glyphs(line.name)) or not printable(line.name).strip()


def _sentences(draft: Draft) -> list[str]:
    lines = draft.statement.merchants
    if draft.statement.corrects:
        return correction_words.explained(draft.statement, draft.words)
    if not lines:
        return []
    merchants = len({line.merchant_id for line in lines})
    number = draft.conventions.integer(merchants)
    why = draft.texts.count("statement.why.partner", merchants, number=number)
    return [why, draft.texts.say("statement.why.partner_sorry"), draft.texts.say("statement.when.partner")]


def _currency(draft: Draft, total: Money, lines: list[MerchantLine]) -> None:
    """The table of one currency, for amounts of different currencies are never added up."""
    head = draft.texts.say("statement.partner.credit", currency=total.currency)
    cells = [(line, draft.conventions.amount(line.amount)) for line in lines]
    _table(draft, head, [*_rows(draft, cells), _total(draft, total, len(lines))])


def _service_time(draft: Draft, lines: list[MerchantLine]) -> None:
    """The table of those that get service time; each on a term of its own, so that there is no total."""
    cells = [(line, _signed_time(line.service_ms, draft)) for line in lines]
    _table(draft, draft.texts.say("statement.ladder.time"), list(_rows(draft, cells)))


def _signed_time(time_ms: int, draft: Draft) -> str:
    said = service_time(abs(time_ms), draft.words)
    return f"{MINUS}{said}" if time_ms < 0 else said


def _table(draft: Draft, head: str, rows: list[Row]) -> None:
    sheet = draft.sheet
    sheet.need(GRID_MM * min(len(rows) + 2, 5))
    table = Table(sheet, _columns(draft, head), draft.conventions.decimal, rows)
    table.head()
    table.body()
    sheet.y += GRID_MM * 2


def _columns(draft: Draft, head: str) -> list[Column]:
    """Columns as wide as the longest statement number asks, for a number must never be cut; names get the rest."""
    say, faces = draft.texts.say, draft.sheet.faces
    numbers = [faces.width_mm(line.statement_number, TEXT) for line in draft.statement.merchants]
    number_end = AVAILABILITY_MM - AVAILABILITY_WIDTH_MM
    number = number_end - min(max(numbers), MOST_NUMBER_MM) - CELL_GAP_MM
    service = number - SERVICE_WIDTH_MM
    return [
        Column(say("statement.partner.merchant"), LEFT_MM, service),
        Column(say("statement.partner.service"), service, number),
        Column(say("statement.partner.number"), number, number_end),
        Column(say("statement.partner.availability"), number_end, AVAILABILITY_MM, Align.DECIMAL),
        Column(say("statement.partner.target"), AVAILABILITY_MM, TARGET_MM, Align.DECIMAL),
        Column(head, CREDIT_MM, RIGHT_MM, Align.DECIMAL),
    ]


def _rows(draft: Draft, lines: list[tuple[MerchantLine, str]]) -> Iterator[Row]:
    for line, credited in lines:
        yield Row(
            (
                line.merchant_id if missing_name(line) else line.name,
                line.service,
                line.statement_number,
                _availability(draft, line),
                credit_words.term(line.target, draft.words) if line.target else "",
                credited,
            ),
        )


def _availability(draft: Draft, line: MerchantLine) -> str:
    """Floored, so that it never reads as the promise that it missed; nothing for a metric."""
    if not line.availability:
        return ""
    measured = Fraction(line.availability)
    shown = format_floored_between(measured, Fraction(line.target)) if line.target else format_floored(measured)
    return draft.conventions.percent(shown)


def _total(draft: Draft, total: Money, count: int) -> Row:
    number = draft.conventions.integer(count)
    said = draft.texts.count("statement.partner.subtotal", count, currency=total.currency, number=number)
    return Row((said, "", "", "", "", draft.conventions.amount(total)), is_strong=True)
