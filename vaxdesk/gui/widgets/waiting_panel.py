"""Registrations of the portal that wait: approve, ask back, refuse, each with one key (R-21)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLabel, QWidget

from vaxdesk.clock import VIET_NAM
from vaxdesk.domain import identity, phones
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import KnownError
from vaxdesk.gui import event_words, forms, person_facts, person_words, words
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.look_alikes import LookAlikePanel
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import people as people_query
from vaxdesk.queries import registrations as query
from vaxdesk.queries.people import LookAlike, PersonCard
from vaxdesk.queries.registrations import RegistrationRow
from vaxdesk.services import joining
from vaxdesk.services import registrations as service
from vaxdesk.services.context import Context

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

_ASKED = (N_("Identity number"), N_("Birth date"), N_("Village"), N_("Called, no answer"))
_REFUSED = (N_("Not of this commune"), N_("Registered twice"), N_("Does not want to come"))
_PARTS = {"morning": N_("morning"), "afternoon": N_("afternoon")}


class WaitingPanel(LeadsFocus, QWidget):
    """``closed`` goes back; ``opened`` with a person's id."""

    back: KeyButton
    about: QLabel
    refuse: KeyButton
    ask: KeyButton
    approve: KeyButton
    error: ErrorState
    body: QWidget
    rows: RowTable
    side: QWidget
    name: QLabel
    details: QLabel
    alikes: LookAlikePanel
    open_person: KeyButton
    empty: EmptyState

    closed = Signal()
    opened = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/waiting_panel.ui")
        today = desk.today()
        self._model = RowsModel(
            (
                Column[RegistrationRow](N_("Full name"), lambda row: row.full_name, bold=True, badges=_badges),
                Column[RegistrationRow](
                    N_("Born"), lambda row: person_words.birth(PartialDate.parse(row.birth_date), today), width=178
                ),
                Column[RegistrationRow](N_("Village"), lambda row: row.village or "–", width=140),
                Column[RegistrationRow](N_("Wants to come"), _wish, width=150),
            ),
            lambda row: row.id,
            self,
        )
        self.rows.use(self._model)
        self.rows.chosen.connect(self._show_one)
        self.rows.opened.connect(lambda row: self.opened.emit(row.person_id))
        self.back.clicked.connect(self.closed)
        self.open_person.clicked.connect(self._open)
        self.approve.clicked.connect(self._approve)
        self.ask.clicked.connect(self._ask)
        self.refuse.clicked.connect(self._refuse)
        self.alikes.same.connect(self._join)
        self.error.again.connect(self.reload)
        self.empty.say(
            "inbox",
            N_("No registration waits"),
            N_("What people register at the portal for this station stands here after the next exchange."),
        )
        self.setFocusProxy(self.rows)

    def reload(self) -> None:
        """Read the list anew."""
        self.desk.ask(query.waiting, self._show, owner=self, key="registrations", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show(self, rows: tuple[RegistrationRow, ...]) -> None:
        self.error.tell(None)
        place = self.rows.currentIndex().row()
        self._model.show(rows)
        self.body.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        for button in (self.approve, self.ask, self.refuse):
            button.setEnabled(bool(rows))
        self._say_count()
        if rows:
            self.rows.choose(max(0, min(place, len(rows) - 1)))
        self._show_one(self.rows.current())

    def _say_count(self) -> None:
        count = len(self._model.rows)
        people = ngettext("{count} person", "{count} people", count).format(count=words.number(count))
        self.about.setText(_("{people} · by wanted day").format(people=people) if count else "")

    # The one that is chosen

    def _show_one(self, row: RegistrationRow | None) -> None:
        self.alikes.hide()
        if row is None:
            return
        self.alikes.clear()
        self.name.setText(row.full_name)
        self.details.setText(self._about(row))
        self.desk.ask(partial(_look_alikes, row.person_id), self._show_alikes, owner=self, key="waiting-alikes")

    def _about(self, row: RegistrationRow) -> str:
        registered = f"{row.registered_at.astimezone(VIET_NAM):%d/%m/%Y %H:%M}"
        pairs = [
            (_("Birth date"), person_words.birth(PartialDate.parse(row.birth_date), self.desk.today())),
            (_("Sex"), _(person_words.SEXES[row.sex])),
            (_("Personal number"), identity.grouped(row.national_id) or _("none")),
            (_("Village"), row.village),
            (_("Phone"), phones.shown(row.phone)),
            (_("Groups stated"), ", ".join(row.groups)),
            (_("Wants to come"), _wish(row)),
            (_("Said"), row.comment),
            (_("Registered at"), registered),
            (_("Portal no."), row.number),
            (_("State"), event_words.state(row.state)),
            (_("Asked"), row.reason),
        ]
        return person_facts.table(pairs)

    def _show_alikes(self, found: tuple[PersonDetails, tuple[LookAlike, ...]]) -> None:
        entered, alikes = found
        self.alikes.show_people(entered, alikes[:2])
        self.alikes.setVisible(bool(alikes))

    def _join(self, person_id: str) -> None:
        """The registration is by somebody who stands in the book: it is hers from now on."""
        row = self.rows.current()
        if row is not None:
            said = _("The registration of {name} now belongs to the person in the book.").format(name=row.full_name)
            act = partial(_join, row.id, person_id)
            self.desk.act(act, partial(self._joined, said), areas={"people"}, owner=self, failed=self._failed)

    def _joined(self, said: str, _result: object) -> None:
        self.reload()
        self.desk.toast(said)

    # Deciding

    def _open(self) -> None:
        row = self.rows.current()
        if row is not None:
            self.opened.emit(row.person_id)

    def _approve(self) -> None:
        row = self.rows.current()
        if row is not None:
            self._act(row, partial(_approve, row.id), _("{name} is approved.").format(name=row.full_name))

    def _ask(self) -> None:
        self._with_reason(_("What is to be asked?"), _ASKED, _ask_back, _("{name}: to be asked first."))

    def _refuse(self) -> None:
        self._with_reason(_("Why is the registration refused?"), _REFUSED, _refuse, _("{name} is refused."))

    def _with_reason(self, title: str, quick: tuple[str, ...], act: Any, said: str) -> None:
        row = self.rows.current()
        if row is None:
            return
        about = f"{row.full_name} · {person_words.birth(PartialDate.parse(row.birth_date), self.desk.today())}"
        reason = ask_reason(self, title, about, [_(each) for each in quick])
        if reason is not None:
            self._act(row, partial(act, row.id, reason), said.format(name=row.full_name))

    def _act(self, row: RegistrationRow, act: Any, said: str) -> None:
        done = partial(self._done, row.id, said)
        self.desk.act(act, done, areas={"people"}, owner=self, failed=self._failed)

    def _done(self, registration_id: str, said: str, _result: object) -> None:
        self.reload()
        self.desk.toast(said, partial(self._take_back, registration_id))

    def _take_back(self, registration_id: str) -> None:
        self.desk.act(partial(_reopen, registration_id), lambda _done: self.reload(), areas={"people"}, owner=self)

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say_count()
            self._show_one(self.rows.current())
        return done


def _look_alikes(person_id: str, conn: Any) -> tuple[PersonDetails, tuple[LookAlike, ...]]:
    card: PersonCard | None = people_query.card(conn, person_id)
    if card is None:
        return PersonDetails(), ()
    return card.details, people_query.look_alikes(conn, card.details, but=person_id)


def _join(registration_id: str, person_id: str, ctx: Context) -> None:
    joining.join_registration(ctx, registration_id, person_id)


def _badges(row: RegistrationRow) -> tuple[tuple[str, str], ...]:
    badges = []
    if row.state == "asked":
        badges.append((_("asked back"), "warn"))
    if row.doubts:
        badges.append((_("to verify"), "warn"))
    return tuple(badges)


def _wish(row: RegistrationRow) -> str:
    if row.wanted_date is None:
        return "–"
    part = _PARTS.get(row.wanted_part)
    return " ".join(text for text in (format_date(row.wanted_date), _(part) if part else row.wanted_part) if text)


def _approve(registration_id: str, ctx: Context) -> None:
    service.approve(ctx, registration_id)


def _ask_back(registration_id: str, reason: str, ctx: Context) -> None:
    service.ask_back(ctx, registration_id, reason)


def _refuse(registration_id: str, reason: str, ctx: Context) -> None:
    service.refuse(ctx, registration_id, reason)


def _reopen(registration_id: str, ctx: Context) -> None:
    service.reopen(ctx, registration_id)
