"""By which conditions a credit is odd, or should be impossible."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, false, func, or_
from sqlmodel import Session

from sla_service.db.latest import CREDITS
from sla_service.db.review import MERCHANTS, STATED, count_each, find_lines, per_mille_of_fee, usual_shares
from sla_service.domain.review import Oddity

FAR = 4
"""Times more, or times less, than the policy's usual share of the fee."""
ENOUGH_CREDITS = 20
"""A policy with fewer has no usual share."""
LONGEST = 18
"""Digits of a number that surely fits into 64 bits."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the conditions need to know that no credit says."""

    of_time: Collection[str]
    """Digests of the policies that credit time or requests lost, and not a metric."""
    at_most_fee: Collection[str]
    """Digests of the policies under which no more than a month's fee can be owed."""
    ended_on: str
    """The first day after the month."""


def find_odd(session: Session, run_id: int, known: Known, *, at_most: int) -> list[Oddity]:
    """What each condition finds in a run, impossible credits first; those that find nothing are left out."""
    conditions = _conditions(session, run_id, known)
    found = []
    for key, count in zip(conditions, count_each(session, run_id, list(conditions.values())), strict=True):
        if count:
            lines = find_lines(session, run_id, conditions[key], at_most=at_most)
            found.append(Oddity(*key, count, tuple(lines)))
    return found


def _conditions(session: Session, run_id: int, known: Known) -> dict[tuple[str, bool], ColumnElement[bool]]:
    """By name, and whether such a credit should be impossible."""
    of_time, at_most_fee = (CREDITS.c.policy_digest.in_(one) for one in (known.of_time, known.at_most_fee))
    decided, amount = CREDITS.c.decided_by.is_not(None), CREDITS.c.amount_minor
    above_fee, left = amount > CREDITS.c.fee_minor, MERCHANTS.c.active_to
    return {
        ("availability_negative", True): CREDITS.c.availability.like("-%"),
        ("nothing_bad", True): of_time & (CREDITS.c.bad_ppm_ms == 0) & (amount > 0) & ~decided,
        ("above_fee", True): at_most_fee & above_fee & ~decided,
        ("above_cap", True): _is_above_cap(session) & ~decided,
        ("decided_above_fee", False): decided & above_fee,
        ("decided", False): decided & ~above_fee,
        ("far_from_usual", False): _is_far(session, run_id) & ~decided,
        ("no_longer_active", False): left.is_not(None) & (left <= known.ended_on),
        ("other_currency", False): MERCHANTS.c.currency != CREDITS.c.currency,
        ("taken_back", False): STATED < 0,
    }


def _is_above_cap(session: Session) -> ColumnElement[bool]:
    """More than the cap by more than rounding; a cap is an exact fraction, such as ``29900`` or ``59801/2``."""
    text = CREDITS.c.cap_minor + "/"
    if session.get_bind().dialect.name == "postgresql":
        over, under = func.split_part(text, "/", 1), func.split_part(text, "/", 2)
    else:
        slash = func.instr(text, "/")
        over, under = func.substr(text, 1, slash - 1), func.replace(func.substr(text, slash + 1), "/", "")
    divisor = cast(func.coalesce(func.nullif(under, ""), "1"), BigInteger)
    fits = (func.length(over) <= LONGEST) & (func.length(under) <= LONGEST)
    # Longer ones are amounts with long fractions, which nobody but the assessment itself can judge.
    whole: Any = case((fits, cast(over, BigInteger) // divisor), else_=None)
    return and_(CREDITS.c.cap_minor.is_not(None), CREDITS.c.amount_minor > whole + 1)


def _is_far(session: Session, run_id: int) -> ColumnElement[bool]:
    """Much more or much less of the fee than the others get under the same policy."""
    share, conditions = per_mille_of_fee(), []
    for digest, currency, usual in usual_shares(session, run_id, at_least=ENOUGH_CREDITS):
        far = (share > usual * FAR) | (share * FAR < usual)
        conditions.append(and_(CREDITS.c.policy_digest == digest, CREDITS.c.currency == currency, far))
    return or_(false(), *conditions)
