"""The session's list by keyboard: who is called and why, filters, the plan, prints in its order, check-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from sqlalchemy import insert, select

from vaxdesk.db.tables import AuditEntry, Person, Print
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import KnownError
from vaxdesk.gui.dialogs.list_plan import ListPlanDialog
from vaxdesk.gui.dialogs.pages import PagesDialog
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.gui.pages.session_list import ListView
from vaxdesk.gui.tasks import Cancelled
from vaxdesk.services.consents import ConsentStatus, RecordConsent, record

PEOPLE = (
    ("Lò Thị Hai", {"groups": ("1",), "birth": PartialDate(1985, 5, 1), "village": "Bản Mường", "sex": "female"}),
    ("Lò Văn Một", {"groups": ("9",), "birth": PartialDate(1950), "village": "Bản Nà Khi", "phone": "0912345678"}),
    ("Quàng Văn Ba", {"groups": ("15",), "birth": PartialDate(1970, 2, 1), "village": "Bản Nà Khi"}),
    ("Vì Thị Bốn", {"groups": (), "birth": PartialDate(1990), "village": "", "sex": "female"}),
    ("Hà Văn Năm", {"groups": ("2",), "birth": PartialDate(1991, 3, 3), "village": "Bản Mường"}),
    ("Cà Thị Sáu", {"groups": ("9",), "birth": PartialDate(2024, 1, 1), "village": "Bản Nà Khi", "sex": "female"}),
)


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    with room(qtbot, tmp_path, "session") as made:
        made.station.enrol()
        yield made


def fill(here: Room) -> dict[str, str]:
    ids = {name: here.station.person("", full_name=name, national_id="", **fields).person_id for name, fields in PEOPLE}
    record(here.station.ctx, RecordConsent(ids["Hà Văn Năm"], ConsentStatus.REFUSED))
    return ids


def plan_session(here: Room) -> str:
    return here.station.session(here.station.lot())


def view_of(here: Room) -> ListView:
    page = here.page
    assert isinstance(page, SessionPage)
    return page.list_part.view


def opened(here: Room) -> ListView:
    here.open("list")
    return view_of(here)


def names(view: ListView) -> list[str]:
    return [row.full_name for row in view.table.model().rows]


def test_the_list_says_its_order_and_everybody_in_it(here: Room) -> None:
    fill(here)
    plan_session(here)
    view = opened(here)
    assert names(view) == ["Lò Thị Hai", "Lò Văn Một", "Quàng Văn Ba", "Vì Thị Bốn"]
    assert "Không theo thời gian đăng ký" in view.order_words.text()
    assert "AstraZeneca" in view.plan_words.text()
    assert view.side_in.text().endswith("4")
    assert view.side_out.text().endswith("2")
    assert here.page.list_part.chip.isChecked()
    assert view.table.hasFocus()
    QAbstractItemModelTester(view.table.model())
    assert cut_words(here.window) == []
    grab(here.window, "session-list")
    assert here.in_english(lambda: cut_words(here.window)) == []


def test_one_key_says_why(here: Room) -> None:
    fill(here)
    plan_session(here)
    view = opened(here)
    here.key(Qt.Key.Key_Space)
    assert view.card.isVisible()
    assert "Nhóm ưu tiên 1" in view.card.reasons_for.text()
    assert not view.card.against.isVisible()
    grab(here.window, "session-list-why")
    here.key(Qt.Key.Key_F2)
    assert not view.card.isVisible()
    view.side_out.click()
    here.settle()
    assert names(view) == ["Hà Văn Năm", "Cà Thị Sáu"]
    here.key(Qt.Key.Key_F2)
    assert "không đồng ý" in view.card.against.text()
    view.table.setFocus()
    here.key(Qt.Key.Key_Down)
    assert view.card.name.text() == "Cà Thị Sáu"
    assert view.card.against.text()
    assert cut_words(here.window) == []
    grab(here.window, "session-list-why-not")
    assert here.in_english(lambda: cut_words(here.window)) == []


def test_filters_choose_and_say_when_nobody_fits(here: Room) -> None:
    fill(here)
    plan_session(here)
    view = opened(here)
    view.village.setCurrentIndex(view.village.findData("Bản Nà Khi"))
    view.village.activated.emit(view.village.currentIndex())
    assert names(view) == ["Lò Văn Một", "Quàng Văn Ba"]
    assert [row.number for row in view.table.model().rows] == [2, 3]
    view.group.setCurrentIndex(view.group.findData("9"))
    view.group.activated.emit(view.group.currentIndex())
    assert names(view) == ["Lò Văn Một"]
    view.name.setText("không ai")
    here.qtbot.waitUntil(lambda: view.empty.isVisible())
    assert view.papers() == ()
    grab(here.window, "session-list-nobody")
    view.name.setText("mot lo")
    here.qtbot.waitUntil(lambda: names(view) == ["Lò Văn Một"])


def test_nobody_on_the_list_and_an_error_are_said(here: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_session(here)
    view = opened(here)
    assert view.empty.isVisible()
    grab(here.window, "session-list-empty")
    assert cut_words(here.window) == []

    def broken(*_args: object) -> None:
        raise KnownError("The station's file cannot be read.")

    monkeypatch.setattr("vaxdesk.queries.session_list.SessionList.page", broken)
    monkeypatch.setattr("vaxdesk.queries.session_list.SessionList.first", broken)
    view.load()
    here.settle()
    assert view.error.isVisible()
    grab(here.window, "session-list-error")
    monkeypatch.undo()
    view.error.again.emit()
    assert not view.error.isVisible()


def test_work_that_lasts_shows_a_bar_and_stops(here: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(here)
    plan_session(here)
    view = opened(here)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(view, "_progressed", lambda done, total: seen.append((done, total)))
    view._source = None
    view.load()
    assert seen
    assert seen[-1][1] == 12

    def endless(*args: object) -> None:
        view.busy.show()
        grab(here.window, "session-list-busy")
        view.stop.click()
        raise Cancelled

    monkeypatch.setattr("vaxdesk.queries.session_list.SessionList.page", endless)
    view.load()
    assert not view.busy.isVisible()


def test_f12_checks_in_and_the_person_stays_with_a_mark(here: Room) -> None:
    fill(here)
    session_id = plan_session(here)
    view = opened(here)
    here.key(Qt.Key.Key_F12)
    here.qtbot.waitUntil(lambda: view.table.model().rows[0].arrived)
    assert names(view)[0] == "Lò Thị Hai"
    assert not view.check_in.isEnabled()
    page = here.page
    assert isinstance(page, SessionPage)
    assert [row.full_name for row in page.rows_of("consent")] == ["Lò Thị Hai"]
    assert page.stage == "list"
    grab(here.window, "session-list-come")
    assert session_id


def test_somebody_who_is_not_on_the_list_needs_a_reason(here: Room) -> None:
    ids = fill(here)
    plan_session(here)
    view = opened(here)
    view.side_out.click()
    view.table.choose(1)

    def answer() -> None:
        dialog = visible_dialog(ReasonDialog)
        dialog.reason.setText("hồ sơ thiếu")
        dialog.ok.click()

    QTimer.singleShot(0, answer)
    view.check_in.click()
    here.settle()
    with here.station.database.reader() as conn:
        entry = conn.scalars(select(AuditEntry).filter_by(action="check-in", entity_id=ids["Cà Thị Sáu"])).one()
        assert entry.detail["off_list"] == "hồ sơ thiếu"


def test_f5_changes_whom_the_list_calls_and_its_order(here: Room) -> None:
    fill(here)
    plan_session(here)
    view = opened(here)
    here.key(Qt.Key.Key_F5)
    dialog = visible_dialog(ListPlanDialog)
    assert dialog.groups.count() >= 16
    assert dialog.everybody.isChecked()
    here.qtbot.keyClick(dialog.groups, Qt.Key.Key_Space)
    assert dialog.called() == ("1",)
    assert not dialog.everybody.isChecked()
    grab(dialog, "session-list-plan")
    assert cut_words(dialog) == []
    here.qtbot.keyClick(dialog.groups, Qt.Key.Key_F12)
    here.qtbot.waitUntil(lambda: names(view) == ["Lò Thị Hai"])
    assert "nhóm 1" in view.plan_words.text()


@pytest.mark.parametrize("what", [0, 1, 2, 3])
def test_ctrl_p_prints_the_list_and_its_forms_in_order(here: Room, what: int) -> None:
    fill(here)
    plan_session(here)
    opened(here)
    here.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    dialog = visible_dialog(PagesDialog)
    dialog.what.setCurrentIndex(what)
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    here.settle()
    assert dialog.picture.pixmap().width() > 0
    assert dialog.count.value() == 4
    assert cut_words(dialog) == []
    grab(dialog, f"session-list-print-{what}")
    with here.station.database.reader() as conn:
        assert conn.scalars(select(Print)).all() == []
    here.qtbot.keyClick(dialog, Qt.Key.Key_F12)
    here.settle()
    assert len(list(here.station.ctx.paths.documents.iterdir())) == 1
    with here.station.database.reader() as conn:
        rows = conn.scalars(select(Print)).all()
        assert {row.kind for row in rows} == {("door-list", "call-list", "consent-form", "screening-form")[what]}


def test_ctrl_p_prints_the_papers_of_the_person_in_sight(here: Room) -> None:
    station = here.station
    lot = station.lot()
    person = station.person(station.session(lot))
    for stage, act, kinds in (
        ("consent", lambda: station.consent(person.person_id, person.visit_id), ["consent-form", "screening-form"]),
        ("screening", lambda: station.screen(person.visit_id), ["screening-form", "consent-form"]),
        ("dose", lambda: station.dose(person.visit_id, lot), ["screening-form", "consent-form"]),
        ("observation", lambda: None, ["advice-slip", "screening-form", "consent-form"]),
    ):
        page = here.open(stage)
        assert page.stage == stage
        before = kinds_printed(here)
        for n in range(len(kinds)):
            here.window.activateWindow()
            here.qtbot.waitUntil(here.window.isActiveWindow)
            here.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
            dialog = visible_dialog(PagesDialog)
            assert dialog.what.count() == len(kinds)
            dialog.what.setCurrentIndex(n)
            dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
            here.settle()
            assert not dialog.count.isVisible()
            grab(dialog, f"session-print-{stage}-{n}")
            here.qtbot.keyClick(dialog, Qt.Key.Key_F12)
            here.settle()
        assert kinds_printed(here) - before == Counter(kinds)
        act()


def kinds_printed(here: Room) -> Counter[str]:
    with here.station.database.reader() as conn:
        return Counter(row.kind for row in conn.scalars(select(Print)))


def test_a_long_list_comes_page_by_page(here: Room) -> None:
    now = here.station.clock.now()
    with here.station.database.writer() as conn:
        conn.execute(
            insert(Person),
            [
                {
                    "id": f"p{n:04}",
                    "code": f"c{n}",
                    "full_name": f"Lò Văn {n}",
                    "name_key": f"lo van {n:04}",
                    "birth_date": date(1960, 1, 1).isoformat(),
                    "birth_year": 1960,
                    "sex": "male",
                    "village": "",
                    "identity_doubts": [],
                    "created_at": now,
                    "updated_at": now,
                }
                for n in range(450)
            ],
        )
        conn.commit()
    plan_session(here)
    view = opened(here)
    assert len(view.table.model().rows) == 200
    here.key(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert len(view.table.model().rows) == 400
    here.key(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert len(view.table.model().rows) == 450
    assert [row.number for row in view.table.model().rows] == list(range(1, 451))
    grab(here.window, "session-list-full")
