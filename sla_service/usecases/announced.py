"""Exclusions announced in time where a contract counts business days, told apart row by row for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.domain.notice import is_announced_in_time
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import ExclusionRule
from sla_service.usecases.business_days import business_days


def announced_in_time(known: pa.Table, rule: ExclusionRule, zone: str) -> pa.Table:
    """The rows that meet a rule's notice in business days.

    Args:
        known: Exclusions, whole, in the shape of ``measure.columns.EXCLUSIONS``.
        rule: With ``notice_business_days``.
        zone: Whose days count.
    """
    own = known.filter(pc.is_valid(known["notice_ms"]))
    is_business_day = business_days(rule.holidays)

    @cache
    def is_in_time(start_ms: int, notice_ms: int) -> bool:
        return is_announced_in_time(start_ms - notice_ms, start_ms, zone, rule.notice_business_days, is_business_day)

    found = list(map(is_in_time, own["start_ms"].to_pylist(), own["notice_ms"].to_pylist()))
    return own.filter(pa.array(found, pa.bool_()))


def require_calendars(policy: Policy) -> None:
    """Check that the holidays of every country that the policy names are known.

    Raises:
        InvalidValueError: Those that are not, each with its place in the file.
    """
    rules = [rule for rule in policy.exclude if isinstance(rule, ExclusionRule)]
    named = [("exclude.holidays", rule.holidays) for rule in rules]
    if policy.claim is not None:
        named.append(("claim.holidays", policy.claim.holidays))
    problems = [problem for path, country in named if country for problem in _problems(path, country)]
    if problems:
        raise InvalidValueError(problems)


def _problems(path: str, country: str) -> Sequence[Problem]:
    try:
        business_days(country)
    except InvalidValueError as error:
        return [Problem(one.rule, one.message, path=path, value=one.value) for one in error.problems]
    return []
