"""What is still owed on one statement: what was used, has expired or was taken back is not."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.ledger import load_owed
from sla_service.db.statements import load_statement
from sla_service.domain.balances import Balance, Owed
from sla_service.domain.money import Money


def still_owed(session: Session, number: str) -> Money:
    """What may still be taken from a merchant's statement; nothing of one that is about service time alone.

    Raises:
        NotFoundError: There is no such statement.
    """
    statement = load_statement(session, number)
    owed = Owed(load_owed(session, [statement.party_id]))
    return owed.left(number) if number in owed.statements else Money(statement.currency, 0)


def balance_of(session: Session, number: str) -> Balance | None:
    """What the ledger says of a merchant's statement; None if it has no entry."""
    statement = load_statement(session, number)
    return next((one.balance for one in load_owed(session, [statement.party_id]) if one.number == number), None)
