"""A conflict field by field: ours and the portal's beside each other, one of each chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton, QWidget

from vaxdesk.gui import sync_words
from vaxdesk.gui.event_words import FIELDS
from vaxdesk.i18n import _
from vaxdesk.services.conflicts import FieldPair


class FieldChoices:
    """Fills a grid with one line a field; what only the portal knows is proposed from there."""

    def __init__(self, host: QWidget, grid: QGridLayout) -> None:
        self._host = host
        self._grid = grid
        self._pairs: tuple[FieldPair, ...] = ()
        self._theirs: dict[str, QRadioButton] = {}
        self._groups: list[QButtonGroup] = []

    def show(self, pairs: Sequence[FieldPair]) -> None:
        """Show these fields; choices made for the same fields before are kept."""
        chosen = self.taken() if tuple(pairs) == self._pairs else None
        self._clear()
        self._pairs = tuple(pairs)
        for column, words in enumerate((_("Field"), _("At this station"), _("At the portal"))):
            head = QLabel(words, self._host)
            head.setProperty("type", "label")
            self._grid.addWidget(head, 0, column)
        for line, pair in enumerate(pairs, start=1):
            name = "birth_date" if pair.field == "birth" else pair.field
            label = QLabel(_(FIELDS.get(name, name)), self._host)
            label.setProperty("type", "strong")
            group = QButtonGroup(self._host)
            mine = self._option(pair.field, pair.mine, group, line, 1)
            theirs = self._option(pair.field, pair.theirs, group, line, 2)
            (theirs if (pair.field in chosen if chosen is not None else not pair.mine) else mine).setChecked(True)
            self._grid.addWidget(label, line, 0)
            self._theirs[pair.field] = theirs
            self._groups.append(group)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self._grid.setRowStretch(len(pairs) + 1, 1)

    def _option(self, field: str, text: str, group: QButtonGroup, line: int, column: int) -> QRadioButton:
        option = QRadioButton(sync_words.value(field, text), self._host)
        group.addButton(option)
        self._grid.addWidget(option, line, column)
        return option

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for group in self._groups:
            group.deleteLater()
        self._groups.clear()
        self._theirs.clear()

    def taken(self) -> frozenset[str]:
        """The fields in which the portal's value holds."""
        return frozenset(name for name, option in self._theirs.items() if option.isChecked())
