"""What every part of the layout works with: the statement, the reader's words and ways, the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sla_service.domain.statements import Statement, StatementKind
from sla_service.formats.fonts import face_of_locale, wide_face
from sla_service.formats.statement_pdf.faces import load_faces
from sla_service.formats.statement_pdf.measures import INK, ROOMY, Colour, Rhythm
from sla_service.formats.statement_pdf.sheet import Sheet
from sla_service.formats.texts import Texts, load_texts, measure_words
from sla_service.formats.texts.conventions import Conventions, conventions_for
from sla_service.formats.texts.credit_words import Words


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement on its way to paper."""

    statement: Statement
    snapshot: str
    """Its canonical JSON, of which the verification code is made."""
    sheet: Sheet
    words: Words

    @property
    def texts(self) -> Texts:
        """Sentences of the reader's language."""
        return self.words.texts

    @property
    def conventions(self) -> Conventions:
        """The reader's way of writing."""
        return self.words.conventions

    @property
    def accent(self) -> Colour:
        """The issuer's colour."""
        return Colour.parse(self.statement.issuer.accent, INK)

    @property
    def span(self) -> str:
        """``September 2023``, or the days of a period that is no month."""
        return measure_words.span(self.statement, self.words)


def draft_for(statement: Statement, snapshot: str, fonts_dir: Path, rhythm: Rhythm = ROOMY) -> Draft:
    """An empty sheet for a statement, in the recipient's zone and conventions.

    Raises:
        InvalidValueError: The recipient's zone is not known.
    """
    texts = load_texts()
    recipient = statement.recipient
    conventions = conventions_for(recipient.locale, recipient.time_zone, texts.language)
    wide = wide_face(recipient.name, face_of_locale(recipient.locale))
    faces = load_faces(fonts_dir, wide, has_other_names=statement.kind is StatementKind.PARTNER)
    return Draft(statement, snapshot, Sheet(faces, rhythm), Words(texts, conventions))
