"""The two passphrase fields with their four generated words: in set-up, recovery and administration."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from vaxdesk.domain import passphrases
from vaxdesk.errors import FieldError
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit


class PassphrasePair(QObject):
    """Binds a passphrase, its repetition and the button that deals four words."""

    def __init__(self, first: PassphraseEdit, again: PassphraseEdit, deal: KeyButton, words: QLabel) -> None:
        super().__init__(first)
        self._first, self._again, self._words = first, again, words
        words.hide()
        deal.clicked.connect(self._deal)
        first.textEdited.connect(self._typed)

    def value(self) -> str:
        """The passphrase.

        :raises FieldError: the two differ.
        """
        if self._first.text() != self._again.text():
            raise FieldError("again", "Type the same passphrase in both fields.")
        return self._first.text()

    def clear(self) -> None:
        """Empty everything."""
        for field in (self._first, self._again):
            field.clear()
        self._words.clear()
        self._words.hide()

    def _deal(self) -> None:
        made = passphrases.generate()
        self._words.setText(made)
        self._words.show()
        self._first.setText(made)
        self._again.clear()
        self._again.setFocus()

    def _typed(self) -> None:
        self._words.hide()
