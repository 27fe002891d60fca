"""The small print: terms, period, settlement, questions, and the code that proves the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sla_service.domain.canonical import verification_code
from sla_service.domain.statements import StatedCredit, snapshot_sha256
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import GRID_MM, LEFT_MM, NOTE, QUIET, WIDTH_MM
from sla_service.formats.statement_pdf.setting import wrap
from sla_service.formats.texts import credit_words

SHOWN_DIGEST_DIGITS = 12
"""Of a policy's digest: enough to find it, short enough to compare by eye."""
GUTTER_MM = 8.0
COLUMN_MM = (WIDTH_MM - GUTTER_MM) / 2
PARAGRAPH_LINES = 4
RULE_GAP_MM = 1.0


def draw_small_print(draft: Draft, paragraphs: Sequence[str]) -> None:
    """Paragraphs at 7.5 pt in two columns of equal height, kept together."""
    sheet = draft.sheet
    sheet.written.extend(paragraphs)
    blocks = [wrap(text, COLUMN_MM, NOTE, sheet.faces, lines=PARAGRAPH_LINES) for text in paragraphs if text]
    left, right = _balanced(blocks)
    rows = max(len(left), len(right))
    sheet.need(GRID_MM / 2 + rows * NOTE.leading_mm + RULE_GAP_MM)
    sheet.rule(sheet.y + GRID_MM / 2)
    sheet.y += GRID_MM / 2
    for column, lines in enumerate((left, right)):
        x = LEFT_MM + column * (COLUMN_MM + GUTTER_MM)
        for i, line in enumerate(lines, start=1):
            sheet.write(x, sheet.y + i * NOTE.leading_mm + RULE_GAP_MM, line, NOTE, QUIET)
    sheet.y += rows * NOTE.leading_mm + RULE_GAP_MM


def credit_terms(draft: Draft, credit: StatedCredit) -> Iterator[str]:
    """The terms under which one service's credit was made."""
    say, ways = draft.texts.say, draft.conventions
    yield credit_words.method(credit, draft.words)
    yield say(
        "statement.print.policy" if credit.contract else "statement.print.policy_alone",
        contract=credit.contract,
        title=credit.policy_title,
        policy=credit.policy,
        version=credit.policy_version,
        digest=credit.policy_digest[:SHOWN_DIGEST_DIGITS],
    )
    yield _period(draft, credit)
    yield " ".join(_settlement(draft, credit))
    if credit.claim_until:
        yield say("statement.print.claimed", date=ways.in_zone(credit.time_zone).until(credit.claim_until))
    if credit.paid.group:
        yield say("statement.print.group", name=credit.paid.group)


def _settlement(draft: Draft, credit: StatedCredit) -> Iterator[str]:
    """The form, and what becomes of what is not used."""
    say, form = draft.texts.say, f"statement.print.form.{credit.settlement_form}"
    yield say(form) if draft.texts.has(form) else say("statement.print.form.other", form=credit.settlement_form)
    if credit.expires_on:
        yield say("statement.print.expires", date=draft.conventions.iso_day(credit.expires_on))
    elif credit.settlement_form != "term_extension":
        yield say("statement.print.no_expiry")
    if credit.paid.unused:
        yield say(f"statement.print.{credit.paid.unused}")
    if credit.take_back:
        yield say("statement.print.take_back")


def proof(draft: Draft) -> Iterator[str]:
    """Until when and where to ask, and how to verify."""
    say, statement = draft.texts.say, draft.statement
    until = draft.conventions.iso_day(statement.questions_until)
    yield say("statement.print.questions", date=until, email=statement.issuer.contact_email)
    digest = snapshot_sha256(draft.snapshot)
    yield say("statement.print.code", code=verification_code(digest))
    if statement.issuer.public_url:
        base = statement.issuer.public_url.rstrip("/")
        yield say("statement.print.verify", url=f"{base}/verify/{statement.number}")


def _period(draft: Draft, credit: StatedCredit) -> str:
    """The month that was measured, on the policy's clock, and the clock of this document if it is another."""
    window = credit_words.period(credit)
    policy_ways = draft.conventions.in_zone(credit.time_zone)
    zone, reader_zone = policy_ways.zone_in(window), draft.conventions.zone_in(window)
    key = "statement.print.period_same" if zone == reader_zone else "statement.print.period"
    return draft.texts.say(
        key,
        start=policy_ways.moment(window.start_ms),
        end=policy_ways.moment(window.end_ms),
        zone=zone,
        reader_zone=reader_zone,
    )


def _balanced(blocks: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Blocks in order into two columns, as low as can be; of equals the one with the longer left column."""
    splits = (([*chain(*blocks[:i])], [*chain(*blocks[i:])]) for i in range(len(blocks), -1, -1))
    return min(splits, key=lambda split: max(map(len, split)))
