"""SMTP, step by step: what became of a message is known for certain, or said to be uncertain.

``smtplib.sendmail`` raises the same exception whether the connection broke before the message was handed over or after
the server had it. Here the final dot is a step of its own. A server that loses the connection before it must cancel the
message (RFC 5321, 4.1.1.10), so any failure until then means not sent; after it only an answer that can be read counts.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from sla_service.config import Settings

ANSWER_SECONDS = 60.0
"""For connecting and for each answer; a submission server that takes longer is overloaded, and can be asked later."""
FINAL_ANSWER_SECONDS = 600.0
"""For the answer to the final dot: RFC 5321, 4.5.3.2.6, because giving up too early is how mail arrives twice."""
QUIT_SECONDS = 5.0
"""For a farewell on which nothing depends."""
IMPLICIT_TLS_PORT = 465
"""There TLS comes before SMTP (RFC 8314); on all other ports it is asked for with STARTTLS."""
MAX_ANSWER_CHARACTERS = 500
"""A server's own words are kept, but not its essays."""
CLOSING = 421
"""The server closes the connection whatever was asked, often after so many messages on one connection."""
READY, GO_AHEAD = 250, 354
RECIPIENT_TAKEN = (250, 251)
ABOUT_US = frozenset({503, 530, 534, 535, 538})
"""Refusals for want of signing in or TLS: the operator mends the settings, and the recipient is not to blame."""

_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LINE_START_DOT = re.compile(rb"(?m)^\.")


class Outcome(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    """The server took it over."""
    DEFERRED = "deferred"
    """The server will not have it now (4xx): send it again later."""
    REFUSED = "refused"
    """The server will never have it for this recipient (5xx): somebody must change the address."""
    NOT_SENT = "not_sent"
    """It never got as far as its final dot: the operator mends the connection or the settings; send it again."""
    UNCERTAIN = "uncertain"
    """The final dot may have arrived, its answer did not: the server may have it. Say so, before sending it again."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message, in a word and in the server's own."""

    outcome: Outcome
    answer: str
    may_retry_now: bool = False
    """Not sent for a reason that a new connection may not have: it broke, or the server closed it."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait."""

    answer_seconds: float = ANSWER_SECONDS
    final_answer_seconds: float = FINAL_ANSWER_SECONDS
    quit_seconds: float = QUIT_SECONDS


class Smtp:
    """A connection to the mail server, opened when it is first wanted and again when it broke; for one thread."""

    def __init__(self, settings: Settings, timeouts: Timeouts, tls: ssl.SSLContext | None) -> None:
        self._settings, self._timeouts, self._tls = settings, timeouts, tls
        self._client: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, message: bytes) -> Receipt:
        """Hand one message to the server.

        Args:
            sender: Bare address, for bounces.
            recipient: Bare address.
            message: With CRLF at the end of every line.

        Raises:
            ValueError: The message has other line ends, which servers read differently: a mistake in the program.
        """
        if _BARE_LINE_END.search(message) or not message.endswith(b"\r\n"):
            raise ValueError("every line of a message ends with CRLF")
        try:
            return self._before_dot(sender, recipient, message) or self._dot()
        except BaseException:
            # Half a transaction must not be taken for the beginning of the next one.
            self._drop()
            raise

    def close(self) -> None:
        """Take leave, if there is a connection."""
        if self._client is not None:
            with suppress(OSError):
                _socket(self._client).settimeout(self._timeouts.quit_seconds)
                self._client.docmd("QUIT")
            self._drop()

    def _before_dot(self, sender: str, recipient: str, message: bytes) -> Receipt | None:
        """Everything that leaves no doubt; None if only the final dot is missing."""
        try:
            client = self._client or self._open()
            refusal = self._announce(client, sender, recipient)
            if refusal is None:
                client.send(_LINE_START_DOT.sub(b"..", message))
        except (OSError, ValueError) as error:  # smtplib's are OSErrors; credentials that cannot be encoded are not
            self._drop()
            settled = (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError, ssl.CertificateError, ValueError)
            return Receipt(Outcome.NOT_SENT, _words(error), may_retry_now=not isinstance(error, settled))
        return refusal

    def _dot(self) -> Receipt:
        try:
            client = self._connected()
            client.send(b".\r\n")
            _socket(client).settimeout(self._timeouts.final_answer_seconds)
            code, text = client.getreply()
        except OSError as error:
            self._drop()
            return Receipt(Outcome.UNCERTAIN, f"no answer to the message: {_words(error)}")
        answer = _answer(code, text)
        if code == READY:
            return Receipt(Outcome.ACCEPTED, answer)
        if not _is_negative(code):
            self._drop()
            return Receipt(Outcome.UNCERTAIN, f"an answer that means nothing: {answer}")
        self._reset(code)
        return Receipt(Outcome.DEFERRED if _is_temporary(code) else Outcome.REFUSED, answer)

    def _announce(self, client: smtplib.SMTP, sender: str, recipient: str) -> Receipt | None:
        """MAIL, RCPT and DATA; None if the server waits for the message."""
        _socket(client).settimeout(self._timeouts.answer_seconds)
        options = [] if sender.isascii() and recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        if options and not client.has_extn("smtputf8"):
            return Receipt(Outcome.REFUSED, "the mail server takes no addresses beyond ASCII (no SMTPUTF8)")
        code, text = client.mail(sender, options)
        if code != READY:
            return self._refusal(code, text, is_about_us=True)
        code, text = client.rcpt(recipient)
        if code not in RECIPIENT_TAKEN:
            return self._refusal(code, text, is_about_us=code in ABOUT_US)
        code, text = client.docmd("DATA")
        return None if code == GO_AHEAD else self._refusal(code, text, is_about_us=code in ABOUT_US)

    def _refusal(self, code: int, text: bytes, *, is_about_us: bool) -> Receipt:
        answer = _answer(code, text)
        self._reset(code)
        if code == CLOSING or not _is_negative(code):
            return Receipt(Outcome.NOT_SENT, answer, may_retry_now=True)
        if _is_temporary(code):
            return Receipt(Outcome.DEFERRED, answer)
        return Receipt(Outcome.NOT_SENT if is_about_us else Outcome.REFUSED, answer)

    def _reset(self, code: int) -> None:
        """Clear the way for the next message: RSET, or a new connection after an answer that bodes ill."""
        if code != CLOSING and _is_negative(code):
            with suppress(OSError):
                if self._connected().rset()[0] == READY:
                    return
        self._drop()

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        is_implicit = settings.smtp_tls and settings.smtp_port == IMPLICIT_TLS_PORT
        context = (self._tls or ssl.create_default_context()) if settings.smtp_tls else None
        # Our own name from the sender's: a look-up of this machine's may take long, and often ends in "localhost".
        name = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
        where, seconds = (settings.smtp_host, settings.smtp_port, name), self._timeouts.answer_seconds
        client = (
            smtplib.SMTP_SSL(*where, timeout=seconds, context=context)
            if is_implicit
            else smtplib.SMTP(*where, timeout=seconds)
        )
        self._client = client  # now, so that it is closed whatever comes
        # The dot is sent alone; without this it would wait for the receipt of what went before, 40 ms a message.
        _socket(client).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.ehlo_or_helo_if_needed()
        if context is not None and not is_implicit:
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            client.login(settings.smtp_user, settings.smtp_password)
        return client

    def _connected(self) -> smtplib.SMTP:
        if self._client is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):
                client.close()


@contextmanager
def open_smtp(
    settings: Settings, *, timeouts: Timeouts | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Smtp]:
    """A sender for the mail server of the settings, closed on leaving.

    Nothing is connected yet: a server that cannot be reached is an outcome of ``send``.

    Args:
        settings: ``smtp_*`` and ``mail_from``.
        timeouts: Other than the usual ones.
        tls: What to trust; by default the machine's own authorities.

    Raises:
        MissingSettingsError: The operator must name the server and the sender.
    """
    settings.require("smtp_host", "mail_from", purpose="send mail")
    smtp = Smtp(settings, timeouts or Timeouts(), tls)
    try:
        yield smtp
    finally:
        smtp.close()


def _socket(client: smtplib.SMTP) -> socket.socket:
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    return client.sock


def _is_negative(code: int) -> bool:
    return 400 <= code <= 599  # noqa: PLR2004 - RFC 5321, 4.2.1


def _is_temporary(code: int) -> bool:
    return 400 <= code <= 499  # noqa: PLR2004


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _answer(error.smtp_code, text if isinstance(text, bytes) else text.encode())
    return _printable(str(error) or type(error).__name__)


def _answer(code: int, text: bytes) -> str:
    words = text.decode("utf-8", "replace")
    return _printable(f"{code} {words}" if code > 0 else f"not an SMTP answer: {words}")


def _printable(text: str) -> str:
    """One line without controls, not too long: it goes into a database and onto a page."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * MAX_ANSWER_CHARACTERS]).split())
    return clean if len(clean) <= MAX_ANSWER_CHARACTERS else clean[: MAX_ANSWER_CHARACTERS - 1] + "…"
