"""Finding people and one person's page, by keyboard in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fit import cut_words
from people_support import CARD, CTRL, Answer, Clerk, find, page_of, scan
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support.station import PRODUCT

from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import RefusedError
from vaxdesk.gui.dialogs.check_list import CheckListDialog
from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog
from vaxdesk.gui.dialogs.paper import PaperDialog
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.targets import PeopleBehind
from vaxdesk.queries import figures, people_lists, visits
from vaxdesk.queries import people as people_query
from vaxdesk.services import certificates, doses
from vaxdesk.services.visits import withdraw

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def people(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The people page in the real window."""
    with room(qtbot, tmp_path, "people") as made:
        yield made


def search(place: Room, text: str) -> None:
    place.window.search.come_here()
    QTest.keyClicks(place.window.search, text)
    place.window._search_rest.stop()
    place.window._search_now()
    place.settle()


def test_an_empty_book_says_what_to_do(people: Room) -> None:
    people.open()
    page = page_of(people)
    assert page.list.empty.isVisible()
    assert not page.list.rows.isVisible()
    people.fits("people-empty")


def test_a_person_is_found_by_pieces_and_opened_by_keyboard(people: Room) -> None:
    wanted = people.station.person(full_name="Trương Bảo Lộc", national_id="", phone="0912345678")
    people.station.person(full_name="Bảo Thị Hà", national_id="")
    people.open()
    for text in ("bao loc", "loc 1990", "5678 loc"):
        search(people, text)
        assert [row.full_name for row in page_of(people).list.found] == ["Trương Bảo Lộc"], text
        people.key(Qt.Key.Key_Escape)
    search(people, "bao")
    assert len(page_of(people).list.found) == 2
    clerk = Clerk(people)
    clerk.press(Qt.Key.Key_Down)
    assert page_of(people).list.rows.hasFocus()
    row = next(place for place, found in enumerate(page_of(people).list.found) if found.id == wanted.person_id)
    for _step in range(row):
        clerk.press(Qt.Key.Key_Down)
    clerk.press(Qt.Key.Key_Return)
    assert page_of(people).person.isVisible()
    assert page_of(people).person.person_id == wanted.person_id
    people.key(Qt.Key.Key_Escape)
    assert page_of(people).list.isVisible()


def test_nobody_found_says_what_to_try(people: Room) -> None:
    people.station.person()
    people.open()
    search(people, "zzzz")
    assert page_of(people).list.empty.isVisible()
    people.fits("people-nobody")


def test_one_person_is_shown_whole(people: Room) -> None:
    station = people.station
    lot = station.lot()
    session = station.session(lot)
    done = station.through(session, lot, phone="0912345678", allergies="Penicillin")
    people.open(done.person_id)
    panel = page_of(people).person
    assert panel.banner.facts is not None
    assert panel.banner.facts.status == "begun"
    assert any("Penicillin" in words for words, _tone in panel.banner.facts.warnings)
    assert panel.doses.model().rowCount() == 1
    assert "0912 345 678" in panel.details.text()
    assert "15 · " in panel.groups.text()
    assert "tự khai" in panel.groups.text()
    kinds = [event.kind for event in panel.facts.events] if panel.facts else []
    assert kinds == ["release", "dose", "screening", "consent", "check-in", "registered", "group"] or set(kinds) == {
        *("release", "dose", "screening", "consent", "check-in", "registered", "group")
    }
    people.fits("person-full")


def test_the_history_can_be_filtered(people: Room) -> None:
    station = people.station
    lot = station.lot()
    done = station.through(station.session(lot), lot)
    people.open(done.person_id)
    panel = page_of(people).person
    every = panel.events.model().rowCount()
    panel.event_kind.setCurrentIndex(panel.event_kind.findData("dose"))
    panel.event_kind.activated.emit(panel.event_kind.currentIndex())
    assert panel.events.model().rowCount() == 1 < every


def test_check_in_then_the_main_button_leads_to_consent(people: Room) -> None:
    station = people.station
    someone = station.person()
    session = station.session(station.lot())
    people.open(someone.person_id)
    panel = page_of(people).person
    assert panel.go_on.text() == "Tiếp đón"
    people.key(Qt.Key.Key_F12)
    with station.database.reader() as conn:
        (visit,) = visits.of_session(conn, session)
    assert visit.person_id == someone.person_id
    assert panel.go_on.text() == "Lấy đồng ý"
    people.key(Qt.Key.Key_F12)
    assert people.window.current_name == "session"


def test_a_change_of_the_name_asks_for_a_reason_and_is_kept(people: Room) -> None:
    someone = people.station.person(full_name="Nguyễn Văn Ánh")
    people.open(someone.person_id)
    people.key(Qt.Key.Key_F2)
    form = page_of(people).register
    assert form.isVisible()
    form.full_name.setText("Nguyễn Văn Anh")

    def answer(dialog: ReasonDialog) -> None:
        dialog.reason.setText("Đã xem thẻ")
        dialog.ok.click()

    with Answer(people, ReasonDialog, answer):
        people.key(Qt.Key.Key_F12)
    with people.station.database.reader() as conn:
        card = people_query.card(conn, someone.person_id)
        (change,) = people_query.changes(conn, someone.person_id)
    assert card is not None
    assert card.details.full_name == "Nguyễn Văn Anh"
    assert (change.old, change.new, change.reason) == ("Nguyễn Văn Ánh", "Nguyễn Văn Anh", "Đã xem thẻ")
    assert page_of(people).person.isVisible()


def test_a_phone_changes_without_a_reason(people: Room) -> None:
    someone = people.station.person()
    people.open(someone.person_id)
    people.key(Qt.Key.Key_F2)
    page_of(people).register.phone.setText("0912345678")
    people.key(Qt.Key.Key_F12)
    with people.station.database.reader() as conn:
        card = people_query.card(conn, someone.person_id)
    assert card is not None
    assert card.details.phone == "0912345678"


def test_earlier_doses_are_recorded_on_the_person(people: Room) -> None:
    someone = people.station.person()
    people.open(someone.person_id)

    def fill(dialog: EarlierDosesDialog) -> None:
        dialog.occurred.setText("2022")
        dialog.evidence.setCurrentIndex(dialog.evidence.findData("spoken"))
        dialog.ok.click()

    with Answer(people, EarlierDosesDialog, fill):
        people.key(Qt.Key.Key_F6)
    with people.station.database.reader() as conn:
        (dose,) = people_query.doses(conn, someone.person_id)
    assert (dose.occurred, dose.evidence, dose.lot_number) == ("2022", "spoken", "")
    assert page_of(people).person.doses.model().rowCount() == 1


def test_the_station_confirms_the_group_and_keeps_what_was_stated(people: Room) -> None:
    someone = people.station.person()
    people.open(someone.person_id)
    cut: list[str] = []

    def confirm(dialog: CheckListDialog) -> None:
        cut.extend(cut_words(dialog))
        assert dialog.ticked() == ("15",)
        QTest.keyClick(dialog.choices, Qt.Key.Key_Space)
        dialog.choices.setCurrentRow(8)
        QTest.keyClick(dialog.choices, Qt.Key.Key_Space)
        dialog.ok.click()

    with Answer(people, CheckListDialog, confirm):
        people.key(Qt.Key.Key_F7)
    with people.station.database.reader() as conn:
        card = people_query.card(conn, someone.person_id)
    assert card is not None
    assert not cut
    assert (card.stated_groups, card.confirmed_groups) == (("15",), ("9",))


def test_the_slip_prints_with_one_key(people: Room) -> None:
    someone = people.station.person()
    people.open(someone.person_id)
    people.key(Qt.Key.Key_P, CTRL)
    found = list(people.station.ctx.paths.documents.glob("*.pdf"))
    assert len(found) == 1
    assert found[0].read_bytes().startswith(b"%PDF")
    assert people.window.toast.text


def test_a_personal_code_opens_its_person(people: Room) -> None:
    someone = people.station.person()
    people.station.session(people.station.lot())
    people.open()
    scan(people, someone.code)
    assert page_of(people).person.person_id == someone.person_id
    people.key(Qt.Key.Key_F12)
    with people.station.database.reader() as conn:
        (visit,) = visits.of_person(conn, someone.person_id)
    assert visit.stage == "consent"


def test_an_unknown_personal_code_is_told(people: Room) -> None:
    from vaxdesk.domain import personal_code

    people.open()
    scan(people, personal_code.new_code())
    assert [error.message_id for error in people.told] == [
        "Nobody at this station has this code. Search by name or number."
    ]


def test_two_people_with_one_number_are_both_shown(people: Room) -> None:
    people.station.person()
    people.station.person(full_name="Nguyễn Văn Ánh", birth=PartialDate(1990))
    people.open()
    scan(people, CARD)
    assert page_of(people).list.isVisible()
    assert len(page_of(people).list.found) == 2


def test_every_figure_opens_as_many_people_as_it_counts(people: Room) -> None:
    station = people.station
    lot = station.lot()
    session = station.session(lot)
    station.through(session, lot)
    station.through(session, lot, full_name="Lò Thị Dung", national_id="014092005678",
                    birth=PartialDate(1992, 5, 5), village="Bản Co Muông")  # fmt: skip
    station.person(full_name="Giàng A Pó", national_id="", birth=PartialDate(1956), village="")
    station.person(full_name="Cầm Thị Hặc", national_id="014171005678", birth=PartialDate(1972), sex="female")
    station.clock.advance(timedelta(days=70))
    ctx = station.ctx
    with station.database.reader() as conn:
        counted = figures.figures(conn, ctx.campaign(), ctx.today())
        lists = {
            kind: people_lists.behind(conn, ctx.campaign(), ctx.today(), kind)
            for kind in people_lists.KINDS
            if kind != "village"
        }
        for village in counted.villages:
            rows, total = people_lists.behind(conn, ctx.campaign(), ctx.today(), "village", village.village)
            assert len(rows) == total == village.people
    assert {kind: total for kind, (_rows, total) in lists.items()} == {
        "registered": counted.registered,
        "doubtful": counted.doubtful,
        "begun": counted.people_begun,
        "complete": counted.people_complete,
        "without": counted.people_without,
        "due_next": counted.people_due_next,
        "due_now": counted.people_due_now,
    }
    assert counted.people_begun == 2
    people.open(PeopleBehind("without"))
    assert {row.full_name for row in page_of(people).list.found} == {"Giàng A Pó", "Cầm Thị Hặc"}


def test_a_long_list_says_how_many_there_are(people: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vaxdesk.gui.widgets.people_list.MOST", 10)
    for number in range(12):
        people.station.person(full_name=f"Lò Văn {chr(65 + number)}ng", national_id="")
    people.open(PeopleBehind("registered"))
    assert len(page_of(people).list.found) == 10
    assert page_of(people).list.about.text() == "10 người đầu trong 12"
    people.fits("people-many")
    assert len(find(people, "lo van")) == 12


def test_a_check_in_can_be_taken_back(people: Room) -> None:
    station = people.station
    someone = station.person()
    session = station.session(station.lot())
    people.open(someone.person_id)
    people.key(Qt.Key.Key_F12)
    people.key(Qt.Key.Key_Z, CTRL)
    with station.database.reader() as conn:
        assert visits.of_session(conn, session) == ()
    assert page_of(people).person.go_on.text() == "Tiếp đón"
    people.key(Qt.Key.Key_F12)
    with station.database.reader() as conn:
        (visit,) = visits.of_session(conn, session)
    station.consent(someone.person_id, visit.visit_id)
    with pytest.raises(RefusedError):
        withdraw(station.ctx, visit.visit_id, "undo")


def test_a_card_that_says_otherwise_is_held_against_the_book(people: Room) -> None:
    someone = people.station.person(full_name="Nguyễn Văn Ánh", birth=PartialDate(1990))
    people.open()
    scan(people, CARD)
    panel = page_of(people).person
    assert panel.person_id == someone.person_id
    assert panel.take_card.isVisible()
    assert "thẻ ghi Nguyễn Văn Anh, sổ ghi Nguyễn Văn Ánh" in panel.notes.text()
    people.fits("person-card-differs")
    people.key(Qt.Key.Key_F5)
    form = page_of(people).register
    assert (form.full_name.text(), form.birth.text()) == ("Nguyễn Văn Anh", "01/01/1990")

    def answer(dialog: ReasonDialog) -> None:
        dialog.reason.setText("Đã xem thẻ")
        dialog.ok.click()

    with Answer(people, ReasonDialog, answer):
        people.key(Qt.Key.Key_F12)
    with people.station.database.reader() as conn:
        card = people_query.card(conn, someone.person_id)
    assert card is not None
    assert card.details.full_name == "Nguyễn Văn Anh"
    assert card.details.old_id == "050812345"


def test_an_emptied_search_goes_back_to_where_one_was(people: Room) -> None:
    someone = people.station.person()
    people.open(someone.person_id)
    search(people, "zzz")
    assert page_of(people).list.isVisible()
    people.key(Qt.Key.Key_Escape)
    assert page_of(people).person.isVisible()


def test_an_emptied_search_goes_back_to_the_page_it_began_on(people: Room) -> None:
    people.station.person()
    people.open()
    people.window.go_to("today")
    search(people, "van anh")
    assert people.window.current_name == "people"
    people.key(Qt.Key.Key_Escape)
    assert people.window.current_name == "today"
    search(people, "van anh")
    people.key(Qt.Key.Key_Down)
    people.key(Qt.Key.Key_Return)
    assert page_of(people).person.isVisible()
    people.window.search.clear()
    people.settle()
    assert people.window.current_name == "people", "the search has led somewhere"


def test_a_wrong_dose_is_taken_back_and_the_new_paper_is_offered_at_once(people: Room) -> None:
    station = people.station
    station.enrol()
    lot = station.lot()
    session = station.session(lot)
    done = station.through(session, lot)
    first = certificates.issue(station.ctx, done.person_id)
    wrong = doses.EarlierDose(done.person_id, PRODUCT, PartialDate(2026, 8, 1), "paper", "ABX77")
    doses.record_earlier(station.ctx, wrong)
    second = certificates.issue(station.ctx, done.person_id)
    people.open(done.person_id)
    panel = page_of(people).person
    assert not panel.paper_card.isVisible()
    panel.wrong_dose.click()
    assert "chọn mũi tiêm" in people.window.toast._words.text()
    rows = [panel.doses.model().index(row, 2).data() for row in range(panel.doses.model().rowCount())]
    panel.doses.choose(rows.index("ABX77"))

    def answer(dialog: ReasonDialog) -> None:
        assert "ABX77" in dialog.about.text()
        dialog.reason.setText("Nhầm người")
        dialog.ok.click()

    with Answer(people, ReasonDialog, answer):
        panel.wrong_dose.click()
    people.settle()
    assert panel.paper_card.isVisible()
    assert f"{second.number} đã bị thu hồi: Nhầm người." in panel.paper_note.text()
    people.fits("person-revoked-paper")
    people.key(Qt.Key.Key_F3)
    dialog = visible_dialog(PaperDialog)
    assert dialog.issued.number not in (first.number, second.number)
    dialog.reject()
    people.settle()
    assert not panel.paper_card.isVisible()


def test_a_paper_without_any_dose_left_is_asked_back(people: Room) -> None:
    station = people.station
    station.enrol()
    lot = station.lot()
    done = station.through(station.session(lot), lot)
    certificates.issue(station.ctx, done.person_id)
    with station.database.reader() as conn:
        (dose,) = people_query.doses(conn, done.person_id, "covid19")
    doses.withdraw(station.ctx, dose.record_id, "nhầm người")
    people.open(done.person_id)
    panel = page_of(people).person
    assert "không còn mũi tiêm nào" in panel.paper_note.text()
    assert not panel.new_paper.isEnabled()
    assert not panel.wrong_dose.isEnabled()
