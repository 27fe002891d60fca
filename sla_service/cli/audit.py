"""``sla audit``: who did what, when, from where, with before and after."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.ledger_print import when
from sla_service.cli.tables import table
from sla_service.db.audit import list_audit
from sla_service.db.tables import AuditRecord
from sla_service.domain.instants import format_instant, parse_date, parse_instant
from sla_service.domain.periods import midnight_ms

SHOWN = 50
MOST = 10_000
SHOWN_CHARACTERS = 60
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@click.group()
def audit() -> None:
    """The audit log: every change with who made it, when, from where, and what was before and after."""


@audit.command("list")
@click.option("--subject", help='What was changed, or how its name begins: "run 1", "policy storefront-plus".')
@click.option("--actor", metavar="NAME", help="Who changed it.")
@click.option("--since", metavar="DAY", help="From this day (UTC) or instant on: 2023-10-01.")
@click.option("--limit", default=SHOWN, show_default=True, type=click.IntRange(1, MOST), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def audit_list(
    context: Context, subject: str | None, actor: str | None, since: str | None, limit: int, as_json: bool
) -> None:
    """Changes in the order in which they were made, the newest last."""
    since_ms = None if since is None else _since_ms(since)
    with context.reading() as session:
        found = list_audit(session, subject=subject, actor=actor, since_ms=since_ms, limit=limit)
    if as_json:
        click.echo(json.dumps(list(map(_mapping, found))))
        return
    if not found:
        click.echo("Nothing of the kind was logged.")
        return
    rows = [(when(one.at_ms), one.actor, one.origin, one.action, one.subject, changes(one)) for one in found]
    heads = ("when (UTC)", "who", "from", "action", "subject", "what changed")
    context.console.print(table("Audit log", heads, rows))
    if len(found) == limit:
        click.echo(f"These are the newest {limit:,}; --limit shows more.")


def _since_ms(text: str) -> int:
    return parse_instant(text) if "T" in text else midnight_ms(parse_date(text), "UTC")


def changes(entry: AuditRecord) -> str:
    """A line for each thing that is not as it was: ``state: calculated → approved``."""
    before, after = (json.loads(one) if one else {} for one in (entry.before, entry.after))
    lines = []
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if name not in before:
            lines.append(f"{name}: {_short(new)}")
        elif name not in after and entry.after is not None:
            continue  # what is not said again stayed as it was
        elif old != new:
            lines.append(f"{name}: {_short(old)} → {_short(new)}")
    return "\n".join(lines)


def _short(value: object) -> str:
    """A value in a table: digests by their first digits, lists with commas, the rest cut."""
    if value is None:
        return "none"
    if isinstance(value, str):
        text = value[:12] if _SHA256.fullmatch(value) else value
    elif isinstance(value, list):
        text = ", ".join(map(_short, value))
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _mapping(entry: AuditRecord) -> dict[str, Any]:
    before, after = (json.loads(one) if one else None for one in (entry.before, entry.after))
    return {**entry.model_dump(), "at": format_instant(entry.at_ms), "before": before, "after": after}
