"""The same dose number twice: warned of at the injection, on the person's page, and after an exchange (G9)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pytestqt.qtbot import QtBot
from rooms import Room, room
from support.station import PRODUCT, details

from vaxdesk.db.tables import Immunization
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.pages.people import PeoplePage
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.gui.pages.today import TodayPage
from vaxdesk.services import doses, people
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import RegisterPerson


def registered(made: Room, session_id: str = "", days: int = 20) -> people.Registered:
    """Somebody with one earlier dose, seen on paper."""
    day = made.station.ctx.today() - timedelta(days=days)
    dose = EarlierDose("", PRODUCT, PartialDate(day.year, day.month, day.day), "paper")
    return people.register(made.station.ctx, RegisterPerson(details(), session_id=session_id, earlier=(dose,)))


def from_portal(made: Room, person_id: str, number: int, days: int) -> None:
    """A dose that the portal brought."""
    day = made.station.ctx.today() - timedelta(days=days)
    with made.station.ctx.write() as uow:
        uow.record(
            Immunization(
                person_id=person_id,
                campaign="covid19",
                product_code=PRODUCT,
                occurred=day.isoformat(),
                dose_number=number,
                evidence="portal",
                origin="portal",
                status="completed",
            )
        )
        uow.commit()


def test_a_number_that_is_taken_is_warned_of_at_the_injection_and_needs_a_reason(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "session") as made:
        station = made.station
        lot = station.lot()
        person = registered(made, station.session(lot), days=90)
        # The portal's dose of yesterday does not count: too soon. It is called the second one all the same.
        from_portal(made, person.person_id, 2, 85)
        station.consent(person.person_id, person.visit_id)
        station.screen(person.visit_id)
        page = made.open("dose")
        assert isinstance(page, SessionPage)
        assert "Mũi 2 đã được ghi ngày" in page.dose.warning_words.text()
        found = doses.warnings(station.ctx, doses.RecordDose(person.visit_id, PRODUCT, lot))
        assert "same_number" in [warning.code for warning in found]


def test_after_an_exchange_the_work_list_names_who_has_a_number_twice(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "today") as made:
        person = registered(made)
        page = made.open()
        assert isinstance(page, TodayPage)
        assert not [row for row in page._rows.rows if row.kind == "twice"]
        from_portal(made, person.person_id, 1, 10)
        page.refresh(frozenset({"people"}))
        made.settle()
        (row,) = [row for row in page._rows.rows if row.kind == "twice"]
        assert (row.count, row.target) == (1, person.person_id)
        made.fits("dose-twice")
        made.name = "people"
        people_page = made.open(person.person_id)
        assert isinstance(people_page, PeoplePage)
        assert "Mũi 1 được ghi 2 lần" in people_page.person.notes.text()
        made.fits("dose-twice")
