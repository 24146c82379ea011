"""People: search results and lists, one person, the registration form, and what a scanned card leads to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from vaxdesk.domain.cards import Scan
from vaxdesk.domain.intake import FilledForm, fill_form
from vaxdesk.domain.units import units
from vaxdesk.errors import KnownError
from vaxdesk.gui import words
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.targets import NewPerson, PeopleBehind, WaitingRegistrations
from vaxdesk.gui.widgets.people_list import PeopleList
from vaxdesk.gui.widgets.person_panel import PersonPanel
from vaxdesk.gui.widgets.register_panel import RegisterPanel
from vaxdesk.gui.widgets.waiting_panel import WaitingPanel
from vaxdesk.i18n import N_, _
from vaxdesk.queries import people, people_lists, person_view, registrations
from vaxdesk.queries.people import PersonCard, PersonRow
from vaxdesk.services.people import Registered

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


@dataclass(frozen=True)
class _CardRead:
    """What a scanned card led to: people who have its number, or a filled form."""

    people: tuple[PersonRow, ...]
    filled: FilledForm


class PeoplePage(Page):
    """The second page of the rail."""

    form = "pages/people.ui"
    areas = frozenset({"people", "session", "certificates"})

    views: QStackedWidget

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.list = PeopleList(desk, self)
        self.person = PersonPanel(desk, self)
        self.register = RegisterPanel(desk, self)
        self.waiting = WaitingPanel(desk, self)
        for view in (self.list, self.person, self.register, self.waiting):
            self.views.addWidget(view)
        self._searched = ""
        self._behind: PeopleBehind | None = None
        self._before_search: QWidget | None = None
        self._warned = False
        desk.window.search.textChanged.connect(self._search_changed)
        self.list.opened.connect(self._open)
        self.list.all_people.clicked.connect(self._leave_list)
        self.list.new_person.clicked.connect(self._new_person)
        self.list.error.again.connect(self._read_list)
        self.person.closed.connect(self._back_to_list)
        self.person.edit_asked.connect(self._edit)
        self.person.household_asked.connect(self._household)
        self.person.slip_asked.connect(self._print_slip)
        self.register.saved.connect(self._registered)
        self.register.changed.connect(self._changed)
        self.register.known.connect(self._known)
        self.register.given_up.connect(self._given_up)
        self.list.waiting.clicked.connect(self._show_waiting)
        self.waiting.closed.connect(self._back_to_list)
        self.waiting.opened.connect(self._open)

    # Coming and going

    def entered(self, target: object = None) -> None:
        """Search results, a person (by id), a scan, the form, or the people behind a figure."""
        if isinstance(target, Scan):
            self.take_scan(target)
        elif isinstance(target, NewPerson):
            self._new_person()
        elif isinstance(target, WaitingRegistrations):
            self._show_waiting()
        elif isinstance(target, PeopleBehind):
            self._searched, self._behind = "", target
            self._show(self.list)
            self._read_list()
            self.list.focus_first()
        elif isinstance(target, str) and target:
            self._open(target)
        elif self.views.currentWidget() is self.list:
            self._read_list()
        self._show_focus()

    def refresh(self, areas: frozenset[str]) -> None:
        """Somebody changed."""
        if self.views.currentWidget() is self.person:
            self.person.reload()
        elif self.views.currentWidget() is self.waiting:
            self.waiting.reload()
        elif self.views.currentWidget() is self.list:
            self._read_list()

    def may_close(self) -> bool:
        """The form keeps what stands in it while another page is in front, but not when the window closes.

        The first attempt shows it; the second one throws it away.
        """
        if not self.register.dirty or self._warned:
            return True
        self._warned = True
        self.desk.go_to("people")
        self._show(self.register)
        self.desk.toast(_("This form is not saved: F12 saves it. Close again to throw it away."), tone="warn")
        return False

    def _show(self, view: QWidget) -> None:
        self.views.setCurrentWidget(view)
        self._show_focus()

    def _show_focus(self) -> None:
        self.setFocusProxy(self.views.currentWidget())

    # The list

    def search(self, text: str) -> None:
        """What stands in the search box; empty goes back to what was shown before."""
        if self.views.currentWidget() is not self.list:
            self._before_search = self.views.currentWidget()
        self._searched = text
        self._show(self.list)
        self._read_list()

    def _search_changed(self, text: str) -> None:
        """The box was emptied: back to what stood here before the search."""
        if text.strip() or not self._searched or self.desk.window.current_page is not self:
            return
        self._searched = ""
        if self.desk.window.leave_search():
            return
        before, self._before_search = self._before_search, None
        if before is not None and before is not self.list:
            self._show(before)
        else:
            self._read_list()

    def _leave_list(self) -> None:
        """Back from a search to what stood here before it, from the people behind a figure to everybody."""
        if self._searched and self.desk.window.search.text():
            self.desk.window.search.clear()
            return
        self._searched, self._behind = "", None
        self._read_list()

    def _show_waiting(self) -> None:
        self._show(self.waiting)
        self.waiting.reload()
        self.waiting.rows.setFocus(Qt.FocusReason.OtherFocusReason)

    def _read_list(self) -> None:
        text, behind = self._searched, self._behind
        self.list.all_people.setVisible(bool(text or behind))
        work: Any
        if text:
            work, done = partial(people.search, text=text, limit=200), partial(self._found, text)
        elif behind is not None:
            campaign, day = self.desk.campaign(), self.desk.today()
            work = partial(people_lists.behind, campaign=campaign, on=day, kind=behind.kind, value=behind.value)
            done = partial(self._behind_read, behind)
        else:
            work, done = _newest, self._newest_read
        self.desk.ask(work, done, owner=self, key="people-list", failed=self.list.fail)
        self.desk.ask(registrations.count, self._say_waiting, owner=self, key="people-waiting")

    def _say_waiting(self, count: int) -> None:
        self.list.waiting.setVisible(count > 0)
        self.list.waiting.setText(_("Waiting for approval: {count}").format(count=words.number(count)))

    def _found(self, text: str, rows: tuple[PersonRow, ...]) -> None:
        self.list.say_empty(
            "search",
            N_("Nobody is found"),
            N_("Try fewer letters, the birth year, or the end of a number. Or register the person."),
        )
        self.list.show_rows(N_("Found for “{text}”"), rows, text=text)

    def _behind_read(self, behind: PeopleBehind, found: tuple[tuple[PersonRow, ...], int]) -> None:
        rows, total = found
        self.list.say_empty("users", N_("Nobody stands here"), N_("The list fills itself from the records."))
        self.list.show_rows(people_lists.KINDS[behind.kind], rows, total, value=behind.value)

    def _newest_read(self, found: tuple[tuple[PersonRow, ...], int]) -> None:
        rows, total = found
        self.list.say_empty(
            "users",
            N_("Nobody is registered yet"),
            N_("Scan an identity card, or press Ctrl N to register the first person."),
        )
        self.list.show_rows(N_("People entered or changed last"), rows, total)

    def _back_to_list(self) -> None:
        self._show(self.list)
        self._read_list()
        self.list.focus_first()

    # One person

    def _open(self, person_id: str, how: str = "said", scanned: FilledForm | None = None) -> None:
        self.desk.window.stay_here()
        self._show(self.person)
        self.person.open(person_id, how, scanned)
        self._before_search = None

    def _edit(self, card: PersonCard, scanned: FilledForm | None) -> None:
        self.register.edit(card)
        self._show(self.register)
        if scanned is not None:
            self.register.fill(scanned)

    def _changed(self, person_id: str) -> None:
        self.desk.toast(_("The change is saved."))
        self._open(person_id)

    # The form

    def _new_person(self) -> None:
        if not self._form_is_free():
            self._show(self.register)
            return
        self.register.begin()
        self._show(self.register)
        self.register.full_name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _household(self, card: PersonCard) -> None:
        self.register.begin(card)
        self._show(self.register)
        self.register.full_name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _form_is_free(self) -> bool:
        """Whether the form may be begun anew; what stands unsaved in it is shown instead."""
        if not self.register.dirty:
            return True
        self.desk.toast(_("This form is not saved yet: F12 saves it, Esc throws it away."), tone="warn")
        return False

    def _registered(self, result: Registered, name: str) -> None:
        self._warned = False
        if name == "household":
            self.desk.ask(partial(people.card, person_id=result.person_id), self._next_of_household, owner=self)
            return
        off_age = "" if result.visit_id else self.register.off_age_of_last
        if off_age:
            words = _("{name} is saved, not checked in. {reason}")
            self.desk.toast(words.format(name=name, reason=off_age), tone="warn")
        else:
            words = _("{name} is saved and checked in.") if result.visit_id else _("{name} is saved.")
            self.desk.toast(words.format(name=name))
        self._open(result.person_id)

    def _next_of_household(self, card: PersonCard | None) -> None:
        if card is not None:
            words = _("{name} is saved. Now the next one of the household.")
            self.desk.toast(words.format(name=card.details.full_name))
            self._household(card)

    def _known(self, person_id: str) -> None:
        """The one being entered is there already: she is opened, the form is given up."""
        self.register.begin()
        self._open(person_id)

    def _given_up(self) -> None:
        before = self.register.card_id
        self.register.begin()
        if before:
            self._open(before)
        else:
            self._back_to_list()

    # Scans

    def take_scan(self, scan: object) -> bool:
        """A person's card opens or fills, a personal code opens; anything else belongs elsewhere."""
        if not isinstance(scan, Scan):
            return False
        if scan.is_person:
            self.desk.ask(partial(_read_card, scan), partial(self._card_read, scan), owner=self, key="card")
            return True
        if scan.kind == "personal_code":
            code = scan.fields["code"]
            self.desk.ask(partial(people.by_code, code=code), self._code_read, owner=self, key="card")
            return True
        return False

    def _card_read(self, scan: Scan, read: _CardRead) -> None:
        filling = self.views.currentWidget() is self.register and self.register.card_id
        if filling:
            self.register.fill(read.filled)
            return
        if len(read.people) == 1:
            if self.register.dirty and self.views.currentWidget() is self.register and not self.register.is_empty():
                self._form_is_free()
                return
            self._open(read.people[0].id, "card", read.filled)
            return
        if read.people:
            self._searched = scan.fields["national_id"]
            self._show(self.list)
            self._read_list()
            self.desk.toast(_("Two people have this number: open both and settle which one is right."), tone="warn")
            return
        number = read.filled.details.national_id
        if self.register.dirty and self.register.number and self.register.number != number:
            self._form_is_free()
            self._show(self.register)
            return
        if not self.register.dirty and self.views.currentWidget() is not self.register:
            self.register.begin()
        self._show(self.register)
        self.register.fill(read.filled)

    def _code_read(self, row: PersonRow | None) -> None:
        if row is None:
            self.desk.tell(KnownError("Nobody at this station has this code. Search by name or number."))
            return
        self._open(row.id, "code")

    # Slip

    def _print_slip(self, person_id: str) -> None:
        from vaxdesk.gui.slip_printing import print_slip

        print_slip(self.desk, self, person_id)


def _newest(conn: Any) -> tuple[tuple[PersonRow, ...], int]:
    return people.newest(conn, 200), people.count(conn)


def _read_card(scan: Scan, conn: Any) -> _CardRead:
    number = scan.fields.get("national_id", "")
    found = person_view.by_number(conn, number) if number else ()
    return _CardRead(found, fill_form(scan, units()))
