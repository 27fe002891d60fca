"""The credits of a run whose policies are in a group, as one credit or under one cap for each merchant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sla_service.domain.assessment import Outcome
from sla_service.domain.groups import Grouped, Member, grouped
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy

Columns = dict[str, list[Any]]
Row = dict[str, Any]
Groups = Mapping[tuple[str, str, str], Sequence[tuple[int, Policy]]]
"""By merchant, group and currency: places in the columns with their policies, in order."""


def stack_groups(columns: Columns, groups: Groups, decide: Callable[[Row], None]) -> None:
    """Change the rows of credits that their group pays in part, or not at all.

    Args:
        columns: Of the run's credits.
        groups: Which of them belong together, those that credit nothing too.
        decide: Puts a person's decision, if there is one, into a row without an answer.
    """
    for places in groups.values():
        members = [_member(columns, i, policy) for i, policy in places]
        for (i, _), member, found in zip(places, members, grouped(members), strict=True):
            if member.amount_minor:
                _store(columns, i, member, found)
                if found.is_undefined:
                    _decide(columns, i, decide)


def _member(columns: Columns, i: int, policy: Policy) -> Member:
    return Member(
        policy,
        (columns["service"][i], columns["contract_starts_on"][i]),
        Money(columns["currency"][i], columns["fee_minor"][i]),
        columns["amount_minor"][i],
    )


def _store(columns: Columns, i: int, member: Member, found: Grouped) -> None:
    if found.limit_minor is not None:
        steps = json.loads(columns["steps"][i]) if columns["steps"][i] else {}
        steps["group"] = [found.limit_minor, found.left_minor, member.amount_minor, found.amount_minor]
        columns["steps"][i] = json.dumps(steps, separators=(",", ":"), sort_keys=True)
    if found.amount_minor == member.amount_minor:
        return
    columns["amount_minor"][i] = found.amount_minor
    columns["reason"][i] = found.reason
    if found.is_undefined:
        columns["outcome"][i] = Outcome.UNDEFINED.value
    elif not found.amount_minor and not columns["service_ms"][i]:
        columns["outcome"][i] = Outcome.NOTHING_OWED.value


def _decide(columns: Columns, i: int, decide: Callable[[Row], None]) -> None:
    row = {name: column[i] for name, column in columns.items()}
    decide(row)
    for name, value in row.items():
        columns[name][i] = value
