"""Certificates: who waits for a paper, which papers need a new print, what was issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QStackedWidget, QWidget

from vaxdesk.clock import VIET_NAM
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.errors import KnownError
from vaxdesk.gui import certificate_words as say
from vaxdesk.gui import person_words, words
from vaxdesk.gui.dialogs.batch import BatchDialog
from vaxdesk.gui.dialogs.earlier_paper import EarlierPaperDialog
from vaxdesk.gui.dialogs.pages import Order, Paper, print_pages
from vaxdesk.gui.dialogs.paper import show_paper
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import certificates as queries
from vaxdesk.queries import sessions
from vaxdesk.queries.certificates import KINDS, CertificateRow, EarlierRow
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services import certificates, signing, withdrawn_papers
from vaxdesk.services.certificate_batch import Wanted
from vaxdesk.services.certificates import Issued
from vaxdesk.services.printing import Printed

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

CHIPS = {
    "to_print": N_("To print {count}"),
    "reprint": N_("Corrected {count}"),
    "code": N_("Code {count}"),
    "issued": N_("Issued today {count}"),
}
EMPTY = {
    "to_print": (
        N_("Nobody waits for a certificate"),
        N_("Everyone whose observation is over holds a printed paper. People appear here when they are sent home."),
    ),
    "reprint": (
        N_("No paper has to be printed anew"),
        N_("When a dose or a name on a paper is corrected, the person stands here until the new paper is printed."),
    ),
    "code": (
        N_("No code needs attention"),
        N_("Here stand papers whose code ends within 30 days, could now have a code, or got the national one."),
    ),
    "issued": (N_("No certificate was issued today"), N_("Look for earlier ones with the field at the right.")),
    "found": (N_("No certificate is found"), N_("Type a number of a paper, a name, a birth year or an ID number.")),
}
REST_MS = 150


@dataclass(frozen=True)
class Lists:
    """All lists in one look."""

    to_print: tuple[CertificateRow, ...]
    reprint: tuple[CertificateRow, ...]
    code: tuple[CertificateRow, ...]
    issued: tuple[CertificateRow, ...]
    sessions: tuple[SessionRow, ...]


class CertificatesPage(Page):
    """Lists at the left, the person's papers and the next act at the right."""

    form = "pages/certificates.ui"
    areas = frozenset({"certificates", "people", "session", "settings"})

    list_to_print: Chip
    list_reprint: Chip
    list_code: Chip
    list_issued: Chip
    find: QLineEdit
    filters: QWidget
    session: QComboBox
    village: QComboBox
    count: QLabel
    error: ErrorState
    views: QStackedWidget
    list_view: QWidget
    empty_view: QWidget
    empty: EmptyState
    table: RowTable
    batch: KeyButton
    batch_hint: QLabel
    withdrawn: KeyButton
    side: QFrame
    name: QLabel
    about: QLabel
    paper: QLabel
    facts: QLabel
    earlier: QLabel
    problem: ErrorState
    issue: KeyButton
    person: KeyButton
    note_paper: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.kind = "to_print"
        self._lists: Lists | None = None
        self._found: tuple[CertificateRow, ...] = ()
        self._row: CertificateRow | None = None
        self._models = {True: self._model(waiting=True), False: self._model(waiting=False)}
        self._waiting: bool | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._search)
        for kind in KINDS:
            self._chip(kind).clicked.connect(partial(self.show_list, kind))
        self.list_to_print.setChecked(True)
        self.find.textEdited.connect(self._typed)
        self.session.currentIndexChanged.connect(self._fill)
        self.village.currentIndexChanged.connect(self._fill)
        self.table.chosen.connect(self._show_row)
        self.table.opened.connect(self._open_person)
        self.issue.clicked.connect(self._issue)
        self.person.clicked.connect(self._open_person)
        self.note_paper.clicked.connect(self._note)
        self.batch.clicked.connect(self._batch)
        self.withdrawn.clicked.connect(self._withdrawn)
        self.error.again.connect(self._read)
        self.setFocusProxy(self.table)

    def _chip(self, kind: str) -> Chip:
        chip: Chip = getattr(self, f"list_{kind}")
        return chip

    def _model(self, waiting: bool) -> RowsModel[CertificateRow]:
        columns: list[Column[CertificateRow]] = [
            Column(N_("Full name"), lambda row: row.full_name, bold=True),
            Column(N_("Birth date"), lambda row: PartialDate.parse(row.birth_date).vietnamese(), width=116),
        ]
        if waiting:
            columns += [
                Column(N_("Village"), lambda row: row.village, width=150),
                Column(N_("Dose of"), lambda row: person_words.day(row.dose_day) if row.dose_day else "", width=116),
                Column(N_("Why"), lambda row: "", badges=self._badges, width=200),
            ]
        else:
            columns += [
                Column(N_("Number"), lambda row: row.number, width=186),
                Column(N_("Issued"), lambda row: words.moment(row.issued_at, self.desk.now()), width=142),
                Column(N_("Prints"), lambda row: str(row.prints), right=True, width=60),
                Column("", lambda row: "", badges=self._badges, width=100),
            ]
        return RowsModel(columns, key=lambda row: row.certificate_id or row.person_id, parent=self)

    def _badges(self, row: CertificateRow) -> list[tuple[str, str]]:
        return say.badges(row, self.desk.now())

    # Reading

    def entered(self, target: object = None) -> None:
        """The name of a list may be given along."""
        if isinstance(target, str) and target in KINDS:
            self.kind = target
            self._chip(target).setChecked(True)
        self._read()
        self.setFocus()

    def refresh(self, areas: frozenset[str]) -> None:
        """A dose, a release, a correction or a print."""
        self._read()

    def _read(self) -> None:
        query = partial(_read_lists, self.desk.ctx)
        self.desk.ask(query, self._show_lists, owner=self, key="certificates", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show_lists(self, lists: Lists) -> None:
        self.error.tell(None)
        self._lists = lists
        self._fill_choices(lists)
        self.translate()
        if self.find.text().strip():
            self._search()

    def _fill_choices(self, lists: Lists) -> None:
        known = {row.session_id for row in lists.to_print}
        options = [(f"{format_date(row.day)} · {row.place}", row.id) for row in lists.sessions if row.id in known]
        _refill(self.session, [(_("All sessions"), ""), *options])
        names = queries.villages(lists.to_print)
        _refill(self.village, [(_("All villages"), ""), *((name, name) for name in names)])

    def show_list(self, kind: str) -> None:
        """Show one of the lists."""
        self.kind = kind
        self.find.clear()
        self._found = ()
        self._chip(kind).setChecked(True)
        self._fill()

    def _typed(self, _text: str) -> None:
        self._rest.start()

    def _search(self) -> None:
        text = self.find.text().strip()
        if not text:
            self._found = ()
            self._fill()
            return
        self.desk.ask(partial(_search, text), self._show_found, owner=self, key="certificates-search")

    def _show_found(self, rows: tuple[CertificateRow, ...]) -> None:
        self._found = rows
        self._fill()

    @property
    def searching(self) -> bool:
        """Whether what was looked for is shown instead of a list."""
        return bool(self.find.text().strip())

    def rows(self) -> tuple[CertificateRow, ...]:
        """What the table shows."""
        if self.searching:
            return self._found
        if self._lists is None:
            return ()
        rows: tuple[CertificateRow, ...] = getattr(self._lists, self.kind)
        if self.kind != "to_print":
            return rows
        session, village = self.session.currentData() or "", self.village.currentData() or ""
        return tuple(row for row in rows if session in ("", row.session_id) and village in ("", row.village))

    # Showing

    def _fill(self, *_changed: object) -> None:
        rows = self.rows()
        waiting = not self.searching and self.kind != "issued"
        if waiting is not self._waiting:
            self._waiting = waiting
            self.table.use(self._models[waiting])
        model = self._models[waiting]
        before = model.key(self._row) if self._row is not None else None
        model.show(rows)
        self.filters.setVisible(not self.searching and self.kind == "to_print")
        self.views.setCurrentWidget(self.list_view if rows else self.empty_view)
        title, text = EMPTY["found" if self.searching else self.kind]
        self.empty.say("certificate", title, text)
        people = ngettext("{count} person", "{count} people", len(rows)).format(count=words.number(len(rows)))
        self.count.setText(people)
        printable = self._printable(rows)
        self.batch.setVisible(waiting)
        self.batch.setEnabled(bool(printable))
        self.batch_hint.setVisible(waiting)
        self.batch_hint.setText(
            ngettext(
                "{count} paper in one go, in this order", "{count} papers in one go, in this order", len(printable)
            ).format(count=words.number(len(printable)))
        )
        at = model.row_of(before) if before is not None else 0
        self.table.choose(max(0, at))
        self._show_row(self.table.current())

    @staticmethod
    def _printable(rows: Sequence[CertificateRow]) -> list[CertificateRow]:
        return [row for row in rows if row.printable]

    def _show_row(self, row: object) -> None:
        shown = row if isinstance(row, CertificateRow) else None
        self._row = shown
        self.problem.tell(None)
        for button in (self.issue, self.person, self.note_paper):
            button.setEnabled(shown is not None)
        if shown is None:
            return
        self.issue.setEnabled(shown.why != "no_dose")
        self.name.setText(shown.full_name)
        self.about.setText(say.about(shown, self.desk.campaign()))
        self.paper.setText(say.paper(shown))
        facts = say.facts(shown)
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))
        self.earlier.hide()
        query = partial(_earlier, shown.person_id)
        self.desk.ask(query, self._show_earlier, owner=self, key="certificates-earlier")

    def _show_earlier(self, rows: tuple[EarlierRow, ...]) -> None:
        self.earlier.setText(say.earlier(rows))
        self.earlier.setVisible(bool(rows))

    def translate(self) -> None:
        """Chips, empty words and the row."""
        counts = {kind: len(getattr(self._lists, kind)) if self._lists is not None else 0 for kind in KINDS}
        for kind, count in counts.items():
            self._chip(kind).setText(_(CHIPS[kind]).format(count=words.number(count)))
        if self._lists is not None:
            self._fill_choices(self._lists)
            self._fill()

    # Acting

    def _issue(self) -> None:
        row = self._row
        if row is None or not self.issue.isEnabled():
            return
        work = partial(_issue, row.person_id, row.visit_id)
        self.desk.act(
            work,
            partial(self._issued, row),
            areas={"certificates"},
            owner=self,
            failed=self.problem.tell,
        )

    def _issued(self, row: CertificateRow, issued: Issued) -> None:
        show_paper(self, self.desk, issued, row.full_name)

    def _open_person(self, *_opened: object) -> None:
        if self._row is not None:
            self.desk.go_to("people", self._row.person_id)

    def _note(self) -> None:
        if self._row is not None:
            EarlierPaperDialog(self, self.desk, self._row.person_id, self._row.full_name).open()

    def _batch(self) -> None:
        rows = self._printable(self.rows())
        if not rows:
            return
        wanted = [Wanted(row.person_id, row.full_name, row.visit_id) for row in rows]
        about = _(CHIPS[self.kind]).format(count="").strip()
        if self.kind == "to_print":
            about = f"{self.session.currentText()} · {self.village.currentText()}"
        BatchDialog(self, self.desk, wanted, about).open()

    def _withdrawn(self) -> None:
        """The revoked papers as a list on paper, for those who check papers without a computer."""
        paper = Paper(label=_("List of withdrawn papers"), make=_withdrawn_list, job="withdrawn-list")
        print_pages(self, self.desk, _("List of withdrawn papers"), "", (paper,))


def _withdrawn_list(ctx: Context, order: Order) -> Printed:
    return withdrawn_papers.withdrawn_list(ctx, note=order.log)


def _refill(box: QComboBox, options: Sequence[tuple[str, str]]) -> None:
    """Offer these, keeping the choice where it is still offered."""
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    for label, value in options:
        box.addItem(label, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(False)


def _read_lists(ctx: Context, conn: Any) -> Lists:
    campaign, now = ctx.campaign().code, ctx.now()
    midnight = datetime.combine(ctx.today(), time.min, VIET_NAM)
    return Lists(
        queries.to_print(conn, campaign),
        queries.to_reprint(conn, campaign),
        queries.code_work(conn, campaign, now, signing.signer(ctx) is not None),
        queries.issued(conn, midnight, midnight + timedelta(days=1)),
        sessions.sessions(conn),
    )


def _search(text: str, conn: Any) -> tuple[CertificateRow, ...]:
    return queries.search(conn, text)


def _earlier(person_id: str, conn: Any) -> tuple[EarlierRow, ...]:
    return queries.earlier(conn, person_id)


def _issue(person_id: str, visit_id: str, ctx: Context) -> Issued:
    return certificates.issue(ctx, person_id, visit_id)
