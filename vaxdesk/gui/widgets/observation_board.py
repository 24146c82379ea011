"""The thirty-minute board: one card a person, readable across a room; word, number, bar and colour say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui import style
from vaxdesk.i18n import _
from vaxdesk.queries.visits import VisitRow

CARD_WIDTH, CARD_HEIGHT, GAP = 340, 188, 14
#: From here on a card says "soon".
SOON = timedelta(minutes=3)


@dataclass(frozen=True)
class Seat:
    """One observed person: until when, what to watch for, and a consent that was withdrawn, in words."""

    row: VisitRow
    ends: datetime
    caution: str = ""
    against: str = ""

    def left(self, now: datetime) -> timedelta:
        """Time to the end; negative when it is over."""
        return self.ends - now


def minutes(left: timedelta) -> int:
    """Whole minutes left, a begun one counted."""
    return max(0, -(-int(left.total_seconds()) // 60))


class ObservationBoard(QAbstractScrollArea):
    """Cards in rows; arrows move, the current one is outlined. ``chosen`` tells which."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seats: tuple[Seat, ...] = ()
        self._now: datetime | None = None
        self._minutes = 30
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    # content

    def show_seats(self, seats: Sequence[Seat], now: datetime, whole_minutes: int) -> None:
        """Show people, those who are finished first, then the nearest to the end."""
        held = self.current()
        self._seats = tuple(sorted(seats, key=lambda seat: seat.ends))
        self._now, self._minutes = now, whole_minutes
        ids = [seat.row.visit_id for seat in self._seats]
        if held is not None and held.row.visit_id in ids:
            self._current = ids.index(held.row.visit_id)
        else:
            self._current = 0 if self._seats else -1
        self._resize_bars()
        self._tell()
        self.viewport().update()

    def tick(self, now: datetime) -> None:
        """A minute has gone: only the words, numbers and bars change."""
        self._now = now
        self._tell_name()
        self.viewport().update()

    def current(self) -> Seat | None:
        """The outlined person."""
        return self._seats[self._current] if 0 <= self._current < len(self._seats) else None

    def words(self, seat: Seat) -> str:
        """What a card says, for a screen reader."""
        assert self._now is not None
        left = seat.left(self._now)
        state = _("Time is over") if left <= timedelta(0) else _("{n} minutes left").format(n=minutes(left))
        return ". ".join(part for part in (f"{seat.row.full_name}: {state}", seat.against) if part)

    # geometry

    def _columns(self) -> int:
        return max(1, (self.viewport().width() + GAP) // (CARD_WIDTH + GAP))

    def _box(self, index: int) -> QRect:
        columns = self._columns()
        width = (self.viewport().width() - GAP * (columns - 1)) // columns
        row, column = divmod(index, columns)
        top = row * (CARD_HEIGHT + GAP) - self.verticalScrollBar().value()
        return QRect(column * (width + GAP) + 3, top + 3, width - 6, CARD_HEIGHT - 6)

    def _resize_bars(self) -> None:
        rows = -(-len(self._seats) // self._columns())
        height = rows * (CARD_HEIGHT + GAP)
        self.verticalScrollBar().setRange(0, max(0, height - self.viewport().height()))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setSingleStep(CARD_HEIGHT + GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer columns."""
        self._resize_bars()
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        """At least one card."""
        return QSize(CARD_WIDTH, CARD_HEIGHT)

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """All cards in sight."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, seat in enumerate(self._seats):
            box = self._box(index)
            if box.intersects(event.rect()):
                self._draw(painter, box, seat, index == self._current)
        painter.end()

    def _tone(self, left: timedelta) -> str:
        if left <= timedelta(0):
            return "ok"
        return "warn_strong" if left <= SOON else "accent"

    def _draw(self, painter: QPainter, box: QRect, seat: Seat, current: bool) -> None:
        assert self._now is not None
        left = seat.left(self._now)
        tone = style.color(self._tone(left))
        painter.setPen(QPen(style.color("line"), 1))
        painter.setBrush(style.color("surface"))
        painter.drawRoundedRect(QRectF(box), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.save()
        painter.setClipRect(QRect(box.left(), box.top(), 6, box.height()))
        painter.drawRoundedRect(QRectF(box), 8, 8)
        painter.restore()
        if current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(style.color("accent"), 3))
            painter.drawRoundedRect(QRectF(box).adjusted(-1, -1, 1, 1), 9, 9)
        inner = box.adjusted(26, 16, -20, -14)
        self._draw_words(painter, inner, seat, left)
        self._draw_bar(painter, QRect(inner.left(), inner.bottom() - 38, inner.width(), 8), left)
        self._draw_foot(painter, QRect(inner.left(), inner.bottom() - 24, inner.width(), 24), seat, left)

    def _draw_words(self, painter: QPainter, inner: QRect, seat: Seat, left: timedelta) -> None:
        name_font = style.font("title", QFont.Weight.DemiBold)
        painter.setFont(name_font)
        painter.setPen(style.color("text"))
        name = QFontMetrics(name_font).elidedText(seat.row.full_name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner.topLeft() + QPoint(0, 20), name)
        painter.setFont(style.font("small"))
        painter.setPen(style.color("muted"))
        birth = PartialDate.parse(seat.row.birth_date).year
        about = _("{birth} · dose {dose}").format(birth=birth, dose=seat.row.dose_number)
        painter.drawText(inner.topLeft() + QPoint(0, 42), about)
        big = style.font("board", QFont.Weight.Bold)
        painter.setFont(big)
        painter.setPen(style.color("text"))
        base = inner.topLeft() + QPoint(0, 94)
        if left <= timedelta(0):
            painter.drawText(base, _("Time is over"))
            return
        number = str(minutes(left))
        painter.drawText(base, number)
        painter.setFont(style.font("lead"))
        painter.setPen(style.color("muted"))
        painter.drawText(base + QPoint(QFontMetrics(big).horizontalAdvance(number) + 10, 0), _("minutes more"))

    def _draw_bar(self, painter: QPainter, track: QRect, left: timedelta) -> None:
        whole = timedelta(minutes=self._minutes)
        share = min(1.0, max(0.0, 1 - left / whole))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color("track"))
        painter.drawRoundedRect(track, 4, 4)
        painter.setBrush(style.color(self._tone(left)))
        painter.drawRoundedRect(QRect(track.left(), track.top(), max(8, int(track.width() * share)), 8), 4, 4)

    def _draw_foot(self, painter: QPainter, box: QRect, seat: Seat, left: timedelta) -> None:
        tone, words = "", _("Stable")
        if seat.row.reactions:
            tone, words = "bad", " · ".join(part for part in (_("Reaction recorded"), seat.against) if part)
        elif seat.against:
            tone, words = "bad", seat.against
        elif seat.caution:
            tone, words = "warn", _("Caution: {what}").format(what=seat.caution)
        elif left <= timedelta(0):
            words = _("Look again, print the paper, let go")
        elif left <= SOON:
            words = _("Nearly over")
        painter.setFont(style.font("small"))
        metrics = QFontMetrics(style.font("small"))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width() - 14)
        if tone:
            spot = QRect(box.left(), box.top() + 2, metrics.horizontalAdvance(shown) + 14, 22)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.color(f"{tone}_tint"))
            painter.drawRoundedRect(spot, 4, 4)
            painter.setPen(style.color(tone))
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, shown)
            return
        painter.setPen(style.color("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    # choosing

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._seats):
            self._current = index
            box = self._box(index)
            bar = self.verticalScrollBar()
            if box.top() < 0:
                bar.setValue(bar.value() + box.top() - GAP)
            elif box.bottom() > self.viewport().height():
                bar.setValue(bar.value() + box.bottom() - self.viewport().height() + GAP)
            self._tell()
            self.viewport().update()

    def _tell(self) -> None:
        self._tell_name()
        self.chosen.emit(self.current())

    def _tell_name(self) -> None:
        seat = self.current()
        self.setAccessibleName(self.words(seat) if seat is not None else _("Nobody is observed"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter opens."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        if event.key() in steps:
            self._choose(self._current + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() is not None:
            self.opened.emit(self.current())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        for index in range(len(self._seats)):
            if self._box(index).contains(event.position().toPoint()):
                self._choose(index)
                return

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.viewport().update()
        super().changeEvent(event)
