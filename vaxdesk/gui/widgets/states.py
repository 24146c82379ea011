"""What a page shows when there is nothing to show yet, when something failed, and when fields need work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import icons
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _, ngettext

TEXT_WIDTH = 440


class EmptyState(QWidget):
    """An empty page says what to do first: icon, a sentence, why, and one button."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = ("", "", "")
        self._picture = QLabel(self)
        self._title = QLabel(self)
        self._title.setProperty("type", "lead")
        self._text = QLabel(self)
        self._text.setProperty("type", "muted")
        self._text.setWordWrap(True)
        self.button = KeyButton(self)
        self.button.clicked.connect(self.acted)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(1)
        for widget in (self._picture, self._title, self._text, self.button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        for label in (self._title, self._text, self._picture):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(TEXT_WIDTH)
        self.button.hide()

    def say(self, icon_name: str, title: str, text: str, button: str = "", keys: str = "") -> None:
        """Show message ids: they are translated here and again when the language changes."""
        self._picture.setPixmap(icons.pixmap(icon_name, "control", 40))
        self._texts = (title, text, button)
        self.button.setVisible(bool(button))
        if keys:
            self.button.setProperty("keys", keys)
        self._translate()

    def _translate(self) -> None:
        title, text, button = self._texts
        self._title.setText(_(title) if title else "")
        self._text.setText(_(text) if text else "")
        # A centred label is not asked how high its words are at its width.
        self._text.setFixedHeight(max(0, self._text.heightForWidth(TEXT_WIDTH)))
        self.button.setText(_(button) if button else "")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)


class ErrorState(QFrame):
    """A page's content could not be had: the sentence of the error and one button to try again."""

    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error: KnownError | None = None
        self.setProperty("card", "bad")
        self._picture = QLabel(self)
        self._picture.setPixmap(icons.pixmap("alert-triangle", "bad", 20))
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._button = QPushButton(self)
        self._button.setProperty("variant", "small")
        self._button.clicked.connect(self.again)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(12)
        row.addWidget(self._picture)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()

    def tell(self, error: KnownError | None, *, again: bool = False) -> None:
        """Show the error's own words, or hide when there is none. ``again`` offers to try again."""
        self._error = error
        self._button.setVisible(again)
        self.setVisible(error is not None)
        self._translate()

    def _translate(self) -> None:
        self._button.setText(_("Try again"))
        self._words.setText(self._error.words() if self._error else "")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)


class ErrorSummary(QFrame):
    """All fields that need work, above the form; each line jumps to its field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "bad")
        self._head = QLabel(self)
        self._head.setProperty("type", "strong")
        self._head.setProperty("tone", "bad")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(14, 10, 14, 10)
        self._column.setSpacing(2)
        self._column.addWidget(self._head)
        self._lines: list[QPushButton] = []
        self.hide()

    def show_errors(self, errors: Sequence[FieldError], go_to: Callable[[str], None]) -> None:
        """One line an error; ``go_to`` is called with the field's name. No error hides the summary."""
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()
        words = ngettext("{count} field needs your attention", "{count} fields need your attention", len(errors))
        self._head.setText(words.format(count=len(errors)))
        for error in errors:
            line = QPushButton(error.words(), self)
            line.setProperty("variant", "line")
            line.setAutoDefault(False)
            line.clicked.connect(partial(go_to, error.field))
            self._column.addWidget(line, 0, Qt.AlignmentFlag.AlignLeft)
            self._lines.append(line)
        self.setVisible(bool(errors))
