"""Blocks follow each other; what is not as it was sealed is told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_service.domain.chain import (
    BEGINNING,
    Checkpoint,
    EntriesDigest,
    Head,
    Sealed,
    append,
    compare,
    verify_checkpoint,
    verify_links,
)


def entries(*names):
    digest = EntriesDigest()
    for name in names:
        digest.add(name, f"digest of {name}")
    return digest


def a_chain(count=5):
    sealed = [Sealed.of(f"run-1/{n}", entries(f"e{n}a", f"e{n}b")) for n in range(1, count + 1)]
    return append(None, "ledger", sealed, now_ms=7)


def found(blocks):
    return [(one.rule, one.subject) for one in verify_links(blocks)]


def test_a_chain_as_it_was_made_has_nothing_to_find():
    chain = a_chain()
    assert chain[0].previous_sha256 == BEGINNING
    assert found(chain) == []


def test_appending_in_turn_is_appending_at_once():
    chain = a_chain(3)
    first = append(None, "ledger", [Sealed.of("run-1/1", entries("e1a", "e1b"))], now_ms=7)
    head = Head("ledger", 1, first[0].sha256)
    rest = [Sealed.of(f"run-1/{n}", entries(f"e{n}a", f"e{n}b")) for n in (2, 3)]
    assert [*first, *append(head, "ledger", rest, now_ms=7)] == chain


def test_entries_one_by_one_are_entries_at_once():
    at_once = EntriesDigest()
    at_once.add_all([], [])
    at_once.add_all(["a"], ["digest of a"])
    at_once.add_all(["b", "c"], ["digest of b", "digest of c"])
    assert Sealed.of("k", at_once) == Sealed.of("k", entries("a", "b", "c"))


def test_order_counts():
    assert entries("a", "b").sha256 != entries("b", "a").sha256


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: [*c[:2], *c[3:]], [("block_missing", "ledger block 3")]),
        (lambda c: [*c[:1], *c[3:]], [("block_missing", "ledger blocks 2 to 3")]),
        (lambda c: c[1:], [("block_missing", "ledger block 1")]),
        (lambda c: c[:3], []),
        (lambda c: [c[0], replace(c[1], entries=9), *c[2:]], [("block_changed", "ledger block 2 (run-1/2)")]),
        (lambda c: [c[0], resealed(c[1], entries=9), *c[2:]], [("link_broken", "ledger block 3 (run-1/3)")]),
        (lambda c: [replace(c[0], block="a\x1fb"), *c[1:]], [("block_changed", "ledger block 1 (a\x1fb)")]),
    ],
    ids=[
        "one removed",
        "two removed",
        "the first removed",
        "a tail that is cut off does not show by itself",
        "one changed",
        "one changed with its digest",
        "a text that holds the separator",
    ],
)
def test_what_does_not_follow_is_named(change, expected):
    assert found(change(a_chain())) == expected


def resealed(block, **changes):
    changed = replace(block, **changes)
    return replace(changed, sha256=changed.digest)


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (entries("e1a", "e1b"), None),
        (entries("e1a"), "entries_deleted"),
        (entries(), "entries_deleted"),
        (entries("e1a", "e1b", "e1c"), "entries_inserted"),
        (entries("e1a", "e1x"), "entries_replaced"),
        (entries("e1b", "e1a"), "entries_replaced"),
    ],
    ids=["as sealed", "one gone", "all gone", "one more", "one replaced", "swapped"],
)
def test_entries_against_their_block(now, rule):
    finding = compare(a_chain()[0], now, now)
    assert (finding.rule if finding else None) == rule


@pytest.mark.parametrize(
    ("number", "sha256", "rule"),
    [(2, "same", None), (2, "other", "rewritten"), (9, None, "tail_cut")],
    ids=["as it was kept", "another digest", "no such block any more"],
)
def test_a_kept_head_shows_what_the_chain_itself_cannot(number, sha256, rule):
    kept = Checkpoint("ledger", number, "same", 7)
    finding = verify_checkpoint(kept, sha256)
    assert (finding.rule if finding else None) == rule
