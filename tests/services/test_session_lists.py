"""A session's list: pages, filters and reasons as the screen shows them; whom the plan calls; door and call list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import func, select
from support.station import TestStation, make_station

from vaxdesk.db.tables import AuditEntry, Print
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.eligibility import Why
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.queries import sessions
from vaxdesk.queries.session_list import SessionList, Side, Wanted
from vaxdesk.services import printing, session_lists, session_plan
from vaxdesk.services.consents import ConsentStatus, RecordConsent, record


@pytest.fixture
def station(tmp_path: Path) -> Iterator[TestStation]:
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


def of_today(station: TestStation) -> sessions.SessionRow:
    with station.database.reader() as conn:
        found = sessions.current_session(conn, station.ctx.today())
    assert found is not None
    return found


def crowd(station: TestStation) -> dict[str, str]:
    """Five people who differ in what counts; names to ids."""
    people = {
        "Lò Văn Một": {"groups": ("9",), "birth": PartialDate(1950), "village": "Bản Nà Khi", "phone": "0912345678"},
        "Lò Thị Hai": {"groups": ("1",), "birth": PartialDate(1985, 5, 1), "village": "Bản Mường", "sex": "female"},
        "Quàng Văn Ba": {"groups": ("15",), "birth": PartialDate(1970, 2, 1), "village": "Bản Nà Khi"},
        "Vì Thị Bốn": {"groups": (), "birth": PartialDate(1990), "village": "", "sex": "female"},
        "Hà Văn Năm": {"groups": ("2",), "birth": PartialDate(1991, 3, 3), "village": "Bản Mường"},
    }
    ids = {}
    for number, (name, fields) in enumerate(people.items()):
        person = station.person("", full_name=name, national_id="", **fields)
        ids[name] = person.person_id
        station.clock.advance(timedelta(minutes=number))
    record(station.ctx, RecordConsent(ids["Hà Văn Năm"], ConsentStatus.REFUSED, note="không muốn"))
    return ids


def page(station: TestStation, wanted: Wanted, **changes):
    session = of_today(station)
    plan = session_plan.plan_of(session)
    return SessionList(station.database).page(station.ctx.campaign(), plan, session.id, wanted, **changes)


def names_of(found) -> list[str]:
    return [row.full_name for row in found.rows]


def test_the_list_is_ordered_by_group_and_says_why_of_everybody(station: TestStation) -> None:
    crowd(station)
    station.session(station.lot())
    listed = page(station, Wanted())
    assert names_of(listed) == ["Lò Thị Hai", "Lò Văn Một", "Quàng Văn Ba", "Vì Thị Bốn"]
    assert [row.number for row in listed.rows] == [1, 2, 3, 4]
    assert (listed.listed, listed.left_out, listed.matching) == (4, 1, 4)
    first = listed.rows[0]
    assert [reason.code for reason in first.reasons][:2] == [Why.GROUP, Why.DUE]
    assert all(reason.words() for row in listed.rows for reason in row.reasons)
    (out,) = page(station, Wanted(Side.OUT)).rows
    assert (out.full_name, out.number, out.against) == ("Hà Văn Năm", 0, (Why.REFUSED,))
    assert len(page(station, Wanted(Side.ALL)).rows) == 5


def test_filters_choose_from_the_list_and_keep_its_numbers(station: TestStation) -> None:
    crowd(station)
    station.session(station.lot())
    assert names_of(page(station, Wanted(village="Bản Nà Khi"))) == ["Lò Văn Một", "Quàng Văn Ba"]
    assert [row.number for row in page(station, Wanted(village="Bản Nà Khi")).rows] == [2, 3]
    assert names_of(page(station, Wanted(village=""))) == ["Vì Thị Bốn"]
    assert names_of(page(station, Wanted(group="9"))) == ["Lò Văn Một"]
    assert names_of(page(station, Wanted(group=""))) == ["Vì Thị Bốn"]
    assert names_of(page(station, Wanted(Side.ALL, name="năm ha"))) == ["Hà Văn Năm"]
    assert names_of(page(station, Wanted(name="1985"))) == ["Lò Thị Hai"]
    assert page(station, Wanted()).villages == (("", 1), ("Bản Mường", 1), ("Bản Nà Khi", 2))
    assert names_of(page(station, Wanted(), start=1, size=2)) == ["Lò Văn Một", "Quàng Văn Ba"]


def test_the_first_page_is_the_beginning_of_the_list(station: TestStation) -> None:
    crowd(station)
    station.session(station.lot())
    session = of_today(station)
    source = SessionList(station.database)
    plan, campaign = session_plan.plan_of(session), station.ctx.campaign()
    first = source.first(campaign, plan, session.id, size=3)
    assert first == source.page(campaign, plan, session.id, Wanted(), size=3).rows


def test_who_has_come_stays_on_the_list_of_the_session(station: TestStation) -> None:
    lot = station.lot()
    session_id = station.session(lot)
    station.person(session_id, full_name="Lò Văn Đến", national_id="")
    (row,) = page(station, Wanted()).rows
    assert row.arrived
    assert Why.CLASH not in row.against


def test_work_that_is_stopped_leaves_nothing_half_done(station: TestStation) -> None:
    crowd(station)
    station.session(station.lot())
    session = of_today(station)
    source = SessionList(station.database)
    plan, campaign = session_plan.plan_of(session), station.ctx.campaign()

    class Stopped(Exception):
        pass

    steps: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        steps.append((done, total))
        if len(steps) == 3:
            raise Stopped

    with pytest.raises(Stopped):
        source.page(campaign, plan, session.id, Wanted(), watch=watch)
    assert steps[-1][1] == 10
    assert len(source.page(campaign, plan, session.id, Wanted(), watch=None).rows) == 4


def test_whom_the_plan_calls_is_kept_and_logged(station: TestStation) -> None:
    crowd(station)
    session_id = station.session(station.lot())
    change = session_plan.ChangeList(session_id, ("1", "9"), "", ("age", "name"))
    session_plan.change_list(station.ctx, change)
    session = of_today(station)
    assert (session.called_groups, session.list_order) == (("1", "9"), ("age", "name"))
    assert names_of(page(station, Wanted())) == ["Lò Văn Một", "Lò Thị Hai"]
    (out,) = [row for row in page(station, Wanted(Side.OUT)).rows if row.full_name == "Quàng Văn Ba"]
    assert out.against == (Why.OTHER_GROUP,)
    with station.database.reader() as conn:
        (entry,) = conn.scalars(select(AuditEntry).filter_by(action="change-list"))
        assert entry.detail["new"]["groups"] == ["1", "9"]
    for wrong in (
        session_plan.ChangeList(session_id, ("99",)),
        session_plan.ChangeList(session_id, area="nowhere"),
        session_plan.ChangeList(session_id, order=("registered",)),
    ):
        with pytest.raises(FieldError):
            session_plan.change_list(station.ctx, wrong)


def words_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    finally:
        document.close()


@pytest.mark.parametrize("kind", ["door", "call"])
def test_a_list_on_paper_says_its_order_and_is_logged(station: TestStation, kind: str) -> None:
    crowd(station)
    station.session(station.lot())
    found = page(station, Wanted())
    wanted = session_lists.ListPrint(kind, of_today(station), found.rows, found.listed)
    session_lists.session_list(station.ctx, wanted, note=False)
    with station.database.reader() as conn:
        assert conn.scalar(select(func.count()).select_from(Print)) == 0
    printed = session_lists.session_list(station.ctx, wanted)
    text = words_of(printed.data).replace("\r", "")
    flat = " ".join(text.split())
    assert "Không xếp theo thời gian đăng ký" in flat
    assert session_lists.order_words(session_plan.plan_of(of_today(station))) in flat
    assert flat.index("Lò Thị Hai") < flat.index("Lò Văn Một") < flat.index("Quàng Văn Ba")
    if kind == "call":
        assert "0912 345 678" in flat
        assert "trưởng bản Nà Khi" in flat
    with station.database.reader() as conn:
        (row,) = conn.scalars(select(Print))
        (entry,) = conn.scalars(select(AuditEntry).filter_by(action="print"))
        assert (row.kind, row.pages) == (session_lists.KINDS[kind], 1)
        assert len(entry.detail["people"]) == 4


def test_a_long_list_repeats_its_headings_and_marks_the_reserve(station: TestStation) -> None:
    crowd(station)
    station.session(station.lot())
    found = page(station, Wanted())
    many = tuple(dataclasses.replace(found.rows[n % 4], number=n + 1) for n in range(150))
    printed = session_lists.session_list(
        station.ctx, session_lists.ListPrint("door", of_today(station), many, 150), note=False
    )
    document = pypdfium2.PdfDocument(printed.data)
    assert len(document) == printed.pages >= 4
    for n in range(len(document)):
        text = document[n].get_textpage().get_text_range()
        assert "Họ và tên" in text
        assert f"Trang {n + 1}/{printed.pages}" in text
    document.close()
    assert words_of(printed.data).count("Dự bị") == 30


def test_an_empty_list_is_not_printed(station: TestStation) -> None:
    station.session(station.lot())
    with pytest.raises(RefusedError):
        session_lists.session_list(station.ctx, session_lists.ListPrint("door", of_today(station), (), 0))


def test_a_look_at_a_form_is_not_logged(station: TestStation) -> None:
    ids = list(crowd(station).values())
    printing.consent_forms(station.ctx, ids, note=False)
    printing.screening_forms(station.ctx, ids, note=False)
    with station.database.reader() as conn:
        assert conn.scalar(select(func.count()).select_from(Print)) == 0
    printing.consent_forms(station.ctx, ids)
    with station.database.reader() as conn:
        assert conn.scalar(select(func.count()).select_from(Print)) == 5
