"""One figure of the station's duty: a number that opens its people, its unit, and smaller figures below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from vaxdesk.gui import style

_LINKS = Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard


class FigureCard(QFrame):
    """``opened`` with the name of the figure that was clicked, or chosen with Tab and Enter."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self._head = QLabel(self)
        self._head.setProperty("type", "small")
        self._figure = QLabel(self)
        self._below = QLabel(self)
        self._below.setProperty("type", "hint")
        self._below.setWordWrap(True)
        for label in (self._figure, self._below):
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(_LINKS)
            label.setProperty("enterOpens", True)
            label.linkActivated.connect(self.opened)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(2)
        for label in (self._head, self._figure, self._below):
            column.addWidget(label)
        column.addStretch(1)
        self.setMinimumHeight(118)

    def show_figure(self, words: str, number: str, unit: str, link: str, below: Sequence[tuple[str, str]]) -> None:
        """All words already translated. ``below``: pairs of (words, link); a pair without a link opens nothing."""
        self._head.setText(words)
        color = style.color("text").name()
        size, lead = style.size("figure"), style.size("lead")
        figure = f'<span style="font-size:{size}px;font-weight:700">{escape(number)}</span>'
        shown = f'<a href="{link}" style="color:{color};text-decoration:none">{figure}</a>' if link else figure
        self._figure.setText(f'{shown} <span style="font-size:{lead}px;font-weight:500">{escape(unit)}</span>')
        muted = style.color("muted").name()
        parts = [
            f'<a href="{target}" style="color:{muted};text-decoration:underline">{escape(text)}</a>'
            if target
            else escape(text)
            for text, target in below
        ]
        self._below.setText(" · ".join(parts))
        self.setAccessibleName(f"{words}: {number} {unit}")
        self.setAccessibleDescription(" · ".join(text for text, _target in below))
