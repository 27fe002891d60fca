"""What must be true of the books, whatever crashed, raced or was tampered with; by name and in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_VIOLATIONS = 1_000
"""Violations that are named; the rest is counted, so that books that are wholly wrong fit in memory."""

RULES = {
    "run_state": "a run has the stamps of its state, no others, and in order of time",
    "run_log": "the audit log's last word about a run is the state that it is in",
    "run_digest": "a run's digest is that of its batches",
    "run_twice": "a period has one live run of each revision",
    "four_eyes": "nobody approves a run that they calculated, approved before, or decided a case of",
    "batch_state": "the batches of a run are as far as the run is, and share its merchants and numbers out",
    "batch_count": "a batch has as many credits as it counted",
    "batch_figures": "the figures of a batch are those whose digest it has",
    "credit_due": "every contract and period that is due has one credit, and nothing else has one",
    "credit_twice": "a contract and period is credited by one run of a revision, once",
    "credit_before": "what a credit says was credited before is what issued runs stated",
    "credit_stated": "what is stated of a credit is its amount less what was credited before",
    "credit_unstated": "an issued credit that states something is on a statement",
    "statement_early": "a batch that is not issued has no statements",
    "statement_credit": "a statement has credits of its own run, merchant and currency, which state something",
    "statement_run": "a statement belongs to a run that is issued or being issued",
    "statement_number": "the numbers of a series have no gap and no double",
    "statement_total": "the total of a statement is the sum of what its credits state",
    "statement_row": "a statement's row says what its snapshot says",
    "snapshot_digest": "a snapshot has the digest that is stored with it",
    "snapshot_amounts": "the amounts in a snapshot are those of its credits",
    "partner_amounts": "a partner's statement has the amounts of its merchants' statements",
    "document_digest": "a document has the digest that is stored with it",
    "message": "each statement has one message, to the address in its snapshot, under the name that follows from both",
    "entry": "a merchant's statement with money has one entry in the ledger, with its amount; nothing else has one",
    "entry_accounts": "an entry moves its amount between the accounts of its kind",
    "entry_overused": "no more of a statement is applied or expired than was issued",
    "orphan": "nothing belongs to something that is not there",
    "guard": "every guard against changes is in place",
    "chain": "ledger and audit log are as they were sealed",
}
"""Names are stable, for programs."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be."""

    rule: str
    """A key of ``RULES``."""
    subject: str
    """``run 3``, ``credit 3-17``, ``statement SCM-2023-09-0000001``."""
    message: str
    """What is there, and what should be."""

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.subject}: {self.message} [{self.rule}]"


@dataclass(slots=True)
class Books:
    """What a check came to."""

    violations: list[Violation] = field(default_factory=list)
    found: int = 0
    """How many there are, named or not."""
    looked_at: dict[str, int] = field(default_factory=dict)
    """Runs, credits, statements … that were checked."""

    def note(self, rule: str, subject: str, message: str) -> None:
        """Count a violation, and keep it if there are not too many."""
        self.found += 1
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(Violation(rule, subject, message))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was looked at."""
        self.looked_at[what] = self.looked_at.get(what, 0) + number
