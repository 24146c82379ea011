"""Asks for a reason: a sentence, quick answers, and one committing key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.i18n import _


class ReasonDialog(QDialog):
    """Title, whom it is about, quick answers on Alt+1…, free text, F12."""

    title: QLabel
    about: QLabel
    chips: QWidget
    reason: QLineEdit
    missing: QLabel
    ok: KeyButton
    cancel: KeyButton

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        about: str,
        quick: Sequence[str] = (),
        optional: bool = False,
        text: str = "",
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/reason.ui")
        self.setWindowTitle(title)
        self.title.setText(title)
        self.about.setText(about)
        self.about.setWordWrap(True)
        self._optional = optional
        self.reason.setText(text)
        self.missing.hide()
        layout = self.chips.layout()
        for n, words in enumerate(quick, 1):
            chip = Chip(self.chips)
            chip.setText(f"{words}   {n}")
            chip.setShortcut(f"Alt+{n}")
            chip.clicked.connect(partial(self._take, words))
            layout.addWidget(chip)
        self.chips.setVisible(bool(quick))
        self.ok.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        self.reason.setFocus()

    def _take(self, words: str) -> None:
        self.reason.setText(words)
        self.reason.setFocus()

    def _accept(self) -> None:
        if not self.reason.text().strip() and not self._optional:
            self.missing.setText(_("Write the reason first."))
            self.missing.show()
            self.reason.setFocus()
            return
        self.accept()

    def words(self) -> str:
        """The reason given."""
        return self.reason.text().strip()


def ask_reason(
    parent: QWidget, title: str, about: str, quick: Sequence[str] = (), optional: bool = False, text: str = ""
) -> str | None:
    """The reason, or None when the user went back."""
    dialog = ReasonDialog(parent, title, about, quick, optional, text)
    return dialog.words() if dialog.exec() == QDialog.DialogCode.Accepted else None
