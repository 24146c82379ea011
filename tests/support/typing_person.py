"""Keys as a person and as a scanner send them: with time stamps of their own, so that no test has to wait."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

#: Milliseconds between the keys of a quick typist and of a scanner.
PERSON_MS = 110
SCANNER_MS = 5

_now = 1_000_000


def _advance(milliseconds: int) -> int:
    global _now
    _now += milliseconds
    return _now


def key_of(character: str) -> Qt.Key:
    """The key that makes a character; letters outside ASCII come as an unknown key with their text."""
    if character.isascii() and character.isprintable():
        return Qt.Key(QKeySequence(character.upper() if character != " " else "Space")[0].key())
    return Qt.Key.Key_unknown


def press(key: Qt.Key, text: str = "", gap: int = PERSON_MS) -> None:
    """One key down and up on whatever has the focus."""
    stamp = _advance(gap)
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        target: QWidget | None = QApplication.focusWidget() or QApplication.activeWindow()
        assert target is not None, "nothing has the focus"
        event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
        event.setTimestamp(stamp + (1 if kind == QEvent.Type.KeyRelease else 0))
        QApplication.sendEvent(target, event)


def scan(text: str, closing: Qt.Key | None = Qt.Key.Key_Return, gap: int = SCANNER_MS) -> None:
    """A keyboard-type scanner reads a code."""
    _advance(1000)
    for character in text:
        press(key_of(character), character, gap)
    if closing is not None:
        press(closing, {Qt.Key.Key_Return: "\r", Qt.Key.Key_Tab: "\t"}.get(closing, ""), gap)


def type_text(text: str, gap: int = PERSON_MS) -> None:
    """A person types into what has the focus."""
    for character in text:
        press(key_of(character), character, gap)
    _advance(1000)
