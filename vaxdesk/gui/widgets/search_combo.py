"""A choice from a long list that can be typed: a part of the name is enough, in any order, without accents."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QStringListModel, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from vaxdesk.domain import names

#: So many lines are offered below the field.
_LINES = 10
#: Ways in which the keyboard comes and goes without the user leaving the field.
_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class SearchCombo(QComboBox):
    """Typing offers the entries that fit; Enter, Tab or leaving takes the first one, an empty text the empty entry.

    "Tỉnh Sơn La" is found by "son", "la son" and "sơn la": no list of provinces has to be scrolled through.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)
        self._offered: list[int] = []
        self._rows = QStringListModel(self)
        self._list = QCompleter(self._rows, self)
        self._list.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list.setMaxVisibleItems(_LINES)
        edit = self.lineEdit()
        self._list.setWidget(edit)
        self._list.activated[QModelIndex].connect(self._take_line)
        edit.textEdited.connect(self._typed)
        edit.returnPressed.connect(self.settle)

    def matches(self, text: str) -> list[int]:
        """The rows whose words contain all that was typed; those that begin with it first."""
        wanted = names.key(text).split()
        if not wanted:
            return []
        found = []
        for row in range(self.count()):
            entry = names.key(self.itemText(row))
            if entry and all(word in entry for word in wanted):
                whole = " ".join(wanted)
                # A name stands behind its kind ("Tỉnh", "Xã"): the whole name first, then whole words, then beginnings.
                words = set(wanted) <= set(entry.split())
                found.append((not f" {entry}".endswith(f" {whole}"), not words, f" {whole}" not in f" {entry}", row))
        return [row for *_closeness, row in sorted(found)]

    def settle(self) -> None:
        """Take what was typed: the entry of that name, else the first that fits, else the one of before."""
        text = self.lineEdit().text()
        if text == self.itemText(self.currentIndex()):
            return
        exact = self.findText(text, Qt.MatchFlag.MatchFixedString)
        found = [exact] if exact >= 0 else self.matches(text)
        if found:
            self.setCurrentIndex(found[0])
        self.setEditText(self.itemText(self.currentIndex()))

    def _typed(self, text: str) -> None:
        self._offered = self.matches(text)
        self._rows.setStringList([self.itemText(row) for row in self._offered])
        whole = f" {names.key(text)}"
        named = [row for row in self._offered if whole in f" {names.key(self.itemText(row))}"]
        if len(named) == 1 and f" {names.key(self.itemText(named[0]))}".endswith(whole):
            # The whole name of one entry alone, its kind left out: nothing else can be meant.
            self._close_list()
            self._take(named[0])
        elif self._offered:
            self._list.complete()
        else:
            self._close_list()

    def _close_list(self) -> None:
        if self._list.popup().isVisible():
            self._list.popup().hide()
            # Some platforms leave the closed list the active window: the next field would not get the keyboard.
            self.window().activateWindow()

    def _take_line(self, line: QModelIndex) -> None:
        if 0 <= line.row() < len(self._offered):
            self._take(self._offered[line.row()])

    def _take(self, row: int) -> None:
        self.setCurrentIndex(row)
        self.setEditText(self.itemText(row))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming into the field marks its text: what is typed takes its place."""
        super().focusInEvent(event)
        if event.reason() not in _PASSING:
            self.lineEdit().selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving takes what fits; the list that opens below is no leaving."""
        if event.reason() not in _PASSING:
            self._close_list()
            self.settle()
        super().focusOutEvent(event)
