"""Policies named on the command line: a file, or a published version."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sla_service.cli.context import Context
from sla_service.domain.errors import NotFoundError
from sla_service.domain.policies import Policy
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.compare_policies import published_policy

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
POLICY = click.argument("policy", metavar="FILE")
_PUBLISHED = re.compile(r"([^@/\\]+)@v?([1-9][0-9]{0,8})", re.ASCII)


def policy_of(context: Context, named: str) -> Policy:
    """The policy of a file, or a published one such as ``storefront-plus@3``.

    Raises:
        NotFoundError: There is no such file, and no such version.
    """
    path = Path(named)
    if path.is_file():
        return parse_policy(path.read_text(encoding="utf-8"))
    published = _PUBLISHED.fullmatch(named)
    if published is None:
        raise NotFoundError(f"there is no file {named}; a published policy is written as name@version")
    with context.reading() as session:
        return published_policy(session, published[1], int(published[2]))
