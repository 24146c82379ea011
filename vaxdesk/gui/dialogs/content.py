"""Shows the exact content of something that is sent."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton


class ContentDialog(QDialog):
    """A text to look at and to copy."""

    title: QLabel
    about: QLabel
    text: QPlainTextEdit
    copy: KeyButton
    close_button: KeyButton

    def __init__(self, parent: QWidget, title: str, about: str, text: str) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/content.ui")
        self.setWindowTitle(title)
        self.title.setText(title)
        self.about.setText(about)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlainText(text)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.reject)
        self.close_button.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
