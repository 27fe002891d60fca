"""Fonts are made once, whole, with the same bytes; what they cannot print is named, never replaced by a box."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fontTools.ttLib import TTFont

from sla_service.domain.errors import InvalidValueError
from sla_service.formats.fonts import (
    Face,
    face_of_locale,
    font_file,
    missing_glyphs,
    printable,
    require_glyphs,
    runs,
    wide_face,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("fonts")


@pytest.mark.parametrize(("face", "weight"), [(Face.REGULAR, 400), (Face.SEMIBOLD, 600), (Face.SYMBOLS, 400)])
def test_a_prepared_font_is_static_and_has_its_weight(face, weight, cache):
    with TTFont(font_file(face, cache=cache)) as font:
        assert "fvar" not in font
        assert font["OS/2"].usWeightClass == weight


def test_figures_are_as_wide_as_each_other_and_as_the_minus(cache):
    with TTFont(font_file(Face.REGULAR, cache=cache)) as font:
        cmap, widths = font.getBestCmap(), font["hmtx"]
        assert len({widths[cmap[ord(c)]][0] for c in "0123456789\u2212"}) == 1


def test_made_twice_in_different_processes_the_bytes_are_the_same(cache, tmp_path):
    code = (
        "import sys, pathlib; from sla_service.formats.fonts import Face, font_file;"
        "font_file(Face.SYMBOLS, cache=pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    here = font_file(Face.SYMBOLS, cache=cache)
    (there,) = tmp_path.iterdir()
    assert there.name == here.name
    assert there.read_bytes() == here.read_bytes()


def test_a_font_already_made_is_not_made_again(cache):
    path = font_file(Face.SYMBOLS, cache=cache)
    before = path.stat().st_mtime_ns
    assert font_file(Face.SYMBOLS, cache=cache) == path
    assert path.stat().st_mtime_ns == before


def test_nothing_half_written_is_left_beside_the_font(cache):
    font_file(Face.SYMBOLS, cache=cache)
    assert all(path.suffix == ".ttf" and not path.name.startswith(".") for path in cache.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "Lumen & Loom <Holdings>",
        "Ærø Åkeri, Žižkov, Łódź, İstanbul, Đà Nẵng",
        "Ωμέγα, Київ",
        "USD 29.90 − € £ ¥ ₩ ₹ … “quoted” – —",
        "from → to, ≥ 5, ≤ 3, ✓",
        "杭州云织家居用品有限公司",
        "ラーメン・カフェ",
        "月見陶器本舗",
        "みなと革細工堂",
        "髙﨑製作所㈱",
        "서울 상점",
        "臺灣錶店",
    ],
)
def test_can_be_printed(text):
    assert missing_glyphs(text) == ""


@pytest.mark.parametrize(
    ("text", "missing"),
    [("Party 🎉 Shop 🎉", "🎉"), ("नमस्ते", "नमसते\u094d"), ("\ud800", "\ud800"), ("\ue000", "\ue000"), ("ไทย", "ไทย")],
    ids=["emoji", "a script that needs shaping", "a lone surrogate", "private use", "Thai"],
)
def test_cannot_be_printed(text, missing):
    assert set(missing_glyphs(text)) == set(missing)


def test_a_refusal_names_rule_character_and_text():
    with pytest.raises(InvalidValueError) as refused:
        require_glyphs(["Fine", "Party 🎉 Shop", "Party 🎉 Shop"])
    (problem,) = refused.value.problems
    assert problem.rule == "glyph_missing"
    assert "🎉 (U+1F389 PARTY POPPER)" in problem.message
    assert problem.value == "Party 🎉 Shop"


def test_a_refusal_can_be_written_to_a_log():
    with pytest.raises(InvalidValueError) as refused:
        require_glyphs(["\ud800"])
    assert str(refused.value).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("bell\x07 escape\x1b[31m", "bell escape[31m"),
        ("turned \u202eround", "turned round"),
        ("zero\u200bwidth so\u00adft", "zerowidth soft"),
        ("Cafe\u0301", "Caf\u00e9"),
    ],
    ids=["line breaks are spaces", "controls vanish", "no turning of direction", "no hidden characters", "composed"],
)
def test_printable(text, shown):
    assert printable(text) == shown


def test_chinese_inside_a_latin_name_gets_its_own_font():
    assert list(runs("Acme 北京 Ltd")) == [(Face.REGULAR, "Acme "), (Face.CHINESE, "北京"), (Face.REGULAR, " Ltd")]


@pytest.mark.parametrize(
    ("locale", "face"),
    [
        ("ja", Face.JAPANESE),
        ("ja_JP", Face.JAPANESE),
        ("ko-KR", Face.KOREAN),
        ("zh-CN", Face.CHINESE),
        ("zh_SG", Face.CHINESE),
        ("zh-TW", Face.TRADITIONAL),
        ("zh_HK", Face.TRADITIONAL),
        ("zh-Hant-MO", Face.TRADITIONAL),
        ("en_US", None),
        ("", None),
    ],
)
def test_a_locale_says_in_which_face_its_readers_expect_chinese_characters(locale, face):
    assert face_of_locale(locale) is face


@pytest.mark.parametrize(
    ("text", "preferred", "face"),
    [
        ("青空文具", None, Face.CHINESE),
        ("青空文具", Face.JAPANESE, Face.JAPANESE),
        ("青空文具の森", None, Face.JAPANESE),
        ("青空文具の森", Face.CHINESE, Face.CHINESE),
        ("月見陶器本舗", None, Face.JAPANESE),
        ("月見陶器本舗", Face.CHINESE, Face.JAPANESE),
        ("杭州云织家居", Face.JAPANESE, Face.CHINESE),
        ("서울", None, Face.KOREAN),
        ("臺灣錶店", None, Face.TRADITIONAL),
    ],
    ids=str,
)
def test_a_name_is_set_in_one_face_that_has_all_of_it(text, preferred, face):
    assert list(runs(text, preferred)) == [(face, text)]
    assert wide_face(text, preferred) is face


def test_a_name_that_no_face_has_whole_is_set_from_several_rather_than_refused():
    assert [face for face, _ in runs("见雑", Face.CHINESE)] == [Face.CHINESE, Face.JAPANESE]


def test_a_latin_name_needs_no_east_asian_face():
    assert wide_face("Łódź → Ωμέγα", None) is None
    assert wide_face("Łódź → Ωμέγα", Face.KOREAN) is Face.KOREAN
