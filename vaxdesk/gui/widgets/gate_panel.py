"""The dark panel at the left of sign-in, lock and set-up: what this is, which station, which step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from vaxdesk.gui import icons, style
from vaxdesk.i18n import N_, _

_PROMISE = N_("The vaccination desk of the commune health station. Works without internet.")


class GatePanel(QFrame):
    """Sign and name at the top; a headline, words or the steps of set-up in the middle; the practice band below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = ""
        self._steps: tuple[str, ...] = ()
        self._current = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 40, 40, 32)
        column.setSpacing(10)
        brand = QHBoxLayout()
        brand.setSpacing(12)
        logo = QLabel(self)
        logo.setPixmap(icons.logo(36))
        name = QLabel("VaxDesk", self)
        name.setObjectName("gate_brand")
        brand.addWidget(logo)
        brand.addWidget(name)
        brand.addStretch(1)
        column.addLayout(brand)
        column.addStretch(2)
        self._title = QLabel(self)
        self._title.setObjectName("gate_title")
        self._title.setWordWrap(True)
        self._words = QLabel(self)
        self._words.setObjectName("gate_words")
        self._words.setWordWrap(True)
        column.addWidget(self._title)
        column.addWidget(self._words)
        self._step_lines = QVBoxLayout()
        self._step_lines.setSpacing(12)
        column.addLayout(self._step_lines)
        column.addStretch(3)
        self._practice = QLabel(self)
        self._practice.setObjectName("practice_band")
        self._practice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._practice.setVisible(style.practice())
        column.addWidget(self._practice)
        self._translate()

    def say(self, headline: str) -> None:
        """Show the station's name, or what is being done."""
        self._headline = headline
        self._translate()

    def show_steps(self, steps: tuple[str, ...], current: int) -> None:
        """List the steps (message ids); those before ``current`` are done."""
        self._steps, self._current = steps, current
        self._translate()

    def _translate(self) -> None:
        self._title.setText(self._headline or "VaxDesk")
        self._words.setText(_(_PROMISE))
        self._words.setVisible(not self._steps)
        self._practice.setText(_("Practice: invented people"))
        while (item := self._step_lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for index, step in enumerate(self._steps):
            self._step_lines.addWidget(_Step(index, self._current, _(step), self))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)


class _Step(QWidget):
    """One step: a number or a tick, and its words."""

    def __init__(self, index: int, current: int, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        state = "done" if index < current else "now" if index == current else "later"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        number = QLabel(str(index + 1), self)
        number.setObjectName("gate_number")
        number.setFixedSize(26, 26)
        number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        number.setProperty("step", state)
        if state == "done":
            number.setPixmap(icons.pixmap("check", "rail_text", 16))
        text = QLabel(words, self)
        text.setObjectName("gate_step")
        text.setProperty("step", state)
        text.setWordWrap(True)
        row.addWidget(number)
        row.addWidget(text, 1)
