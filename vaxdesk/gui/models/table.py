"""A table over frozen rows: columns are functions of a row, changes are applied by difference."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from vaxdesk.gui import style
from vaxdesk.i18n import translate

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

#: The row itself, for delegates and for whoever opens it.
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
#: Badges of a cell: a sequence of (words, tone).
BADGE_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its heading (a message id) and how a row's text is made."""

    heading: str
    text: Callable[[Row], str]
    right: bool = False
    bold: bool = False
    width: int = 0
    badges: Callable[[Row], Sequence[tuple[str, str]]] | None = None
    tip: Callable[[Row], str] | None = None


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Shows rows; ``key`` tells rows apart so that a refresh keeps the selection where rows stay."""

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: Any = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.key = key
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Replace the rows: in place where the order of keys is the same, as a whole otherwise."""
        new = tuple(rows)
        if [self.key(row) for row in new] == [self.key(row) for row in self.rows]:
            changed = [i for i, (old, row) in enumerate(zip(self.rows, new, strict=True)) if old != row]
            self.rows = new
            for i in changed:
                self.dataChanged.emit(self.index(i, 0), self.index(i, len(self.columns) - 1))
            return
        self.beginResetModel()
        self.rows = new
        self.endResetModel()

    def append(self, rows: Sequence[Row]) -> None:
        """Put more rows at the end; what is shown and chosen stays."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
            self.rows = (*self.rows, *rows)
            self.endInsertRows()

    def row_of(self, key: Hashable) -> int:
        """Where the row with this key stands, or -1."""
        return next((i for i, row in enumerate(self.rows) if self.key(row) == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, weight, badges, or the row."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            words = column.text(row)
            if role == Qt.ItemDataRole.AccessibleTextRole and column.badges is not None:
                words = " · ".join([words, *(badge for badge, _tone in column.badges(row))])
            return words
        if role == ROW_ROLE:
            return row
        if role == BADGE_ROLE and column.badges is not None:
            return tuple(column.badges(row))
        if role == Qt.ItemDataRole.ToolTipRole and column.tip is not None:
            return column.tip(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and column.bold:
            return style.font("body", QFont.Weight.DemiBold)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The headings, in the current language."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return translate(column.heading) if column.heading else ""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def retranslate(self) -> None:
        """The language has changed."""
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self.columns) - 1))
