"""What commands keep of the chains outside of the database, once what they changed is committed."""

from __future__ import annotations

from sla_service.cli.context import Context
from sla_service.domain.chain import Head
from sla_service.usecases import keep_heads


def seal(context: Context) -> None:
    """Seal what was logged, in a transaction of its own, and keep the new head."""
    keep_heads.seal_log(context.writing, context.settings.checkpoint, now_ms=context.clock())


def keep(context: Context, *heads: Head | None) -> None:
    """Write heads to the checkpoint file."""
    keep_heads.keep_heads(context.settings.checkpoint, *heads, now_ms=context.clock())


def keep_issued(context: Context, run_id: int) -> None:
    """After a run is issued: keep the head that it left, and seal what was logged."""
    keep_heads.keep_issued(context.writing, context.settings.checkpoint, run_id, now_ms=context.clock())
