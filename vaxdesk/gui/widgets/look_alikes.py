"""The people who may be the one being entered, beside the form, with the differing letters marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.likeness import REASONS, VERY_LIKELY, differing_letters
from vaxdesk.domain.people import PersonDetails
from vaxdesk.gui import person_words, style
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.i18n import _, ngettext
from vaxdesk.queries.people import LookAlike

#: The keys of the first open card; they go on to the next one when it is answered.
IS_HER, IS_OTHER = "F6", "F7"


class LookAlikePanel(QWidget):
    """Cards of likely people. ``same`` with a person's id: she is the one. A card can be set aside: someone else."""

    same = Signal(str)
    answered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entered = PersonDetails()
        self._found: tuple[LookAlike, ...] = ()
        self._others: set[str] = set()
        self._cards: list[QFrame] = []
        self._head = QLabel(self)
        self._head.setProperty("type", "strong")
        self._count = Badge("", "warn", self)
        self._hint = QLabel(self)
        self._hint.setProperty("type", "hint")
        self._hint.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._head)
        row.addWidget(self._count)
        row.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addLayout(row)
        self._column.addWidget(self._hint)
        self._column.addStretch(1)
        self._translate()

    def clear(self) -> None:
        """A new form: nobody was found yet, nobody set aside."""
        self._others.clear()
        self.show_people(PersonDetails(), ())

    def show_people(self, entered: PersonDetails, found: Sequence[LookAlike]) -> None:
        """Show those who were not set aside, the likeliest first."""
        self._entered = entered
        self._found = tuple(found)
        self._show()

    @property
    def open(self) -> tuple[LookAlike, ...]:
        """Those about whom nothing was said yet."""
        return tuple(found for found in self._found if found.row.id not in self._others)

    @property
    def unanswered(self) -> bool:
        """Whether somebody very likely waits for an answer."""
        return any(found.likeness.score >= VERY_LIKELY for found in self.open)

    def _show(self) -> None:
        for card in self._cards:
            card.hide()
            card.deleteLater()
        self._cards = [self._card(found, first=place == 0) for place, found in enumerate(self.open)]
        for place, card in enumerate(self._cards):
            self._column.insertWidget(2 + place, card)
        self._translate()

    def _card(self, found: LookAlike, *, first: bool) -> QFrame:
        card = QFrame(self)
        card.setProperty("card", "warn" if found.likeness.score >= VERY_LIKELY else "true")
        name = QLabel(self._title(found), card)
        name.setTextFormat(Qt.TextFormat.RichText)
        name.setWordWrap(True)
        about = QLabel(self._about(found), card)
        about.setProperty("type", "hint")
        about.setWordWrap(True)
        her, other = KeyButton(card), KeyButton(card)
        her.setText(_("This person"))
        other.setText(_("Someone else"))
        for button, key in ((her, IS_HER), (other, IS_OTHER)):
            button.setProperty("variant", "small")
            if first:
                button.setProperty("keys", key)
        her.clicked.connect(partial(self.same.emit, found.row.id))
        other.clicked.connect(partial(self._set_aside, found.row.id))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(her)
        buttons.addWidget(other)
        buttons.addStretch(1)
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(4)
        column.addWidget(name)
        column.addWidget(about)
        column.addLayout(buttons)
        card.setAccessibleName(found.row.full_name)
        return card

    def _title(self, found: LookAlike) -> str:
        birth = PartialDate.parse(found.row.birth_date).vietnamese()
        entered = self._entered.birth.vietnamese() if self._entered.birth else birth
        parts = [
            f"<b>{marked(found.row.full_name, found.likeness.differing_in_second)}</b>",
            marked(birth, differing_letters(entered, birth)[1]),
        ]
        if found.row.sex:
            words = _(person_words.SEXES[found.row.sex])
            other = bool(self._entered.sex) and self._entered.sex != found.row.sex
            parts.append(marked(words, tuple(range(len(words))) if other else ()))
        return " · ".join(parts)

    def _about(self, found: LookAlike) -> str:
        parts = [part for part in (found.row.village, found.row.commune_name if not found.row.village else "") if part]
        parts += [_(REASONS[reason]) for reason in found.likeness.reasons]
        if found.row.doses:
            parts.append(ngettext("{count} dose", "{count} doses", found.row.doses).format(count=found.row.doses))
        if found.row.origin == "portal":
            parts.append(_("from the portal"))
        return " · ".join(parts)

    def _set_aside(self, person_id: str) -> None:
        self._others.add(person_id)
        self._show()
        self.answered.emit()

    def _translate(self) -> None:
        self._head.setText(_("May be in the book already"))
        count = len(self.open)
        self._count.show_words(str(count) if count else "", "warn")
        self._hint.setText(_("People with a like name, birth date or number appear here while you type."))
        self._hint.setVisible(count == 0)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._show()
        super().changeEvent(event)


def marked(text: str, places: Sequence[int]) -> str:
    """The text with the letters at these places on a coloured ground, as rich text."""
    ground = style.color("mark").name()
    spots = set(places)
    return "".join(
        f'<span style="background-color:{ground}">{escape(letter)}</span>' if place in spots else escape(letter)
        for place, letter in enumerate(text)
    )
