"""``sla key`` and ``sla link``."""

from __future__ import annotations

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.tables import table
from sla_service.db.parties import find_example_merchant
from sla_service.domain.instants import format_instant
from sla_service.usecases.api_keys import create_api_key, list_api_keys, revoke_api_key
from sla_service.usecases.portal_links import LINK_DAYS, make_portal_link, portal_address

LOCAL = "http://127.0.0.1:8000"
"""Where `sla serve` listens if nothing else is said."""


@click.group()
def key() -> None:
    """API keys for programs."""


@key.command("create")
@click.argument("name")
@pass_context
def key_create(context: Context, name: str) -> None:
    """Make a key for a program called NAME. It is shown once; only a digest is stored."""
    with context.writing() as session:
        made = create_api_key(session, name, now_ms=context.clock(), actor=context.actor)
    click.echo(made.key)
    click.echo(
        f"Keep this key now; it cannot be shown again. Take it back with `sla key revoke {made.key_id}`.", err=True
    )


@key.command("list")
@pass_context
def key_list(context: Context) -> None:
    """All keys, without their secrets."""
    with context.reading() as session:
        rows = [
            (
                k.key_id,
                k.name,
                k.created_by,
                "revoked" if k.revoked_at_ms else "in use",
                format_instant(k.created_at_ms),
            )
            for k in list_api_keys(session)
        ]
    if not rows:
        click.echo("No API key yet; make one with `sla key create NAME`.")
        return
    context.console.print(table("API keys", ("key", "name", "made by", "state", "made at"), rows))


@key.command("revoke")
@click.argument("key_id")
@pass_context
def key_revoke(context: Context, key_id: str) -> None:
    """Make a key useless from now on."""
    with context.writing() as session:
        revoke_api_key(session, key_id, now_ms=context.clock(), actor=context.actor)
    click.echo(f"Key {key_id} is revoked.")


@click.command("link")
@click.option("--merchant", "merchant_id", required=True, help="Whose pages it opens.")
@click.option("--days", default=LINK_DAYS, show_default=True, type=click.IntRange(1, 90), help="How long it works.")
@pass_context
def link(context: Context, merchant_id: str, days: int) -> None:
    """Print a signed link to a merchant's pages. Whoever has it sees that merchant, and nobody else."""
    click.echo(merchant_link(context, merchant_id, days=days))


def merchant_link(context: Context, merchant_id: str, *, days: int = LINK_DAYS, base: str = "") -> str:
    """A link to a merchant's pages.

    Raises:
        NotFoundError: There is no such merchant.
    """
    secret = context.secret_key()
    with context.writing() as session:
        token = make_portal_link(session, secret, merchant_id, days=days, now_ms=context.clock(), actor=context.actor)
    return portal_address(base or context.settings.public_url or LOCAL, token)


def example_link(context: Context, base: str) -> str | None:
    """A link to the pages of a merchant who was credited, or of any; None if there is no merchant yet."""
    with context.reading() as session:
        merchant_id = find_example_merchant(session)
    return None if merchant_id is None else merchant_link(context, merchant_id, base=base)
