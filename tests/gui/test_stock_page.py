"""The stock: receiving, destroying, counting, sending back, blocking, a changed expiry, the stock card, recipients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog

from vaxdesk.db.tables import AuditEntry, StockMovement
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.gui.dialogs.people_behind import PeopleBehindDialog
from vaxdesk.gui.dialogs.receive import ReceiveDialog
from vaxdesk.gui.dialogs.stock_change import StockChangeDialog
from vaxdesk.gui.pages.stock import StockPage
from vaxdesk.queries import sessions, stock
from vaxdesk.services import doses, stock_book
from vaxdesk.services.context import Actor
from vaxdesk.services.stock_book import WasteDoses


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of a station."""
    with room(qtbot, tmp_path, "stock") as made:
        yield made


def shown(made: Room, name: str) -> StockPage:
    """The page, checked for cut words in both languages and grabbed."""
    page = made.page
    assert isinstance(page, StockPage)
    made.fits(name)
    return page


def change(made: Room, kind: str, **values: object) -> StockChangeDialog:
    """Open an act's dialog, fill it, save."""
    page = made.page
    assert isinstance(page, StockPage)
    (page.block if kind in ("block", "release") else getattr(page, kind)).click()
    dialog: StockChangeDialog = visible_dialog(StockChangeDialog)
    assert dialog.kind == kind
    grab(dialog, f"stock-{kind}")
    assert cut_words(dialog) == []
    for name, value in values.items():
        field = getattr(dialog, name)
        if name == "doses":
            field.setValue(value)
        elif name == "reason":
            field.setCurrentIndex(field.findData(value))
        else:
            field.setText(value)
    made.key(Qt.Key.Key_F12)
    return dialog


def lot(made: Room, number: str = "ABX3107") -> sessions.LotRow:
    with made.station.database.reader() as conn:
        return next(row for row in sessions.lots(conn) if row.number == number)


def test_an_empty_stock_says_what_to_do_first(here: Room) -> None:
    here.open()
    page = shown(here, "empty")
    assert page.views.currentWidget() is page.empty_view


def test_vaccine_is_received_with_its_expiry(here: Room) -> None:
    here.open()
    here.key(Qt.Key.Key_F12)
    dialog = visible_dialog(ReceiveDialog)
    dialog.product.setCurrentIndex(dialog.product.findData("astrazeneca"))
    dialog.save.click()
    assert "ngày" in dialog.expiry_below.text().lower()
    dialog.number.setText("abx3107")
    dialog.expiry.setText("01/02/2020")
    dialog.save.click()
    assert "đã qua" in dialog.expiry_below.text()
    dialog.expiry.setText("02/2027")
    dialog.doses.setValue(105)
    assert "không tròn lọ" in dialog.doses_below.text()
    dialog.doses.setValue(100)
    assert dialog.doses_below.text() == "10 lọ"
    grab(dialog, "stock-receive")
    assert cut_words(dialog) == []
    here.key(Qt.Key.Key_F12)
    assert not dialog.isVisible()
    row = lot(here)
    assert (row.balance, row.expiry) == (100, date(2027, 2, 28))
    page = shown(here, "one-lot")
    assert page.table.model().rowCount() == 1
    page.receive.click()
    dialog = visible_dialog(ReceiveDialog)
    dialog.product.setCurrentIndex(dialog.product.findData("astrazeneca"))
    dialog.number.setText("ABX3107")
    dialog.expiry.setText("31/03/2027")
    dialog.doses.setValue(10)
    dialog.save.click()
    assert "28/02/2027" in dialog.expiry_below.text(), "known with another expiry"
    dialog.reject()


def test_the_stock_card_tells_everything_and_balances(here: Room) -> None:
    lot_id = here.station.lot(doses=100)
    session = here.station.session(lot_id)
    people = [
        here.station.through(session, lot_id, full_name=name, national_id="") for name in ("Lò Văn An", "Vì Văn Bẩy")
    ]
    here.open()
    page = here.page
    assert isinstance(page, StockPage)
    dialog = change(here, "waste", doses=4, reason="opened")
    assert not dialog.isVisible()
    dialog = change(here, "waste", doses=2, reason="other")
    assert dialog.isVisible()
    assert dialog.note_below.text()
    dialog.note.setText("rơi")
    dialog.save.click()
    here.settle()
    change(here, "give_back", doses=10, reference="PX-12")
    dialog = change(here, "count", doses=80)
    assert "-2" in dialog.note_below.text()
    dialog.note.setText("thiếu khi giao")
    dialog.save.click()
    here.settle()
    change(here, "change_expiry", day="30/06/2027", reference="123/QLD", note="gia hạn")
    row = lot(here)
    assert (row.received, row.used, row.wasted, row.balance) == (100, 2, 6, 80)
    assert row.expiry == date(2027, 6, 30)
    with here.station.database.reader() as conn:
        card = stock.card(conn, lot_id)
    assert card[0].balance == row.balance
    assert [line.doses for line in card if line.kind == "used"] == [-2], "one line a session"
    page = shown(here, "card")
    assert page.card.model().rowCount() == len(card) == 7
    wasted = next(n for n, line in enumerate(card) if line.reason == "opened")
    page.card.choose(wasted)
    assert page.take_back.isEnabled()
    change(here, "take_back", note="ghi nhầm")
    assert lot(here).balance == 84
    used = next(n for n, line in enumerate(page._card.rows) if line.kind == "used")
    page.card.choose(used)
    assert not page.take_back.isEnabled()
    shown(here, "taken-back")

    page.people.click()
    behind = visible_dialog(PeopleBehindDialog)
    grab(behind, "stock-people")
    assert cut_words(behind) == []
    assert {line[1].person_id for line in behind.table.model().rows} == {person.person_id for person in people}
    behind.reject()
    with here.station.database.reader() as conn:
        given = conn.query(StockMovement).filter_by(kind="used", current=True).all()
        assert conn.query(AuditEntry).filter_by(action="stock-back").count() == 1
    doses.withdraw(here.station.ctx, given[0].immunization_id or "", "ghi nhầm")
    page.refresh(frozenset({"stock"}))
    assert lot(here).balance == 85


def test_a_lot_is_taken_out_of_use_and_back(here: Room) -> None:
    here.station.lot()
    here.open()
    dialog = change(here, "block")
    assert dialog.note_below.text()
    dialog.note.setText("công văn thu hồi")
    dialog.save.click()
    here.settle()
    page = shown(here, "blocked")
    assert page.blocked_card.isVisible()
    assert lot(here).blocked
    assert page.hint.text().startswith("0 liều")
    change(here, "release", note="đã rút công văn")
    assert not lot(here).blocked
    assert lot(here).balance == 100
    with here.station.database.reader() as conn:
        kinds = [line.kind for line in stock.card(conn, lot(here).id)]
    assert kinds == ["released", "blocked", "received"]


def test_expiry_is_told_in_words_and_tone(here: Room) -> None:
    here.station.lot("SAP", doses=10)
    here.station.clock.advance(timedelta(days=100))
    here.station.lot("MOI", doses=10)
    here.open()
    page = here.page
    assert isinstance(page, StockPage)
    assert page.expiry.property("tone") == "warn"
    assert "còn 20 ngày" in page.expiry.text()
    here.station.clock.advance(timedelta(days=30))
    page.refresh(frozenset({"stock"}))
    assert page.expiry.property("tone") == "bad"
    assert page.state.text() == "cần hủy phần còn lại"
    shown(here, "expired")
    dialog = change(here, "waste", doses=10)
    assert dialog.reason.currentData() == "expired"
    assert page.table.model().rowCount() == 1
    page.finished.setChecked(True)
    assert page.table.model().rowCount() == 2


def test_the_book_keeps_its_rules(here: Room) -> None:
    lot_id = here.station.lot(doses=10)
    ctx = here.station.ctx
    with pytest.raises(FieldError, match="book holds"):
        stock_book.waste(ctx, WasteDoses(lot_id, 11, "broken"))
    stock_book.waste(ctx, WasteDoses(lot_id, 11, "broken", "hộp có thêm 1 lọ"))
    assert lot(here).balance == -1
    with pytest.raises(FieldError, match="book holds"):
        stock_book.give_back(ctx, lot_id, 1, "PX-1")
    assert stock_book.count(ctx, lot_id, 0, "kiểm kê") == 1
    assert stock_book.count(ctx, lot_id, 0, "") == 0
    with pytest.raises(RefusedError):
        stock_book.release(ctx, lot_id, "x")
    with pytest.raises(FieldError, match="decision"):
        stock_book.change_expiry(ctx, lot_id, date(2028, 1, 1), "", "x")
    ctx.user = Actor(ctx.user.id, ctx.user.name, ctx.user.full_name, frozenset({"screen"}))
    with pytest.raises(RefusedError):
        stock_book.waste(ctx, WasteDoses(lot_id, 1, "broken"))
