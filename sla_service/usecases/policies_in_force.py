"""Published policies, and which version of one is in force for a contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache

from sqlmodel import Session

from sla_service.db.policies import list_policies
from sla_service.domain.policies import Policy
from sla_service.formats.policy_yaml import parse_policy


def published_policies(session: Session) -> list[Policy]:
    """Every published version, read from the file as it was published; its digest is the one that it had then."""
    return [replace(_parsed(record.document), digest=record.digest) for record in list_policies(session)]


@lru_cache(maxsize=256)
def _parsed(document: str) -> Policy:
    return parse_policy(document)


def policy_in_force(policies: Iterable[Policy], name: str, day: date, starts_on: date | None = None) -> Policy | None:
    """The version of a policy in force on a day: the latest one whose dates contain it.

    Args:
        policies: All versions of all policies.
        name: Which policy.
        day: On which day.
        starts_on: The contract's first day: where the version of that day says that it holds for the term, it does.
    """
    known = list(policies)
    if starts_on is not None and starts_on < day:
        first = policy_in_force(known, name, starts_on)
        if first is not None and first.is_frozen_for_term:
            return first
    found = [
        policy
        for policy in known
        if policy.policy == name
        and policy.effective_from <= day
        and (policy.effective_to is None or day < policy.effective_to)
    ]
    return max(found, key=lambda policy: policy.version, default=None)
