"""Keys that hold everywhere: Enter moves on, and any key or mouse act says that somebody is at the desk."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QWidget,
)

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class InputFilters(QObject):
    """The one event filter of the application: asks several in their order, and only about input.

    A filter written in Python is called for every event of the program, so there is one of them, and its first line
    turns away all that is not input.
    """

    _INPUT = frozenset(
        (
            QEvent.Type.KeyPress,
            QEvent.Type.KeyRelease,
            QEvent.Type.ShortcutOverride,
            QEvent.Type.InputMethod,
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseMove,
            QEvent.Type.Wheel,
            QEvent.Type.TouchBegin,
        )
    )

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._filters: list[QObject] = []
        application.installEventFilter(self)

    def add(self, asked: QObject, *, first: bool = False) -> None:
        """Ask this filter from now on, after the others or before them; one that is there already stays."""
        if asked not in self._filters:
            self._filters.insert(0 if first else len(self._filters), asked)

    def remove(self, asked: QObject) -> None:
        """Ask it no longer."""
        if asked in self._filters:
            self._filters.remove(asked)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True as soon as one of them takes the event."""
        if event.type() not in self._INPUT:
            return False
        for asked in tuple(self._filters):
            if not shiboken6.isValid(asked):
                self._filters.remove(asked)
            elif asked.eventFilter(watched, event):
                return True
        return False


class EnterMovesOn(QObject):
    """Enter alone goes to the next field; it never presses a button and never commits.

    Where a widget's property ``enterOpens`` is true (search box, sign-in) Enter reaches it. Lists open with Enter,
    texts of several lines take it, and Qt's own message boxes keep it.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn a plain Enter on a field or button into Tab."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() not in _ENTER or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if not isinstance(watched, QWidget) or watched.property("enterOpens"):
            return False
        if isinstance(watched.window(), QMessageBox):
            return False
        if isinstance(watched, QAbstractButton | QComboBox | QAbstractSpinBox) or (
            isinstance(watched, QLineEdit) and not isinstance(watched.parentWidget(), QAbstractItemView)
        ):
            if not event.isAutoRepeat():
                tab = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "\t")
                QApplication.sendEvent(watched, tab)
            return True
        return False


class AltTypesNothing(QObject):
    """Alt with a letter or digit is a key of the page. Where the page has no such key nothing happens: a field under
    the cursor does not take the digit. Alt with the number pad stays, which writes letters by their numbers on Windows.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what would be typed; keys that mean something never come here."""
        return (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.AltModifier
            and event.text().isprintable()
            and bool(event.text())
            and isinstance(watched, QLineEdit | QPlainTextEdit)
        )


class IdleWatch(QObject):
    """Emits :attr:`idle` when neither key nor mouse was used for the set time."""

    idle = Signal()

    def __init__(self, minutes: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.idle)
        self.set_minutes(minutes)

    def set_minutes(self, minutes: float) -> None:
        """Change the time; 0 switches the watch off."""
        self._timer.stop()
        if minutes > 0:
            self._timer.start(round(minutes * 60_000))

    def restart(self) -> None:
        """Somebody is at work: begin anew."""
        if self._timer.isActive():
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin anew with every act of the user."""
        self.restart()
        return False
