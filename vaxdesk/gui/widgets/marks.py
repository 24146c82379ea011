"""Small marks: badges, chips, and the dose status as ring, half and full with words."""

from __future__ import annotations

from PySide6.QtCore import Property, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from vaxdesk.gui import icons, style

TONES = ("", "ok", "warn", "bad", "info")


class Badge(QLabel):
    """A word on a tinted ground; the tone never says anything the word does not."""

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.show_words(text, tone)

    def show_words(self, text: str, tone: str = "") -> None:
        """Set word and tone (one of ``TONES``); without a word the badge is hidden."""
        self.setText(text)
        style.mark(self, "tone", tone)
        self.setVisible(bool(text))


class Chip(QPushButton):
    """A rounded button that states something (session, connection) or chooses (quick answers)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = ""
        self.setAutoDefault(False)
        self.setIconSize(QSize(16, 16))

    def _get_icon_name(self) -> str:
        return self._icon_name

    def _set_icon_name(self, name: str) -> None:
        self._icon_name = name
        tone = str(self.property("tone") or "")
        self.setIcon(icons.icon(name, tone or "muted", 16) if name else QIcon())

    iconName = Property(str, _get_icon_name, _set_icon_name)

    def state(self, text: str, tone: str = "", icon_name: str = "") -> None:
        """Show a state in words, with its tone and icon."""
        # The style sheet knows no gap between icon and words: a space of its own makes one.
        self.setText(f"\u2002{text}" if icon_name or self._icon_name else text)
        self.setAccessibleName(text)
        style.mark(self, "tone", tone)
        self._set_icon_name(icon_name or self._icon_name)


def draw_status(painter: QPainter, box: QRectF, status: str) -> None:
    """Ring (none), half (begun), full (complete) inside ``box``; an unknown status draws nothing."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = box.adjusted(1.25, 1.25, -1.25, -1.25)
    painter.setPen(Qt.PenStyle.NoPen)
    if status == "begun":
        painter.setBrush(style.color("dose_begun"))
        painter.drawPie(ring, 90 * 16, 180 * 16)
    elif status == "complete":
        painter.setBrush(style.color("dose_complete"))
        painter.drawEllipse(ring)
    if status in ("none", "begun", "complete"):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outline = style.color("dose_complete").darker(150) if status == "complete" else style.color("dose_none")
        painter.setPen(QPen(outline, 2))
        painter.drawEllipse(ring)
    painter.restore()


class StatusDot(QWidget):
    """The shape alone, 14 pixels; always beside words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = "none"
        self.setFixedSize(14, 14)

    def show_status(self, status: str) -> None:
        """``none``, ``begun`` or ``complete``."""
        self._status = status
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the shape."""
        painter = QPainter(self)
        draw_status(painter, QRectF(self.rect()), self._status)
        painter.end()


class StatusMark(QWidget):
    """Dose status: shape and words together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dot = StatusDot(self)
        self.words = QLabel(self)
        self.words.setProperty("type", "strong")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.dot)
        row.addWidget(self.words)

    def show_status(self, status: str, words: str) -> None:
        """Show ``none``, ``begun`` or ``complete`` with its words."""
        self.dot.show_status(status)
        self.words.setText(words)
        self.setAccessibleName(words)
