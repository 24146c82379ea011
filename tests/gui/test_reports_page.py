"""Reports: the day's ends, the tally, the campaign, the printed form; every number opens its people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support.station import MORNING

from vaxdesk.db.tables import Print
from vaxdesk.domain.screening import nothing_found
from vaxdesk.gui.dialogs.pages import PagesDialog
from vaxdesk.gui.dialogs.people_behind import PeopleBehindDialog
from vaxdesk.gui.pages.reports import ReportsPage
from vaxdesk.gui.targets import PeopleBehind
from vaxdesk.queries import daily
from vaxdesk.reports import daily as daily_report
from vaxdesk.reports import daily_page
from vaxdesk.services import consents, observation, screenings, stock_book
from vaxdesk.services.doses import not_given
from vaxdesk.services.stock_book import WasteDoses


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of a station."""
    with room(qtbot, tmp_path, "reports") as made:
        yield made


def shown(made: Room, name: str) -> ReportsPage:
    """The page, checked for cut words in both languages and grabbed."""
    page = made.page
    assert isinstance(page, ReportsPage)
    made.fits(name)
    return page


def screened(made: Room, visit_id: str, answers: dict[str, object]) -> None:
    """A screening with findings."""
    ctx = made.station.ctx
    form = ctx.campaign().screening_forms["adult-5785"]
    found = {**nothing_found(form, "astrazeneca", "male"), **answers}
    screenings.record(
        ctx,
        screenings.RecordScreening(
            visit_id, form.id, "astrazeneca", found, {"temperature": 36.6}, reason="theo phiếu sàng lọc"
        ),
    )


def a_day(made: Room) -> str:
    """One person for each end of the day: two injected, refused, deferred, contraindicated, to hospital, waiting."""
    station = made.station
    lot = station.lot()
    session = station.session(lot)
    first = station.through(session, lot, full_name="Lò Văn An", national_id="", village="Bản Co Muông")
    station.through(session, lot, full_name="Vì Văn Bẩy", national_id="")
    observation.record_reaction(station.ctx, observation.RecordReaction(first.visit_id, "ordinary", ("fever",)))
    refused = station.person(session, full_name="Giàng A Chu", national_id="")
    consents.record(
        station.ctx,
        consents.RecordConsent(refused.person_id, consents.ConsentStatus.REFUSED, visit_id=refused.visit_id, note="sợ"),
    )
    for name, answers in (("Sùng A Dế", {"2": True}), ("Quàng Văn Én", {"1": True}), ("Tòng Văn Gió", {"4": True})):
        person = station.person(session, full_name=name, national_id="")
        station.consent(person.person_id, person.visit_id)
        screened(made, person.visit_id, answers)
    not_given_person = station.person(session, full_name="Mùa A Hồ", national_id="")
    station.consent(not_given_person.person_id, not_given_person.visit_id)
    station.screen(not_given_person.visit_id)
    not_given(station.ctx, not_given_person.visit_id, "astrazeneca", "bỏ về")
    station.person(session, full_name="Lường Văn Ích", national_id="")
    stock_book.waste(station.ctx, WasteDoses(lot, 3, "opened"))
    return lot


def counts(page: ReportsPage) -> dict[str, int]:
    return {row.key: row.count for row in page._model.rows}


def test_an_empty_station_says_where_figures_come_from(here: Room) -> None:
    here.open()
    page = shown(here, "empty")
    assert page.views.currentWidget() is page.empty_view
    assert not page.print_report.isEnabled()


def test_everybody_ends_in_exactly_one_place_and_all_figures_agree(here: Room) -> None:
    a_day(here)
    here.open()
    page = shown(here, "day")
    found = counts(page)
    assert {
        name: found[name]
        for name in ("people", "given", "dose_1", "hospital", "refused", "deferred", "contraindicated", "open")
    } == {
        "people": 8, "given": 2, "dose_1": 2, "hospital": 1, "refused": 1, "deferred": 2, "contraindicated": 1,
        "open": 1,
    }  # fmt: skip
    assert (found["used"], found["wasted"], found["ordinary"], found["severe"]) == (2, 3, 1, 0)
    assert page.agreement.text() == "Mọi số trong ngày đều khớp."
    for row in page._model.rows:
        if row.people:
            assert len(row.people) == row.count, row.key
    page.table.choose(page._model.row_of("refused"))
    here.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    behind = visible_dialog(PeopleBehindDialog)
    assert [row[1].full_name for row in behind.table.model().rows] == ["Giàng A Chu"]
    grab(behind, "reports-people")
    went: list[object] = []
    here.window.go_to = lambda name, target=None: bool(went.append((name, target))) or True  # type: ignore[method-assign]
    behind.person.click()
    assert went
    assert went[0][0] == "people"  # type: ignore[index]


def test_a_difference_between_stock_and_people_is_told(here: Room) -> None:
    from vaxdesk.db.tables import StockMovement

    a_day(here)
    with here.station.ctx.write() as uow:
        uow.supersede(uow.find(StockMovement, kind="used")[0], "nhầm", status="entered-in-error")
        uow.commit()
    here.open()
    page = shown(here, "disagrees")
    assert "1 liều nhưng tiêm được 2" in page.agreement.text()


def test_the_tally_by_lot_and_injector_opens_its_people(here: Room) -> None:
    a_day(here)
    here.open("tally")
    page = shown(here, "tally")
    (row,) = page._model.rows
    assert row.second == "ABX3107 · Lò Thị Mai"
    assert (row.count, len(row.people)) == (2, 2)


def test_the_campaign_s_figures_lead_to_the_lists_of_people(here: Room) -> None:
    a_day(here)
    here.open("campaign")
    page = shown(here, "campaign")
    found = counts(page)
    assert found["registered"] == found["people_begun"] + found["people_without"] == 8
    assert found["doses_received"] == found["doses_used"] + found["doses_wasted"] + found["doses_left"]
    went: list[object] = []
    here.window.go_to = lambda name, target=None: bool(went.append((name, target))) or True  # type: ignore[method-assign]
    page.table.choose(page._model.row_of("people_begun"))
    page.people.click()
    page.table.choose(page._model.row_of("village/Bản Co Muông"))
    page.people.click()
    assert went == [("people", PeopleBehind("begun", "")), ("people", PeopleBehind("village", "Bản Co Muông"))]
    page.table.choose(page._model.row_of("doses_left"))
    assert not page.people.isEnabled()


def test_the_daily_report_is_printed_in_the_official_columns(here: Room) -> None:
    a_day(here)
    here.open()
    page = here.page
    assert isinstance(page, ReportsPage)
    here.key(Qt.Key.Key_F12)
    dialog = visible_dialog(PagesDialog)
    grab(dialog, "reports-print")
    assert cut_words(dialog) == []
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    dialog.print_button.click()
    here.settle()
    (file,) = here.station.ctx.paths.documents.glob("*.pdf")
    document = pypdfium2.PdfDocument(file.read_bytes())
    words = " ".join(document[0].get_textpage().get_text_bounded().split())
    size = document[0].get_size()
    document.close()
    assert size[0] > size[1], "across"
    assert "TỔNG HỢP BÁO CÁO HÀNG NGÀY KẾT QUẢ TRIỂN KHAI TIÊM CHỦNG VẮC XIN PHÒNG COVID-19" in words
    for part in ("Số chuyển bệnh viện tiêm", "Số hoãn tiêm", "Số tai biến nặng", "Trạm Y tế xã Mường Lạn"):
        assert part in words
    assert "1 người chưa kết thúc" in words, words
    assert "Tổng cộng 8 1 1 2 1 2 0 0 0 0 2 3 1 0" in words
    with here.station.database.reader() as conn:
        assert conn.query(Print).filter_by(kind="daily-report").count() == 1


def test_another_day_and_many_lines(here: Room) -> None:
    a_day(here)
    here.station.clock.advance(timedelta(days=1))
    lot = here.station.lot("ABX4000")
    here.station.session(lot)
    here.open()
    page = here.page
    assert isinstance(page, ReportsPage)
    assert page.views.currentWidget() is page.empty_view
    page.day.setCurrentIndex(1)
    page._day_chosen(1)
    assert counts(page)["people"] == 8
    assert page.day.currentText() == "21/11/2026"
    ctx = here.station.ctx
    with here.station.database.reader() as conn:
        people = daily.people_of_day(conn, ctx.campaign(), MORNING.date())
    many = [
        person.__class__(**{**person.__dict__, "place": f"Điểm tiêm bản số {n:02d}"})
        for n in range(40)
        for person in people
    ]
    report = daily_report.build(MORNING.date(), None, many, {"astrazeneca": (80, 3)})
    assert len(report.rows) == 40
    assert report.agrees
    data = daily_page.render(report, ctx.campaign(), daily_page.Frame("Trạm", "", "Mường Lạn", "Lò Thị Mai", True))
    document = pypdfium2.PdfDocument(data)
    texts = [document[n].get_textpage().get_text_bounded() for n in range(len(document))]
    document.close()
    assert len(texts) > 2
    assert "Tổng cộng" in texts[-1]
    assert all(any(f"số {n:02d}" in " ".join(text.split()) for text in texts) for n in range(40))


def test_decisions_against_a_warning_and_refusals_on_the_phone_are_counted_with_their_reasons(here: Room) -> None:
    station = here.station
    lot = station.lot()
    person = station.person(station.session(lot))
    station.screen(person.visit_id)
    station.dose(person.visit_id, lot, reason="đã ký giấy, quên ghi")
    away = station.person(full_name="Vì Thị Sợ", national_id="")
    consents.record(
        station.ctx,
        consents.RecordConsent(
            away.person_id, consents.ConsentStatus.REFUSED, how=consents.How.SPOKEN, note="gọi điện: không tiêm"
        ),
    )
    here.open("day")
    page = shown(here, "decisions")
    rows = {row.key: row for row in page._model.rows}
    assert [one.detail for one in rows["against-rules"].people] == ["Tiêm: đã ký giấy, quên ghi"]
    assert [one.detail for one in rows["refused-away"].people] == ["Từ chối: gọi điện: không tiêm"]
    assert rows["refused"].count == 0
