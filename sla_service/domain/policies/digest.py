"""The identity of a policy: a digest of what it means, not of how its file is laid out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sla_service.domain.policies.terms import Policy

_NOT_MEANING = {"digest", "examples"}


def policy_digest(policy: Policy) -> str:
    """SHA-256, in hexadecimal, of the policy's terms; its examples and its layout are not among them."""
    return hashlib.sha256(json.dumps(_plain(policy), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any term of a policy
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in _NOT_MEANING}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction | date):
        return str(value)
    return value
