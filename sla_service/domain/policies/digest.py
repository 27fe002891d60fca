"""The identity of a policy: a digest of what it means, not of how its file is laid out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sla_service.domain.policies.terms import Policy

_NOT_MEANING = {"digest", "examples"}


def policy_digest(policy: Policy) -> str:
    """SHA-256, in hexadecimal, of the policy's terms; its examples and its layout are not among them.

    A term that has its default value is left out, so that a term which the language gains later changes no digest.
    """
    return hashlib.sha256(json.dumps(_plain(policy), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any term of a policy
    if is_dataclass(value):
        said = {
            f.name: getattr(value, f.name)
            for f in fields(value)
            if f.name not in _NOT_MEANING and (f.default is MISSING or getattr(value, f.name) != f.default)
        }
        return {"": type(value).__name__} | {name: _plain(one) for name, one in said.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction | date):
        return str(value)
    return value
