"""Registration in the real window: a scan anywhere fills the form, keys are counted, nobody is entered twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fit import cut_words
from grab import grab
from people_support import ALT, CARD, CTRL, DOUBTFUL, Answer, Clerk, find, page_of, scan
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room

from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog
from vaxdesk.gui.targets import NewPerson
from vaxdesk.queries import people as people_query
from vaxdesk.queries import person_view, visits

# Without a screen Qt cannot raise or grab for the lists that drop down.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def people(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The people page in the real window."""
    with room(qtbot, tmp_path, "people") as made:
        yield made


def test_a_scan_fills_the_form_and_f12_saves_and_checks_in(people: Room) -> None:
    session = people.station.session(people.station.lot())
    people.open()
    scan(people, CARD)
    form = page_of(people).register
    assert form.isVisible()
    assert (form.full_name.text(), form.birth.text(), form.sex.currentData()) == (
        "Nguyễn Văn Anh",
        "01/01/1990",
        "male",
    )
    assert (form.national_id.text(), form.old_id.text()) == ("014 090 123 456", "050 812 345")
    assert form.commune_code.text() == "Sơn La · Mường Lạn"
    assert form.village.text() == "Bản Nà Khi"
    assert form.phone.hasFocus()
    clerk = Clerk(people)
    clerk.type("0912345678")
    clerk.press(Qt.Key.Key_Return)
    clerk.type("15")
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 25, clerk.keys
    (row,) = find(people, "van anh 1990")
    with people.station.database.reader() as conn:
        card = people_query.card(conn, row.id)
        (visit,) = visits.of_session(conn, session)
    assert card is not None
    assert card.details.phone == "0912345678"
    assert card.details.commune_name == "Xã Mường Lạn"
    assert card.details.identity_source == "cccd"
    assert card.stated_groups == ("15",)
    assert (visit.person_id, visit.stage) == (row.id, "consent")
    assert page_of(people).person.isVisible()
    assert "Nguyễn Văn Anh" in people.window.toast.text
    assert not people.told


def test_a_person_without_any_card_costs_at_most_ninety_keys(people: Room) -> None:
    people.station.session(people.station.lot())
    people.station.person(village="Bản Nà Khi", national_id="", full_name="Lò Thị Sen")
    people.open()
    clerk = Clerk(people)
    clerk.press(Qt.Key.Key_N, CTRL)
    form = page_of(people).register
    assert form.full_name.hasFocus()
    clerk.type("Giàng A Pó", telex=2)
    clerk.press(Qt.Key.Key_Return)
    clerk.type("1956")
    clerk.press(Qt.Key.Key_Return)
    clerk.type("N")
    clerk.press(Qt.Key.Key_Return)
    for _empty in ("national_id", "old_id", "insurance_no"):
        clerk.press(Qt.Key.Key_Return)
    clerk.press(Qt.Key.Key_Return)
    assert form.village.hasFocus()
    clerk.type("Bản Pá Kạch", telex=3)
    clerk.press(Qt.Key.Key_Return)
    clerk.press(Qt.Key.Key_Return)
    clerk.type("15")
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 90, clerk.keys
    (row,) = find(people, "giang po 1956")
    assert (row.birth_date, row.sex, row.village) == ("1956", "male", "Bản Pá Kạch")
    assert row.commune_name == "Xã Mường Lạn"


def test_a_known_number_opens_the_person_and_checks_in_with_one_key(people: Room) -> None:
    known = people.station.person()
    session = people.station.session(people.station.lot())
    people.open()
    scan(people, CARD)
    panel = page_of(people).person
    assert panel.isVisible()
    assert panel.person_id == known.person_id
    clerk = Clerk(people)
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 2
    with people.station.database.reader() as conn:
        (visit,) = visits.of_session(conn, session)
        assert visit.person_id == known.person_id
        assert people_query.count(conn) == 1
    assert "Nguyễn Văn Anh" in people.window.toast.text


def test_number_and_birth_year_that_disagree_are_offered_as_two_values(people: Room) -> None:
    people.open()
    scan(people, DOUBTFUL)
    form = page_of(people).register
    assert form.birth_choice.isVisible()
    assert (form.birth_first.text(), form.birth_second.text()) == ("1971", "1972")
    people.key(Qt.Key.Key_1, ALT)
    assert form.birth.text() == "07/09/1971"
    assert not form.birth_choice.isVisible()
    assert form.birth.property("state") in ("", None)


def test_a_kept_date_stays_noted_as_a_doubt(people: Room) -> None:
    people.open()
    scan(people, DOUBTFUL)
    form = page_of(people).register
    people.key(Qt.Key.Key_2, ALT)
    assert form.birth.text() == "07/09/1972"
    assert not form.birth_choice.isVisible()
    people.key(Qt.Key.Key_F12)
    (row,) = find(people, "hac")
    with people.station.database.reader() as conn:
        card = people_query.card(conn, row.id)
    assert card is not None
    assert "national_id" in card.identity_doubts


def test_look_alikes_stand_beside_the_form_with_the_letters_marked(people: Room) -> None:
    station = people.station
    alike = station.person(
        full_name="Cầm Thị Hặc", birth=PartialDate(1971, 9, 7), sex="female", national_id="", old_id="050812345"
    )
    station.person(full_name="Cầm Thị Hạc", birth=PartialDate(1972), sex="female", national_id="", village="Co Muông")
    station.session(station.lot())
    people.open()
    scan(people, DOUBTFUL)
    form = page_of(people).register
    assert [found.row.full_name for found in form.alikes.open] == ["Cầm Thị Hặc", "Cầm Thị Hạc"]
    people.fits("register-conflict")
    people.key(Qt.Key.Key_F12)
    assert len(find(people, "cam thi")) == 2, "the first F12 points at the likely person"
    people.key(Qt.Key.Key_F6)
    assert page_of(people).person.person_id == alike.person_id
    assert not form.dirty


def test_someone_else_is_set_aside_and_the_form_is_saved(people: Room) -> None:
    people.station.person(full_name="Cầm Thị Hặc", birth=PartialDate(1972, 9, 7), sex="female", national_id="")
    people.open()
    scan(people, DOUBTFUL)
    people.key(Qt.Key.Key_F7)
    people.key(Qt.Key.Key_F12)
    assert len(find(people, "cam thi hac")) == 2


def test_what_cannot_be_stored_is_said_under_its_field_and_in_the_summary(people: Room) -> None:
    people.open(NewPerson())
    form = page_of(people).register
    clerk = Clerk(people)
    people.key(Qt.Key.Key_F12)
    assert form.summary.isVisible()
    assert form.full_name.property("state") == "bad"
    assert form.birth.property("state") == "bad"
    assert form.full_name.hasFocus()
    clerk.type("Lò Văn Inh")
    clerk.press(Qt.Key.Key_Return)
    clerk.type("31/2/1980")
    people.key(Qt.Key.Key_F12)
    assert form.birth.text() == "31/2/1980", "what was typed stays"
    assert "31" in form.findChild(type(form.title), "birth_below").text()
    people.fits("register-errors")


def test_the_number_fills_birth_year_and_sex(people: Room) -> None:
    people.open(NewPerson())
    form = page_of(people).register
    clerk = Clerk(people)
    clerk.type("Cầm Thị Hặc")
    form.national_id.setFocus()
    clerk.type("014171005678")
    clerk.press(Qt.Key.Key_Return)
    assert (form.birth.text(), form.sex.currentData()) == ("1971", "female")
    assert form.national_id.text() == "014 171 005 678"
    assert "Sơn La" in form.national_id_below.text()


def test_a_commune_is_found_without_accents(people: Room) -> None:
    people.open(NewPerson())
    form = page_of(people).register
    form.commune_code.setFocus()
    form.commune_code.selectAll()
    clerk = Clerk(people)
    clerk.type("sop cop son la")
    clerk.press(Qt.Key.Key_Return)
    people.qtbot.waitUntil(lambda: form.commune_code.value is not None)
    assert form.commune_code.text() == "Sơn La · Sốp Cộp"
    assert form.village.hasFocus()


def test_another_of_the_household_keeps_the_address(people: Room) -> None:
    people.station.session(people.station.lot())
    people.open()
    scan(people, CARD)
    clerk = Clerk(people)
    clerk.press(Qt.Key.Key_H, CTRL)
    form = page_of(people).register
    assert form.isVisible()
    assert form.village.text() == "Bản Nà Khi"
    assert form.full_name.text() == ""
    scan(people, "014192005678||Lò Thị Dung|05051992|Nữ||15042021")
    assert form.village.text() == "Bản Nà Khi"
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 12, clerk.keys
    (her,) = find(people, "lo thi dung")
    with people.station.database.reader() as conn:
        facts = person_view.person_facts(conn, people.station.ctx.campaign(), her.id, people.desk.today())
    assert facts is not None
    assert [name for _id, name in facts.household] == ["Nguyễn Văn Anh"]
    assert facts.card.details.village == "Bản Nà Khi"


def test_doses_given_elsewhere_are_saved_with_the_person(people: Room) -> None:
    people.open()
    scan(people, CARD)
    form = page_of(people).register

    def fill(dialog: EarlierDosesDialog) -> None:
        dialog.occurred.setText("3/2022")
        dialog.add.click()
        dialog.occurred.setText("12/6/2022")
        dialog.lot_number.setText("abx1")
        grab(dialog, "earlier-doses")
        cut.extend(cut_words(dialog))
        dialog.ok.click()

    cut: list[str] = []
    with Answer(people, EarlierDosesDialog, fill):
        form.history.elsewhere.click()
    assert not cut
    assert form.history.elsewhere.isChecked()
    assert "03/2022" in form.history.words.text()
    people.key(Qt.Key.Key_F12)
    (row,) = find(people, "van anh")
    with people.station.database.reader() as conn:
        doses = people_query.doses(conn, row.id)
    assert [(d.occurred, d.evidence, d.lot_number) for d in doses] == [
        ("2022-03", "paper", ""),
        ("2022-06-12", "paper", "ABX1"),
    ]


def test_another_vaccine_within_fourteen_days_is_kept(people: Room) -> None:
    people.open()
    scan(people, CARD)
    form = page_of(people).register
    form.history.other.click()
    people.settle()
    assert form.history.other_on.isVisible()
    people.key(Qt.Key.Key_F12)
    assert form.history.other_on_below.isVisible(), "the day is asked for"
    form.history.other_on.setText("15/11/2026")
    people.key(Qt.Key.Key_F12)
    (row,) = find(people, "van anh")
    with people.station.database.reader() as conn:
        facts = person_view.person_facts(conn, people.station.ctx.campaign(), row.id, people.desk.today())
    assert facts is not None
    assert str(facts.other_vaccine_on) == "2026-11-15"
    assert "15/11/2026" in page_of(people).person.notes.text()


def test_a_minor_is_asked_for_the_guardian(people: Room) -> None:
    people.open()
    scan(people, "014314005678||Lò Thị Dung|05052014|Nữ|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021")
    form = page_of(people).register
    assert form.guardian_name.isVisible()
    people.fits("register-minor")


def test_a_foreigner_has_her_nationality_on_page_and_paper(people: Room) -> None:
    people.open()
    clerk = Clerk(people)
    clerk.press(Qt.Key.Key_N, CTRL)
    form = page_of(people).register
    clerk.type("Bounmy Keo")
    form.birth.setText("05/05/1980")
    form.sex.setCurrentIndex(form.sex.findData("female"))
    assert not form.nationality.isVisible()
    form.more_button.click()
    form.passport.setText("P1234567")
    form.nationality.setFocus()
    clerk.type("lao")
    people.fits("register-foreigner")
    clerk.press(Qt.Key.Key_F12)
    (row,) = find(people, "bounmy keo")
    with people.station.database.reader() as conn:
        card = people_query.card(conn, row.id)
    assert card is not None
    assert card.details.nationality == "LAO"
    people.open(row.id)
    assert "Lào" in page_of(people).person.details.text()


def test_a_form_that_is_not_saved_is_not_thrown_away_by_another_scan(people: Room) -> None:
    people.open()
    scan(people, CARD)
    scan(people, DOUBTFUL)
    form = page_of(people).register
    assert form.full_name.text() == "Nguyễn Văn Anh"
    assert "F12" in people.window.toast.text


def test_escape_throws_the_form_away(people: Room) -> None:
    people.open()
    scan(people, CARD)
    people.key(Qt.Key.Key_Escape)
    assert page_of(people).list.isVisible()
    assert not page_of(people).register.dirty
    assert not find(people, "van anh")


def test_a_number_of_the_other_sex_is_offered_as_two_values(people: Room) -> None:
    people.open()
    scan(people, "014190123456||Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021")
    form = page_of(people).register
    assert form.sex_choice.isVisible()
    assert (form.sex_first.text(), form.sex_second.text()) == ("Nữ", "Nam")
    people.key(Qt.Key.Key_3, ALT)
    assert form.sex.currentData() == "female"
    assert not form.sex_choice.isVisible()


def test_the_parts_of_a_divided_commune_are_offered(people: Room) -> None:
    people.open()
    scan(people, "001090123456||Nguyễn Văn Anh|01011990|Nam|Tổ 3, Đội Cấn, Ba Đình, Hà Nội|15042021")
    form = page_of(people).register
    assert form.commune_choice.isVisible()
    assert (form.commune_first.text(), form.commune_second.text()) == ("Ngọc Hà", "Ba Đình")
    people.fits("register-divided")
    people.key(Qt.Key.Key_6, ALT)
    assert form.commune_code.text() == "Hà Nội · Ba Đình"
    assert not form.commune_choice.isVisible()
    people.key(Qt.Key.Key_F12)
    (row,) = find(people, "van anh")
    assert row.commune_name == "Phường Ba Đình"


def test_the_window_does_not_close_over_an_unsaved_form_at_once(people: Room) -> None:
    people.open()
    scan(people, CARD)
    people.window.go_to("today")
    assert not people.window.close()
    assert page_of(people).register.isVisible()
    assert "F12" in people.window.toast.text
    assert people.window.close()
