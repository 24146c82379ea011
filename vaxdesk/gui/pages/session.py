"""The session: the queue of a stage at the left, the person and her next step at the right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import consent_words, person_words
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages import session_work as work
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.pages.session_board import BoardView
from vaxdesk.gui.pages.session_part import LIST, ListPart
from vaxdesk.gui.pages.session_steps import StepPart
from vaxdesk.gui.pages.session_work import Look
from vaxdesk.gui.widgets.banner import PersonBanner
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.consent_panel import ConsentPanel
from vaxdesk.gui.widgets.done_panel import DonePanel
from vaxdesk.gui.widgets.dose_panel import DosePanel
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.plan_panel import PlanPanel
from vaxdesk.gui.widgets.screening_panel import ScreeningPanel
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import VisitFacts
from vaxdesk.queries.visits import ENDS, VisitRow
from vaxdesk.services import consents, doses, screenings
from vaxdesk.services.certificates import Issued
from vaxdesk.services.doses import DoseRecorded, RecordDose

STAGES = ("consent", "screening", "dose", "observation", "ends")
STAGE_WORDS = {
    "consent": N_("Reception {n}"),
    "screening": N_("Screening {n}"),
    "dose": N_("Injection {n}"),
    "observation": N_("Observation {n}"),
    "ends": N_("Finished {n}"),
}
EMPTY_WORDS = {
    "consent": N_("Nobody waits at the reception"),
    "screening": N_("Nobody waits for screening"),
    "dose": N_("Nobody waits for the injection"),
    "observation": N_("Nobody is observed"),
    "ends": N_("Nobody has finished yet"),
}
#: How often waiting times and the board move on.
TICK_MS = 15_000


class SessionPage(Page):
    """Today's session."""

    form = "pages/session.ui"
    areas = frozenset({"session", "people", "stock", "certificates"})

    plan_button: KeyButton
    close_button: KeyButton
    views: QStackedWidget
    queue: RowTable
    banner: PersonBanner
    error: ErrorState
    panels: QStackedWidget
    plan_view: QWidget

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._look: Look | None = None
        self._stage = "consent"
        self._facts: VisitFacts | None = None
        self._wanted = ""
        self._last = ""
        self._planning = False
        self._chips = {stage: self.findChild(Chip, f"stage_{stage}") for stage in STAGES}
        for stage, chip in self._chips.items():
            chip.clicked.connect(partial(self.show_stage, stage))
        self._model: RowsModel[VisitRow] = RowsModel(
            (
                Column(N_("Name"), lambda row: row.full_name, bold=True, badges=self._badges),
                Column(N_("Born"), lambda row: str(PartialDate.parse(row.birth_date).year), width=65),
                Column(N_("Wait"), self._waits, right=True, width=56),
            ),
            lambda row: row.visit_id,
            self,
        )
        self.queue.use(self._model)
        self.queue.chosen.connect(self._row_chosen)
        self.consent = ConsentPanel(desk)
        self.screening = ScreeningPanel(desk)
        self.dose = DosePanel(desk)
        self.done = DonePanel(desk)
        self.empty = EmptyState()
        for panel in (self.empty, self.consent, self.screening, self.dose, self.done):
            self.panels.addWidget(panel)
        self.plan = PlanPanel()
        self.plan_view.layout().addWidget(self.plan)
        self.board_view = BoardView(self)
        self.list_part = ListPart(self)
        self.steps = StepPart(self)
        self._connect()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self.translate()

    def _connect(self) -> None:
        self.consent.answered.connect(self._answered)
        self.screening.concluded.connect(self._concluded)
        self.dose.asked.connect(self._give)
        self.dose.refused.connect(self._not_given)
        self.dose.defaults.connect(self._new_defaults)
        self.dose.changed.connect(self._look_for_warnings)
        self.done.paper.connect(self._paper_again)
        self.done.undo.connect(self._undo_later)
        self.plan.asked.connect(self._plan)
        self.plan.given_up.connect(self._stop_planning)
        self.plan_button.clicked.connect(self._begin_planning)
        self.close_button.clicked.connect(self._close)
        self.error.again.connect(self.load)
        for keys, step in (("Ctrl+Right", 1), ("Ctrl+Left", -1)):
            QShortcut(QKeySequence(keys), self).activated.connect(partial(self._step, step))

    # life

    def entered(self, target: object = None) -> None:
        """Show a visit (its id), a stage (its name), or what needs somebody most."""
        text = target if isinstance(target, str) else ""
        if text in (LIST, *STAGES):
            self._stage = text
        elif text:
            self._wanted = text
        self._tick.start()
        self.load()

    def left(self) -> None:
        """Nothing ticks unseen."""
        self._tick.stop()
        self.list_part.leave()

    def refresh(self, areas: frozenset[str]) -> None:
        """Something changed elsewhere."""
        self.load()

    def load(self) -> None:
        """Read the session anew."""
        today = self.desk.today()
        self.desk.ask(
            partial(work.read_look, today=today), self._show, owner=self, key="session", failed=self.error.tell
        )

    def _show(self, look: Look) -> None:
        self._look = look
        self.error.tell(None)
        if look.session is None or self._planning:
            self.plan.show_plan(self.desk, look.lots, look.session or look.last)
            self._view("plan_view")
            self._translate_head()
            return
        if self._last and self._stage != LIST and not self.rows_of(self._stage) and not self._wanted:
            # Nobody else waits here: the desk goes on with the person it has just served.
            self._wanted = self._last
        self._last = ""
        self._wanted = self._wanted or self.steps.refused_meanwhile(look.rows)
        if self._wanted:
            row = next((row for row in look.rows if row.visit_id == self._wanted), None)
            if row is not None:
                self._stage = "ends" if row.stage in ENDS else row.stage
        self._translate_head()
        self._show_stage_rows()

    def _view(self, name: str) -> None:
        self.views.setCurrentWidget(self.findChild(QWidget, name))
        planning = name == "plan_view"
        for chip in self._chips.values():
            chip.setVisible(not planning)
        self.list_part.show_keys(not planning)
        self.plan_button.setVisible(not planning)
        self.close_button.setVisible(not planning)

    # stages

    @property
    def stage(self) -> str:
        """The stage in front: one of ``STAGES``, or the list."""
        return self._stage

    @property
    def facts(self) -> VisitFacts | None:
        """Whose step is shown; nobody on the board and on the list."""
        return self._facts

    def rows_of(self, stage: str) -> list[VisitRow]:
        """The people of a stage, who has waited longest first."""
        rows = self._look.rows if self._look else ()
        found = [row for row in rows if row.stage == stage or (stage == "ends" and row.stage in ENDS)]
        return sorted(found, key=lambda row: row.since, reverse=stage == "ends")

    def show_stage(self, stage: str, _checked: bool = False) -> None:
        """Another stage's queue."""
        self._stage, self._wanted = stage, ""
        self._show_stage_rows()

    def _step(self, step: int) -> None:
        """The next stage, or the one before."""
        stages = (LIST, *STAGES)
        self.show_stage(stages[(stages.index(self._stage) + step) % len(stages)])

    def _show_stage_rows(self) -> None:
        for stage, chip in self._chips.items():
            chip.setChecked(stage == self._stage)
        if self._stage == LIST and self._look is not None and self._look.session is not None:
            self.list_part.show(self._look.session)
            self._view("list_view")
            return
        self.list_part.leave()
        if self._stage == "observation":
            self._view("board_view")
            self.board_view.show_rows(self.rows_of("observation"))
            return
        self._view("work_view")
        # The end needs its words beside the name; the birth year stands in the banner.
        self.queue.setColumnHidden(1, self._stage == "ends")
        rows = self.rows_of(self._stage)
        held = self._wanted or (self._facts.visit.visit_id if self._facts else "")
        self._model.show(rows)
        index = max(0, self._model.row_of(held))
        self._wanted = ""
        if not rows:
            self._show_nobody()
            return
        self.queue.choose(index)
        self._row_chosen(rows[index])

    def _show_nobody(self) -> None:
        self._facts = None
        self.banner.show_person(None)
        self.steps.show(None)
        self.empty.say("calendar-event", EMPTY_WORDS[self._stage], N_("Scan a card or code, or search for a person."))
        self.panels.setCurrentWidget(self.empty)

    def show_again(self, facts: VisitFacts) -> None:
        """The same person at another step."""
        self._facts = None
        self._show_facts(facts)

    def start_anew(self, visit_id: str) -> None:
        """Something about this visit was recorded out of order: she is shown where she stands now."""
        self._facts, self._wanted = None, visit_id
        self.load()

    def _row_chosen(self, row: VisitRow | None) -> None:
        if row is None:
            return
        if self._facts is None or self._facts.visit.visit_id != row.visit_id:
            self.steps.forget()
        query = partial(work.read_facts, campaign=self.desk.campaign(), visit_id=row.visit_id, today=self.desk.today())
        self.desk.ask(query, self._show_facts, owner=self, key="visit", failed=self.error.tell)

    def _show_facts(self, facts: VisitFacts | None) -> None:
        if facts is None or self._look is None or self._look.session is None:
            return
        new = self._facts is None or self._facts.visit.visit_id != facts.visit.visit_id
        changed = new or self._facts != facts
        self._facts = facts
        if new:
            self.desk.viewed(facts.card.id)
        self._show_banner(facts)
        if not changed:
            return
        stage = self.steps.stage_of(facts)
        if stage == "consent":
            self.consent.show_visit(facts)
            self.panels.setCurrentWidget(self.consent)
            self.consent.give.setFocus()
        elif stage == "screening":
            self.screening.show_visit(facts, self._look.session.product_code)
            self.panels.setCurrentWidget(self.screening)
            self.screening.measured.focus_first()
        elif stage == "dose":
            self.panels.setCurrentWidget(self.dose)
            self.dose.show_visit(facts, self._look.session, self._look.lots, self._look.staff)
        elif stage in ENDS:
            self.done.show_visit(facts)
            self.panels.setCurrentWidget(self.done)

    def _show_banner(self, facts: VisitFacts) -> None:
        campaign = self.desk.campaign()
        shown = person_words.banner(campaign, facts.card.details, facts.evaluation, self.desk.today())
        self.banner.show_person(shown.with_warnings(self._marks(facts)))
        self.steps.show(facts)

    def _marks(self, facts: VisitFacts) -> list[tuple[str, str]]:
        marks = []
        if facts.consent is not None and (against := consent_words.against(facts.consent.answer)):
            marks.append(against)
        if facts.visit.look_alike:
            marks.append((_("name alike"), "warn"))
        return marks

    # acts

    def act(self, service: Callable[..., Any], done: Callable[[Any], None] | None, failed: Any) -> None:
        """A service of this page; afterwards the next person of the stage comes up."""
        self.desk.act(service, partial(self._acted, done), areas={"session"}, owner=self, failed=failed)

    def _acted(self, done: Callable[[Any], None] | None, result: Any) -> None:
        self._last = self._facts.visit.visit_id if self._facts is not None else ""
        self._facts = None
        self.steps.forget()
        if done is not None:
            done(result)
        self.load()

    def _answered(self, command: consents.RecordConsent) -> None:
        self.act(partial(work.call, consents.record, command), self.steps.answered, self.consent.tell)

    def _concluded(self, command: screenings.RecordScreening) -> None:
        self.act(partial(work.call, screenings.record, command), None, self.screening.refuse)

    def _look_for_warnings(self) -> None:
        command = self.dose.command()
        if command is not None:
            service = partial(work.call, doses.warnings, command)
            self.desk.act(service, self.dose.show_warnings, owner=self, failed=self.dose.refuse)

    def _give(self, command: RecordDose) -> None:
        name = self._facts.visit.full_name if self._facts else ""
        self.act(partial(work.call, doses.record, command), partial(self._given, name), self.dose.refuse)

    def _given(self, name: str, recorded: DoseRecorded) -> None:
        product = person_words.product_name(self.desk.campaign(), recorded.product_code)
        words = _("Recorded: dose {number}, {product}, lot {lot}, {name}").format(
            number=recorded.number, product=product, lot=recorded.lot, name=name
        )
        self.desk.toast(words, partial(self._undo, recorded.immunization_id))

    def _undo(self, immunization_id: str) -> None:
        service = partial(work.withdraw_dose, immunization_id, _("Undone at once"))
        self.act(service, None, self.desk.tell)

    def _undo_later(self) -> None:
        if self._facts is None:
            return
        reason = ask_reason(self, _("The dose was entered in error"), self._facts.visit.full_name)
        if reason is not None:
            self.act(partial(work.withdraw_dose, self._facts.visit.immunization_id, reason), None, self.desk.tell)

    def _not_given(self, reason: str) -> None:
        if self._facts is not None and self._look is not None and self._look.session is not None:
            service = partial(
                work.record_not_given, self._facts.visit.visit_id, self._look.session.product_code, reason
            )
            self.act(service, None, self.dose.refuse)

    def _new_defaults(self, product: str, lot: str) -> None:
        if self._look is not None and self._look.session is not None:
            service = partial(work.change_defaults, self._look.session.id, product, lot)
            self.act(service, partial(self._say_default, lot), self.dose.refuse)

    def _say_default(self, lot: str, _done: object) -> None:
        number = next((item.number for item in self._look.lots if item.id == lot), "") if self._look else ""
        self.desk.toast(_("Lot {lot} is the session's default now").format(lot=number))

    def _paper_again(self) -> None:
        if self._facts is not None:
            visit = self._facts.visit
            service = partial(work.issue_paper, visit.person_id, visit.visit_id)
            self.desk.act(
                service, partial(self.show_paper, visit.full_name), areas={"certificates"}, owner=self,
                failed=self.desk.tell,
            )  # fmt: skip

    def show_paper(self, name: str, issued: Issued) -> None:
        """The certificate, ready to print."""
        from vaxdesk.gui.dialogs.paper import show_paper

        show_paper(self, self.desk, issued, name)

    # planning

    def _begin_planning(self) -> None:
        self._planning = True
        self.load()

    def _stop_planning(self) -> None:
        self._planning = False
        self.load()

    def _plan(self, act: Callable[..., str]) -> None:
        self.desk.act(act, self._planned, areas={"session", "stock"}, owner=self, failed=self.plan.refuse)

    def _planned(self, _session_id: str) -> None:
        self._planning = False
        self._stage = "consent"
        self.desk.toast(_("The session is planned. Scan a card to register or check in the first person."))
        self.load()

    # closing

    def _close(self) -> None:
        """Close the session; where people, doses and stock disagree, the service asks for the reason."""
        if self._look is not None and self._look.session is not None:
            service = partial(work.close_session, self._look.session.id, "")
            self.desk.act(service, self._closed, areas={"session"}, owner=self, failed=self._not_closed)

    def _not_closed(self, error: KnownError) -> None:
        if not isinstance(error, FieldError) or self._look is None or self._look.session is None:
            self.desk.tell(error)
            return
        reason = ask_reason(self, _("Close the session"), error.words())
        if reason is not None:
            service = partial(work.close_session, self._look.session.id, reason)
            self.desk.act(service, self._closed, areas={"session"}, owner=self, failed=self.desk.tell)

    def _closed(self, _done: object) -> None:
        self._facts = None
        self.desk.toast(_("The session is closed"))
        self.load()

    # the rest

    def _ticked(self) -> None:
        if self._stage == "observation":
            self.board_view.tick()
        elif self._model.rows:
            self._model.dataChanged.emit(self._model.index(0, 2), self._model.index(len(self._model.rows) - 1, 2))

    def _badges(self, row: VisitRow) -> list[tuple[str, str]]:
        against = consent_words.against(row.consent)
        marks = [against] if against is not None and row.stage != "refused" else []
        if row.stage in ENDS:
            ends = {
                "done": (_("went home"), "ok"),
                "refused": (_("withdrew") if row.consent == "withdrawn" else _("refused"), "bad"),
                "deferred": (_("deferred"), "warn"),
                "referred": (_("sent elsewhere"), "warn"),
                "not-given": (_("no dose"), ""),
            }
            return [ends[row.stage], *marks]
        return [*marks, (_("≈ name"), "warn")] if row.look_alike else marks

    def _waits(self, row: VisitRow) -> str:
        if row.stage in ENDS:
            return f"{(row.since + timedelta(hours=7)):%H:%M}"
        return f"{max(0, int((self.desk.now() - row.since).total_seconds() // 60))}′"

    def translate(self) -> None:
        """The words that are not in the form."""
        self._translate_head()
        self.list_part.translate()
        self.steps.translate()
        if self._facts is not None:
            self._show_banner(self._facts)
        if self._stage not in ("observation",) and self._model.rows == () and self._look is not None:
            self.empty.changeEvent(QEvent(QEvent.Type.LanguageChange))

    def _translate_head(self) -> None:
        for stage, chip in self._chips.items():
            n = len(self.rows_of(stage))
            chip.setText(_(STAGE_WORDS[stage]).format(n=n))

    def take_scan(self, scan: object) -> bool:
        """A card or personal code: who is in this session is chosen, everybody else goes to the people page."""
        kind = getattr(scan, "kind", "")
        if kind not in ("cccd", "can_cuoc", "personal_code") or self._look is None or self._look.session is None:
            return False
        query = partial(work.person_of_scan, kind=kind, fields=dict(getattr(scan, "fields", {})))
        self.desk.ask(query, partial(self._scanned, scan), owner=self, key="scan", failed=self.desk.tell)
        return True

    def _scanned(self, scan: object, person_id: str) -> None:
        row = next((row for row in self._look.rows if row.person_id == person_id), None) if self._look else None
        if row is None:
            self.desk.go_to("people", person_id or scan)
            return
        self._wanted = row.visit_id
        self.load()
