"""The checkpoint file is only added to; half a line is none; what was edited shows."""

from __future__ import annotations

import json
import threading

import pytest

from sla_service.domain.chain import Checkpoint
from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.domain.instants import parse_instant
from sla_service.formats.checkpoint import append_checkpoint, parse_checkpoint, read_checkpoints, render_checkpoint

AT_MS = parse_instant("2023-10-02T01:00:00Z")


def kept(n, run_id=None):
    return Checkpoint("ledger", n, f"{n:064x}", AT_MS, run_id)


def test_a_line_says_chain_number_digest_time_and_run():
    line = render_checkpoint(kept(7, run_id=3))
    assert json.loads(line) == {
        "chain": "ledger",
        "block_no": 7,
        "sha256": f"{7:064x}",
        "at": "2023-10-02T01:00:00Z",
        "run": 3,
    }
    assert parse_checkpoint(line) == kept(7, run_id=3)


def test_no_file_says_nothing(tmp_path):
    assert list(read_checkpoints(tmp_path / "none")) == []


def test_lines_are_added_in_order(tmp_path):
    path = tmp_path / "new" / "ledger.checkpoint"
    append_checkpoint(path, kept(1), kept(2))
    append_checkpoint(path, kept(3))
    assert list(read_checkpoints(path)) == [kept(1), kept(2), kept(3)]


def test_half_a_line_is_none_and_the_next_one_takes_its_place(tmp_path):
    path = tmp_path / "ledger.checkpoint"
    append_checkpoint(path, kept(1))
    with path.open("a", encoding="utf-8") as file:
        file.write(render_checkpoint(kept(2))[:40])
    assert list(read_checkpoints(path)) == [kept(1)]
    append_checkpoint(path, kept(3))
    assert list(read_checkpoints(path)) == [kept(1), kept(3)]


def test_many_at_once_are_all_kept(tmp_path):
    path = tmp_path / "ledger.checkpoint"
    threads = [threading.Thread(target=append_checkpoint, args=(path, kept(n))) for n in range(1, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_checkpoints(path), key=lambda one: one.block_no) == [kept(n) for n in range(1, 25)]


@pytest.mark.parametrize(
    "change",
    [
        {"chain": "other"},
        {"block_no": "7"},
        {"block_no": True},
        {"sha256": "f" * 63},
        {"sha256": 7},
        {"at": "yesterday"},
        {"run": "3"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_line_that_was_edited_is_named(tmp_path, change):
    path = tmp_path / "ledger.checkpoint"
    line = json.dumps({**json.loads(render_checkpoint(kept(7))), **change})
    path.write_text(f"{render_checkpoint(kept(1))}\n{line}\n", encoding="utf-8")
    one, two = read_checkpoints(path)
    assert one == kept(1)
    assert isinstance(two, Problem)
    assert (two.line, two.rule) == (2, "checkpoint")


@pytest.mark.parametrize("text", ["", "[]", "null", "7", "{", '"' + "x" * 1000])
def test_what_is_no_line_of_ours_is_refused(text):
    with pytest.raises(InvalidValueError):
        parse_checkpoint(text)
