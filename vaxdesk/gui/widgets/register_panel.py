"""The registration form: a new person, or the particulars of one who is there; look-alikes stand beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QScrollArea, QWidget

from vaxdesk.domain.countries import VIET_NAM
from vaxdesk.domain.dates import format_time
from vaxdesk.domain.intake import FilledForm
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms, person_words, planning
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.register_fields import RegisterFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.history_panel import HistoryPanel
from vaxdesk.gui.widgets.look_alikes import LookAlikePanel
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.search_combo import SearchCombo
from vaxdesk.gui.widgets.states import ErrorState, ErrorSummary
from vaxdesk.gui.widgets.suggest import SuggestField
from vaxdesk.i18n import N_, _
from vaxdesk.queries import people as people_query
from vaxdesk.queries import people_lists
from vaxdesk.queries.people import LookAlike, PersonCard
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services import people
from vaxdesk.services.people import Registered, RegisterPerson

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

_REASONS = (N_("Card seen"), N_("Mistyped"), N_("Corrected at the registry"))
_SOURCES = {
    "cccd": N_("CCCD card read at {time}"),
    "can_cuoc": N_("Identity card read at {time}"),
    "bhyt": N_("Insurance card read at {time}"),
}


class RegisterPanel(LeadsFocus, QWidget):
    """``saved`` with what was registered and the details; ``changed`` with a person's id; ``known`` with the id of a
    person who is there already; ``given_up`` when the form is left."""

    title: QLabel
    source: Badge
    back: KeyButton
    by_camera: KeyButton
    household: KeyButton
    save: KeyButton
    error: ErrorState
    summary: ErrorSummary
    scroll: QScrollArea
    side: QFrame
    alikes: LookAlikePanel
    full_name: QLineEdit
    birth: QLineEdit
    birth_choice: QWidget
    birth_first: KeyButton
    birth_second: KeyButton
    sex: QComboBox
    sex_choice: QWidget
    sex_first: KeyButton
    sex_second: KeyButton
    national_id: QLineEdit
    national_id_below: QLabel
    old_id: QLineEdit
    insurance_no: QLineEdit
    commune_code: SuggestField
    village: SuggestField
    phone: QLineEdit
    groups: QComboBox
    occupation: QLineEdit
    guardian_name: QLineEdit
    guardian_relation: QComboBox
    guardian_phone: QLineEdit
    allergies: QLineEdit
    employer: QLineEdit
    more_button: KeyButton
    passport: QLineEdit
    ethnicity: QLineEdit
    email: QLineEdit
    nationality: SearchCombo
    commune_choice: QWidget
    commune_first: KeyButton
    commune_second: KeyButton
    history: HistoryPanel

    saved = Signal(object, str)
    changed = Signal(str)
    known = Signal(str)
    given_up = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/register_panel.ui")
        self._fields = RegisterFields(self, self, desk.campaign(), desk.today())
        self._card: PersonCard | None = None
        self._household_of = ""
        self._household_name = ""
        self._session_id = ""
        self._session: SessionRow | None = None
        #: Why the person saved last was not checked in; empty for who was.
        self.off_age_of_last = ""
        self._scan_kind = ""
        self._read_at = ""
        self._address = ""
        self._again = False
        self._saving = False
        self._fields.changed.connect(self._changed)
        self.save.clicked.connect(partial(self._save, again=False))
        self.by_camera.clicked.connect(desk.window.ask_camera)
        self.household.clicked.connect(partial(self._save, again=True))
        self.back.clicked.connect(self._give_up)
        self.alikes.same.connect(self.known)
        self.more_button.clicked.connect(self._more)
        self.history.begin(desk)
        self.history.opened.connect(self._show_history)
        self.setFocusProxy(self.full_name)

    # Begin

    def begin(self, household: PersonCard | None = None) -> None:
        """An empty form; ``household``: another person of that one's household, address and contact kept."""
        self._reset(None)
        self._household_of = household.id if household else ""
        self._household_name = household.details.full_name if household else ""
        if household is not None:
            self._fields.show(household.details.household_member())
        else:
            self._fields.show(self._at_station())
        self._translate()
        self.full_name.setFocus()

    def fill(self, filled: FilledForm) -> None:
        """A card was scanned: its fields stand in the form, what was typed elsewhere stays."""
        if self._card is not None:
            details = self._from_card(self._card.details, filled.details)
        else:
            typed, _errors = self._fields.read()
            details = self._from_card(typed, filled.details)
        self._scan_kind = filled.details.identity_source
        self._read_at = format_time(self.desk.now())
        self._address = filled.details.address
        communes = filled.place.candidates if not filled.place.certain else ()
        self._fields.show(details, filled.warnings, communes)
        self._fields.touched = True
        self._translate()
        self._fields.fields.go_to(self._fields.first_empty())

    def edit(self, card: PersonCard) -> None:
        """The particulars of somebody who is there."""
        self._reset(card)
        self._address = card.details.address
        self._fields.show(card.details)
        self._translate()
        self.full_name.setFocus()

    def _reset(self, card: PersonCard | None) -> None:
        self._card = card
        self._household_of = self._household_name = ""
        self._scan_kind = self._read_at = self._address = ""
        self._saving = False
        self.history.clear()
        self.alikes.clear()
        self.error.tell(None)
        self.summary.show_errors((), self._go_to)
        details = card.details if card else None
        self._show_more(details is not None and _has_more(details))
        self.history.setVisible(card is None)
        self.household.setVisible(card is None)
        self.scroll.verticalScrollBar().setValue(0)
        self.desk.ask(people_lists.villages, self._fields.offer_villages, owner=self, key="villages")
        self._ask_session()

    def _at_station(self) -> PersonDetails:
        station = self.desk.ctx.station
        return PersonDetails(
            province_code=station.province_code,
            province_name=station.province_name,
            commune_code=station.commune_code,
            commune_name=station.commune_name,
        )

    @staticmethod
    def _from_card(typed: PersonDetails, card: PersonDetails) -> PersonDetails:
        """The card's word counts for what it says; the rest stays as it was typed."""
        said = {
            name: value
            for name in PersonDetails.__dataclass_fields__
            if (value := getattr(card, name)) and name not in ("nationality", "groups")
        }
        return typed.with_(**said)

    @property
    def card_id(self) -> str:
        """The person whose particulars are being changed; empty for a new one."""
        return self._card.id if self._card else ""

    @property
    def dirty(self) -> bool:
        """Whether leaving would lose something."""
        return self.isEnabled() and (self._fields.touched or self.history.touched)

    @property
    def number(self) -> str:
        """The personal number in the form, plain."""
        return self._fields.read()[0].national_id.replace(" ", "")

    def is_empty(self) -> bool:
        """Whether nobody was begun yet: no name and no number."""
        return not self.full_name.text().strip() and not self.number

    # The session of today

    def _ask_session(self) -> None:
        from vaxdesk.queries import sessions

        today = self.desk.today()
        self.desk.ask(lambda conn: sessions.current_session(conn, today), self._take_session, owner=self, key="reg-ses")

    def _take_session(self, session: SessionRow | None) -> None:
        self._session_id = getattr(session, "id", "")
        self._session = session
        self._translate()

    def off_age(self, details: PersonDetails) -> str:
        """Why her age keeps her off today's session: she is stored and not checked in by herself (R-08)."""
        return planning.too_young_or_old(self.desk.campaign(), self._session, details, self.desk.today())

    # Look-alikes

    def _changed(self, details: PersonDetails) -> None:
        but = self._card.id if self._card else ""
        if not (details.full_name or details.national_id or details.old_id):
            self.alikes.show_people(details, ())
            return
        plain = people.rules.tidy(details)
        self.desk.ask(
            partial(people_query.look_alikes, details=plain, but=but),
            partial(self._take_alikes, plain),
            owner=self,
            key="look-alikes",
        )

    def _take_alikes(self, details: PersonDetails, found: tuple[LookAlike, ...]) -> None:
        self.alikes.show_people(details, found)

    def _show_history(self) -> None:
        QTimer.singleShot(0, self, partial(self.scroll.ensureWidgetVisible, self.history))

    # Save

    def _go_to(self, name: str) -> None:
        if name == "other_on":
            self.history.other_on.setFocus()
        else:
            self._fields.fields.go_to(name)

    def _save(self, *, again: bool) -> None:
        if self._saving:
            return
        self.nationality.settle()
        details, errors = self._fields.read()
        found = self._fields.blocking(details, errors)
        other_on, wrong = self.history.other_day()
        if wrong is not None:
            found.append(wrong)
        self._fields.fields.show(found)
        self.summary.show_errors(found, self._go_to)
        if found:
            return
        if self.alikes.unanswered and not self._asked_about(details):
            return
        self._again = again
        if self._card is not None:
            self._save_changes(details)
            return
        self.off_age_of_last = self.off_age(details)
        command = RegisterPerson(
            replace(details, identity_source=self._scan_kind or "typed"),
            household_of=self._household_of,
            session_id="" if self.off_age_of_last else self._session_id,
            identity_how="card" if self._scan_kind in ("cccd", "can_cuoc") else "said",
            earlier=self.history.earlier,
            no_dose_yet=self.history.no_dose_yet,
            other_vaccine_on=other_on,
        )
        self._saving = True
        self.desk.act(
            lambda ctx: people.register(ctx, command),
            partial(self._registered, details.full_name),
            areas={"people", "session"} if command.session_id else {"people"},
            owner=self,
            failed=self._failed,
        )

    _asked: tuple[str, str] = ("", "")

    def _asked_about(self, details: PersonDetails) -> bool:
        """Somebody very likely is there already: the first F12 only points at her, the second one saves."""
        key = (details.full_name, details.birth.iso() if details.birth else "")
        if self._asked == key:
            return True
        self._asked = key
        self.error.tell(KnownError("This person may be in the book already: answer beside the form, or save again."))
        return False

    def _registered(self, name: str, result: Registered) -> None:
        self._saving = False
        self._fields.touched = False
        self.saved.emit(result, "household" if self._again else name)

    def _save_changes(self, details: PersonDetails) -> None:
        card = self._card
        if card is None:
            return
        details = people.rules.tidy(details)
        if details == card.details:
            self._fields.touched = False
            self.changed.emit(card.id)
            return
        old = card.details
        reason: str | None = ""
        if any(getattr(details, name) != getattr(old, name) for name in people.IDENTITY_FIELDS):
            about = f"{old.full_name} · {person_words.birth(old.birth, self.desk.today())}"
            quick = [_(words) for words in _REASONS]
            reason = ask_reason(self, _("Why do name, birth date, sex or number change?"), about, quick)
            if reason is None:
                return
        why = reason
        self._saving = True
        self.desk.act(
            lambda ctx: people.change(ctx, card.id, details, card.version, why),
            partial(self._edited, card.id),
            areas={"people", "session", "certificates"},
            owner=self,
            failed=self._failed,
        )

    def _edited(self, person_id: str, _problems: list[FieldProblem]) -> None:
        self._saving = False
        self._fields.touched = False
        self.changed.emit(person_id)

    def _failed(self, error: KnownError) -> None:
        self._saving = False
        if isinstance(error, FieldError) and self._fields.fields.show([error]):
            self.summary.show_errors([error], self._go_to)
        else:
            self.error.tell(error)

    def _give_up(self) -> None:
        self.given_up.emit()

    # Words

    def _show_more(self, shown: bool) -> None:
        for name in ("passport", "ethnicity", "email", "nationality"):
            self.findChild(QWidget, f"{name}_cell").setVisible(shown)
        self.more_button.setVisible(not shown)

    def _more(self) -> None:
        self._show_more(True)
        self.passport.setFocus()

    def _translate(self) -> None:
        if self._card is not None:
            self.title.setText(_("Change the particulars"))
            self.save.setText(_("Save"))
        else:
            title = _("Add someone to the household of {name}") if self._household_of else _("Register a new person")
            self.title.setText(title.format(name=self._household_name))
            self.save.setText(_("Save and check in") if self._session_id else _("Save"))
        source = _SOURCES.get(self._scan_kind)
        self.source.show_words(_(source).format(time=self._read_at) if source else "", "ok")
        self.by_camera.setVisible(source is None)  # the key goes on working
        below = self.findChild(QLabel, "commune_code_below")
        if self._address and not below.property("tone"):
            below.setText(_("On the card: {address}").format(address=self._address))
            below.show()

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._fields.translate()
            self._translate()
        return done


def _has_more(details: PersonDetails) -> bool:
    """Whether there is something in the fields that are folded away."""
    foreign = details.nationality != VIET_NAM
    return bool(details.passport or details.ethnicity or details.email or foreign)
