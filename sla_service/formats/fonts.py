"""Fonts for documents: static TrueType subsets, prepared once and kept as files.

The sources are variable fonts of many thousand glyphs. A document embeds a subset of what it prints, and making that
subset is fast only from a small static font, so the small fonts are made ahead, once per machine and version.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import fontpkg_noto_sans
import justmytype_intl_cjk
from fontTools import subset
from fontTools import version as fonttools_version
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from sla_service.domain.errors import InvalidValueError, Problem, shown

RECIPE = "2"
"""Raise it when this module makes other bytes from the same source: the name of the cached files follows."""
DIGEST_DIGITS = 16
"""64 bits in the file name: versions of a few fonts never collide."""
READABLE = 0o644
"""Mode of the cached files: the web process and the worker may be different users."""
SPACES = frozenset("\t\n\v\f\r\x85\u2028\u2029")
"""Controls that separate words: they print as a space."""
SHOWN_MISSING = 12
"""Characters named in one refusal; a whole text in an unknown script need not be listed."""

_NOTO = Path(fontpkg_noto_sans.__file__).parent / "files" / "NotoSans[wdth,wght].ttf"
_CJK = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl"

_LATIN_BLOCKS = (
    (0x0020, 0x007E),
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0250, 0x036F),  # phonetic, modifiers, combining marks that have no composed form
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin Extended Additional: Vietnamese
    (0x1F00, 0x1FFF),  # Greek Extended
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),  # superscripts
    (0x20A0, 0x20CF),  # currency signs
    (0x2100, 0x218F),  # letterlike, fractions
    (0x2212, 0x2212),  # minus
)
_SYMBOLS = "←↑→↓≈≠≤≥∞∑√●○■□▲△▼▽◆◇★☆✓"
"""Signs that people write in incident notes, and Noto Sans has not: its Chinese sibling draws them."""


_WIDE_BLOCKS = ((0x3000, 0x30FF), (0xFF00, 0xFFEF))
"""Punctuation and kana: in each of the East Asian faces."""
_KANA, _HANGUL, _PRIVATE_USE = range(0x3041, 0x3100), range(0xAC00, 0xD7A4), range(0xE000, 0xF900)


class Face(StrEnum):
    """One font file as it is embedded."""

    REGULAR = "regular"
    SEMIBOLD = "semibold"
    SYMBOLS = "symbols"
    CHINESE = "chinese"
    JAPANESE = "japanese"
    TRADITIONAL = "traditional"
    KOREAN = "korean"


_CHARSETS = {
    Face.CHINESE: ("SC", ("gb2312",)),
    Face.JAPANESE: ("JP", ("euc_jp", "cp932")),  # JIS X 0208, and what Windows adds to it: 髙 and 﨑 of names, ㈱
    Face.TRADITIONAL: ("TC", ("big5",)),
    Face.KOREAN: ("KR", ("euc_kr",)),
}
_WIDE = tuple(_CHARSETS)
"""Faces of East Asian writing; without a better reason the first that has the glyph is taken."""
_LATIN = (Face.REGULAR, Face.SYMBOLS)
"""Tried first: a word in Latin letters never needs an East Asian font."""
_TRADITIONAL_PLACES = frozenset({"tw", "hk", "mo", "hant"})


class _Recipe(NamedTuple):
    source: Path
    characters: frozenset[int]
    weight: int
    family: str


@lru_cache(maxsize=len(Face))
def _recipe(face: Face) -> _Recipe:
    match face:
        case Face.REGULAR | Face.SEMIBOLD:
            return _Recipe(_NOTO, _in_blocks(_LATIN_BLOCKS), 400 if face is Face.REGULAR else 600, "SlaSans")
        case Face.SYMBOLS:
            return _Recipe(_cjk("SC"), frozenset(map(ord, _SYMBOLS)), 400, "SlaSymbols")
        case Face.CHINESE | Face.JAPANESE | Face.TRADITIONAL | Face.KOREAN:
            name, charsets = _CHARSETS[face]
            return _Recipe(_cjk(name), _in_charsets(charsets), 400, f"SlaSans{name}")


def _cjk(name: str) -> Path:
    return _CJK / f"notosans{name.lower()}" / f"NotoSans{name}[wght].ttf"


def _in_blocks(blocks: Iterable[tuple[int, int]]) -> frozenset[int]:
    return frozenset(code for first, last in blocks for code in range(first, last + 1))


def _in_charsets(names: Iterable[str]) -> frozenset[int]:
    """All characters that the national standards write in two bytes, with all kana and wide punctuation."""
    pairs = [bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF)]
    decoded = (pair.decode(name, errors="ignore") for name in names for pair in pairs)
    found = {ord(c) for text in decoded for c in text if not c.isascii()}
    return _in_blocks(_WIDE_BLOCKS).union(found).difference(_PRIVATE_USE)


def font_file(face: Face, *, cache: Path) -> Path:
    """The prepared font of that face; made on first use.

    Args:
        face: Which one. An East Asian font takes some seconds to make, the others under two.
        cache: Folder to keep it in; made if there is none. Several processes may share it.

    Returns:
        Path of a static TrueType file whose name changes with its source, this recipe and fontTools.
    """
    recipe = _recipe(face)
    path = cache / f"{recipe.family}-{recipe.weight}-{_digest(face)}.ttf"
    if not path.exists():
        _write_whole(path, _make(recipe))
    return path


def printable(text: str) -> str:
    """The text as it can be set on one line: composed, with spaces for line breaks and without invisible characters.

    Invisible are controls, format characters (direction overrides, zero widths) and variation selectors: they have no
    shape to print, and must not steer the document either.
    """
    if text.isascii() and text.isprintable():
        return text
    spaced = "".join(" " if c in SPACES else c for c in text)
    return "".join(c for c in unicodedata.normalize("NFC", spaced) if not _invisible(c))


def missing_glyphs(text: str) -> str:
    """The characters of a text that none of the fonts can print, each once, in order of appearance."""
    if text.isascii() and text.isprintable():
        return ""
    return "".join(dict.fromkeys(c for c in printable(text) if not any(_has(face, c) for face in (*_LATIN, *_WIDE))))


def require_glyphs(texts: Iterable[str]) -> None:
    """Insist that every text can be printed as it is written.

    Raises:
        InvalidValueError: Rule ``glyph_missing``, one problem per text, naming its characters.
    """
    problems = [_missing_problem(text, missing) for text in dict.fromkeys(texts) if (missing := missing_glyphs(text))]
    if problems:
        raise InvalidValueError(problems)


def face_of_locale(locale: str) -> Face | None:
    """The East Asian face in which a reader expects Chinese characters; None if the locale does not say."""
    language, *parts = locale.lower().replace("_", "-").split("-")
    if language == "zh":
        return Face.CHINESE if _TRADITIONAL_PLACES.isdisjoint(parts) else Face.TRADITIONAL
    return {"ja": Face.JAPANESE, "ko": Face.KOREAN}.get(language)


def face_of_script(text: str) -> Face | None:
    """The East Asian face that a text's own script asks for; None without kana and Hangul."""
    if any(ord(c) in _KANA for c in text):
        return Face.JAPANESE
    return Face.KOREAN if any(ord(c) in _HANGUL for c in text) else None


def runs(text: str, wide: Face | None = None) -> Iterator[tuple[Face, str]]:
    """Split a printable text where the font changes.

    Args:
        text: From ``printable``.
        wide: The East Asian face to prefer, else the text's script decides. Where it lacks a character another one is
            taken, for the whole text if it has all of it: the same character looks different in each.

    Yields:
        Stretches in order; ``REGULAR`` stands for the weight wanted, and for what no font has (see ``require_glyphs``).
    """
    if text.isascii():
        yield Face.REGULAR, text
        return
    order = (*_LATIN, *_wide_order(text, wide))
    for face, characters in groupby(text, key=lambda c: next((f for f in order if _has(f, c)), Face.REGULAR)):
        yield face, "".join(characters)


def wide_face(text: str, wide: Face | None = None) -> Face | None:
    """The East Asian face in which ``runs`` would set a text; the preferred one if the text needs none."""
    return next(iter(_wide_order(printable(text), wide)), wide)


@lru_cache(maxsize=4096)
def _wide_order(text: str, wide: Face | None) -> Sequence[Face]:
    """East Asian faces by preference, one that has the whole text first."""
    characters = [c for c in dict.fromkeys(text) if not any(_has(face, c) for face in _LATIN)]
    if not characters:
        return ()
    first = wide or face_of_script(text) or Face.CHINESE
    order = sorted(_WIDE, key=lambda face: face is not first)
    return sorted(order, key=lambda face: not all(_has(face, c) for c in characters))


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"} or "\ufe00" <= character <= "\ufe0f"


@lru_cache(maxsize=16384)
def _has(face: Face, character: str) -> bool:
    """Whether a face prints a character; its source is only opened for one that it is meant to have."""
    code = ord(character)
    return code in _recipe(face).characters and code in _source_codes(face)


@lru_cache(maxsize=len(Face))
def _source_codes(face: Face) -> frozenset[int]:
    with TTFont(_recipe(face).source, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _missing_problem(text: str, missing: str) -> Problem:
    named = [f"{c} (U+{ord(c):04X} {unicodedata.name(c, 'unnamed')})" for c in missing[:SHOWN_MISSING]]
    more = f" and {len(missing) - SHOWN_MISSING} more" if len(missing) > SHOWN_MISSING else ""
    message = f"replace {', '.join(named)}{more}: the fonts of our documents cannot print it"
    # A lone surrogate cannot be encoded, and would break whoever logs the message.
    safe = message.encode("utf-8", errors="backslashreplace").decode()
    return Problem("glyph_missing", safe, value=shown(text))


@lru_cache(maxsize=len(Face))
def _digest(face: Face) -> str:
    """What the file is made from: source, characters, weight, tool and this recipe."""
    recipe = _recipe(face)
    digest = hashlib.sha256(recipe.source.read_bytes())
    wanted = ",".join(f"{code:x}" for code in sorted(recipe.characters))
    digest.update(f"{RECIPE}|{fonttools_version}|{recipe.family}|{recipe.weight}|{wanted}".encode())
    return digest.hexdigest()[:DIGEST_DIGITS]


def _make(recipe: _Recipe) -> bytes:
    """Subset first, then fix the weight: instancing thirty thousand glyphs would take minutes."""
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, glyph_names=False, name_IDs=[])
    options.drop_tables += ["STAT", "MVAR", "meta", "vhea", "vmtx", "VVAR", "VORG", "BASE", "GSUB", "GPOS", "GDEF"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted(recipe.characters))
    where = {"wght": recipe.weight, "wdth": 100}
    out = BytesIO()
    with TTFont(recipe.source, recalcTimestamp=False, lazy=True) as font:
        subsetter.subset(font)
        axes = {axis.axisTag for axis in font["fvar"].axes}
        instancer.instantiateVariableFont(font, {axis: where[axis] for axis in axes}, inplace=True)
        font["OS/2"].usWeightClass = recipe.weight
        _name(font, f"{recipe.family}-{recipe.weight}")
        font.save(out)
    return out.getvalue()


def _name(font: TTFont, name: str) -> None:
    """Two faces of one document are told apart by their PostScript names, so each weight gets its own."""
    names = font["name"]
    names.names = []
    for name_id, text in ((1, name), (2, "Regular"), (4, name), (6, name)):
        names.setName(text, name_id, 3, 1, 0x409)


def _write_whole(path: Path, content: bytes) -> None:
    """Write so that a reader, or a second process making the same file, never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(READABLE)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
