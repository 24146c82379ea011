"""Bulk work lets the window's saves in between; what is switched at once is never half there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from support.station import PRODUCT, TestStation, details, make_station

from vaxdesk.certificates import lists
from vaxdesk.certificates.lists import RevocationKind
from vaxdesk.db.tables import AuditEntry, Print, SignedListPart, VaccinationSession
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.queries.signed_lists import body_of, parts_held
from vaxdesk.services import (
    doses,
    enrolment,
    list_parts,
    people,
    printing,
    session_plan,
    sessions,
    short_writes,
    signing,
)
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.short_writes import in_short_writes


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


def note(uow: UnitOfWork, number: int) -> None:
    uow.add(Print(kind=str(number), pages=1, at=uow.now, user_id=""))


def test_each_item_is_done_once_and_in_order_whatever_the_pace(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    monkeypatch.setattr(short_writes, "LONGEST", 0.0)
    in_short_writes(station.ctx, range(5), note, lambda _uow, done: commits.append(done))
    assert commits == [1, 2, 3, 4, 5]
    monkeypatch.setattr(short_writes, "LONGEST", 60.0)
    commits.clear()
    in_short_writes(station.ctx, range(5, 12), note, lambda _uow, done: commits.append(done), most=3)
    assert commits == [3, 6, 7]
    assert sorted(int(row.kind) for row in station.rows(Print)) == list(range(12))
    in_short_writes(station.ctx, (), note)


def test_what_fails_undoes_its_own_transaction_only(station: TestStation) -> None:
    def fail(uow: UnitOfWork, number: int) -> None:
        note(uow, number)
        if number == 4:
            raise RefusedError("no")

    with pytest.raises(RefusedError):
        in_short_writes(station.ctx, range(9), fail, most=2)
    assert sorted(int(row.kind) for row in station.rows(Print)) == [0, 1, 2, 3]


def test_an_answer_of_false_ends_it_and_keeps_what_was_done(station: TestStation) -> None:
    def until(uow: UnitOfWork, number: int) -> bool:
        note(uow, number)
        return number < 3

    in_short_writes(station.ctx, range(9), until, most=2)
    assert sorted(int(row.kind) for row in station.rows(Print)) == [0, 1, 2, 3]


def test_every_page_is_noted_with_its_audit_however_many(station: TestStation) -> None:
    people = [f"person-{number}" for number in range(3 * printing.TOGETHER + 7)]
    printing.note_prints(station.ctx, "consent-form", people)
    assert [row.person_id for row in station.rows(Print)].count("person-0") == 1
    assert {row.person_id for row in station.rows(Print)} == set(people)
    entries = [row for row in station.rows(AuditEntry, action="print")]
    assert [row.entity_id for row in sorted(entries, key=lambda row: row.number)] == people


# large lists


@pytest.fixture
def small_parts(station: TestStation, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on: the lists that the station has lie in one piece."""
    monkeypatch.setattr(list_parts, "WHOLE", 300)
    monkeypatch.setattr(list_parts, "PART", 250)


def revocations(station: TestStation, number: int, size: int = 200) -> bytes:
    day, authority = station.ctx.today(), station.authority
    entries: Sequence = [
        (bytes([number]) * 4 + at.to_bytes(4, "big"), RevocationKind.REVOKED, day) for at in range(size)
    ]
    at = station.clock.now() + timedelta(minutes=number)
    return lists.sign_revocation_list(
        entries, signer=authority._signer, root=authority.root, number=100 + number, at=at
    )


def held(station: TestStation) -> tuple[bytes | None, dict[str, int]]:
    with station.database.reader() as conn:
        return body_of(conn, "revocation"), parts_held(conn)


@pytest.mark.usefixtures("small_parts")
def test_a_large_list_lies_in_parts_and_the_ones_before_go(station: TestStation) -> None:
    first, second = revocations(station, 1), revocations(station, 2)
    for body in (first, second, second):
        enrolment.import_list(station.ctx, body)
        found, parts = held(station)
        assert found == body
        assert list(parts.values()) == [-(-len(body) // 250)]
    trust = signing.trust(station.ctx)
    assert trust is not None
    assert trust.revocation_list is not None
    assert len(trust.revocation_list) == 200
    with pytest.raises(RefusedError, match="older"):
        enrolment.import_list(station.ctx, first)
    assert held(station)[0] == second


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("cut_at", [0, 1, 4])
def test_an_import_that_is_cut_changes_nothing_and_the_next_one_goes_on(
    station: TestStation, cut_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (revocations(station, number) for number in (1, 2, 3))
    enrolment.import_list(station.ctx, first)
    add, left = UnitOfWork.add, [cut_at]

    def cut(uow: UnitOfWork, row: object) -> object:
        if isinstance(row, SignedListPart):
            if not left[0]:
                raise RefusedError("the current is gone")
            left[0] -= 1
        return add(uow, row)

    monkeypatch.setattr(UnitOfWork, "add", cut)
    with pytest.raises(RefusedError, match="current"):
        enrolment.import_list(station.ctx, second)
    monkeypatch.setattr(UnitOfWork, "add", add)
    found, parts = held(station)
    assert found == first
    assert sum(parts.values()) == -(-len(first) // 250) + cut_at
    after = second if cut_at != 1 else third
    enrolment.import_list(station.ctx, after)
    found, parts = held(station)
    assert found == after
    assert list(parts.values()) == [-(-len(after) // 250)]


@pytest.mark.usefixtures("small_parts")
def test_parts_that_were_tidied_away_meanwhile_are_written_with_the_list(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = revocations(station, 1)
    stage = list_parts.stage

    def stage_and_lose(ctx, wanted):
        parts = stage(ctx, wanted)
        list_parts.tidy(ctx)
        return parts

    monkeypatch.setattr(list_parts, "stage", stage_and_lose)
    enrolment.import_list(station.ctx, body)
    assert held(station) == (body, {})
    newer = revocations(station, 2)
    enrolment.import_list(station.ctx, newer)
    assert held(station)[0] == newer


@pytest.mark.usefixtures("small_parts")
def test_two_imports_at_once_end_with_the_newer_list(station: TestStation, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = revocations(station, 1), revocations(station, 2)
    stage = list_parts.stage

    def overtaken(ctx, wanted):
        parts = stage(ctx, wanted)
        monkeypatch.setattr(list_parts, "stage", stage)
        enrolment.import_list(ctx, newer)
        return parts

    monkeypatch.setattr(list_parts, "stage", overtaken)
    with pytest.raises(RefusedError, match="older"):
        enrolment.import_list(station.ctx, older)
    assert held(station)[0] == newer


# what is read before the lock, and looked at again under it


def test_a_session_is_closed_as_it_is_then_and_not_as_it_was(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = station.lot()
    session = station.session(lot)
    station.through(session, lot, national_id="")
    compared, count = sessions._compared, [0]

    def somebody_comes(conn, session_id):
        found = compared(conn, session_id)
        count[0] += 1
        if count[0] == 1:
            station.person(session, full_name="Lò Văn Muộn", national_id="")
        return found

    monkeypatch.setattr(sessions, "_compared", somebody_comes)
    with pytest.raises(FieldError, match="people have no end"):
        sessions.close(station.ctx, session)
    assert count == [2]
    assert station.row(VaccinationSession, id=session).closed_at is None
    monkeypatch.setattr(sessions, "_compared", compared)
    sessions.close(station.ctx, session, "về trước khi tiêm")
    assert station.row(VaccinationSession, id=session).closed_at is not None


def test_packs_are_read_before_the_lock_is_taken(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    visit = station.person(session, national_id="").visit_id
    locked: list[bool] = []
    writing = [False]

    class Watched(type(station.ctx)):
        @contextmanager
        def write(self):
            with super().write() as uow:
                writing[0] = True
                try:
                    yield uow
                finally:
                    writing[0] = False

        def campaign(self, code=None, day=None):
            locked.append(writing[0])
            return super().campaign(code, day)

    ctx = Watched(**{field.name: getattr(station.ctx, field.name) for field in fields(station.ctx) if field.init})
    earlier = EarlierDose("", PRODUCT, PartialDate(2021, 6, 3), "paper")
    one = people.register(ctx, people.RegisterPerson(details(full_name="Cà Văn Y", national_id=""), earlier=(earlier,)))
    doses.record_earlier(ctx, replace(earlier, person_id=one.person_id, occurred=PartialDate(2021, 9, 3)))
    session_plan.change_list(ctx, session_plan.ChangeList(session, ("9",)))
    assert locked
    assert not any(locked)
    locked.clear()
    doses.record(ctx, doses.RecordDose(visit, PRODUCT, lot, reason="chưa khám"))
    assert locked[0] is False  # what is asked for again under the lock is at hand then
