"""Coverage by village as bars: complete, begun, and the rest; words and percent beside each bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vaxdesk.gui import style
from vaxdesk.gui import words as said
from vaxdesk.gui.widgets.marks import draw_status
from vaxdesk.i18n import N_, _
from vaxdesk.queries.figures import VillageCoverage

ROW = 28
LEGEND = 34
BAR = 14
PERCENT = 46
_LEGEND = (("complete", N_("complete")), ("begun", N_("begun")), ("none", N_("not vaccinated")))


class CoverageChart(QWidget):
    """The villages, the lowest first; Up, Down and Enter, or a click, open a village. ``opened`` with its name."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[VillageCoverage, ...] = ()
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setProperty("enterOpens", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_villages(self, rows: Sequence[VillageCoverage]) -> None:
        """Show coverage, in the order given."""
        self._rows = tuple(rows)
        self._current = min(self._current, len(self.shown) - 1)
        self._describe()
        self.update()

    @property
    def shown(self) -> tuple[VillageCoverage, ...]:
        """As many as there is room for."""
        return self._rows[: max(1, (self.height() - LEGEND) // ROW)]

    def sizeHint(self) -> QSize:
        """Room for six villages and the legend."""
        return QSize(400, 6 * ROW + LEGEND)

    def minimumSizeHint(self) -> QSize:
        """Three villages at least."""
        return QSize(260, 3 * ROW + LEGEND)

    def row_rect(self, row: int) -> QRect:
        """Where a village's line lies."""
        return QRect(0, row * ROW, self.width(), ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names left, bars in the middle, percent at the right; the legend below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.shown
        small = style.font("small")
        metrics = QFontMetrics(small)
        name_width = min(170, max((metrics.horizontalAdvance(row.village) for row in shown), default=0) + 12)
        for place, row in enumerate(shown):
            self._paint_row(painter, self.row_rect(place), row, name_width, place == self._current and self.hasFocus())
        if self._rows:
            self._paint_legend(painter, len(shown) * ROW + 8)
        else:
            painter.setFont(style.font())
            painter.setPen(style.color("muted"))
            words = _("Coverage stands here when people are registered.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, words)
        painter.end()

    def _paint_row(self, painter: QPainter, box: QRect, row: VillageCoverage, name_width: int, current: bool) -> None:
        if current:
            painter.setPen(QPen(style.color("accent"), 2))
            painter.setBrush(style.color("accent_tint"))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 2, -1, -2), 4, 4)
        painter.setFont(style.font("small"))
        painter.setPen(style.color("text"))
        metrics = QFontMetrics(painter.font())
        name = metrics.elidedText(row.village, Qt.TextElideMode.ElideRight, name_width - 8)
        painter.drawText(box.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(style.font("small", QFont.Weight.DemiBold))
        percent = f"{share(row.begun, row.people)}%"
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(box.adjusted(0, 0, -4, 0), right, percent)
        track = QRectF(name_width, box.center().y() - BAR / 2 + 0.5, box.width() - name_width - PERCENT, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color("track"))
        painter.drawRoundedRect(track, 3, 3)
        painter.save()
        painter.setClipRect(track)
        complete = track.width() * row.complete / max(1, row.people)
        begun = track.width() * (row.begun - row.complete) / max(1, row.people)
        painter.setBrush(style.color("dose_complete"))
        painter.drawRect(QRectF(track.left(), track.top(), complete, BAR))
        painter.setBrush(style.color("dose_begun"))
        painter.drawRect(QRectF(track.left() + complete, track.top(), begun, BAR))
        painter.restore()

    def _paint_legend(self, painter: QPainter, top: int) -> None:
        painter.setFont(style.font("caption"))
        metrics = QFontMetrics(painter.font())
        x = 4
        for status, text in _LEGEND:
            draw_status(painter, QRectF(x, top + 2, 14, 14), status)
            painter.setPen(style.color("muted"))
            label = _(text)
            painter.drawText(QRect(x + 20, top, 200, 18), Qt.AlignmentFlag.AlignVCenter, label)
            x += 20 + metrics.horizontalAdvance(label) + 16
        more = len(self._rows) > len(self.shown)
        words = _("{shown}/{total} villages, lowest first") if more else _("lowest first")
        words = words.format(shown=len(self.shown), total=said.number(len(self._rows)))
        room = QRect(x, top, self.width() - x - 4, 18)
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)

    def tip(self, row: VillageCoverage) -> str:
        """A village's numbers in words."""
        return _("{village}: {people} people, {begun} with a dose, {complete} complete").format(
            village=row.village,
            people=said.number(row.people),
            begun=said.number(row.begun),
            complete=said.number(row.complete),
        )

    def _describe(self) -> None:
        self.setAccessibleName(_("Coverage by village"))
        self.setAccessibleDescription("\n".join(self.tip(row) for row in self.shown))

    # Keys and mouse

    def _row_at(self, event: QMouseEvent) -> int:
        row = int(event.position().y()) // ROW
        return row if 0 <= row < len(self.shown) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A village under the mouse tells its numbers."""
        row = self._row_at(event)
        self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
        if row >= 0:
            QToolTip.showText(event.globalPosition().toPoint(), self.tip(self.shown[row]), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens the village."""
        row = self._row_at(event)
        if row >= 0:
            self.opened.emit(self.shown[row].village)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down choose, Enter opens."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step and self._rows:
            self._current = max(0, min(self._current + step, len(self.shown) - 1))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.opened.emit(self.shown[self._current].village)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
            self.update()
        super().changeEvent(event)


def share(part: int, whole: int) -> int:
    """Percent, rounded down: 100 only when it is all."""
    return part * 100 // whole if whole else 0
