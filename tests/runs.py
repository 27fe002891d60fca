"""Taking a run through its life in a test, one step at a time."""

from __future__ import annotations

from sla_service.config import Settings
from sla_service.usecases.decide_run import approve_run, submit_run
from sla_service.usecases.issue_run import issuer_of


def submit_and_approve(session, run_id, *, now_ms, actor="ben", issuer=None):
    """Hand a calculated run over, and approve it as a second person."""
    given = issuer or issuer_of(Settings())
    submit_run(session, run_id, issuer=given, now_ms=now_ms, actor="ann")
    return approve_run(session, run_id, digest=None, issuer=given, now_ms=now_ms, actor=actor)
