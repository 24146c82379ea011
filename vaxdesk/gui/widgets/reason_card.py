"""Why one person stands on the list, or why not: everything against, everything for, everything to be known."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui import forms, list_words, person_words, words
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.i18n import _
from vaxdesk.queries.session_list import ListRow


class ReasonCard(QFrame):
    """Follows the row that is chosen."""

    name: QLabel
    person: QLabel
    verdict: Badge
    against_title: QLabel
    against: QLabel
    for_title: QLabel
    reasons_for: QLabel
    notes_title: QLabel
    notes: QLabel

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "widgets/reason_card.ui")
        self._shown: tuple[ListRow, date] | None = None
        self.translate()

    def show_row(self, row: ListRow, today: date) -> None:
        """Say everything about this row."""
        self._shown = row, today
        self.name.setText(row.full_name)
        birth = person_words.birth(PartialDate.parse(row.birth_date), today)
        self.person.setText(" · ".join(part for part in (birth, row.village, row.code) if part))
        if row.eligible:
            self.verdict.show_words(_("On the list, no. {n}").format(n=words.number(row.number)), "ok")
        else:
            self.verdict.show_words(_("Not on the list"), "warn")
        for title, label, text in (
            (self.against_title, self.against, list_words.reasons_against(row)),
            (self.for_title, self.reasons_for, list_words.reasons_for(row)),
            (self.notes_title, self.notes, list_words.notes(row)),
        ):
            label.setText(text)
            title.setVisible(bool(text))
            label.setVisible(bool(text))

    def translate(self) -> None:
        """The words that are not in the form."""
        self.against_title.setText(_("Why not"))
        self.for_title.setText(_("What speaks for it"))
        self.notes_title.setText(_("To be known"))
        if self._shown is not None:
            self.show_row(*self._shown)

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.translate()
        return done
