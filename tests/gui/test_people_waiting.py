"""The portal's registrations: approve, ask back, refuse, each with one key; the trace and the portal's copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from people_support import Answer, page_of
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room

from vaxdesk.db.tables import Registration
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.targets import WaitingRegistrations
from vaxdesk.queries import registrations, timeline

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def people(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The people page in the real window."""
    with room(qtbot, tmp_path, "people") as made:
        yield made


def register_at_portal(place: Room, name: str, number: str, **changes: object) -> str:
    """A registration as the exchange stores it."""
    person = place.station.person(full_name=name, national_id="", **changes)
    ctx = place.station.ctx
    with ctx.write() as uow:
        row = uow.add(
            Registration(
                person_id=person.person_id,
                campaign=ctx.station.campaign,
                source="portal",
                portal_number=number,
                registered_at=uow.now,
                wanted_date=None,
                state="waiting",
                details={"comment": "Chưa tiêm mũi nào"},
            )
        )
        registration_id = row.id
        uow.commit()
    return registration_id


def waiting(place: Room) -> list[tuple[str, str]]:
    with place.station.database.reader() as conn:
        return [(row.full_name, row.state) for row in registrations.waiting(conn)]


def answer(text: str) -> Callable[[ReasonDialog], None]:
    def fill(dialog: ReasonDialog) -> None:
        dialog.reason.setText(text)
        dialog.ok.click()

    return fill


def test_an_empty_list_says_where_registrations_come_from(people: Room) -> None:
    people.open(WaitingRegistrations())
    panel = page_of(people).waiting
    assert panel.empty.isVisible()
    assert not panel.approve.isEnabled()
    people.fits("waiting-empty")


def test_approve_ask_back_and_refuse_with_one_key_each(people: Room) -> None:
    first = register_at_portal(people, "Cà Thị Ban", "P-1")
    register_at_portal(people, "Lò Văn Inh", "P-2")
    register_at_portal(people, "Vàng Thị Pà", "P-3")
    people.open(WaitingRegistrations())
    panel = page_of(people).waiting
    assert panel.rows.current().full_name == "Cà Thị Ban"
    people.fits("waiting-list")
    people.key(Qt.Key.Key_F12)
    assert waiting(people) == [("Lò Văn Inh", "waiting"), ("Vàng Thị Pà", "waiting")]
    with Answer(people, ReasonDialog, answer("Thiếu năm sinh")):
        people.key(Qt.Key.Key_F9)
    assert ("Lò Văn Inh", "asked") in waiting(people)
    panel.rows.choose(1)
    with Answer(people, ReasonDialog, answer("Không thuộc xã này")):
        people.key(Qt.Key.Key_F11)
    assert waiting(people) == [("Lò Văn Inh", "asked")]
    with people.station.database.reader() as conn:
        row = conn.get(Registration, first)
        assert row is not None
        assert row.state == "approved"
        events = timeline.of_person(conn, row.person_id)
    assert any(event.kind == "registration" and event.values["state"] == "approved" for event in events)


def test_a_decision_can_be_taken_back(people: Room) -> None:
    register_at_portal(people, "Cà Thị Ban", "P-1")
    people.open(WaitingRegistrations())
    people.key(Qt.Key.Key_F12)
    assert waiting(people) == []
    people.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert waiting(people) == [("Cà Thị Ban", "waiting")]


def test_the_person_opens_from_the_list_and_says_that_she_waits(people: Room) -> None:
    register_at_portal(people, "Cà Thị Ban", "P-1")
    people.open(WaitingRegistrations())
    people.key(Qt.Key.Key_Return)
    panel = page_of(people).person
    assert panel.isVisible()
    assert "chờ duyệt" in panel.notes.text()


def test_a_registration_by_somebody_in_the_book_is_joined_with_one_key(people: Room) -> None:
    known = people.station.person(full_name="Cà Thị Ban", sex="female", village="Bản Co Muông")
    registration = register_at_portal(people, "Cà Thị Ban", "P-1", sex="female")
    people.open(WaitingRegistrations())
    panel = page_of(people).waiting
    assert [found.row.id for found in panel.alikes.open] == [known.person_id]
    people.fits("waiting-alike")
    people.key(Qt.Key.Key_F6)
    with people.station.database.reader() as conn:
        row = conn.get(Registration, registration)
        assert row is not None
        assert (row.person_id, row.state) == (known.person_id, "waiting")
    assert not people.told
