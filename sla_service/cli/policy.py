"""``sla policy``: check, test and publish; what only reads is in the modules beside."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.policy_diff import policy_diff
from sla_service.cli.policy_read import policy_explain, policy_list, policy_print, policy_schema_
from sla_service.cli.policy_text import FILES
from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.usecases.policies import PolicyCheck, check_policy, publish_policy
from sla_service.usecases.policy_examples import ExampleResult

_DIFFERENCE = re.compile(r"(?P<field>[^:]*?) expected (?P<expected>.*), found (?P<found>.*)")
"""How a difference is worded where it has two sides."""


@click.group()
def policy() -> None:
    """SLAs as files: check them, run the examples inside, compare, publish."""


@policy.command("check")
@FILES
@click.option("--json", "as_json", is_flag=True, help="Results as JSON.")
def policy_check(files: tuple[Path, ...], as_json: bool) -> None:
    """Read policy files and run the examples inside them; changes nothing."""
    checks, problems = _checks(files)
    if as_json:
        click.echo(json.dumps([_mapping(path, check) for path, check in checks.items()]))
    else:
        for path, check in checks.items():
            _print(path, check)
    _refuse_failed(checks, problems)


@policy.command("test")
@FILES
@click.option("--json", "as_json", is_flag=True, help="Results as JSON.")
def policy_test(files: tuple[Path, ...], as_json: bool) -> None:
    """Run the examples inside policy files, and show of each that fails what was expected and what was found."""
    checks, problems = _checks(files)
    if as_json:
        click.echo(json.dumps([_tested(path, check) for path, check in checks.items()]))
    else:
        for path, check in checks.items():
            _print_tests(path, check)
    _refuse_failed(checks, problems)


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
            try:
                published, new = publish_policy(session, document, now_ms=context.clock(), actor=context.actor)
            except InvalidValueError as error:
                raise _named(path, files, error) from None
            word = "published" if new else "was published before"
            click.echo(f"{published.name_and_version} {word} ({published.digest[:12]}).")


for command in (policy_explain, policy_schema_, policy_print, policy_list, policy_diff):
    policy.add_command(command)


def _checks(files: tuple[Path, ...]) -> tuple[dict[Path, PolicyCheck], list[Problem]]:
    """The files that can be read, and every problem of those that cannot."""
    checks: dict[Path, PolicyCheck] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            checks[path] = check_policy(path.read_text(encoding="utf-8"))
        except InvalidValueError as error:
            problems += _named(path, files, error).problems
    return checks, problems


def _named(path: Path, files: tuple[Path, ...], error: InvalidValueError) -> InvalidValueError:
    """The same refusal; of several files, with the name of the one."""
    if len(files) == 1:
        return error
    return InvalidValueError(replace(one, path=f"{path}, {one.path}".removesuffix(", ")) for one in error.problems)


def _refuse_failed(checks: dict[Path, PolicyCheck], problems: list[Problem]) -> None:
    if problems:
        raise InvalidValueError(problems)
    if any(check.failed for check in checks.values()):
        raise InvalidValueError.of("example_failed", "examples do not hold; see above")


def _print(path: Path, check: PolicyCheck) -> None:
    _print_head(path, check)
    for result in check.examples:
        _print_result(result)
        for difference in result.differences:
            click.echo(f"      {difference}")
    _print_warnings(check)


def _print_tests(path: Path, check: PolicyCheck) -> None:
    _print_head(path, check)
    for result in check.examples:
        _print_result(result)
        for field, expected, found in map(_sides, result.differences):
            if expected is None:
                click.echo(f"      {found}")
                continue
            click.echo(f"      {field}")
            click.echo(f"        − expected  {expected}")
            click.echo(f"        + found     {found}")
    _print_warnings(check)


def _print_head(path: Path, check: PolicyCheck) -> None:
    held = len(check.examples) - len(check.failed)
    click.echo(f"{path}: {check.policy.name_and_version}, {held} of {len(check.examples)} examples hold")


def _print_result(result: ExampleResult) -> None:
    mark = "✗" if result.differences else "✓"
    click.echo(f"  {mark} {result.example.name}: {_found(result)}")


def _found(result: ExampleResult) -> str:
    """``99.4444%, USD 29.90``; where there is no credit, why, unless the differences say so."""
    parked = result.found_availability == "parked"
    found = result.found_availability if parked else f"{result.found_availability}, {result.found_credit}"
    is_told = not result.reason or any(result.reason in one for one in result.differences)
    return found if is_told else f"{found} ({result.reason})"


def _print_warnings(check: PolicyCheck) -> None:
    for warning in check.warnings:
        click.echo(f"  ! {warning.path}: {warning.message}")


def _sides(difference: str) -> tuple[str, str | None, str]:
    """Field, expected and found; a difference with one side only is told as it is."""
    match = _DIFFERENCE.fullmatch(difference)
    return (match["field"], match["expected"], match["found"]) if match else ("", None, difference)


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
                "reason": result.reason or None,
                "differences": list(result.differences),
            }
            for result in check.examples
        ],
        "warnings": [
            {"rule": warning.rule, "path": warning.path, "message": warning.message} for warning in check.warnings
        ],
    }


def _tested(path: Path, check: PolicyCheck) -> dict[str, object]:
    """``_mapping`` with both sides of each difference."""
    examples = [
        {
            "name": result.example.name,
            "holds": not result.differences,
            "availability": result.found_availability,
            "credit": result.found_credit,
            "reason": result.reason or None,
            "differences": [
                {"field": field or None, "expected": expected, "found": found}
                for field, expected, found in map(_sides, result.differences)
            ],
        }
        for result in check.examples
    ]
    return {**_mapping(path, check), "examples": examples}
