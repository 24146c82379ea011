"""The person banner: stands on every screen that can write, so that nobody writes to the wrong person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from vaxdesk.gui import style
from vaxdesk.gui.widgets.marks import Badge, StatusMark


@dataclass(frozen=True)
class BannerFacts:
    """What the banner shows, already in the user's language.

    ``details`` are (words, value) pairs, the value in bold: ("Born", "1956 (70)"); ``warnings`` are (words, tone).
    """

    name: str
    details: tuple[tuple[str, str], ...] = ()
    status: str = ""
    status_words: str = ""
    warnings: tuple[tuple[str, str], ...] = ()

    def with_warnings(self, more: Sequence[tuple[str, str]]) -> BannerFacts:
        """The same person with further warnings in front."""
        return replace(self, warnings=(*more, *self.warnings))


class PersonBanner(QFrame):
    """Name with status and warnings; birth, sex, number and place in one line below; what can be done at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = QLabel(self)
        self._name.setProperty("type", "head")
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._details = QLabel(self)
        self._details.setProperty("type", "hint")
        self._details.setTextFormat(Qt.TextFormat.RichText)
        self._details.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._status = StatusMark(self)
        self._warnings: list[Badge] = []
        # Status and warnings stand beside the name: the particulars below have the whole width.
        self._top = QHBoxLayout()
        self._top.setSpacing(12)
        self._top.addWidget(self._name)
        self._top.addStretch(1)
        self._top.addWidget(self._status)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(self._top)
        words.addWidget(self._details)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 16, 8)
        self._row.setSpacing(16)
        self._row.addLayout(words, 1)
        self.setMinimumHeight(62)
        self.facts: BannerFacts | None = None
        self.show_person(None)

    def show_person(self, facts: BannerFacts | None) -> None:
        """Show a person, or nobody."""
        self.facts = facts
        self.setVisible(facts is not None)
        self._show_warnings(facts.warnings if facts else ())
        if facts is None:
            return
        self._name.setText(facts.name)
        strong = style.color("text").name()
        parts = [
            f'{_escape(words)} <b style="color:{strong}">{_escape(value)}</b>'.strip() for words, value in facts.details
        ]
        self._details.setText(" · ".join(parts))
        self._status.setVisible(bool(facts.status))
        self._status.show_status(facts.status, facts.status_words)
        self.setAccessibleName(facts.name)

    def set_act(self, widget: QWidget) -> None:
        """Something that can be done about the person, at the right end."""
        self._row.addWidget(widget)

    def _show_warnings(self, warnings: Sequence[tuple[str, str]]) -> None:
        while len(self._warnings) < len(warnings):
            badge = Badge("", "", self)
            self._top.addWidget(badge)
            self._warnings.append(badge)
        for index, badge in enumerate(self._warnings):
            badge.show_words(*(warnings[index] if index < len(warnings) else ("", "")))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
