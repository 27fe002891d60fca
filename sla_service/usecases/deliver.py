"""Deliver the statements of an issued run by e-mail: at least once, with every doubt on record.

A message is ``pending`` until somebody claims it, ``sending`` while one sender has it, and then ``accepted``,
``refused`` or ``uncertain``; or again what it was before, if it is certain that it was not sent. Each step is a
compare-and-set of its own, committed before the next, and no transaction is open while the mail server is spoken to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, or_
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from sla_service.db.outbox import change_outbox, count_by_state
from sla_service.db.runs import load_run
from sla_service.db.statements import find_document, load_statement
from sla_service.db.tables import OutboxRecord, StatementRecord
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import MINUTE_MS, format_instant
from sla_service.domain.statements import Statement, StatementKind, statement_from_json
from sla_service.formats.statement_email import parse_sender, render_email
from sla_service.mail import Outcome, Receipt
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.portal_links import portal_address, sign_portal_link
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.transactions import Transaction

TRIES_PER_CALL = 2
"""Of one message, when the connection breaks under it; a second break in a row is no accident."""
GIVE_UP_AFTER = 3
"""Messages in a row that could not be sent: then it is the server or the sign-in, and more tries lock the account."""
CLAIM_MS = 45 * MINUTE_MS
"""A claim older than this was left by a crash: longer than all of ``mail``'s timeouts for one message together."""
RECORD_TRIES = 3
"""An acceptance that is not recorded is sent again; a database that is away for a moment must not cause that."""
PAGE = 200
"""Messages listed at one time."""
DUE = ("pending", "sending", "uncertain")

RENDER_FIRST = "there is no document yet; render the run's statements first"
TAKEN = "another sender has it"
LEFT = "a sender stopped before the mail server's answer was known; the message may have been sent"
STOPPED = "the sender was stopped before the mail server's answer was known; the message may have been sent"
_SERIALIZATION_FAILURE = "40001"

Send = Callable[[str, str, bytes], Receipt]
"""Hands a message over: sender, recipient, message. ``mail.Smtp.send`` is one."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and how readers get from the mail to their pages."""

    address: str
    """``sla@example.com`` or ``Name <sla@example.com>``."""
    secret_key: str = ""
    """Signs the links; without it, or without a portal, mails have none."""
    public_url: str = ""

    def portal_link(self, statement: Statement) -> str | None:
        """A link to a merchant's pages, valid from the day of issue: every attempt sends the same bytes."""
        if statement.kind is not StatementKind.MERCHANT or not (self.secret_key and self.public_url):
            return None
        party_id, issued_at_ms = statement.recipient.party_id, statement.issued_at_ms
        token = sign_portal_link(self.secret_key, party_id, now_ms=issued_at_ms)
        return portal_address(self.public_url, token)


@dataclass(slots=True)
class Delivered:
    """What became of every message that was due, as statement number and reason."""

    accepted: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """For good: somebody must find out the right address."""
    deferred: list[tuple[str, str]] = field(default_factory=list)
    """Certainly not sent, and due again at the next call."""
    uncertain: list[tuple[str, str]] = field(default_factory=list)
    """Perhaps sent: due again at the next call that resends, with the same Message-ID."""
    parked: list[tuple[str, str]] = field(default_factory=list)
    """Statements that could not be made into a document or a mail; untouched."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Not rendered yet, or in the hands of another sender; untouched."""
    stopped: str = ""
    """Why the rest was not tried; the operator mends it and calls again."""


def deliver_run(
    session_factory: Transaction,
    run_id: int,
    *,
    send: Send,
    sender: Sender,
    now: Callable[[], int],
    resend_uncertain: bool = True,
    progress: Progress = silent,
) -> Delivered:
    """Send every message of an issued run that is due.

    The exception to the rule that a use case never commits: it opens and closes transactions itself, several for each
    message, because a claim must be on record before the mail server hears of the message, and its answer right after.
    May be called again at any time, and by several senders at once: a message that was accepted is never sent again,
    and one that is being sent is left to who sends it.

    Args:
        session_factory: Opens a transaction.
        run_id: An issued run whose statements are rendered.
        send: Hands one message to the mail server.
        sender: Who writes.
        now: The clock, in milliseconds.
        resend_uncertain: Send again what may have arrived (same Message-ID, same bytes); False leaves it for a person.
        progress: Told how far it is.

    Raises:
        ConflictError: The run is not issued.
        NotFoundError: There is no such run.
        InvalidValueError: The sender's address cannot be used; the operator changes the settings.
    """
    parse_sender(sender.address)
    with session_factory() as session:
        require_state(load_run(session, run_id), "issued")
        whole = sum(count for state, count in count_by_state(session, run_id).items() if state in DUE)
    delivering = _Delivering(session_factory, send, sender, now, resend_uncertain=resend_uncertain)
    after, done = ("", ""), 0
    while page := _page(session_factory, run_id, after):
        for row in page:
            delivering.deliver(row)
            done += 1
            progress("Sending statements", done, max(done, whole))
        after = (page[-1].number, page[-1].recipient)
    return delivering.delivered


def _page(session_factory: Transaction, run_id: int, after: tuple[str, str]) -> Sequence[OutboxRecord]:
    """The next messages that are due, by number and recipient; detached, to be compared with when they change."""
    number, recipient = col(OutboxRecord.number), col(OutboxRecord.recipient)
    query = (
        select(OutboxRecord)
        .join(StatementRecord, col(StatementRecord.number) == number)
        .where(StatementRecord.run_id == run_id, col(OutboxRecord.state).in_(DUE))
        .where(or_(number > after[0], and_(number == after[0], recipient > after[1])))
        .order_by(number, recipient)
        .limit(PAGE)
    )
    with session_factory() as session:
        rows = session.exec(query).all()
        session.expunge_all()
    return rows


class _Delivering:
    """One call: what it needs, and what it has done."""

    def __init__(
        self,
        session_factory: Transaction,
        send: Send,
        sender: Sender,
        now: Callable[[], int],
        *,
        resend_uncertain: bool,
    ) -> None:
        self.session_factory, self.send, self.now = session_factory, send, now
        self.sender, self.resend_uncertain = sender, resend_uncertain
        self.envelope_sender = parse_sender(sender.address)[1]
        self.delivered = Delivered()
        self.not_sent_in_a_row = 0

    def deliver(self, row: OutboxRecord) -> None:
        """Send one message that was due when it was listed, and report it exactly once."""
        if row.state == "sending" and not self._take_over(row):
            return
        if row.state == "uncertain" and not self.resend_uncertain:
            self.delivered.uncertain.append((row.number, row.last_error or LEFT))
        elif self.delivered.stopped:
            waiting = self.delivered.uncertain if row.state == "uncertain" else self.delivered.deferred
            waiting.append((row.number, f"not tried: {self.delivered.stopped}"))
        elif message := self._message(row):
            self._send(row, message)

    def _take_over(self, row: OutboxRecord) -> bool:
        """Make a claim that a crash left behind uncertain; False if its sender may still be alive."""
        if self.now() - row.updated_at_ms < CLAIM_MS:
            since, until = format_instant(row.updated_at_ms), format_instant(row.updated_at_ms + CLAIM_MS)
            reason = f"another sender has had it since {since}; if that has died, call again after {until}"
        elif self._move(row, "uncertain", last_error=LEFT):
            return True
        else:
            reason = TAKEN
        self.delivered.skipped.append((row.number, reason))
        return False

    def _message(self, row: OutboxRecord) -> bytes | None:
        """The mail with the stored document; None, and the reason reported, if there cannot be one."""
        with self.session_factory() as session:
            statement = statement_from_json(load_statement(session, row.number).snapshot)
            document = find_document(session, row.number)
            pdf, parked = (document.pdf, document.parked_reason) if document else (None, None)
        if pdf is None:
            found = self.delivered.parked if parked else self.delivered.skipped
            found.append((row.number, parked or RENDER_FIRST))
            return None
        link = self.sender.portal_link(statement)
        try:
            return render_email(
                statement, pdf=pdf, message_id=row.message_id, sender=self.sender.address, portal_link=link
            )
        except InvalidValueError as error:
            self.delivered.parked.append((row.number, str(error)))
            return None

    def _send(self, row: OutboxRecord, message: bytes) -> None:
        before = row.state
        for left in reversed(range(TRIES_PER_CALL)):
            if not self._move(row, "sending", attempts=row.attempts + 1):
                self.delivered.skipped.append((row.number, TAKEN))
                return
            receipt = self._hand_over(row, message)
            self._record(row, *_verdict(receipt, before))
            if not (left and receipt.may_retry_now):
                self._report(row, receipt)
                return

    def _hand_over(self, row: OutboxRecord, message: bytes) -> Receipt:
        try:
            return self.send(self.envelope_sender, row.recipient, message)
        except BaseException:
            self._record(row, "uncertain", STOPPED)
            raise

    def _report(self, row: OutboxRecord, receipt: Receipt) -> None:
        match row.state:
            case "accepted":
                self.delivered.accepted += 1
            case "refused":
                self.delivered.refused.append((row.number, row.last_error or ""))
            case "uncertain":
                self.delivered.uncertain.append((row.number, row.last_error or ""))
            case _:
                self.delivered.deferred.append((row.number, row.last_error or ""))
        self.not_sent_in_a_row = self.not_sent_in_a_row + 1 if receipt.outcome is Outcome.NOT_SENT else 0
        if self.not_sent_in_a_row >= GIVE_UP_AFTER:
            self.delivered.stopped = receipt.answer

    def _move(self, row: OutboxRecord, to: str, **columns: str | int | None) -> bool:
        """Change a message's state in a transaction of its own; False, and nothing done, if another was faster."""
        now_ms = self.now()
        try:
            with self.session_factory() as session:
                is_ours = change_outbox(session, row, to=to, now_ms=now_ms, **columns)
        except OperationalError as error:
            # PostgreSQL's repeatable read says it this way if the other's change was under way at the same time.
            if getattr(error.orig, "sqlstate", None) != _SERIALIZATION_FAILURE:
                raise
            return False
        if is_ours:
            for name, value in {"state": to, "updated_at_ms": now_ms, **columns}.items():
                setattr(row, name, value)
        return is_ours

    def _record(self, row: OutboxRecord, to: str, reason: str | None) -> None:
        """Record what became of our claim, again if the database was away.

        Nothing is changed if the claim is no longer ours: either an earlier try was committed although it ended in an
        error, or we took so long that another sender took over, and its record counts.
        """
        for left in reversed(range(RECORD_TRIES)):
            try:
                self._move(row, to, last_error=reason)
                break
            except OperationalError:
                if not left:
                    raise
        row.state, row.last_error = to, reason


def _verdict(receipt: Receipt, before: str) -> tuple[str, str | None]:
    """The state and reason to record; a doubt about an earlier attempt is settled by an acceptance alone."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            return "accepted", None
        case Outcome.UNCERTAIN:
            return "uncertain", receipt.answer
        case Outcome.REFUSED:
            doubt = "an earlier attempt may have arrived; this one: " if before == "uncertain" else ""
            return "refused", f"{doubt}{receipt.answer}"
        case _:
            return before, receipt.answer
