"""A merchant's statement: the first service on page one, each further service on a page of its own."""

from __future__ import annotations

from collections.abc import Sequence

from sla_service.domain.statements import StatedCredit
from sla_service.formats.statement_pdf.account import draw_happened, draw_lines, heading, told_notes
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.figures import draw_figures
from sla_service.formats.statement_pdf.ladder import draw_ladder
from sla_service.formats.statement_pdf.letter import draw_continuation, draw_letter
from sla_service.formats.statement_pdf.measures import GRID_MM
from sla_service.formats.statement_pdf.picture import draw_picture
from sla_service.formats.statement_pdf.small_print import credit_terms, draw_small_print, proof
from sla_service.formats.texts import correction_words, credit_words, measure_words


def lay_out(draft: Draft) -> None:
    """Fill the draft's sheet."""
    statement = draft.statement
    draft.sheet.head = lambda: draw_continuation(draft)
    if statement.corrects:
        _correction(draft)
        return
    draw_letter(draft, measure_words.answer(statement, draft.words), list(_sentences(draft)))
    _credits(draft, statement.credits)


def _correction(draft: Draft) -> None:
    """What it corrects and by how much comes first; of a void, and of what is gone, there is nothing to show."""
    statement, words = draft.statement, draft.words
    shown = () if statement.void_reason else [one for one in statement.credits if not correction_words.is_gone(one)]
    why = [measure_words.opening(shown[0], words)] if len(shown) == 1 else []
    sorry = [measure_words.sorry(shown, words)] if shown else []
    closing = () if statement.void_reason else correction_words.settled(statement, words)
    said = [*correction_words.explained(statement, words), *why, *filter(None, sorry), *closing]
    draw_letter(draft, correction_words.answer(statement, words), said)
    _credits(draft, shown)


def _credits(draft: Draft, shown: Sequence[StatedCredit]) -> None:
    """The first service here, each further one on a page of its own."""
    for i, credit in enumerate(shown, start=1):
        if i > 1:
            draft.sheet.turn()
        if len(shown) > 1:
            heading(draft, credit.service, _title(draft, credit))
            draft.sheet.y += GRID_MM / 2
        _credit(draft, credit, is_last=i == len(shown))
    if not shown:
        draw_small_print(draft, list(proof(draft)))


def _sentences(draft: Draft) -> list[str]:
    """Why, the apology, and when it reaches them."""
    credits_, words = draft.statement.credits, draft.words
    if not credits_:
        return []
    forms = list(dict.fromkeys(credit_words.when(credit, words) for credit in credits_ if credit.is_paid))
    when = forms if len(forms) == 1 else [draft.texts.say("statement.when.several")] if forms else []
    sorry = [said] if (said := measure_words.sorry(credits_, words)) else []
    decided = [draft.texts.say("statement.why.decided")] if len(credits_) == 1 and credits_[0].decision else []
    rights = dict.fromkeys(said for credit in credits_ for said in measure_words.rights(credit, words))
    return [_why(draft), *decided, *sorry, *when, *rights]


def _why(draft: Draft) -> str:
    credits_, words = draft.statement.credits, draft.words
    if len(credits_) == 1:
        return measure_words.opening(credits_[0], words)
    names = [credit.service for credit in credits_]
    if len(set(names)) < len(names):  # a change of plan: the service alone does not tell two contracts apart
        names = [f"{credit.service} ({credit.policy_title})" for credit in credits_]
    if len(set(names)) < len(names):  # several weeks
        names = [f"{credit.service} ({measure_words.short_span(credit, words)})" for credit in credits_]
    amounts = [f"{name} {measure_words.credited(c, words)}" for name, c in zip(names, credits_, strict=True)]
    return draft.texts.say("statement.why.several", amounts=credit_words.listed(amounts, draft.texts))


def _title(draft: Draft, credit: StatedCredit) -> str:
    """The policy's title, with the days of a period that is no month."""
    if credit.measured.period in measure_words.BY_MONTH:
        return credit.policy_title
    return draft.texts.say("statement.comma").join((credit.policy_title, measure_words.short_span(credit, draft.words)))


def _credit(draft: Draft, credit: StatedCredit, *, is_last: bool) -> None:
    draw_figures(draft, credit)
    draw_picture(draft, credit, told_notes(credit))
    draw_happened(draft, credit)
    draw_lines(draft, credit)
    draw_ladder(draft, credit)
    closing = proof(draft) if is_last else ()
    draw_small_print(draft, [*credit_terms(draft, credit), *closing])
