"""Qt's own texts and those of the forms, answered from the program's one catalogue."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTranslator

from vaxdesk import i18n


class CatalogueTranslator(QTranslator):
    """Answers every text of a form and of Qt's dialogs from ``resources/translations``; contexts are not used."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def translate(
        self, context: str | bytes, source: str | bytes, disambiguation: str | bytes | None = None, n: int = -1
    ) -> str:
        """The text in the language in use, or the source itself (Qt would show an empty answer as it is)."""
        text = source.decode() if isinstance(source, bytes) else source
        found = i18n.catalogue(i18n.language()).get(text)
        if found is None:
            return text
        if isinstance(found, list):
            return found[0] if len(found) == 1 or n == 1 else found[1]
        return found

    def isEmpty(self) -> bool:
        """Never: an empty translator would not be asked."""
        return False
