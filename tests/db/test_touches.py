"""Whatever changes what is known of a person is noted, by whoever wrote it, and only then."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update
from support.station import TestStation, make_station

from vaxdesk.db import touches
from vaxdesk.db.tables import Consent, Immunization, Person, PersonGroup, PersonTouch, Screening, Visit
from vaxdesk.domain.consent import ConsentStatus
from vaxdesk.services import consents, doses, people


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    yield station
    station.database.close()


def seen(station: TestStation) -> int:
    with station.database.reader() as conn:
        return touches.head(conn)


def since(station: TestStation, before: int) -> frozenset[str] | None:
    with station.database.reader() as conn:
        return touches.since(conn, before)


def test_each_step_of_a_visit_notes_the_person_and_nobody_else(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    other = station.person(full_name="Lò Văn Mới", national_id="").person_id
    before = seen(station)
    one = station.person(session, full_name="Cà Văn Y", national_id="", groups=("9",))
    assert since(station, before) == {one.person_id}
    for act in (
        lambda: station.consent(one.person_id, one.visit_id),
        lambda: station.screen(one.visit_id),
        lambda: station.dose(one.visit_id, lot),
        lambda: people.confirm_group(station.ctx, one.person_id, "1"),
        lambda: doses.withdraw(station.ctx, station.row(Immunization, current=True).record_id, "nhầm người"),
    ):
        before = seen(station)
        act()
        assert since(station, before) == {one.person_id}
    before = seen(station)
    assert since(station, before) == frozenset()
    consents.record(station.ctx, consents.RecordConsent(other, ConsentStatus.REFUSED))
    assert since(station, before) == {other}


@pytest.mark.parametrize("table", [Person, PersonGroup, Consent, Screening, Immunization, Visit])
def test_what_no_service_wrote_is_noted_too(station: TestStation, table: type) -> None:
    lot = station.lot()
    one = station.through(station.session(lot), lot, groups=("9",)).person_id
    column = table.id if table is Person else table.person_id
    before = seen(station)
    with station.database.writer() as conn:
        conn.execute(update(table).where(column == one).values({column.key: column}))
        assert touches.since(conn, before) == {one}
        conn.rollback()
    assert since(station, before) == frozenset()


def test_a_fact_that_moves_notes_both_people(station: TestStation) -> None:
    one, two = station.vaccinated(station.ctx.today(), national_id=""), station.person(national_id="").person_id
    before = seen(station)
    with station.database.writer() as conn:
        conn.execute(update(Immunization).values(person_id=two))
        conn.commit()
    assert since(station, before) == {one, two}
    before = seen(station)
    with station.database.writer() as conn:
        conn.execute(delete(Immunization))
        conn.commit()
    assert since(station, before) == {two}


def test_who_looks_too_rarely_or_finds_no_notes_does_not_know(station: TestStation) -> None:
    one = station.person(national_id="").person_id
    before = seen(station)
    group = {"person_id": one, "campaign": "c", "kind": "stated", "at": station.clock.now(), "user_id": ""}
    with station.database.writer() as conn:
        rows = [{"id": str(number), "group_code": str(number), **group} for number in range(touches.KEPT + 600)]
        conn.execute(insert(PersonGroup), rows)
        conn.commit()
        assert touches.KEPT <= conn.query(PersonTouch).count() < touches.KEPT + 257
    assert since(station, before) is None
    assert since(station, seen(station) - 10) == {one}
    before = seen(station)
    with station.database.writer() as conn:
        conn.execute(delete(PersonTouch))
        conn.commit()
    assert since(station, before) is None
