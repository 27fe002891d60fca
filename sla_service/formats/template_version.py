"""Which version of the templates documents are made with: a digest of the files that make them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

FORMATS = Path(__file__).resolve().parent
TEMPLATES = FORMATS.parents[1] / "templates" / "email"
SOURCES = ((FORMATS / "statement_pdf", "*.py"), (FORMATS / "texts", "*"), (TEMPLATES, "**/*"))


@lru_cache(maxsize=1)
def template_version() -> str:
    """SHA-256 over the code, texts and templates of statements and mails: another release may have another."""
    digest = hashlib.sha256()
    for folder, pattern in SOURCES:
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                digest.update(f"{path.relative_to(folder.parent).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()
