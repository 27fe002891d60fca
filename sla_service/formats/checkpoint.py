"""The checkpoint file: the heads of the chains, a line of JSON each, outside of the database.

It is only ever added to. Kept where the database's owner cannot write (another machine, a write-once store, a mail to
the auditor), it shows even a chain that was written anew from its beginning.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from sla_service.domain.chain import Chain, Checkpoint
from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.domain.instants import format_instant, parse_instant

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KEYS = {"chain", "block_no", "sha256", "at", "run"}


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """A line, without its end."""
    said = {
        "chain": checkpoint.chain,
        "block_no": checkpoint.block_no,
        "sha256": checkpoint.sha256,
        "at": format_instant(checkpoint.at_ms),
        "run": checkpoint.run_id,
    }
    return json.dumps(said, separators=(",", ":"))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a line.

    Raises:
        InvalidValueError: It is not one of ours.
    """
    try:
        said = json.loads(text)
        good = (
            said.keys() == _KEYS
            and said["chain"] in list(Chain)
            and type(said["block_no"]) is int
            and _SHA256.fullmatch(said["sha256"])
            and (said["run"] is None or type(said["run"]) is int)
        )
        if good:
            return Checkpoint(said["chain"], said["block_no"], said["sha256"], parse_instant(said["at"]), said["run"])
    except (ValueError, TypeError, AttributeError, InvalidValueError):
        pass
    raise InvalidValueError.of("checkpoint", "this is no line of a checkpoint file", value=shown(text))


def read_checkpoints(path: Path) -> Iterator[Checkpoint | Problem]:
    """The lines of a file, those that cannot be read as problems; nothing if there is no file.

    A last line without an end was cut off by a crash while it was written: it says nothing.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith("\n"):
                return
            try:
                yield parse_checkpoint(line)
            except InvalidValueError as error:
                problem = error.problems[0]
                yield Problem(problem.rule, problem.message, line=number, value=problem.value)


def append_checkpoint(path: Path, *checkpoints: Checkpoint) -> None:
    """Add lines, on the disk when this returns: file and folder are synchronised. Half a line is taken away first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("ab") as file:
        # Another process may finish a run at the same moment.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        file.write("".join(f"{render_checkpoint(one)}\n" for one in checkpoints).encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
