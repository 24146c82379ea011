"""Today: the four numbers of the station's duty, the session, what is to be done next, coverage by village."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QWidget

from vaxdesk import i18n, settings
from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import KnownError
from vaxdesk.gui import person_words, style, words, work_words
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.targets import NewPerson, PeopleBehind, WaitingRegistrations
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.coverage_chart import CoverageChart, share
from vaxdesk.gui.widgets.figure_card import FigureCard
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import ROW_HEIGHT, RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import figures, worklist
from vaxdesk.queries.figures import Figures
from vaxdesk.queries.worklist import TodayFacts, WorkItem

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Minutes pass without anybody writing: the waits are counted anew.
TICK_MS = 30_000
_GO_ON = {
    "morning": N_("Continue the morning session"),
    "afternoon": N_("Continue the afternoon session"),
    "day": N_("Continue the session"),
}


class TodayPage(Page):
    """The first page of the rail."""

    form = "pages/today.ui"
    areas = frozenset({"people", "session", "stock", "certificates", "outbox", "settings"})

    title: QLabel
    campaign: QLabel
    register: KeyButton
    go_on: KeyButton
    error: ErrorState
    registered: FigureCard
    received: FigureCard
    begun: FigureCard
    without: FigureCard
    session_card: QFrame
    session_words: QLabel
    session_box: QWidget
    given: QLabel
    given_words: QLabel
    waiting: QLabel
    waiting_words: QLabel
    observed: QLabel
    observed_words: QLabel
    deferred: QLabel
    deferred_words: QLabel
    progress: QProgressBar
    no_session: QLabel
    work: RowTable
    nothing: QLabel
    coverage_title: QLabel
    coverage: CoverageChart

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._facts: TodayFacts | None = None
        self._figures: Figures | None = None
        self._rows = RowsModel(
            (
                Column[WorkItem](N_("To do"), work_words.what, bold=True),
                Column[WorkItem](N_("Count"), lambda item: words.number(item.count), right=True, width=64),
                Column[WorkItem](
                    N_("Next action"), lambda _item: "", badges=lambda item: (work_words.action(item),), width=250
                ),
            ),
            lambda item: item.kind,
            self,
        )
        self.work.use(self._rows)
        self.work.opened.connect(self._open_work)
        self.work.clicked.connect(lambda index: self._open_work(self._rows.rows[index.row()]))
        self.register.clicked.connect(partial(desk.go_to, "people", NewPerson()))
        self.go_on.clicked.connect(partial(desk.go_to, "session"))
        for card in (self.registered, self.received, self.begun, self.without):
            card.opened.connect(self._open_figure)
        self.coverage.opened.connect(partial(self._open_people, "village"))
        self.error.again.connect(self._read)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._read_session)
        self.setFocusProxy(self.work)

    # Coming and going

    def entered(self, target: object = None) -> None:
        """Read anew."""
        self._tick.start()
        self._read()
        self.setFocus()

    def left(self) -> None:
        """Nothing ticks unseen."""
        self._tick.stop()

    def refresh(self, areas: frozenset[str]) -> None:
        """Somebody wrote; the figures only change with people, stock and doses."""
        if areas - {"outbox", "settings"}:
            self._read()
        else:
            self._read_session()

    def _read(self) -> None:
        self._read_session()
        work = partial(figures.figures, campaign=self.desk.campaign(), on=self.desk.today())
        self.desk.ask(work, self._show_figures, owner=self, key="today-figures", failed=self._failed)

    def _read_session(self) -> None:
        work = partial(_read_today, self.desk.ctx)
        self.desk.ask(work, self._show_facts, owner=self, key="today", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show_facts(self, facts: TodayFacts) -> None:
        self.error.tell(None)
        self._facts = facts
        self.translate()

    def _show_figures(self, found: Figures) -> None:
        self._figures = found
        self.translate()

    # Words

    def translate(self) -> None:
        """Everything that stands on the page."""
        now = self.desk.now()
        heading = _("Today, {weekday} {day}")
        self.title.setText(heading.format(weekday=words.weekday(now), day=format_date(self.desk.today())))
        name = self.desk.campaign().name.text(i18n.language())
        self.campaign.setText(name)
        if self._figures is not None:
            self._say_figures(self._figures)
        if self._facts is not None:
            self._say_session(self._facts)

    def _say_figures(self, found: Figures) -> None:
        n = words.number
        people, doses = _("people"), _("doses")
        self.registered.show_figure(
            _("Registered"),
            n(found.registered),
            people,
            "registered",
            (
                (_("{count} wait for approval").format(count=n(found.waiting_approval)), "waiting"),
                (_("{count} to verify").format(count=n(found.doubtful)), "doubtful"),
            ),
        )
        lots = ngettext("{count} lot", "{count} lots", found.lots).format(count=found.lots)
        self.received.show_figure(
            _("Vaccine received"),
            n(found.doses_received),
            doses,
            "stock",
            (
                (_("given {count}").format(count=n(found.doses_used)), ""),
                (_("wasted {count}").format(count=n(found.doses_wasted)), ""),
                (_("left {count} ({lots})").format(count=n(found.doses_left), lots=lots), "stock"),
            ),
        )
        self.begun.show_figure(
            _("With at least one dose"),
            n(found.people_begun),
            people,
            "begun",
            (
                (_("{count} people complete").format(count=n(found.people_complete)), "complete"),
                (_("{count} doses in all").format(count=n(found.doses_given)), ""),
            ),
        )
        self.without.show_figure(
            _("Without a dose"),
            n(found.people_without),
            people,
            "without",
            (
                (_("{count} wait for the next dose").format(count=n(found.people_due_next)), "due_next"),
                (_("{count} due now").format(count=n(found.people_due_now)), "due_now"),
            ),
        )
        begun, complete = (share(part, found.registered) for part in (found.people_begun, found.people_complete))
        about = _("{people} registered people: {begun}% with a dose, {complete}% complete").format(
            people=n(found.registered), begun=begun, complete=complete
        )
        muted = style.color("muted").name()
        title = escape(_("Coverage by village"))
        self.coverage_title.setText(f'<b>{title}</b> <span style="color:{muted}">({escape(about)})</span>')
        self.coverage.show_villages([row for row in found.villages if row.people])

    def _say_session(self, facts: TodayFacts) -> None:
        session = facts.session
        self.session_box.setVisible(session is not None)
        self.no_session.setVisible(session is None)
        self.no_session.setText(_("No session is planned for today. People can be registered all the same."))
        if session is None:
            self.go_on.setText(_("Plan a session"))
            self.session_words.clear()
        else:
            self.go_on.setText(_(_GO_ON.get(session.part, _GO_ON["day"])))
            product = person_words.product_name(self.desk.campaign(), session.product_code)
            self.session_words.setText(" · ".join(p for p in (product, session.lot_number) if p))
            self.session_words.setToolTip(session.place)
            muted = style.color("muted").name()
            self.given.setText(f'{facts.given} <span style="color:{muted};font-weight:400">/ {session.capacity}</span>')
            self.given_words.setText(_("vaccinated"))
            self.waiting.setText(str(facts.waiting))
            longest = _("waiting · longest {minutes} min").format(minutes=facts.longest_wait)
            self.waiting_words.setText(longest if facts.waiting else _("waiting"))
            self.observed.setText(str(facts.observed))
            self.observed_words.setText(_("under observation"))
            self.deferred.setText(str(facts.deferred + facts.refused))
            self.deferred_words.setText(_("deferred or refused"))
            self.progress.setRange(0, max(1, session.capacity))
            self.progress.setValue(min(facts.given, session.capacity))
            self.progress.setAccessibleName(_("vaccinated"))
        self._rows.show(facts.items)
        self._rows.retranslate()
        if self.work.current() is None:
            self.work.choose(0)
        self.work.setVisible(bool(facts.items))
        height = self.work.horizontalHeader().height() + len(facts.items) * ROW_HEIGHT + 4
        self.work.setMaximumHeight(max(2 * ROW_HEIGHT, height))
        self.nothing.setVisible(not facts.items)
        self.nothing.setText(_("Nothing waits. Scan an identity card to register or check in a person."))

    # Opening

    def _open_work(self, item: WorkItem) -> None:
        page, target = work_words.leads_to(item)
        self.desk.go_to(page, target)

    def _open_figure(self, name: str) -> None:
        if name == "stock":
            self.desk.go_to("stock")
        elif name == "waiting":
            self.desk.go_to("people", WaitingRegistrations())
        else:
            self._open_people(name, "")

    def _open_people(self, kind: str, value: str) -> None:
        self.desk.go_to("people", PeopleBehind(kind, value))


def _read_today(ctx: Any, conn: Any) -> TodayFacts:
    from vaxdesk.services import signing

    minutes = ctx.setting(settings.OBSERVATION_MINUTES)
    facts = worklist.today(conn, ctx.campaign().code, ctx.today(), ctx.now(), minutes)
    key = signing.state(ctx)
    if key.certified and not key.renewal_due:
        return facts
    item = WorkItem("key", 1, day=local_date(key.valid_until) if key.valid_until else None)
    items = sorted((*facts.items, item), key=lambda each: worklist.ORDER.index(each.kind))
    return replace(facts, items=tuple(items))
