"""One person: banner, particulars, groups, doses with their source and verdict, papers, and the whole history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHeaderView, QLabel, QWidget

from vaxdesk.domain.intake import FilledForm
from vaxdesk.errors import KnownError
from vaxdesk.gui import consent_words, event_words, forms, person_facts, person_tables, person_words, planning
from vaxdesk.gui.dialogs.check_list import check_list
from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog
from vaxdesk.gui.dialogs.earlier_paper import EarlierPaperDialog
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.models.table import RowsModel
from vaxdesk.gui.widgets import person_corrections as corrections
from vaxdesk.gui.widgets.banner import PersonBanner
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import ROW_HEIGHT, RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import person_view
from vaxdesk.queries.person_view import PaperRow, PersonFacts
from vaxdesk.services import doses, people, visits

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

#: Where a checked-in person stands, and what the main button then leads to.
STAGES = {
    "consent": N_("Take consent"),
    "screening": N_("Screen"),
    "dose": N_("Give the dose"),
    "observation": N_("To the observation board"),
}


class PersonPanel(LeadsFocus, QWidget):
    """``closed`` goes back, ``edit_asked`` and ``household_asked`` with the person's card, ``slip_asked`` with ids."""

    back: KeyButton
    edit: KeyButton
    household: KeyButton
    slip: KeyButton
    go_on: KeyButton
    banner: PersonBanner
    error: ErrorState
    notes_card: QFrame
    notes: QLabel
    take_card: KeyButton
    paper_card: QFrame
    paper_note: QLabel
    new_paper: KeyButton
    wrong_dose: KeyButton
    doses_card: QFrame
    next_dose: QLabel
    earlier: KeyButton
    doses: RowTable
    events_card: QFrame
    event_kind: QComboBox
    events: RowTable
    details: QLabel
    code: QLabel
    groups: QLabel
    confirm: KeyButton
    conditions: QLabel
    change_conditions: KeyButton
    consent_answer: QLabel
    ask_consent: KeyButton
    no_dose: QLabel
    no_paper: QLabel
    papers: RowTable
    paper: KeyButton

    closed = Signal()
    edit_asked = Signal(object, object)
    household_asked = Signal(object)
    slip_asked = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/person_panel.ui")
        self.facts: PersonFacts | None = None
        self.person_id = ""
        self.identity_how = "said"
        self._scanned: FilledForm | None = None
        campaign = desk.campaign()
        self._campaign = campaign
        self._dose_rows = RowsModel(person_tables.doses(campaign), lambda dose: dose.row.record_id, self)
        self._event_rows = RowsModel(
            person_tables.events(campaign), lambda event: (event.at, event.kind, str(event.values)), self
        )
        self._paper_rows = RowsModel(person_tables.papers(), lambda row: row.id, self)
        self.doses.use(self._dose_rows)
        self.events.use(self._event_rows)
        self.events.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.papers.use(self._paper_rows)
        self.papers.opened.connect(self._open_paper)
        self.paper.clicked.connect(self._earlier_paper)
        self.back.clicked.connect(self.closed)
        self.edit.clicked.connect(self._edit)
        self.take_card.clicked.connect(self._take_card)
        self.household.clicked.connect(self._household)
        self.slip.clicked.connect(self._slip)
        self.go_on.clicked.connect(self._go_on)
        self.earlier.clicked.connect(self._earlier)
        self.wrong_dose.clicked.connect(self._wrong_dose)
        self.new_paper.clicked.connect(self._new_paper)
        self.confirm.clicked.connect(self._confirm)
        self.change_conditions.clicked.connect(self._change_conditions)
        self.ask_consent.clicked.connect(self._ask_consent)
        self.error.again.connect(self.reload)
        self.event_kind.activated.connect(self._show_events)
        self.setFocusProxy(self.go_on)
        self._translate()

    # Open

    def open(self, person_id: str, identity_how: str = "said", scanned: FilledForm | None = None) -> None:
        """Show a person; the view is noted. ``identity_how``: how she was identified, for the check-in.

        ``scanned``: what her card says, to be held against the book.
        """
        self._scanned = scanned
        if person_id != self.person_id:
            self.facts = None
            self.banner.show_person(None)
            self.event_kind.setCurrentIndex(0)
        self.person_id = person_id
        self.identity_how = identity_how
        self.desk.viewed(person_id)
        self.reload()
        self.setFocus()

    def reload(self) -> None:
        """Read the person anew."""
        if not self.person_id:
            return
        work = partial(
            person_view.person_facts, campaign=self._campaign, person_id=self.person_id, on=self.desk.today()
        )
        self.desk.ask(work, self._show, owner=self, key="person", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show(self, facts: PersonFacts | None) -> None:
        self.facts = facts
        if facts is None:
            self.banner.show_person(None)
            self.error.tell(KnownError("The person is not there any more. Search again."))
            return
        self.error.tell(None)
        self._translate()

    def _translate(self) -> None:
        kept = self.event_kind.currentData()
        self.event_kind.clear()
        for code, words in event_words.GROUPS.items():
            self.event_kind.addItem(_(words), code)
        self.event_kind.setCurrentIndex(max(0, self.event_kind.findData(kept)))
        facts = self.facts
        buttons = (self.edit, self.household, self.slip, self.earlier, self.confirm, self.paper, self.go_on)
        for button in (*buttons, self.change_conditions, self.ask_consent):
            button.setEnabled(facts is not None)
        self.wrong_dose.setEnabled(facts is not None and bool(corrections.may_be_taken_back(facts)))
        if facts is None:
            self.notes_card.hide()
            self.paper_card.hide()
            return
        today = self.desk.today()
        shown = person_words.banner(self._campaign, facts.card.details, facts.evaluation, today)
        against = consent_words.against(facts.consent.answer) if facts.consent is not None else None
        self.banner.show_person(shown.with_warnings([against] if against is not None else []))
        self.consent_answer.setText(consent_words.in_short(facts.consent))
        self.code.setText(_("Code {code}").format(code=facts.card.code))
        due = person_words.next_dose(self._campaign, facts.evaluation, today)
        self.next_dose.setText("\n".join([*person_words.why_not(facts.doses), due]).strip())
        self.details.setText(person_facts.particulars(facts))
        self.groups.setText(person_facts.groups(facts, self._campaign))
        self.conditions.setText(person_facts.conditions(facts, self._campaign))
        self._dose_rows.show(facts.doses)
        self._paper_rows.show(facts.papers)
        _fit(self.doses, len(facts.doses), 5)
        _fit(self.papers, len(facts.papers), 2)
        self.no_dose.setText(_("No dose is recorded."))
        self.no_dose.setVisible(not facts.doses)
        self.no_paper.setText(_("No certificate yet."))
        self.no_paper.setVisible(not facts.papers)
        for model in (self._dose_rows, self._event_rows, self._paper_rows):
            model.retranslate()
        self._show_events()
        differing = person_facts.card_differs(facts.card.details, self._scanned.details) if self._scanned else []
        notes = [*differing, *person_facts.notes(facts, today)]
        self.take_card.setVisible(bool(differing))
        self.notes.setText("\n".join(notes))
        self.notes_card.setVisible(bool(notes))
        paper_note = corrections.paper_note(facts)
        self.paper_note.setText(paper_note)
        self.paper_card.setVisible(bool(paper_note))
        self.new_paper.setEnabled(corrections.something_to_certify(facts))
        self._show_main(facts)

    def _show_events(self, _index: int = 0) -> None:
        if self.facts is not None:
            wanted = self.event_kind.currentData() or ""
            self._event_rows.show([event for event in self.facts.events if wanted in ("", event.group)])

    # What is shown

    def _show_main(self, facts: PersonFacts) -> None:
        visit = facts.visit
        if visit is not None:
            words = STAGES.get(visit.stage, N_("Show in the session"))
            self.go_on.setText(_(words))
        elif facts.session is not None:
            self.go_on.setText(_("Check in"))
        else:
            self.go_on.setText(_("Plan a session"))

    # Acts

    def _go_on(self) -> None:
        facts = self.facts
        if facts is None:
            return
        if facts.visit is not None:
            self.desk.go_to("session", facts.visit.visit_id)
        elif facts.session is None:
            self.desk.go_to("session")
        else:
            details = facts.card.details
            off_age = planning.too_young_or_old(self._campaign, facts.session, details, self.desk.today())
            reason: str | None = ""
            if off_age:
                about = f"{details.full_name}: {off_age}"
                reason = ask_reason(self, _("Not on the list: check in all the same"), about)
            if reason is None:
                return
            command = visits.CheckIn(facts.session.id, self.person_id, self.identity_how, reason)
            self.desk.act(
                lambda ctx: visits.check_in(ctx, command),
                partial(self._checked_in, facts.card.details.full_name),
                areas={"session", "people"},
                owner=self,
                failed=self.error.tell,
            )

    def _checked_in(self, name: str, visit_id: str) -> None:
        self.desk.toast(_("{name} is checked in.").format(name=name), partial(self._take_back, visit_id))
        self.reload()

    def _take_back(self, visit_id: str) -> None:
        self._change(lambda ctx: visits.withdraw(ctx, visit_id, "undo"))

    def _edit(self) -> None:
        if self.facts is not None:
            self.edit_asked.emit(self.facts.card, None)

    def _take_card(self) -> None:
        if self.facts is not None and self._scanned is not None:
            self.edit_asked.emit(self.facts.card, self._scanned)

    def _household(self) -> None:
        if self.facts is not None:
            self.household_asked.emit(self.facts.card)

    def _slip(self) -> None:
        if self.person_id:
            self.slip_asked.emit(self.person_id)

    def _earlier(self) -> None:
        facts = self.facts
        if facts is None:
            return
        about = f"{facts.card.details.full_name} · {person_words.birth(facts.card.details.birth, self.desk.today())}"
        dialog = EarlierDosesDialog(self, self._campaign, self.desk.today(), about=about)
        if not dialog.exec():
            return
        commands = [replace(dose, person_id=self.person_id) for dose in dialog.doses()]
        self.desk.act(
            lambda ctx: doses.record_earlier_doses(ctx, commands),
            partial(self._earlier_recorded, facts.card.details.full_name),
            areas={"people", "session"},
            owner=self,
            failed=self.error.tell,
        )

    def _earlier_recorded(self, name: str, records: list[str]) -> None:
        sentence = ngettext(
            "{count} earlier dose of {name} is recorded.", "{count} earlier doses of {name} are recorded.", len(records)
        )
        self.desk.toast(sentence.format(count=len(records), name=name))
        self.reload()

    def _wrong_dose(self) -> None:
        facts = self.facts
        if facts is None:
            return
        dose = corrections.chosen(facts, self.doses.current())
        if dose is None:
            self.desk.toast(_("Choose the dose in the list first."), tone="warn")
            return
        reason = corrections.ask_reason(self, self._campaign, facts.card.details.full_name, dose)
        if reason:
            self._change(partial(corrections.take_back, dose.row.record_id, reason))

    def _new_paper(self) -> None:
        if self.facts is not None:
            corrections.issue(self, self.desk, self.facts, self.error.tell)

    def _confirm(self) -> None:
        facts, priority = self.facts, self._campaign.priority
        if facts is None or priority is None:
            return
        groups = [
            (g.code, person_facts.group_label(self._campaign, g.code)) for g in priority.groups_on(self.desk.today())
        ]
        preset = facts.card.confirmed_groups if facts.card.groups_checked else facts.card.stated_groups
        title = _("Which priority groups hold?")
        chosen = check_list(self, title, facts.card.details.full_name, groups, preset)
        if chosen is not None:
            codes, _reason = chosen
            self._change(lambda ctx: people.confirm_group(ctx, facts.card.id, *codes))

    def _change_conditions(self) -> None:
        facts = self.facts
        if facts is None:
            return
        known = sorted(person_facts.known_conditions(self._campaign).items(), key=lambda pair: pair[1])
        title = _("Lasting conditions that change the schedule or the screening")
        chosen = check_list(self, title, facts.card.details.full_name, known, facts.card.conditions, reason=True)
        if chosen is not None:
            codes, reason = chosen
            self._change(lambda ctx: people.set_conditions(ctx, facts.card.id, codes, reason))

    def _ask_consent(self) -> None:
        """Asked at home or on the phone, refused, withdrawn: with nobody here, or at any step of today's session."""
        from vaxdesk.gui.dialogs.consent import ask_consent

        facts = self.facts
        if facts is None:
            return
        visit_id = facts.visit.visit_id if facts.visit is not None else ""
        warnings = ask_consent(self, self.desk, facts.card, facts.consent, visit_id)
        if warnings:
            self.desk.toast(" ".join(remark.words() for remark in warnings), tone="warn")
        if warnings is not None:
            self.reload()

    def _change(self, service: Callable[[Context], object]) -> None:
        self.desk.act(
            service,
            lambda _done: self.reload(),
            areas={"people", "session", "certificates"},
            owner=self,
            failed=self.error.tell,
        )

    def _earlier_paper(self) -> None:
        facts = self.facts
        if (
            facts is not None
            and EarlierPaperDialog(self, self.desk, facts.card.id, facts.card.details.full_name).exec()
        ):
            self.reload()

    def _open_paper(self, _row: PaperRow) -> None:
        self.desk.go_to("certificates")

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        return done


def _fit(table: RowTable, rows: int, most: int) -> None:
    """As high as its rows, ``most`` at the most; an empty table is not shown."""
    table.setVisible(rows > 0)
    table.setFixedHeight(36 + min(rows, most) * ROW_HEIGHT)
