"""After an act: one line of what happened, with undo for ten seconds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from vaxdesk.gui import icons
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _

UNDO_SECONDS = 10
#: So much is left below it: it lies over the status line, never over the keys of a page.
BELOW = 2


class Toast(QFrame):
    """Lies over the lower edge of its parent, below the middle of ``over``; a newer message takes the place of an
    older one."""

    def __init__(self, parent: QWidget, over: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = over or parent
        self.setObjectName("toast")
        self._undo: Callable[[], None] | None = None
        self._left = 0
        self._picture = QLabel(self)
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._button = KeyButton(self)
        self._button.setProperty("keys", "Ctrl+Z")
        self._button.setProperty("variant", "toast")
        self._button.clicked.connect(self._take_back)
        self._close = QPushButton(self)
        self._close.setProperty("variant", "icon")
        self._close.setIcon(icons.icon("x", "on_rail"))
        self._close.clicked.connect(self.close_now)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        for widget in (self._picture, self._words, self._button, self._close):
            row.addWidget(widget)
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._second_over)
        parent.installEventFilter(self)
        self.hide()

    def say(
        self, text: str, undo: Callable[[], None] | None = None, tone: str = "ok", seconds: int = UNDO_SECONDS
    ) -> None:
        """Show ``text`` (already translated) for ``seconds``; ``undo`` is offered as Ctrl+Z meanwhile."""
        self._undo = undo
        self._left = seconds
        names = {"ok": "circle-check", "warn": "alert-triangle", "bad": "alert-circle"}
        self._picture.setPixmap(icons.pixmap(names.get(tone, "info-circle"), "on_rail", 20))
        self._words.setText(text)
        self._close.setAccessibleName(_("Close"))
        self._button.setVisible(undo is not None)
        self._show_seconds()
        self.show()
        self.raise_()
        self._place()
        self._tick.start()
        self.setAccessibleName(text)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    @property
    def text(self) -> str:
        """What is being said, or nothing."""
        return self._words.text() if self.isVisible() else ""

    def close_now(self) -> None:
        """Hide; what was done stays done."""
        self._undo = None
        self._tick.stop()
        self.hide()

    def _take_back(self) -> None:
        undo = self._undo
        self.close_now()
        if undo is not None:
            undo()

    def _second_over(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.close_now()
        else:
            self._show_seconds()

    def _show_seconds(self) -> None:
        self._button.setText(_("Undo ({seconds})").format(seconds=self._left))

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        self.adjustSize()
        width = min(self.sizeHint().width(), self._over.width() - 40)
        middle = self._over.mapTo(parent, self._over.rect().center()).x()
        self.setGeometry(middle - width // 2, parent.height() - self.height() - BELOW, width, self.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge when the parent is resized."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
