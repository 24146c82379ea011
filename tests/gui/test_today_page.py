"""Today's page: the four numbers, the session, the work list, coverage; everything opens what it counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room

from vaxdesk.db.tables import Registration
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import KnownError
from vaxdesk.gui.models.table import BADGE_ROLE
from vaxdesk.gui.pages.people import PeoplePage
from vaxdesk.gui.pages.today import TodayPage
from vaxdesk.queries import worklist


@pytest.fixture
def today(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The first page in the real window."""
    with room(qtbot, tmp_path, "today") as made:
        yield made


def shown(place: Room) -> TodayPage:
    page = place.page
    assert isinstance(page, TodayPage)
    return page


def items(place: Room) -> dict[str, worklist.WorkItem]:
    return {item.kind: item for item in shown(place)._rows.rows}


def fill(place: Room) -> str:
    """A session under way: one gone, one observed, one screened, one waiting for consent; somebody at home."""
    station = place.station
    lot = station.lot()
    session = station.session(lot)
    station.through(session, lot)
    for number, name in enumerate(("Lò Thị Dung", "Cà Văn Hom", "Vàng Thị Pà")):
        person = station.person(
            session, full_name=name, national_id="", birth=PartialDate(1980 + number), village="Bản Co Muông"
        )
        if number < 2:
            station.consent(person.person_id, person.visit_id)
            station.screen(person.visit_id)
        if number == 0:
            station.dose(person.visit_id, lot)
    station.person(full_name="Giàng A Pó", national_id="", birth=PartialDate(1956), village="Bản Pá Kạch")
    return session


def test_an_empty_station_says_what_to_do_first(today: Room) -> None:
    today.open()
    page = shown(today)
    assert page.no_session.isVisible()
    assert not page.session_box.isVisible()
    assert page.go_on.text() == "Lập buổi tiêm"
    today.fits("today-empty")
    model = page.work.model()
    badges = today.in_english(lambda: [model.index(row, 2).data(BADGE_ROLE)[0][0] for row in range(model.rowCount())])
    assert badges == ["Back up now", "Import the answer"]
    today.key(Qt.Key.Key_F12)
    assert today.window.current_name == "session"


def test_a_running_session_in_numbers_and_work(today: Room) -> None:
    fill(today)
    today.station.clock.advance(timedelta(minutes=25))
    today.open()
    page = shown(today)
    assert page.go_on.text() == "Tiếp tục buổi tiêm sáng"
    assert page.given.text().startswith("2 ")
    assert (page.waiting.text(), page.observed.text(), page.deferred.text()) == ("2", "1", "0")
    assert page.waiting_words.text() == "đang chờ · lâu nhất 25 phút"
    assert (page.progress.value(), page.progress.maximum()) == (2, 120)
    found = items(today)
    assert (found["screened"].count, found["screened"].who, found["screened"].minutes) == (1, "Cà Văn Hom", 25)
    assert found["waiting-consent"].who == "Vàng Thị Pà"
    assert found["unprinted"].count == 1
    today.fits("today-full")


def test_numbers_open_their_people(today: Room) -> None:
    fill(today)
    today.open()
    page = shown(today)
    page.registered.opened.emit("registered")
    today.settle()
    people = today.window.current_page
    assert isinstance(people, PeoplePage)
    assert len(people.list.found) == 5
    today.open()
    page.without.opened.emit("without")
    today.settle()
    assert {row.full_name for row in people.list.found} == {"Cà Văn Hom", "Vàng Thị Pà", "Giàng A Pó"}
    today.open()
    page.coverage.opened.emit("Bản Pá Kạch")
    today.settle()
    assert [row.full_name for row in people.list.found] == ["Giàng A Pó"]


def test_a_row_of_work_opens_its_page(today: Room) -> None:
    fill(today)
    today.open()
    page = shown(today)
    place = page._rows.row_of("screened")
    page.work.choose(place)
    page.work.setFocus()
    today.key(Qt.Key.Key_Return)
    assert today.window.current_name == "session"


def test_a_registration_of_the_portal_stands_in_the_day_list(today: Room) -> None:
    station = today.station
    person = station.person()
    with station.ctx.write() as uow:
        uow.add(
            Registration(
                person_id=person.person_id,
                campaign=station.ctx.station.campaign,
                source="portal",
                portal_number="P-1",
                registered_at=uow.now,
                state="waiting",
                details={},
            )
        )
        uow.commit()
    today.open()
    page = shown(today)
    assert items(today)["registrations"].count == 1
    page.work.choose(page._rows.row_of("registrations"))
    page.work.setFocus()
    today.key(Qt.Key.Key_Return)
    people = today.window.current_page
    assert isinstance(people, PeoplePage)
    assert people.waiting.isVisible()


def test_coverage_is_chosen_with_the_arrow_keys(today: Room) -> None:
    fill(today)
    today.open()
    chart = shown(today).coverage
    assert chart.shown[0].village == "Bản Pá Kạch"
    chart.setFocus()
    opened: list[str] = []
    chart.opened.connect(opened.append)
    today.key(Qt.Key.Key_Down)
    today.key(Qt.Key.Key_Return)
    assert opened == ["Bản Pá Kạch"]


def test_waits_go_on_while_nobody_writes(today: Room) -> None:
    fill(today)
    today.open()
    today.station.clock.advance(timedelta(minutes=7))
    shown(today)._tick.timeout.emit()
    today.settle()
    assert shown(today).waiting_words.text() == "đang chờ · lâu nhất 7 phút"


def test_an_error_is_told_with_another_try(today: Room) -> None:
    today.open()
    shown(today)._failed(KnownError("The disk is full. Free some space, then try again."))
    today.settle()
    assert shown(today).error.isVisible()
    today.fits("today-error")
    shown(today).error.again.emit()
    today.settle()
    assert not shown(today).error.isVisible()


def test_ctrl_n_registers_from_here(today: Room) -> None:
    today.open()
    today.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert today.window.current_name == "people"
    people = today.window.current_page
    assert isinstance(people, PeoplePage)
    assert people.register.isVisible()
