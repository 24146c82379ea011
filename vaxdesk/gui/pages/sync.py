"""The exchange with the portal: what is owed, what was refused and why, conflicts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPlainTextEdit, QStackedWidget, QWidget

from vaxdesk.errors import KnownError
from vaxdesk.gui import bridges, icons, style, words
from vaxdesk.gui import sync_words as say
from vaxdesk.gui.bridges import ExchangeEnd
from vaxdesk.gui.dialogs.content import ContentDialog
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.conflict_view import FieldChoices
from vaxdesk.gui.widgets.marks import Badge, Chip
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.queries import outbox, packs, sync_view
from vaxdesk.queries.outbox import SyncStatus
from vaxdesk.queries.packs import PackRow
from vaxdesk.queries.sync_view import ConflictRow, EntryRow

if TYPE_CHECKING:
    from vaxdesk.gui.bridges import EntryText, Sides
    from vaxdesk.gui.desk import Desk

GROUPS = {
    "all": N_("Everything"),
    "problem": N_("Needs you {count}"),
    "open": N_("Not sent {count}"),
    "accepted": N_("Accepted {count}"),
    "conflict": N_("Conflicts {count}"),
}
EMPTY = {
    "all": (N_("Nothing has been recorded yet"), N_("What is recorded at this desk appears here before it is sent.")),
    "problem": (
        N_("Nothing needs you"),
        N_("When the portal refuses a record it stands here in the portal's own words until it is corrected."),
    ),
    "open": (N_("Nothing waits"), N_("Everything recorded here has been accepted by the portal.")),
    "accepted": (N_("Nothing has been accepted yet"), N_("What the portal has accepted appears here.")),
    "conflict": (
        N_("No conflict"),
        N_("When somebody changes a record at the portal that was changed here too, both versions stand here."),
    ),
}
FIGURES = ("waiting", "sending", "unknown", "refused", "blocked", "conflicts")
_SHAPE = 36


@dataclass(frozen=True)
class Look:
    """One look at the outbox."""

    status: SyncStatus
    counts: dict[str, int]
    entries: tuple[EntryRow, ...]
    conflicts: tuple[ConflictRow, ...]
    packs: tuple[PackRow, ...]


class SyncPage(Page):
    """The truth in words first, then every entry."""

    form = "pages/sync.ui"
    areas = frozenset({"outbox", "sync", "settings", "people"})

    portal: QLabel
    send: KeyButton
    state: QFrame
    shape: QLabel
    headline: QLabel
    words: QLabel
    doubts: QLabel
    rules: QLabel
    error: ErrorState
    group_all: Chip
    views: QStackedWidget
    entries_view: QWidget
    conflicts_view: QWidget
    empty_view: QWidget
    empty: EmptyState
    entries: RowTable
    record: QLabel
    person_name: QLabel
    entry_state: Badge
    times: QLabel
    outcome_card: QFrame
    outcome: QLabel
    advice: QLabel
    resend: KeyButton
    person: KeyButton
    content: KeyButton
    conflict_table: RowTable
    conflict_title: QLabel
    choices: QWidget
    choice_grid: QGridLayout
    texts: QWidget
    mine: QPlainTextEdit
    theirs: QPlainTextEdit
    problem: ErrorState
    decide: KeyButton
    take_whole: KeyButton
    conflict_person: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.group = "all"
        self._look: Look | None = None
        self._end: ExchangeEnd | None = None
        self._busy = False
        self._entry: EntryRow | None = None
        self._conflict: ConflictRow | None = None
        self._sides: Sides | None = None
        self.doubts.hide()
        self.rules.hide()
        self._fields = FieldChoices(self.choices, self.choice_grid)
        self._entries: RowsModel[EntryRow] = RowsModel(
            (
                Column(N_("Written"), lambda row: words.moment(row.created_at, self.desk.now()), width=136),
                Column(N_("Record"), lambda row: say.record(row.resource_type), width=170),
                Column(N_("About"), lambda row: row.person_name, bold=True),
                Column(N_("State"), lambda row: "", badges=self._badge, width=210),
            ),
            key=lambda row: row.seq,
            parent=self,
        )
        self._conflicts: RowsModel[ConflictRow] = RowsModel(
            (
                Column(N_("About"), lambda row: row.person_name, bold=True),
                Column(N_("Record"), lambda row: say.record(row.resource_type), width=130),
            ),
            key=lambda row: row.id,
            parent=self,
        )
        self.entries.use(self._entries)
        self.conflict_table.use(self._conflicts)
        for group in GROUPS:
            self._chip(group).clicked.connect(partial(self.show_group, group))
        self.group_all.setChecked(True)
        self.entries.chosen.connect(self._show_entry)
        self.entries.opened.connect(self._open_content)
        self.conflict_table.chosen.connect(self._show_conflict)
        self.send.clicked.connect(self._send)
        self.resend.clicked.connect(self._resend)
        self.person.clicked.connect(self._open_person)
        self.conflict_person.clicked.connect(self._open_person)
        self.content.clicked.connect(self._open_content)
        self.decide.clicked.connect(partial(self._decide, whole=False))
        self.take_whole.clicked.connect(partial(self._decide, whole=True))
        self.error.again.connect(self._read)
        desk.exchanged.connect(self._exchanged)
        self.setFocusProxy(self.entries)

    def _chip(self, group: str) -> Chip:
        found: Chip = self.findChild(Chip, f"group_{group}")
        return found

    def _badge(self, row: EntryRow) -> list[tuple[str, str]]:
        return [say.state(row, self.desk.now())]

    # Reading

    def entered(self, target: object = None) -> None:
        """The name of a group may be given along."""
        if isinstance(target, str) and target in GROUPS:
            self.group = target
            self._chip(target).setChecked(True)
        self._read()
        self.setFocus()

    def refresh(self, areas: frozenset[str]) -> None:
        """Something was written, sent or received."""
        self._read()

    def _read(self) -> None:
        query = partial(_look, self.group)
        self.desk.ask(query, self._show_look, owner=self, key="sync", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def show_group(self, group: str) -> None:
        """Show a group of entries, or the conflicts."""
        self.group = group
        self._chip(group).setChecked(True)
        self._read()

    def _show_look(self, look: Look) -> None:
        self.error.tell(None)
        self._look = look
        self.translate()
        in_conflicts = self.group == "conflict"
        rows: tuple[Any, ...] = look.conflicts if in_conflicts else look.entries
        title, text = EMPTY[self.group]
        self.empty.say("arrows-exchange" if in_conflicts else "cloud-check", title, text)
        # One committing key a page: deciding has it while a conflict is open.
        self.send.setVisible(not (in_conflicts and rows))
        if not rows:
            self.views.setCurrentWidget(self.empty_view)
            return
        self.views.setCurrentWidget(self.conflicts_view if in_conflicts else self.entries_view)
        if in_conflicts:
            self._conflicts.show(rows)
            at = self._conflicts.row_of(self._conflict.id) if self._conflict is not None else 0
            self.conflict_table.choose(max(0, at))
            self._show_conflict(self.conflict_table.current())
        else:
            self._entries.show(rows)
            at = self._entries.row_of(self._entry.seq) if self._entry is not None else 0
            self.entries.choose(max(0, at))
            self._show_entry(self.entries.current())

    def translate(self) -> None:
        """The state in words, chips and figures."""
        look = self._look
        if look is None:
            return
        status, now = look.status, self.desk.now()
        head = say.headline(status)
        self.shape.setPixmap(icons.pixmap(head.icon, head.tone, _SHAPE))
        self.headline.setText(head.words)
        style.mark(self.headline, "tone", "" if head.tone == "info" else head.tone)
        self.words.setText(say.status_line(status, self._end, self._busy, now))
        doubts = say.doubts(self._end)
        self.doubts.setText("\n".join(doubts))
        self.doubts.setVisible(bool(doubts))
        rules = say.rules_lines(look.packs, self._end, now)
        self.rules.setText("\n".join(rules))
        self.rules.setVisible(bool(rules))
        self.portal.setText(status.portal_url)
        for name in FIGURES:
            count = getattr(status, name)
            label = self.findChild(QLabel, name)
            label.setText(words.number(count))
            bad = {"refused": "bad", "blocked": "warn", "unknown": "warn", "conflicts": "warn"}.get(name, "")
            style.mark(label, "tone", bad if count else "")
        for group, sentence in GROUPS.items():
            self._chip(group).setText(_(sentence).format(count=words.number(look.counts.get(group, 0))))
        self.send.setEnabled(status.enrolled and not self._busy)
        if self._entry is not None:
            self._show_entry(self._entry)
        if self._sides is not None:
            self._show_sides(self._sides)

    # Entries

    def _show_entry(self, row: object) -> None:
        shown = row if isinstance(row, EntryRow) else None
        self._entry = shown
        self.person.setEnabled(shown is not None and bool(shown.person_id))
        self.content.setEnabled(shown is not None)
        self.resend.setVisible(shown is not None and shown.state == "refused")
        if shown is None:
            return
        now = self.desk.now()
        self.record.setText(say.record(shown.resource_type))
        self.person_name.setText(shown.person_name)
        self.person_name.setVisible(bool(shown.person_name))
        self.entry_state.show_words(*say.state(shown, now))
        self.times.setText(say.times(shown, now))
        advice = say.advice(shown)
        self.advice.setText(advice)
        outcome = shown.outcome
        if shown.state == "refused" and shown.last_status is not None:
            outcome = f"{outcome} ({shown.last_status})".strip()
        self.outcome.setText(outcome)
        self.outcome_card.setVisible(bool(outcome or advice))
        style.mark(self.outcome_card, "card", "bad" if shown.state == "refused" else "warn")

    def _open_person(self) -> None:
        row = self._conflict if self.group == "conflict" else self._entry
        if row is not None and row.person_id:
            self.desk.go_to("people", row.person_id)

    def _resend(self) -> None:
        if self._entry is not None:
            work = partial(bridges.resend, seq=self._entry.seq)
            self.desk.act(work, self._sent_again, areas={"sync"}, owner=self)

    def _sent_again(self, _nothing: None) -> None:
        self.desk.toast(_("The record is written anew and goes with the next exchange."))
        self._read()

    def _open_content(self, *_opened: object) -> None:
        row = self._entry
        if row is not None:
            work = partial(bridges.entry_text, seq=row.seq)
            self.desk.act(work, partial(self._show_content, row), owner=self)

    def _show_content(self, row: EntryRow, content: EntryText) -> None:
        if row.person_id:
            self.desk.viewed(row.person_id)
        about = (
            _("Exactly this was given to the portal.")
            if row.state == "accepted"
            else _("Exactly this is sent, as at the first attempt.")
            if content.frozen
            else _("Exactly this will be sent; until then corrections still change it.")
        )
        ContentDialog(
            self, f"{say.record(row.resource_type)} · {row.person_name}".rstrip(" ·"), about, content.text
        ).open()

    # The exchange

    def _send(self) -> None:
        self._busy = True
        self.translate()
        self.desk.exchange()

    def _exchanged(self, end: ExchangeEnd) -> None:
        self._busy = False
        self._end = end
        self._read()

    # Conflicts

    def _show_conflict(self, row: object) -> None:
        self._conflict = row if isinstance(row, ConflictRow) else None
        self.problem.tell(None)
        if self._conflict is None:
            return
        self.conflict_title.setText(f"{say.record(self._conflict.resource_type)} · {self._conflict.person_name}")
        self.conflict_person.setEnabled(bool(self._conflict.person_id))
        work = partial(bridges.conflict_sides, conflict_id=self._conflict.id)
        self.desk.act(work, self._show_sides, owner=self, failed=self.problem.tell)

    def _show_sides(self, sides: Sides) -> None:
        if self._conflict is not None and self._conflict.person_id:
            self.desk.viewed(self._conflict.person_id)
        self._sides = sides
        by_field = bool(sides.pairs)
        scroll = self.choices.parentWidget().parentWidget()
        scroll.setVisible(by_field)
        self.texts.setVisible(not by_field)
        self._fields.show(sides.pairs)
        self.mine.setPlainText(sides.mine)
        self.theirs.setPlainText(sides.theirs)
        self.decide.setText(_("Save the decision") if by_field else _("Keep ours and send it"))
        self.take_whole.setVisible(not by_field and sides.can_take)

    def _decide(self, whole: bool) -> None:
        if self._conflict is None or self._sides is None:
            return
        work = partial(bridges.decide_conflict, conflict_id=self._conflict.id, take=self._fields.taken(), whole=whole)
        self.desk.act(work, self._decided, areas={"people", "sync"}, owner=self, failed=self.problem.tell)

    def _decided(self, _nothing: None) -> None:
        self._conflict, self._sides = None, None
        self.desk.toast(_("The decision is saved; both versions stay in the history."))
        self._read()


def _look(group: str, conn: Any) -> Look:
    counts = sync_view.counts(conn)
    return Look(
        outbox.status(conn),
        counts,
        () if group == "conflict" else sync_view.entries(conn, "" if group == "all" else group),
        sync_view.conflicts(conn) if group == "conflict" else (),
        packs.listed(conn, "waiting", "refused"),
    )
