"""The session's screens by keyboard, on a real encrypted file: consent, screening, dose, board, paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fit import cut_words
from grab import SIZE, grab
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from support.station import TestStation, make_station

from vaxdesk.gui import application
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.paper import PaperDialog
from vaxdesk.gui.dialogs.reaction import ReactionDialog
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.pages import registry
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.gui.tasks import Tasks
from vaxdesk.queries import people as people_query
from vaxdesk.queries import sessions as sessions_query
from vaxdesk.queries import visits
from vaxdesk.services import at_hand
from vaxdesk.services.consents import ConsentStatus, RecordConsent
from vaxdesk.services.consents import record as record_consent


class Screen:
    """The window on the session page; every key that a person presses is counted."""

    def __init__(self, qtbot: QtBot, station: TestStation) -> None:
        self.station = station
        self.keys = 0
        self.window = MainWindow()
        qtbot.addWidget(self.window)
        self.tasks = Tasks(inline=True)
        self.tasks.on_bug = self._raise
        self.desk = Desk(self.window, self.tasks, station.ctx, at_hand.read(station.ctx))
        self.window.set_pages(registry.makers(self.desk))
        self.window.resize(*SIZE)
        self.window.show_shell()
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    @staticmethod
    def _raise(error: BaseException) -> None:
        raise error

    @property
    def page(self) -> SessionPage:
        page = self.window.page("session")
        assert isinstance(page, SessionPage)
        return page

    def open(self, target: str | None = None) -> SessionPage:
        self.window.go_to("session", target)
        QApplication.processEvents()
        self.keys = 0
        return self.page

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.keys += 1 if modifier == Qt.KeyboardModifier.NoModifier else 2
        target = QApplication.activeModalWidget() or self.window
        if not target.isActiveWindow():
            target.activateWindow()
            QTest.qWaitForWindowActive(target)
        QTest.keyClick(target.focusWidget() or target, key, modifier)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        for letter in text:
            self.keys += 1
            target = QApplication.activeModalWidget() or self.window
            QTest.keyClicks(target.focusWidget(), letter)
        QApplication.processEvents()

    def dialog(self, kind: type[QDialog]) -> QDialog:
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        return found


@pytest.fixture
def station(tmp_path: Path) -> Iterator[TestStation]:
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


@pytest.fixture
def screen(qtbot: QtBot, station: TestStation) -> Iterator[Screen]:
    screen = Screen(qtbot, station)
    yield screen
    screen.desk.close()
    screen.tasks.close()


def stage(station: TestStation, visit_id: str) -> str:
    with station.database.reader() as conn:
        row = visits.one(conn, visit_id)
    assert row is not None
    return row.stage


def test_without_a_session_the_page_asks_to_plan_one_and_books_the_new_lot_in(
    screen: Screen, station: TestStation
) -> None:
    page = screen.open()
    assert page.views.currentWidget().objectName() == "plan_view"
    grab(screen.window, "session-plan")
    plan = page.plan
    plan.product.setCurrentIndex(plan.product.findData("astrazeneca"))
    assert plan.new_lot.isVisible()
    screen.press(Qt.Key.Key_F12)
    assert plan.errors.isVisible()
    plan.lot_number.setFocus()
    screen.type("abx9")
    plan.lot_expiry.setFocus()
    screen.type("31/03/2027")
    plan.lot_doses.setValue(50)
    screen.press(Qt.Key.Key_F12)
    with station.database.reader() as conn:
        session = sessions_query.current_session(conn, station.ctx.today())
        (lot,) = sessions_query.lots(conn)
    assert session is not None
    assert (session.lot_number, lot.balance) == ("ABX9", 50)
    assert page.views.currentWidget().objectName() == "work_view"


def test_a_person_goes_through_all_stages_within_the_key_budget(screen: Screen, station: TestStation) -> None:
    lot = station.lot()
    person = station.person(station.session(lot))
    page = screen.open()
    assert page.panels.currentWidget() is page.consent
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "screening"

    # Nobody else waits: the desk follows the person from stage to stage by itself.
    screen.keys = 0
    screen.press(Qt.Key.Key_F8)
    screen.type("366")
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "dose"
    assert screen.keys <= 5

    screen.keys = 0
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "observation"
    assert screen.keys <= 6
    assert "ABX3107" in screen.window.toast.text

    station.clock.advance(timedelta(minutes=31))
    screen.open("observation")
    screen.press(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert page.panels.currentWidget() is page.empty
    screen.press(Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    screen.keys = 0
    screen.press(Qt.Key.Key_F12)
    dialog = screen.dialog(PaperDialog)
    grab(dialog, "session-paper")
    assert dialog.picture.pixmap().width() > 0
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    screen.press(Qt.Key.Key_F12)
    assert screen.keys == 2
    assert stage(station, person.visit_id) == "done"
    assert [path.suffix for path in station.ctx.paths.documents.iterdir()] == [".pdf"]


def test_nothing_is_answered_before_it_was_asked_and_what_is_missing_is_named(
    screen: Screen, station: TestStation
) -> None:
    person = station.person(station.session(station.lot()))
    station.consent(person.person_id, person.visit_id)
    page = screen.open("screening")
    screen.type("366")
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "screening"
    assert page.screening.error.isVisible()


def test_a_finding_leads_to_its_outcome_and_asks_for_the_reason(screen: Screen, station: TestStation) -> None:
    person = station.person(station.session(station.lot()))
    station.consent(person.person_id, person.visit_id)
    page = screen.open("screening")
    screen.press(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    screen.press(Qt.Key.Key_F8)
    screen.type("372")
    assert page.screening.reason.isVisible()
    assert page.screening.outcome.text() == "Trì hoãn tiêm chủng (mục 2)"
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "screening"
    assert page.screening.reason.hasFocus()
    screen.type("sot nhe, ho")
    grab(screen.window, "session-screening-deferred")
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "deferred"


def test_a_dose_against_a_withdrawn_consent_stands_in_red_and_needs_a_reason(
    screen: Screen, station: TestStation
) -> None:
    lot = station.lot()
    person = station.person(station.session(lot))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    page = screen.open("dose")
    assert page.dose.give.isVisible()
    station.clock.advance(timedelta(minutes=1))
    record_consent(
        station.ctx, RecordConsent(person.person_id, ConsentStatus.WITHDRAWN, visit_id=person.visit_id, note="đổi ý")
    )
    screen.press(Qt.Key.Key_F12)
    assert page.dose.error.isVisible()
    assert stage(station, person.visit_id) == "refused"
    page.refresh(frozenset({"session"}))
    screen.open("ends")
    assert any(tone == "bad" for _words, tone in page.banner.facts.warnings)


def test_the_undo_of_ten_seconds_takes_the_dose_back(screen: Screen, station: TestStation) -> None:
    lot = station.lot()
    person = station.person(station.session(lot))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    screen.open("dose")
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "observation"
    screen.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stage(station, person.visit_id) == "dose"
    with station.database.reader() as conn:
        assert [row.balance for row in sessions_query.lots(conn)] == [100]


def test_going_home_early_needs_a_reason_and_an_ordinary_reaction_takes_two_keys(
    screen: Screen, station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = station.lot()
    person = station.person(station.session(lot))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    station.dose(person.visit_id, lot)
    screen.open("observation")
    grab(screen.window, "session-board")

    def reacted(dialog: ReactionDialog) -> int:
        grab(dialog, "session-reaction")
        assert dialog.ok.key_words() == "F12"
        dialog.ok.click()
        return dialog.result()

    monkeypatch.setattr(ReactionDialog, "exec", reacted)
    screen.press(Qt.Key.Key_F9)
    with station.database.reader() as conn:
        assert visits.one(conn, person.visit_id).reactions == 1

    def first_without_then_with(dialog: ReasonDialog) -> int:
        dialog.ok.click()
        assert not dialog.missing.isHidden()
        dialog.reason.setText("xe sắp chạy")
        dialog.ok.click()
        return dialog.result()

    monkeypatch.setattr(ReasonDialog, "exec", first_without_then_with)
    screen.press(Qt.Key.Key_F12)
    assert stage(station, person.visit_id) == "done"
    with station.database.reader() as conn:
        assert visits.one(conn, person.visit_id).early_reason == "xe sắp chạy"


def test_the_board_shows_the_finished_first_and_counts_down(screen: Screen, station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    for name, minutes in (("Lò Văn Ún", 29), ("Vì Thị Kẹo", 12), ("Giàng A Pó", 0)):
        person = station.person(session, full_name=name, national_id="")
        station.consent(person.person_id, person.visit_id)
        station.screen(person.visit_id)
        station.dose(person.visit_id, lot)
        station.clock.advance(timedelta(minutes=29 - minutes if minutes != 29 else 17))
    page = screen.open("observation")
    board = page.board_view.board
    seat = board.current()
    assert seat is not None
    assert seat.row.full_name == "Lò Văn Ún"
    assert "Đủ giờ" in board.words(seat)
    screen.press(Qt.Key.Key_Right)
    assert board.current().row.full_name == "Vì Thị Kẹo"
    grab(screen.window, "session-board-three")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("target", ["consent", "screening", "dose", "observation", "ends"])
def test_no_words_are_cut_at_the_smallest_screen(
    screen: Screen, station: TestStation, language: str, target: str
) -> None:
    lot = station.lot()
    session = station.session(lot)
    persons = [station.person(session, full_name=f"Nguyễn Thị Thanh Huyền {n}", national_id="") for n in range(5)]
    for person in persons[1:]:
        station.consent(person.person_id, person.visit_id)
    for person in persons[2:]:
        station.screen(person.visit_id)
    for person in persons[3:]:
        station.dose(person.visit_id, lot)
    station.release(persons[4].visit_id)
    application.change_language(language)
    try:
        screen.open(target)
        assert screen.window.size().toTuple() == SIZE
        grab(screen.window, f"session-{target}")
        assert cut_words(screen.page) == []
    finally:
        application.change_language("vi")


def test_a_person_of_the_session_is_found_by_her_own_code(screen: Screen, station: TestStation) -> None:
    from vaxdesk.domain.cards import read_scan

    session = station.session(station.lot())
    station.person(session, full_name="Một", national_id="")
    second = station.person(session, full_name="Hai", national_id="")
    page = screen.open("consent")
    with station.database.reader() as conn:
        code = people_query.card(conn, second.person_id).code
    assert page.take_scan(read_scan(code, station.ctx.today()))
    assert page.banner.facts.name == "Hai"
