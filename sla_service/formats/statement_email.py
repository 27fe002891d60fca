"""The mail that brings a statement: text and HTML that say the same, and the stored PDF.

The header is written here and not by ``email.message``: the standard library folds a long quoted name without its
quotes, and a name such as ``Ltd" <other@example.com>,`` then becomes an address.
"""

from __future__ import annotations

import hashlib
import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from functools import lru_cache
from pathlib import Path
from textwrap import fill
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import to_datetime
from sla_service.domain.statements import Statement, StatementKind
from sla_service.formats.texts import correction_words, credit_words, load_texts, measure_words
from sla_service.formats.texts.conventions import conventions_for
from sla_service.formats.texts.credit_words import Words

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"
TEXT_COLUMNS = 72
"""Leaves room for two marks of quotation in a reply, on 78."""
HEADER_COLUMNS = 76
"""RFC 5322 asks for 78 at most; an encoded word may have 75."""
MAX_NAME_CHARACTERS = 100
"""Of a name beside an address; the statement itself has it in full."""
BOUNDARY_DIGITS = 32
INK = "#1a1c1f"
_ENCODED = "=?"
"""How an encoded word begins; where a name has it by chance, it is encoded itself."""

_ATOMS = r"[^\s\x00-\x20\x7f<>()\[\]\\,;:@\"]+"
_ADDRESS = re.compile(rf"(?=.{{1,254}}\Z){_ATOMS}@{_ATOMS}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def render_email(statement: Statement, *, pdf: bytes, message_id: str, sender: str, portal_link: str | None) -> bytes:
    """Write the mail that brings a statement to its recipient.

    Args:
        statement: As frozen at issue.
        pdf: Its document, as stored.
        message_id: In angle brackets; also decides the boundaries between the parts.
        sender: ``sla@example.com`` or ``Name <sla@example.com>``; without a name the issuer's is used.
        portal_link: Opens the recipient's pages; None if there is no portal.

    Returns:
        The message with CRLF line ends. The same arguments give the same bytes, whenever and wherever.

    Raises:
        InvalidValueError: Rule ``email_format``: an address that cannot stand in a header. Rule ``zone_unknown``: the
            recipient's zone is none.
    """
    name, address = parse_sender(sender)
    words = _words(statement)
    told = _told(statement, words, portal_link)
    recipient, issuer = statement.recipient, statement.issuer
    headers = [
        ("Date", format_datetime(to_datetime(statement.issued_at_ms, recipient.time_zone))),
        ("From", _mailbox(name or issuer.name, address)),
        ("To", _mailbox(recipient.name, recipient.email)),
        ("Subject", _unstructured("Subject", told["subject"])),
        ("Message-ID", _checked(_MESSAGE_ID, message_id)),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", words.texts.language),
        ("MIME-Version", "1.0"),
    ]
    if issuer.contact_email != address and _ADDRESS.fullmatch(issuer.contact_email):
        headers.insert(3, ("Reply-To", _mailbox(issuer.name, issuer.contact_email)))
    head = "".join(f"{key}: {value}\r\n" for key, value in headers)
    return head.encode() + _body(statement, told, pdf, message_id)


def parse_sender(text: str) -> tuple[str, str]:
    """A sender's name, perhaps empty, and bare address.

    Raises:
        InvalidValueError: It is neither an address nor a name with an address in angle brackets.
    """
    found = getaddresses([text]) if text.isprintable() else []
    if len(found) != 1:
        raise _not_an_address(text)
    return found[0][0], _checked(_ADDRESS, found[0][1])


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise _not_an_address(text)
    return text


def _not_an_address(text: str) -> InvalidValueError:
    return InvalidValueError.of("email_format", "write one address, such as billing@example.com", value=text)


def _mailbox(name: str, address: str) -> str:
    """``"Name" <address>``, the name quoted or encoded, and on a line of its own unless it is short."""
    checked, shown = _checked(_ADDRESS, address), _one_line(name)
    if len(shown) > MAX_NAME_CHARACTERS:
        shown = shown[: MAX_NAME_CHARACTERS - 1].rstrip() + "…"
    if not shown:
        return f"<{checked}>"
    if shown.isascii() and _ENCODED not in shown:
        quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{checked}>'
    return f"{_unstructured('Reply-To', shown)}\r\n <{checked}>"


def _unstructured(name: str, text: str) -> str:
    """A header's text, folded, and in encoded words if it needs them (RFC 2047)."""
    line = _one_line(text)
    charset = "us-ascii" if line.isascii() and _ENCODED not in line else "utf-8"
    return Header(line, charset, maxlinelen=HEADER_COLUMNS, header_name=name).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    """No line ends nor other controls: what follows one would be read as a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _body(statement: Statement, told: dict[str, Any], pdf: bytes, message_id: str) -> bytes:
    """The parts, with boundaries that hang on the Message-ID alone and cannot occur in what they part."""
    message = EmailMessage(policy=SMTP)
    templates = f"{told['language']}/{statement.kind.value}"
    for kind, ending in (("plain", "txt"), ("html", "html")):
        text = _environment().get_template(f"{templates}.{ending}").render(told)
        # Neither quoted-printable nor base64 ever writes "=_".
        message.add_alternative(text, subtype=kind, cte="quoted-printable")
    file_name = f"service-credit-statement-{_NOT_IN_FILE_NAMES.sub('-', statement.number)}.pdf"
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=file_name)
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:BOUNDARY_DIGITS]
    for i, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{i}_{digest}")
    return message.as_bytes()


def _words(statement: Statement) -> Words:
    texts, recipient = load_texts(), statement.recipient
    return Words(texts, conventions_for(recipient.locale, recipient.time_zone, texts.language))


def _told(statement: Statement, words: Words, portal_link: str | None) -> dict[str, Any]:
    """What the templates show, every value on one line."""
    ways, issuer = words.conventions, statement.issuer
    is_partner, corrects = statement.kind is StatementKind.PARTNER, bool(statement.corrects)
    told: dict[str, Any] = {
        "title": correction_words.title(statement, words),
        "answer": (correction_words if statement.corrects else measure_words).answer(statement, words),
        "month": measure_words.span(statement, words),
        "amounts": (correction_words if statement.corrects else measure_words).worth(statement, words),
        "number": statement.number,
        "issued_on": ways.iso_day(statement.issued_on),
        "questions_until": ways.iso_day(statement.questions_until),
        "issuer": issuer.name,
        "contact": issuer.contact_email,
        "recipient": statement.recipient.name,
        "portal_link": portal_link or "",
        "accent": issuer.accent if _COLOUR.fullmatch(issuer.accent) else INK,
        "language": words.texts.language,
    }
    told = {key: _one_line(value) for key, value in told.items()}
    told |= _partner_sentences(statement, words) if is_partner else _merchant_sentences(statement, words)
    told["is_void"] = bool(statement.void_reason)
    told["first"] = [_one_line(said) for said in correction_words.explained(statement, words)] if corrects else []
    subject = _environment().get_template(f"{words.texts.language}/subject.txt").render(told)
    return {**told, "subject": _one_line(subject)}


def _merchant_sentences(statement: Statement, words: Words) -> dict[str, Any]:
    """Why, service by service; the apology, once; and how the credit comes, said once if it is the same for all."""
    if statement.corrects:
        return _correcting_sentences(statement, words)
    stated = statement.credits
    forms = list(dict.fromkeys(credit_words.when(credit, words) for credit in stated if credit.is_paid))
    services = [
        {
            "why": _one_line(measure_words.why(credit, words)),
            "amount": measure_words.credited(credit, words),
            "when": credit_words.when(credit, words) if credit.is_paid and len(forms) > 1 else "",
            "rights": " ".join(_one_line(said) for said in measure_words.rights(credit, words)),
        }
        for credit in stated
    ]
    return {
        "services": services,
        "sorry": measure_words.sorry(stated, words),
        "when": forms[0] if len(forms) == 1 else "",
    }


def _correcting_sentences(statement: Statement, words: Words) -> dict[str, Any]:
    """The same of a correction, whose first sentences say the difference; of a void these say it all."""
    if statement.void_reason:
        return {"services": [], "sorry": "", "when": ""}
    shown = [credit for credit in statement.credits if not correction_words.is_gone(credit)]
    services = [
        {
            "why": _one_line(measure_words.why(credit, words)),
            "amount": measure_words.credited(credit, words),
            "when": "",
            "rights": " ".join(_one_line(said) for said in measure_words.rights(credit, words)),
        }
        for credit in shown
    ]
    when = " ".join(correction_words.settled(statement, words))
    return {"services": services, "sorry": measure_words.sorry(shown, words), "when": when}


def _partner_sentences(statement: Statement, words: Words) -> dict[str, Any]:
    say, count = words.texts.say, len({line.merchant_id for line in statement.merchants})
    if not count or statement.corrects:
        return {"why": "", "sorry": "", "when": ""}
    why = words.texts.count("statement.why.partner", count, number=words.conventions.integer(count))
    return {"why": why, "sorry": say("statement.why.partner_sorry"), "when": say("statement.when.partner")}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),  # a text has no marks to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["lines"] = _lines
    return environment


def _lines(text: str) -> str:
    return fill(text, TEXT_COLUMNS, break_long_words=False, break_on_hyphens=False)
