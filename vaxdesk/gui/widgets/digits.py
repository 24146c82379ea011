"""Digits of one width: the program's font has no tabular figures, so columns of numbers are set by hand."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QFont, QFontMetricsF, QPainter


@lru_cache(maxsize=32)
def _digit_width(key: str) -> float:
    font = QFont()
    font.fromString(key)
    metrics = QFontMetricsF(font)
    return max(metrics.horizontalAdvance(digit) for digit in "0123456789")


def width(text: str, font: QFont) -> float:
    """How wide ``text`` is when every digit takes the room of the widest."""
    digit = _digit_width(font.toString())
    metrics = QFontMetricsF(font)
    return sum(digit if letter.isdigit() else metrics.horizontalAdvance(letter) for letter in text)


def draw_right(painter: QPainter, box: QRect, text: str) -> None:
    """Draw ``text`` at the right edge of ``box``, vertically centred, digits below digits."""
    font = painter.font()
    metrics = QFontMetricsF(font)
    digit = _digit_width(font.toString())
    x = box.right() + 1 - width(text, font)
    y = box.top() + (box.height() + metrics.ascent() - metrics.descent()) / 2
    for letter in text:
        own = metrics.horizontalAdvance(letter)
        room = digit if letter.isdigit() else own
        painter.drawText(QPointF(x + (room - own) / 2, y), letter)
        x += room
