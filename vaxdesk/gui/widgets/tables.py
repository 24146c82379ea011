"""How tables look and behave everywhere: row height, widths, badges beside the text, Enter opens."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from vaxdesk.gui import style
from vaxdesk.gui.models.table import BADGE_ROLE, ROW_ROLE, RowsModel
from vaxdesk.gui.widgets import digits

ROW_HEIGHT = 35


def _is_figure(text: str) -> bool:
    return text.isascii() and any(letter.isdigit() for letter in text) and len(text) <= 16


class BadgeDelegate(QStyledItemDelegate):
    """Draws a cell's text, then its badges on tinted grounds."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The ground by the style, the words and badges by hand."""
        badges = index.data(BADGE_ROLE)
        self.initStyleOption(option, index)
        if not badges and option.displayAlignment & Qt.AlignmentFlag.AlignRight and _is_figure(option.text):
            self._paint_figure(painter, option)
            return
        if not badges:
            super().paint(painter, option, index)
            return
        words, option.text = option.text, ""
        widget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(style.color("text"))
        box = option.rect.adjusted(13, 0, -6, 0)
        metrics = QFontMetrics(option.font)
        needed = sum(self._width(badge) + 6 for badge, _tone in badges)
        room = max(60, box.width() - needed)
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        x = box.left() + (metrics.horizontalAdvance(shown) + 8 if shown else 0)
        painter.setFont(style.font("caption"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for badge, tone in badges:
            width = self._width(badge)
            spot = QRect(x, box.center().y() - 9, width, 20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(style.color(f"{tone}_tint" if tone else "neutral_tint")))
            painter.drawRoundedRect(spot, 4, 4)
            painter.setPen(style.color(tone or "neutral"))
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, badge)
            x += width + 6
        painter.restore()

    @staticmethod
    def _paint_figure(painter: QPainter, option: QStyleOptionViewItem) -> None:
        """A number at the right edge, its digits below those of other rows."""
        words, option.text = option.text, ""
        widget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(style.color("text"))
        digits.draw_right(painter, option.rect.adjusted(4, 0, -13, 0), words)
        painter.restore()

    @staticmethod
    def _width(badge: str) -> int:
        return QFontMetrics(style.font("caption")).horizontalAdvance(badge) + 14

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for words and badges."""
        size = super().sizeHint(option, index)
        badges = index.data(BADGE_ROLE) or ()
        return QSize(size.width() + sum(self._width(badge) + 6 for badge, _tone in badges) + 8, ROW_HEIGHT)


class RowTable(QTableView):
    """A table of frozen rows. ``opened`` on Enter or double click, ``chosen`` when the current row changes."""

    opened = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("framed", True)
        self.setProperty("enterOpens", True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(36)
        self.setItemDelegate(BadgeDelegate(self))
        self.doubleClicked.connect(self._open)

    def use(self, model: RowsModel[Any]) -> None:
        """Show a model: the first bold column takes the room, the others what they need."""
        self.setModel(model)
        header = self.horizontalHeader()
        wide = next((i for i, column in enumerate(model.columns) if column.bold), len(model.columns) - 1)
        for i, column in enumerate(model.columns):
            if column.width:
                header.setSectionResizeMode(i, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(i, column.width)
            else:
                mode = QHeaderView.ResizeMode.Stretch if i == wide else QHeaderView.ResizeMode.ResizeToContents
                header.setSectionResizeMode(i, mode)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        model.modelReset.connect(self._keep)

    def current(self) -> Any:
        """The current row, or None."""
        index = self.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    def choose(self, row: int) -> None:
        """Make a row current (out of range: the nearest, or none)."""
        model = self.model()
        if model is None or model.rowCount() == 0:
            self.chosen.emit(None)
            return
        self.setCurrentIndex(model.index(max(0, min(row, model.rowCount() - 1)), 0))

    def _keep(self) -> None:
        """After a reset nothing is current; the page chooses."""
        self.clearSelection()

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.chosen.emit(current.data(ROW_ROLE) if current.isValid() else None)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.data(ROW_ROLE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and isinstance(self.model(), RowsModel):
            self.model().retranslate()
        return super().event(event)


def fitting_height(table: QTableView, most: int) -> int:
    """How high a table is that shows all its rows, or ``most`` of them: for short tables inside a card."""
    model = table.model()
    rows = min(most, model.rowCount()) if model is not None else 0
    header = table.horizontalHeader()
    return rows * table.verticalHeader().defaultSectionSize() + header.sizeHint().height() + 4
