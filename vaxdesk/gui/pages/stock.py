"""The stock: lots with their balance, the stock card of one, and what can happen to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QStackedWidget, QWidget

from vaxdesk.errors import KnownError
from vaxdesk.gui import person_words, style, words
from vaxdesk.gui import stock_words as say
from vaxdesk.gui.dialogs.people_behind import Behind, PeopleBehindDialog
from vaxdesk.gui.dialogs.receive import ReceiveDialog
from vaxdesk.gui.dialogs.stock_change import StockChangeDialog
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries import sessions, stock
from vaxdesk.queries.sessions import LotRow
from vaxdesk.queries.stock import CardRow, Recipient

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Entries that can be taken back here; doses are taken back with the person.
_RETRACTABLE = ("received", "wasted", "returned", "counted")


class StockPage(Page):
    """Lots above, the chosen lot's card below, the acts at the right."""

    form = "pages/stock.ui"
    areas = frozenset({"stock", "session", "people"})

    hint: QLabel
    finished: QCheckBox
    receive: KeyButton
    error: ErrorState
    views: QStackedWidget
    list_view: QWidget
    empty_view: QWidget
    empty: EmptyState
    table: RowTable
    card_about: QLabel
    take_back: KeyButton
    card: RowTable
    lot: QLabel
    product: QLabel
    expiry: Badge
    state: Badge
    facts: QLabel
    blocked_card: QFrame
    blocked_reason: QLabel
    waste: KeyButton
    count: KeyButton
    give_back: KeyButton
    change_expiry: KeyButton
    people: KeyButton
    block: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._lots: tuple[LotRow, ...] = ()
        self._row: LotRow | None = None
        self._table: RowsModel[LotRow] = RowsModel(
            (
                Column(N_("Vaccine"), self._product_name, bold=True, tip=self._product_name),
                Column(N_("Lot"), lambda row: row.number, width=116),
                Column(N_("Expiry"), lambda row: "", badges=self._expiry_badge, width=172),
                Column(N_("Received"), lambda row: words.number(row.received), right=True, width=84),
                Column(N_("Given"), lambda row: words.number(row.used), right=True, width=80),
                Column(N_("Destroyed"), lambda row: words.number(row.wasted), right=True, width=90),
                Column(N_("Left"), lambda row: words.number(row.balance), right=True, width=62),
            ),
            key=lambda row: row.id,
            parent=self,
        )
        self._card: RowsModel[CardRow] = RowsModel(
            (
                Column(N_("When"), lambda row: words.moment(row.at, self.desk.now()), width=166),
                Column(N_("What"), say.movement, bold=True),
                Column(N_("By"), lambda row: row.user, width=130),
                Column(N_("In, out"), say.change, right=True, width=90),
                Column(N_("Balance"), say.balance, right=True, width=94),
            ),
            key=lambda row: row.key,
            parent=self,
        )
        self.table.use(self._table)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.card.use(self._card)
        self.table.chosen.connect(self._show_lot)
        self.card.chosen.connect(self._show_entry)
        self.finished.toggled.connect(self._fill)
        self.receive.clicked.connect(self._receive)
        for kind in ("waste", "count", "give_back", "change_expiry"):
            getattr(self, kind).clicked.connect(partial(self._change, kind))
        self.block.clicked.connect(self._block)
        self.take_back.clicked.connect(self._take_back)
        self.people.clicked.connect(self._ask_people)
        self.error.again.connect(self._read)
        self.empty.acted.connect(self._receive)
        self.empty.say(
            "packages",
            N_("No vaccine is booked in"),
            N_("Book in what has arrived: vaccine, lot, expiry, doses. Given doses are booked out by themselves."),
        )
        self.setFocusProxy(self.table)

    def _product_name(self, row: LotRow) -> str:
        return person_words.product_name(self.desk.campaign(), row.product_code)

    def _expiry_badge(self, row: LotRow) -> list[tuple[str, str]]:
        state = say.state(row, self.desk.today())
        return [badge for badge in (say.expiry(row, self.desk.today()), state if row.blocked else ("", "")) if badge[0]]

    # Reading

    def entered(self, target: object = None) -> None:
        """A lot's id may be given along."""
        if isinstance(target, str):
            self._row = next((lot for lot in self._lots if lot.id == target), self._row)
        self._read()
        self.setFocus()

    def refresh(self, areas: frozenset[str]) -> None:
        """Something was booked."""
        self._read()

    def _read(self) -> None:
        self.desk.ask(_lots, self._show, owner=self, key="stock", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show(self, lots: tuple[LotRow, ...]) -> None:
        self.error.tell(None)
        self._lots = lots
        self._fill()

    def _fill(self, *_toggled: object) -> None:
        everything = self.finished.isChecked()
        rows = [lot for lot in self._lots if everything or lot.balance != 0]
        self._table.show(rows)
        self.views.setCurrentWidget(self.list_view if self._lots else self.empty_view)
        self.finished.setVisible(bool(self._lots))
        at = self._table.row_of(self._row.id) if self._row is not None else 0
        self.table.choose(max(0, at))
        self._show_lot(self.table.current())
        self.translate()

    def translate(self) -> None:
        """What can still be given, over all lots."""
        today = self.desk.today()
        good = [lot for lot in self._lots if say.usable(lot, today)]
        left = sum(lot.balance for lot in good)
        lots = ngettext("{count} lot", "{count} lots", len(good)).format(count=len(good))
        doses = ngettext("{count} dose to give", "{count} doses to give", left).format(count=words.number(left))
        self.hint.setText(f"{doses} · {lots}" if self._lots else "")
        if self._row is not None:
            self._show_lot(self._row)

    def _show_lot(self, row: object) -> None:
        shown = row if isinstance(row, LotRow) else None
        self._row = shown
        acts = (self.waste, self.count, self.give_back, self.change_expiry, self.people, self.block)
        for button in acts:
            button.setEnabled(shown is not None)
        self.blocked_card.setVisible(shown is not None and shown.blocked)
        if shown is None:
            self._card.show(())
            return
        today = self.desk.today()
        self.lot.setText(_("Lot {number}").format(number=shown.number))
        self.product.setText(self._product_name(shown))
        self.expiry.show_words(*say.expiry(shown, today))
        self.state.show_words(*say.state(shown, today))
        self.facts.setText(say.facts(shown))
        self.blocked_reason.setText(shown.blocked_reason)
        self.block.setText(_("Take into use again…") if shown.blocked else _("Take out of use…"))
        style.mark(self.block, "variant", "" if shown.blocked else "danger")
        self.card_about.setText(f"{shown.number} · {say.doses_left(shown)}")
        self.desk.ask(partial(_card, shown.id), self._show_card, owner=self, key="stock-card")

    def _show_card(self, rows: tuple[CardRow, ...]) -> None:
        self._card.show(rows)
        self._show_entry(self.card.current())

    def _show_entry(self, row: object) -> None:
        self.take_back.setEnabled(isinstance(row, CardRow) and not row.undone and row.kind in _RETRACTABLE)

    # Acting

    def _about(self, lot: LotRow) -> str:
        return f"{self._product_name(lot)} · {lot.number} · {say.doses_left(lot)}"

    def _receive(self) -> None:
        ReceiveDialog(self, self.desk).open()

    def _change(self, kind: str) -> None:
        if self._row is not None:
            StockChangeDialog(self, self.desk, kind, self._row, self._about(self._row)).open()

    def _block(self) -> None:
        if self._row is not None:
            self._change("release" if self._row.blocked else "block")

    def _take_back(self) -> None:
        entry = self.card.current()
        if self._row is not None and isinstance(entry, CardRow) and self.take_back.isEnabled():
            about = f"{self._row.number} · {say.movement(entry)} · {say.change(entry)}"
            StockChangeDialog(self, self.desk, "take_back", self._row, about, entry.record_id).open()

    def _ask_people(self) -> None:
        if self._row is not None:
            query = partial(_recipients, self._row.id)
            self.desk.ask(query, partial(self._show_people, self._row), owner=self, key="stock-people")

    def _show_people(self, lot: LotRow, rows: tuple[Recipient, ...]) -> None:
        title = _("People who got a dose of lot {number}").format(number=lot.number)
        PeopleBehindDialog(self, self.desk, title, [self._behind(row) for row in rows]).open()

    @staticmethod
    def _behind(row: Recipient) -> Behind:
        detail = _("dose {number}, {day}").format(number=row.dose_number, day=person_words.day(row.occurred))
        return Behind(
            row.person_id, row.full_name, row.birth_date, row.village, row.phone or row.guardian_phone, detail
        )


def _lots(conn: Any) -> tuple[LotRow, ...]:
    return sessions.lots(conn)


def _card(lot_id: str, conn: Any) -> tuple[CardRow, ...]:
    return stock.card(conn, lot_id)


def _recipients(lot_id: str, conn: Any) -> tuple[Recipient, ...]:
    return stock.recipients(conn, lot_id)
