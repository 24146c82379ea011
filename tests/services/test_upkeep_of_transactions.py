"""What transactions leave behind: views noted meanwhile, undo windows that a close ends, errors without values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from support.station import TestStation, copied_station, details, make_template

from vaxdesk.db.tables import AuditEntry, Conflict, Outbox, PersonGroup
from vaxdesk.queries import people, person_view
from vaxdesk.queries.sessions import lots
from vaxdesk.services import conflicts, sessions


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory):
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def station(template, tmp_path: Path):
    made = copied_station(template, tmp_path)
    yield made
    made.database.close()


def test_a_view_noted_while_another_is_taken_along_is_not_lost(station: TestStation) -> None:
    class Busy(list):
        """A list that grows while it is being emptied, as the window's thread does it."""

        def pop(self, index: int = -1):
            found = super().pop(index)
            if found[0] == "first":
                self.append(("second", station.clock.now()))
            return found

    station.ctx.views = Busy([("first", station.clock.now())])
    station.ctx.flush_views()
    assert [row.entity_id for row in station.rows(AuditEntry, action="view")] == ["first", "second"]


def test_a_close_ends_every_undo_window_and_moves_nothing_that_was_ready(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    earlier = {row.seq: row.ready_at for row in station.rows(Outbox) if row.ready_at <= station.clock.now()}
    station.person(session)
    sessions.close(station.ctx, session, "mất điện")
    now = station.clock.now()
    rows = station.rows(Outbox, state="ready")
    assert all(row.ready_at <= now for row in rows)
    assert any(row.ready_at == now for row in rows)
    station.clock.advance(timedelta(hours=1))
    assert {row.seq: row.ready_at for row in station.rows(Outbox) if row.seq in earlier} == earlier


def test_a_dose_that_the_portal_says_was_not_given_gives_its_stock_back(station: TestStation) -> None:
    lot = station.lot(doses=10)
    person = station.person(station.session(lot))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    dose = station.dose(person.visit_id, lot)
    with station.ctx.write() as uow:
        waiting = uow.add(
            Conflict(
                resource_type="Immunization",
                resource_id=dose.immunization_id,
                kind="record",
                local=None,
                remote={},
                found_at=uow.now,
            )
        )
        conflict_id = waiting.id
        uow.commit()
    conflicts.take_their_dose(station.ctx, conflict_id, {"status": "entered-in-error"})
    with station.database.reader() as conn:
        assert [row.balance for row in lots(conn)] == [10]


def test_an_error_of_the_database_names_no_value(station: TestStation) -> None:
    with station.ctx.write() as uow:
        uow.session.add(
            PersonGroup(
                person_id="nobody", campaign="Lò Thị Bí Mật", group_code="1", kind="stated", at=uow.now, user_id="x"
            )
        )
        with pytest.raises(IntegrityError) as caught:
            uow.session.flush()
    assert "Bí Mật" not in str(caught.value)


def test_a_person_is_found_by_her_old_number_too(station: TestStation) -> None:
    made = station.person(**{"national_id": "", "old_id": "050812345"})
    with station.database.reader() as conn:
        assert [row.id for row in person_view.by_number(conn, "050812345")] == [made.person_id]
        assert person_view.by_number(conn, "050812345", but=made.person_id) == ()
        assert people.by_number(conn, details().national_id) == ()
