"""``sla fonts``."""

from __future__ import annotations

import click

from sla_service.cli.context import Context, pass_context
from sla_service.formats.fonts import Face, font_file


@click.command("fonts")
@pass_context
def fonts(context: Context) -> None:
    """Prepare the fonts of documents now, rather than with the first statement that needs each of them."""
    folder = context.settings.fonts
    for face in Face:
        font_file(face, cache=folder)
    click.echo(f"{len(Face)} fonts are ready in {folder}/.")
