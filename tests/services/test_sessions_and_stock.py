"""Planning sessions, receiving lots, and a balance that is always the sum of its movements."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.station import PRODUCT, TestStation

from vaxdesk.db.tables import AuditEntry, Lot, StockMovement, VaccinationSession
from vaxdesk.errors import FieldError
from vaxdesk.queries import sessions as sessions_query
from vaxdesk.services import doses, sessions, stock
from vaxdesk.services.sessions import PlanSession
from vaxdesk.services.stock import ReceiveLot

# planning


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"part": "night"}, "part"),
        ({"product_code": "nothing"}, "product"),
        ({"place": " "}, "place"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 5001}, "capacity"),
        ({"lot_id": "no lot"}, "lot"),
        ({"product_code": "comirnaty"}, "lot"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_by_field(station: TestStation, change: dict, field: str) -> None:
    lot = station.lot()
    plan = {"day": date(2026, 11, 21), "part": "morning", "place": "Trạm", "product_code": PRODUCT, "lot_id": lot}
    with pytest.raises(FieldError) as refused:
        sessions.plan(station.ctx, PlanSession(**{**plan, **change}))
    assert refused.value.field == field
    assert station.rows(VaccinationSession) == []


def test_the_same_session_is_not_planned_twice(station: TestStation) -> None:
    lot = station.lot()
    station.session(lot)
    with pytest.raises(FieldError, match="planned already"):
        station.session(lot)
    afternoon = PlanSession(station.ctx.today(), "afternoon", "Trạm Y tế xã Mường Lạn", PRODUCT, lot)
    assert sessions.plan(station.ctx, afternoon)


def test_another_default_lot_is_logged_with_both(station: TestStation) -> None:
    first, second = station.lot(), station.lot("ABX9999")
    session = station.session(first)
    sessions.change_defaults(station.ctx, session, PRODUCT, second)
    (entry,) = station.rows(AuditEntry, action="default")
    assert (entry.detail["old"], entry.detail["new"]) == ([PRODUCT, first], [PRODUCT, second])
    other = station.lot("FK1", product="comirnaty")
    with pytest.raises(FieldError):
        sessions.change_defaults(station.ctx, session, PRODUCT, other)


# stock


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"product_code": "nothing"}, "product"),
        ({"number": "  "}, "lot"),
        ({"number": "x" * 41}, "lot"),
        ({"doses": 0}, "doses"),
        ({"doses": -5}, "doses"),
        ({"doses": 1_000_001}, "doses"),
    ],
)
def test_a_receipt_that_does_not_fit_is_refused_by_field(station: TestStation, change: dict, field: str) -> None:
    receipt = {"product_code": PRODUCT, "number": "A1", "expiry": date(2027, 1, 1), "doses": 10}
    with pytest.raises(FieldError) as refused:
        stock.receive(station.ctx, ReceiveLot(**{**receipt, **change}))
    assert refused.value.field == field
    assert station.rows(Lot) == []


def test_a_lot_is_one_lot_however_it_is_typed_and_its_expiry_is_not_changed_by_a_receipt(station: TestStation) -> None:
    lot = stock.receive(station.ctx, ReceiveLot(PRODUCT, "abx 1", date(2027, 1, 1), 10))
    assert stock.receive(station.ctx, ReceiveLot(PRODUCT, " ABX 1 ", date(2027, 1, 1), 5)) == lot
    with pytest.raises(FieldError) as refused:
        stock.receive(station.ctx, ReceiveLot(PRODUCT, "ABX 1", date(2027, 2, 1), 5))
    assert refused.value.field == "expiry"
    with station.database.reader() as conn:
        assert [(row.received, row.balance) for row in sessions_query.lots(conn)] == [(15, 15)]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=st.lists(st.sampled_from(["receive", "dose", "undo"]), min_size=1, max_size=12))
def test_the_balance_is_the_sum_whatever_happens_and_is_undone(station: TestStation, acts: list[str]) -> None:
    lot = station.lot(f"L{len(station.rows(Lot))}", doses=5)
    session = station.rows(VaccinationSession)[0].id if station.rows(VaccinationSession) else station.session(lot)
    expected, given_doses = 5, []
    for act in acts:
        if act == "receive":
            number = station.row(Lot, id=lot).number
            stock.receive(station.ctx, ReceiveLot(PRODUCT, number, station.row(Lot, id=lot).expiry, 3))
            expected += 3
        elif act == "dose":
            person = station.person(session, national_id="", full_name="Lò Văn An")
            given_doses.append(station.dose(person.visit_id, lot, reason="theo phiếu giấy").immunization_id)
            expected -= 1
        elif given_doses:
            doses.withdraw(station.ctx, given_doses.pop(), "ghi nhầm")
            expected += 1
    with station.database.reader() as conn:
        (row,) = [row for row in sessions_query.lots(conn) if row.id == lot]
    assert row.balance == expected
    current = [move for move in station.rows(StockMovement, lot_id=lot, current=True) if move.status == "completed"]
    assert sum(move.doses for move in current) == expected
