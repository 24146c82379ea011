"""One person: banner, particulars, groups, doses with their source and verdict, papers, and the whole history."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHeaderView, QLabel, QWidget

from vaxdesk import i18n
from vaxdesk.clock import VIET_NAM
from vaxdesk.domain import identity, phones
from vaxdesk.domain import people as rules
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import KnownError
from vaxdesk.gui import event_words, forms, person_words, style
from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.banner import PersonBanner
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import person_view
from vaxdesk.queries.desk_view import JudgedDose
from vaxdesk.queries.person_view import PaperRow, PersonFacts
from vaxdesk.queries.timeline import Event
from vaxdesk.services import doses, people, visits
from vaxdesk.services.doses import EarlierDose

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Where a checked-in person stands, and what the main button then leads to.
STAGES = {
    "consent": N_("Take consent"),
    "screening": N_("Screen"),
    "dose": N_("Give the dose"),
    "observation": N_("To the observation board"),
}
_EVIDENCE_TONES = {"here": "", "portal": "info", "paper": "", "spoken": "warn"}
_PAPER_STATES = {
    "valid": (N_("valid"), "ok"),
    "replaced": (N_("replaced"), ""),
    "revoked": (N_("revoked"), "bad"),
    "earlier": (N_("earlier paper"), ""),
}


class PersonPanel(QWidget):
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
    papers: RowTable
    paper: KeyButton

    closed = Signal()
    edit_asked = Signal(object)
    household_asked = Signal(object)
    slip_asked = Signal(str)
    paper_asked = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/person_panel.ui")
        self.facts: PersonFacts | None = None
        self.person_id = ""
        self.identity_how = "said"
        campaign = desk.ctx.campaign()
        self._campaign = campaign
        self._dose_rows = RowsModel(
            (
                Column[JudgedDose](N_("Day"), lambda dose: person_words.day(dose.row.occurred), width=108),
                Column[JudgedDose](
                    N_("Vaccine"),
                    lambda dose: person_words.product_name(campaign, dose.row.product_code),
                    bold=True,
                    badges=_dose_badges,
                    tip=lambda dose: dose.row.place,
                ),
                Column[JudgedDose](N_("Lot"), lambda dose: dose.row.lot_number or "–", width=104),
                Column[JudgedDose](N_("Counts?"), _verdict, width=190, tip=_verdict),
            ),
            lambda dose: dose.row.record_id,
            self,
        )
        self.doses.use(self._dose_rows)
        self._event_rows = RowsModel(
            (
                Column[Event](N_("When"), lambda event: f"{event.at.astimezone(VIET_NAM):%d/%m/%Y %H:%M}", width=152),
                Column[Event](
                    N_("What"),
                    lambda event: event_words.words(event, campaign),
                    badges=_event_badges,
                    tip=lambda event: event_words.words(event, campaign),
                ),
                Column[Event](N_("Who"), _who, width=176),
            ),
            lambda event: (event.at, event.kind, str(event.values)),
            self,
        )
        self.events.use(self._event_rows)
        self.events.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._paper_rows = RowsModel(
            (
                Column[PaperRow](N_("Day"), lambda row: f"{row.at.astimezone(VIET_NAM):%d/%m/%Y}", width=108),
                Column[PaperRow](N_("Number"), lambda row: row.number, badges=_paper_badges, tip=lambda r: r.reason),
            ),
            lambda row: row.id,
            self,
        )
        self.papers.use(self._paper_rows)
        self.papers.opened.connect(self.paper_asked)
        self.back.clicked.connect(self.closed)
        self.edit.clicked.connect(self._edit)
        self.household.clicked.connect(self._household)
        self.slip.clicked.connect(self._slip)
        self.go_on.clicked.connect(self._go_on)
        self.earlier.clicked.connect(self._earlier)
        self.confirm.clicked.connect(self._confirm)
        self.error.again.connect(self.reload)
        self.event_kind.activated.connect(self._show_events)
        self.setFocusProxy(self.go_on)
        self._translate()

    # Open

    def open(self, person_id: str, identity_how: str = "said") -> None:
        """Show a person; the view is noted. ``identity_how``: how she was identified, for the check-in."""
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
        for button in (self.edit, self.household, self.slip, self.earlier, self.confirm, self.paper):
            button.setEnabled(facts is not None)
        self.go_on.setEnabled(facts is not None)
        if facts is None:
            self.notes_card.hide()
            return
        today = self.desk.today()
        self.banner.show_person(person_words.banner(self._campaign, facts.card.details, facts.evaluation, today))
        self.code.setText(_("Code {code}").format(code=facts.card.code))
        self.next_dose.setText(person_words.next_dose(self._campaign, facts.evaluation, today))
        self.details.setText(self._particulars(facts))
        self.groups.setText(self._groups(facts))
        self._dose_rows.show(facts.doses)
        self._paper_rows.show(facts.papers)
        self._show_events()
        self._show_notes(facts)
        self._show_main(facts)

    def _show_events(self, _index: int = 0) -> None:
        if self.facts is not None:
            wanted = self.event_kind.currentData() or ""
            self._event_rows.show([event for event in self.facts.events if wanted in ("", event.group)])

    # What is shown

    def _particulars(self, facts: PersonFacts) -> str:
        details = facts.card.details
        place = " · ".join(p for p in (details.village, details.commune_name, details.province_name) if p)
        rows = [
            (_("Full name"), details.full_name),
            (_("Birth date"), person_words.birth(details.birth, self.desk.today())),
            (_("Sex"), _(person_words.SEXES[details.sex])),
            (_("Personal number (CCCD)"), identity.grouped(details.national_id)),
            (_("Old number (CMND)"), identity.grouped(details.old_id)),
            (_("Passport"), details.passport),
            (_("Health insurance no."), details.insurance_no),
            (_("Phone"), phones.shown(details.phone)),
            (_("Address"), place),
            (_("On the card"), details.address if details.address != place else ""),
            (_("Occupation"), " · ".join(p for p in (details.occupation, details.employer) if p)),
            (_("Ethnic group"), details.ethnicity),
            (_("E-mail"), details.email),
            (_("Parent or guardian"), _guardian(details)),
            (_("Allergies"), details.allergies),
            (_("Household"), ", ".join(name for _id, name in facts.household)),
            (_("Portal no."), facts.card.portal_number),
        ]
        muted = style.color("muted").name()
        cells = "".join(
            f'<tr><td style="color:{muted};padding:2px 12px 2px 0">{escape(words)}</td>'
            f'<td style="padding:2px 0"><b>{escape(value)}</b></td></tr>'
            for words, value in rows
            if value
        )
        return f'<table cellspacing="0">{cells}</table>'

    def _groups(self, facts: PersonFacts) -> str:
        priority = self._campaign.priority
        confirmed = set(facts.card.confirmed_groups)
        lines = []
        for code in dict.fromkeys((*facts.card.confirmed_groups, *facts.card.stated_groups)):
            group = priority.group(code) if priority is not None else None
            label = f"{code} · {group.label.text(i18n.language())}" if group is not None else code
            state = _("confirmed") if code in confirmed else _("stated")
            lines.append(f"<b>{escape(label)}</b> ({escape(state)})")
        self.confirm.setVisible(any(code not in confirmed for code in facts.card.stated_groups))
        return "<br>".join(lines) or escape(_("No group is stated."))

    def _show_notes(self, facts: PersonFacts) -> None:
        today = self.desk.today()
        lines = []
        if facts.waiting:
            lines.append(_("The registration from the portal still waits for approval."))
        doubtful = [p for p in rules.check(facts.card.details, today) if p.field in facts.card.identity_doubts]
        lines += [p.words() for p in doubtful if p.code != "missing"]
        if facts.other_vaccine_on is not None and 0 <= (today - facts.other_vaccine_on).days <= 14:
            ago = (today - facts.other_vaccine_on).days
            days = ngettext("{count} day ago", "{count} days ago", ago).format(count=ago)
            lines.append(
                _("Another vaccine on {day}, {ago}.").format(day=format_date(facts.other_vaccine_on), ago=days)
            )
        missing = [p.words() for p in rules.check(facts.card.details, today) if p.code == "missing"]
        if missing:
            lines.append(" ".join(missing))
        self.notes.setText("\n".join(lines))
        self.notes_card.setVisible(bool(lines))

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
            command = visits.CheckIn(facts.session.id, self.person_id, self.identity_how)
            self.desk.act(
                lambda ctx: visits.check_in(ctx, command),
                partial(self._checked_in, facts.card.details.full_name),
                areas={"session", "people"},
                owner=self,
                failed=self.error.tell,
            )

    def _checked_in(self, name: str, _visit_id: str) -> None:
        self.desk.toast(_("{name} is checked in.").format(name=name))
        self.reload()

    def _edit(self) -> None:
        if self.facts is not None:
            self.edit_asked.emit(self.facts.card)

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
        commands = [
            EarlierDose(self.person_id, dose.product_code, dose.occurred, dose.evidence, dose.lot_number, dose.place)
            for dose in dialog.doses()
        ]
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

    def _confirm(self) -> None:
        facts = self.facts
        if facts is None:
            return
        open_groups = [code for code in facts.card.stated_groups if code not in facts.card.confirmed_groups]
        if not open_groups:
            return
        code = open_groups[0]
        self.desk.act(
            lambda ctx: people.confirm_group(ctx, self.person_id, code),
            lambda _done: self.reload(),
            areas={"people"},
            owner=self,
            failed=self.error.tell,
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_paper_rows"):
            self._translate()
        super().changeEvent(event)


def _guardian(details: PersonDetails) -> str:
    from vaxdesk.domain.consent import RELATIONS

    relation = RELATIONS.get(details.guardian_relation, "")
    parts = (details.guardian_name, _(relation) if relation else "", phones.shown(details.guardian_phone))
    return " · ".join(part for part in parts if part)


def _dose_badges(dose: JudgedDose) -> tuple[tuple[str, str], ...]:
    badges = [(_(person_words.EVIDENCE.get(dose.row.evidence, dose.row.evidence)), _EVIDENCE_TONES[dose.row.evidence])]
    if dose.row.status == "entered-in-error":
        badges.append((_("entered in error"), "bad"))
    elif dose.row.status == "not-done":
        badges.append((_("not given"), "warn"))
    return tuple(badges)


def _verdict(dose: JudgedDose) -> str:
    if dose.row.status == "not-done":
        return dose.row.not_done_reason
    if dose.verdict is None:
        return "–"
    return dose.verdict.words()


def _event_badges(event: Event) -> tuple[tuple[str, str], ...]:
    return ((_("from the portal"), "info"),) if event.origin == "portal" else ()


def _who(event: Event) -> str:
    desk = _("desk {number}").format(number=event.desk) if event.desk else ""
    return " · ".join(part for part in (event.who, desk) if part) or "–"


def _paper_badges(row: PaperRow) -> tuple[tuple[str, str], ...]:
    words, tone = _PAPER_STATES[row.state]
    return ((_(words), tone),)
