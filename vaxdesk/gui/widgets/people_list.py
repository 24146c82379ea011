"""A list of people: search results, or the people behind a number. Enter opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from vaxdesk.domain import identity
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms, person_words, words
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.people import PersonRow

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: More rows than anybody reads; what is left out is said.
MOST = 500


class PeopleList(LeadsFocus, QWidget):
    """``opened`` with a person's id."""

    title: QLabel
    about: QLabel
    all_people: KeyButton
    waiting: KeyButton
    new_person: KeyButton
    error: ErrorState
    rows: RowTable
    empty: EmptyState

    opened = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/people_list.ui")
        today = desk.today()
        columns = (
            Column[PersonRow](N_("Full name"), lambda row: row.full_name, bold=True, badges=_badges),
            Column[PersonRow](
                N_("Born"), lambda row: person_words.birth(PartialDate.parse(row.birth_date), today), width=182
            ),
            Column[PersonRow](N_("Sex"), lambda row: _(person_words.SEXES[row.sex]), width=96),
            Column[PersonRow](N_("Village"), lambda row: row.village or row.commune_name or "–", width=160),
            Column[PersonRow](N_("Personal number"), lambda row: identity.grouped(row.national_id) or "–", width=150),
            Column[PersonRow](N_("Doses"), lambda row: str(row.doses), right=True, width=76),
        )
        self._model = RowsModel(columns, lambda row: row.id, self)
        self.rows.use(self._model)
        self.rows.opened.connect(self._open)
        self.setFocusProxy(self.rows)
        self._title = ""
        self._values: dict[str, str] = {}
        self._total = 0

    def show_rows(self, title: str, rows: Sequence[PersonRow], total: int | None = None, **values: str) -> None:
        """Show people under a title (a message id with its ``values``); the first is current: Enter opens her."""
        kept = self.rows.current()
        self.error.tell(None)
        self._title, self._values = title, values
        self._total = len(rows) if total is None else total
        self._model.show(rows[:MOST])
        self.rows.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        place = self._model.row_of(kept.id) if kept is not None else -1
        self.rows.choose(max(0, place))
        self._translate()

    def say_empty(self, icon: str, title: str, text: str) -> None:
        """What stands where nobody is found (message ids)."""
        self.empty.say(icon, title, text)

    def fail(self, error: KnownError) -> None:
        """The list could not be read."""
        self.rows.hide()
        self.empty.hide()
        self.error.tell(error, again=True)

    @property
    def found(self) -> tuple[PersonRow, ...]:
        """The people shown."""
        return self._model.rows

    def _open(self, row: PersonRow) -> None:
        self.opened.emit(row.id)

    def _translate(self) -> None:
        self.title.setText(_(self._title).format_map(self._values) if self._title else "")
        shown, total = len(self._model.rows), self._total
        if total > shown:
            words_ = _("the first {shown} of {total}")
            self.about.setText(words_.format(shown=words.number(shown), total=words.number(total)))
        else:
            people = ngettext("{count} person", "{count} people", total)
            self.about.setText(people.format(count=words.number(total)) if total else "")

    def focus_first(self) -> None:
        """The list takes the keys."""
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.rows.current() is None:
            self.rows.choose(0)

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        return done


def _badges(row: PersonRow) -> tuple[tuple[str, str], ...]:
    return ((_("from the portal"), "info"),) if row.origin == "portal" else ()
