"""``sla policy``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.domain.errors import InvalidValueError
from sla_service.usecases.policies import PolicyCheck, check_policy, publish_policy

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def policy() -> None:
    """SLAs as files: check them, run the examples inside, publish them."""


@policy.command("check")
@FILES
@click.option("--json", "as_json", is_flag=True, help="Results as JSON.")
def policy_check(files: tuple[Path, ...], as_json: bool) -> None:
    """Read policy files and run the examples inside them; changes nothing."""
    checks = {path: check_policy(path.read_text(encoding="utf-8")) for path in files}
    if as_json:
        click.echo(json.dumps([_mapping(path, check) for path, check in checks.items()]))
    else:
        for path, check in checks.items():
            _print(path, check)
    if any(check.failed for check in checks.values()):
        raise InvalidValueError.of("example_failed", "examples do not hold; see above")


@policy.command("publish")
@FILES
@pass_context
def policy_publish(context: Context, files: tuple[Path, ...]) -> None:
    """Publish policy files as new versions: all of them, or none.

    A published version never changes; the same file again does nothing. A policy whose examples fail is refused.
    """
    with context.writing() as session:
        for path in files:
            document = path.read_text(encoding="utf-8")
            published, new = publish_policy(session, document, now_ms=context.clock(), actor=context.actor)
            word = "published" if new else "was published before"
            click.echo(f"{published.name_and_version} {word} ({published.digest[:12]}).")


def _print(path: Path, check: PolicyCheck) -> None:
    held = len(check.examples) - len(check.failed)
    click.echo(f"{path}: {check.policy.name_and_version}, {held} of {len(check.examples)} examples hold")
    for result in check.examples:
        mark = "✗" if result.differences else "✓"
        click.echo(f"  {mark} {result.example.name}: {result.found_availability}, {result.found_credit}")
        for difference in result.differences:
            click.echo(f"      {difference}")


def _mapping(path: Path, check: PolicyCheck) -> dict[str, object]:
    return {
        "file": str(path),
        "policy": check.policy.policy,
        "version": check.policy.version,
        "digest": check.policy.digest,
        "examples": [
            {
                "name": result.example.name,
                "availability": result.found_availability,
                "credit": result.found_credit,
                "differences": list(result.differences),
            }
            for result in check.examples
        ],
    }
