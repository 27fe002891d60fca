"""Transactions for the few use cases that must commit on their way: deliver, and work a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlmodel import Session

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a session that is committed when it is left without an exception, and rolled back otherwise."""
