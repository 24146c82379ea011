"""A field that offers what fits while one types: accents do not count, Enter takes the offered line and moves on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QStringListModel, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QCompleter, QLineEdit, QWidget


@dataclass(frozen=True)
class Suggestion:
    """One line that is offered: its words, and what it stands for."""

    words: str
    value: Any = None


class SuggestField(QLineEdit):
    """A line edit with a list below. ``strict`` fields hold a value only when a line was taken (a commune's code)."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._find: Callable[[str], Sequence[Suggestion]] = _nothing
        self._strict = False
        self._offered: tuple[Suggestion, ...] = ()
        self._value: Any = None
        self._words = ""
        self._rows = QStringListModel(self)
        self._list = QCompleter(self._rows, self)
        self._list.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list.setMaxVisibleItems(8)
        self._list.setWidget(self)
        self._list.activated[QModelIndex].connect(self._take)
        self.textEdited.connect(self._typed)

    def offer(self, find: Callable[[str], Sequence[Suggestion]], *, strict: bool = False) -> None:
        """``find(text)`` gives the lines that fit, the best first; the first one is taken by Enter when ``strict``."""
        self._find = find
        self._strict = strict

    @property
    def value(self) -> Any:
        """What the taken line stands for; None when nothing was taken or the text was changed since."""
        return self._value if self.text() == self._words else None

    def set_value(self, words: str, value: Any = None) -> None:
        """Show a value without asking."""
        self._words, self._value = words, value
        self.setText(words)
        self.setCursorPosition(0)

    def _typed(self, text: str) -> None:
        self._offered = tuple(self._find(text)) if text.strip() else ()
        self._rows.setStringList([line.words for line in self._offered])
        popup = self._list.popup()
        if not self._offered:
            popup.hide()
            return
        self._list.complete()
        if self._strict:
            popup.setCurrentIndex(self._list.completionModel().index(0, 0))

    def _take(self, index: QModelIndex) -> None:
        row = index.row()
        if 0 <= row < len(self._offered):
            line = self._offered[row]
            # The completer writes its own text after this signal: the value is set when that is done.
            QTimer.singleShot(0, self, partial(self._taken, line))

    def _taken(self, line: Suggestion) -> None:
        self.set_value(line.words, line.value)
        self.chosen.emit(line.value)
        if self.hasFocus() or QApplication.focusWidget() is self._list.popup():
            self.focusNextChild()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A strict field that is left with the words of exactly one line takes it."""
        super().focusOutEvent(event)
        if self._strict and self.value is None and self.text().strip() and not self._list.popup().isVisible():
            found = tuple(self._find(self.text()))
            if len(found) == 1:
                self.set_value(found[0].words, found[0].value)
                self.chosen.emit(found[0].value)


def _nothing(_text: str) -> Sequence[Suggestion]:
    return ()
