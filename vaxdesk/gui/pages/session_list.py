"""The list part of the session page: who is called for its product and day, who is not, and why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QWidget

from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.gui import forms, list_words, words
from vaxdesk.gui.dialogs.list_plan import ListPlanDialog
from vaxdesk.gui.dialogs.pages import Paper
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages import session_papers
from vaxdesk.gui.tasks import Lane, Task
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.reason_card import ReasonCard
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.session_list import PAGE, ListPage, ListRow, SessionList, Side, Wanted
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services import visits
from vaxdesk.services.session_plan import plan_of
from vaxdesk.services.visits import CheckIn

if TYPE_CHECKING:
    from vaxdesk.errors import KnownError
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

#: After a change elsewhere the list is read again once things are calm.
CALM_MS = 400
#: Work that is over sooner shows no bar.
PATIENCE_MS = 300
#: What a filter chooses when it chooses everything.
ALL = "*"
SIDES = {
    "side_in": (Side.IN, N_("On the list {n}")),
    "side_out": (Side.OUT, N_("Not on it {n}")),
    "side_all": (Side.ALL, N_("Everybody {n}")),
}
#: Why somebody who is not on the list is seen all the same.
OFF_LIST = (N_("Decided by the head of the session"), N_("A place was left"), N_("The record is not complete"))
WHY_COLUMN, VILLAGE_COLUMN = 7, 3


class ListView(QWidget):
    """The session page puts it into its views; ``counted`` says how many people are on the list."""

    plan_words: QLabel
    order_words: QLabel
    change: KeyButton
    side_in: Chip
    side_out: Chip
    side_all: Chip
    village: QComboBox
    group: QComboBox
    name: QLineEdit
    busy: QWidget
    busy_words: QLabel
    bar: QProgressBar
    stop: KeyButton
    error: ErrorState
    table: RowTable
    empty: EmptyState
    card_place: QWidget
    count: QLabel
    why: KeyButton
    check_in: KeyButton

    counted = Signal(int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/session_list.ui")
        self.setObjectName("list_view")
        self._session: SessionRow | None = None
        self._source: SessionList | None = None
        self._source_of: object = None
        self._page: ListPage | None = None
        self._task: Task | None = None
        self._side = Side.IN
        self._sides = {name: self.findChild(Chip, name) for name in SIDES}
        for name, chip in self._sides.items():
            chip.clicked.connect(partial(self._show_side, SIDES[name][0]))
        self._model: RowsModel[ListRow] = RowsModel(
            (
                Column(N_("No."), lambda row: words.number(row.number) if row.number else "–", right=True, width=56),
                Column(N_("Name"), lambda row: row.full_name, bold=True, badges=list_words.badges),
                Column(N_("Born"), lambda row: str(PartialDate.parse(row.birth_date).year), width=68),
                Column(N_("Village"), lambda row: row.village or "–", width=140),
                Column(N_("Group"), lambda row: row.group or "–", width=66),
                Column(N_("Dose"), lambda row: str(row.dose) if row.dose else "–", width=56),
                Column(N_("Due since"), self._since, width=118),
                Column(N_("Why"), list_words.main_reason, width=290, tip=list_words.main_reason),
            ),
            lambda row: row.person_id,
            self,
        )
        self.table.use(self._model)
        self.table.chosen.connect(self._row_chosen)
        self.table.opened.connect(self._open_person)
        self.table.installEventFilter(self)
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.card = ReasonCard(self.card_place)
        self.card_place.layout().addWidget(self.card)
        for part in (self.busy, self.card_place, self.empty):
            part.hide()
        self.village.activated.connect(self._filtered)
        self.group.activated.connect(self._filtered)
        self._typing = _timer(self, 200, self._filtered)
        self._calm = _timer(self, CALM_MS, self.load)
        self._patience = _timer(self, PATIENCE_MS, self.busy.show)
        self.name.textChanged.connect(self._typing.start)
        self.stop.clicked.connect(self._stop)
        self.error.again.connect(self.load)
        self.why.clicked.connect(self._toggle_why)
        self.check_in.clicked.connect(self._check_in)
        self.change.clicked.connect(self._change_plan)
        self.translate()

    # what is shown

    def show_session(self, session: SessionRow) -> None:
        """The list of a session; read now, or when things are calm where it is shown already."""
        new = self._session is None or plan_of(self._session) != plan_of(session) or self._session.id != session.id
        self._session = session
        if new:
            self._page = None
            self._model.show(())
            self._say_plan()
            self.load()
        else:
            self._calm.start()

    def leave(self) -> None:
        """Another view comes to the front: nothing is read unseen."""
        self._calm.stop()
        self._cancel()

    def focus_first(self) -> None:
        """The keyboard goes to the list."""
        self.table.setFocus()

    @property
    def wanted(self) -> Wanted:
        """The choice that the filters make."""
        return Wanted(self._side, _chosen(self.village), _chosen(self.group), self.name.text().strip())

    def papers(self) -> tuple[Paper, ...]:
        """What can be printed of the list as it is chosen; nothing while it is read or empty."""
        if self._session is None or self._page is None or not self._page.matching or self._source is None:
            return ()
        page = self._page
        return session_papers.of_list(
            session_papers.Listed(self._source, self._session, self.wanted, page.matching, page.listed)
        )

    def load(self) -> None:
        """Read the list anew: first its beginning, then everybody in order."""
        self._cancel()
        self._calm.stop()
        if self._session is None:
            return
        database = self.desk.ctx.database
        if self._source is None or self._source_of is not database:
            self._source, self._source_of = SessionList(database), database
        self.error.tell(None)
        self._patience.start()
        if self._page is None and self.wanted == Wanted():
            self._start(partial(_first, self._source, self._session, self.desk.ctx), self._show_first)
        else:
            self._read()

    def _read(self) -> None:
        self._read_from(0, max(PAGE, len(self._model.rows)), self._show)

    def _read_from(self, start: int, size: int, done: Callable[[ListPage], None]) -> None:
        if self._source is not None and self._session is not None:
            work = partial(_read, self._source, self._session, self.desk.ctx, self.wanted, start, size)
            self._start(work, done)

    def _start(self, work: Callable[[Task], Any], done: Callable[[Any], None]) -> None:
        self._task = self.desk.tasks.start(
            Lane.READING, work, done, failed=self._failed, progressed=self._progressed, owner=self, key="session-list"
        )

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._ready()

    def _ready(self) -> None:
        self._task = None
        self._patience.stop()
        self.busy.hide()
        self.bar.setRange(0, 0)

    def _progressed(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _stop(self) -> None:
        self._cancel()
        if not self._model.rows:
            self._say_empty(N_("The list was stopped"), N_("F5 changes the plan; a filter reads the list again."))

    def _failed(self, error: KnownError) -> None:
        self._ready()
        self.empty.hide()
        self.error.tell(error, again=True)

    def _show_first(self, rows: tuple[ListRow, ...]) -> None:
        self._show_rows(rows)
        self._read()

    def _show(self, page: ListPage) -> None:
        self._ready()
        self._page = page
        self._fill_filters(page)
        self._show_rows(page.rows)
        self._say_counts()
        self.counted.emit(page.listed)

    def _show_rows(self, rows: tuple[ListRow, ...]) -> None:
        held = self.table.current()
        at = self.table.verticalScrollBar().value()
        self._model.show(rows)
        if not rows:
            self._say_nobody()
            self._row_chosen(None)
            return
        self.table.show()
        self.empty.hide()
        index = self._model.row_of(held.person_id) if held is not None else 0
        if index < 0 or not self.table.currentIndex().isValid():
            self.table.choose(max(0, index))
        self.table.verticalScrollBar().setValue(at)
        self._row_chosen(self.table.current())

    # more rows

    def _scrolled(self, value: int) -> None:
        page, bar = self._page, self.table.verticalScrollBar()
        more = page is not None and len(self._model.rows) < page.matching
        reading = self._task is not None and not self._task.finished
        if more and not reading and value >= bar.maximum() - bar.pageStep():
            self._read_from(len(self._model.rows), PAGE, self._append)

    def _append(self, page: ListPage) -> None:
        self._task = None
        known = {row.person_id for row in self._model.rows}
        self._model.append([row for row in page.rows if row.person_id not in known])

    # filters

    def _show_side(self, side: Side, _checked: bool = False) -> None:
        self._side = side
        self._filtered()

    def _filtered(self, _index: int = 0) -> None:
        self._typing.stop()
        self._model.show(())
        self.load()

    def _fill_filters(self, page: ListPage) -> None:
        villages = [(_("All villages"), ALL)]
        villages += [(name or _("Village not known"), name) for name, _count in page.villages]
        groups = [(_("All groups"), ALL)]
        groups += [
            (_("Group {code}").format(code=code) if code else _("Without a group"), code) for code in page.groups
        ]
        for box, entries in ((self.village, villages), (self.group, groups)):
            with QSignalBlocker(box):
                held = box.currentData()
                box.clear()
                for label, code in entries:
                    box.addItem(label, code)
                box.setCurrentIndex(max(0, box.findData(held)))

    # one person

    def _row_chosen(self, row: ListRow | None) -> None:
        self.check_in.setEnabled(row is not None and not row.arrived)
        self.why.setEnabled(row is not None)
        self._say_check_in(row)
        if row is None:
            self.card_place.hide()
        elif self.card_place.isVisibleTo(self):
            self.card.show_row(row, self.desk.today())

    def _toggle_why(self) -> None:
        row = self.table.current()
        shown = not self.card_place.isVisibleTo(self) and row is not None
        self.card_place.setVisible(shown)
        self.table.setColumnHidden(WHY_COLUMN, shown)
        if shown:
            self.card.show_row(row, self.desk.today())
            self.desk.viewed(row.person_id)

    def _open_person(self, row: ListRow) -> None:
        self.desk.go_to("people", row.person_id)

    def _check_in(self) -> None:
        row, session = self.table.current(), self._session
        if row is None or session is None or row.arrived:
            return
        reason = ""
        if not row.eligible:
            about = f"{row.full_name}: {list_words.main_reason(row)}"
            asked = ask_reason(self, _("Not on the list: check in all the same"), about, [_(w) for w in OFF_LIST])
            if asked is None:
                return
            reason = asked
        work = partial(_check_in, CheckIn(session.id, row.person_id, reason=reason))
        self.desk.act(work, partial(self._came, row), areas={"session"}, owner=self, failed=self.error.tell)

    def _came(self, row: ListRow, _visit_id: str) -> None:
        self.desk.toast(_("Checked in: {name}").format(name=row.full_name))

    def _change_plan(self) -> None:
        if self._session is not None:
            dialog = ListPlanDialog(self, self.desk, self._session)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    # words

    def _since(self, row: ListRow) -> str:
        return format_date(row.since) if row.since is not None and row.dose > 1 else ""

    def _say_plan(self) -> None:
        if self._session is not None:
            campaign = self.desk.campaign(day=self._session.day)
            self.plan_words.setText(list_words.plan(campaign, self._session))
            self.order_words.setText(list_words.order(self._session))

    def _say_counts(self) -> None:
        page = self._page
        numbers = {
            "side_in": page.listed if page else None,
            "side_out": page.left_out if page else None,
            "side_all": page.listed + page.left_out if page else None,
        }
        for name, chip in self._sides.items():
            n = numbers[name]
            chip.setText(_(SIDES[name][1]).format(n="" if n is None else words.number(n)).strip())
        shown = page.matching if page else 0
        text = ngettext("{count} person", "{count} people", shown).format(count=words.number(shown)) if page else ""
        if page and self._side is Side.IN and self._session is not None and page.listed > self._session.capacity:
            places = _("{places} places; whoever stands below is in reserve")
            text += " · " + places.format(places=words.number(self._session.capacity))
        self.count.setText(text)

    def _say_check_in(self, row: ListRow | None) -> None:
        come = row is not None and row.arrived
        self.check_in.setText(_("Has come already") if come else _("Check in"))
        self.check_in.updateGeometry()

    def _say_nobody(self) -> None:
        if self.table.hasFocus():
            # The table goes, and the keyboard must not end up in the rail.
            (self.side_out if self.wanted == Wanted() else self.name).setFocus()
        if self.wanted == Wanted():
            text = N_("F2 says why somebody is not on it; F5 changes whom the list calls.")
            self._say_empty(N_("Nobody is on the list"), text)
        else:
            self._say_empty(N_("Nobody fits this choice"), N_("Choose another village or group, or empty the name."))

    def _say_empty(self, title: str, text: str) -> None:
        self.table.hide()
        self.empty.say("clipboard", title, text)
        self.empty.show()

    def translate(self) -> None:
        """The words that are not in the form."""
        self.busy_words.setText(_("Judging everybody for this product and day …"))
        self._say_plan()
        self._say_counts()
        self._say_check_in(self.table.current())
        if self._page is not None:
            self.load()

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.translate()
        return done

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Space on the list asks why."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space:
            self._toggle_why()
            return True
        return False


def _timer(owner: QWidget, milliseconds: int, act: Callable[[], object]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(act)
    return timer


def _chosen(box: QComboBox) -> str | None:
    code = box.currentData()
    return None if code in (None, ALL) else code


def _first(source: SessionList, session: SessionRow, ctx: Context, task: Task) -> tuple[ListRow, ...]:
    return source.first(ctx.campaign(day=session.day), plan_of(session), session.id, task.progress)


def _read(
    source: SessionList, session: SessionRow, ctx: Context, wanted: Wanted, start: int, size: int, task: Task
) -> ListPage:
    campaign = ctx.campaign(day=session.day)
    return source.page(campaign, plan_of(session), session.id, wanted, start, size, task.progress)


def _check_in(command: CheckIn, ctx: Context) -> str:
    return visits.check_in(ctx, command)
