"""The screening form by keyboard: who is measured, what is missing, several findings, earlier doses beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support.station import PRODUCT, details
from support.typing_person import type_text

from vaxdesk.db.tables import Screening
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.dialogs.check_list import CheckListDialog
from vaxdesk.gui.dialogs.decide import DecideDialog
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.gui.widgets.vital_fields import pair_of
from vaxdesk.queries import visits
from vaxdesk.services import people
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import RegisterPerson

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    with room(qtbot, tmp_path, "session") as made:
        yield made


def waiting(made: Room, product: str = PRODUCT, **person: Any) -> str:
    """Somebody who waits for screening; her visit."""
    station = made.station
    registered = station.person(station.session(station.lot(product=product), product=product), **person)
    station.consent(registered.person_id, registered.visit_id)
    return registered.visit_id


def form_of(made: Room, target: str = "screening") -> SessionPage:
    page = made.open(target)
    assert isinstance(page, SessionPage)
    assert page.panels.currentWidget() is page.screening
    return page


def stage_of(made: Room, visit_id: str) -> str:
    with made.station.database.reader() as conn:
        row = visits.one(conn, visit_id)
    assert row is not None
    return row.stage


def field(page: SessionPage, ident: str) -> Any:
    return next(edit for edit in page.screening.measured._fields if ident in edit.ids)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("120/80", (120, 80)),
        ("120 80", (120, 80)),
        ("13884", (138, 84)),
        ("9060", (90, 60)),
        ("160100", (160, 100)),
        ("120", None),
        ("120/8", None),
        ("mạnh", None),
        ("", None),
    ],
)
def test_the_blood_pressure_is_typed_as_it_is_said(text: str, pair: tuple[int, int] | None) -> None:
    assert pair_of(text) == pair


def test_over_65_the_blood_pressure_is_asked_for_and_empty_it_is_only_warned_about(session: Room) -> None:
    visit = waiting(session, birth=PartialDate(1950, 3, 2))
    page = form_of(session)
    pressure = field(page, "systolic")
    assert "cần đo" in pressure.placeholderText()
    assert pressure.property("state") == "warn"
    assert "Huyết áp" in page.screening.details.text()
    assert "cần đo" not in field(page, "pulse").placeholderText()
    session.fits("screening-over-65")
    session.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("366")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "dose"


def test_a_history_of_heart_failure_asks_for_pulse_and_breathing_and_is_kept_with_the_screening(
    session: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = waiting(session)
    page = form_of(session)
    assert "cần đo" not in field(page, "pulse").placeholderText()

    def tick(dialog: CheckListDialog) -> int:
        for row in range(dialog.choices.count()):
            item = dialog.choices.item(row)
            if item.text() == "Tiền sử suy tim":
                item.setCheckState(Qt.CheckState.Checked)
        dialog.ok.click()
        return dialog.result()

    monkeypatch.setattr(CheckListDialog, "exec", tick)
    session.key(Qt.Key.Key_F6)
    assert page.screening.conditions.text() == "Tiền sử suy tim"
    assert "cần đo" in field(page, "pulse").placeholderText()
    assert "cần đo" in field(page, "breathing").placeholderText()
    session.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("366")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "dose"
    assert session.station.row(Screening).conditions == ["heart-failure"]


def test_a_treated_hypertensive_is_judged_by_the_usual_pressure(session: Room) -> None:
    person = session.station.person(session.station.session(session.station.lot()))
    session.station.consent(person.person_id, person.visit_id)
    people.set_conditions(session.station.ctx, person.person_id, ["hypertension"])
    page = form_of(session)
    assert page.screening.conditions.text() == "Tiền sử tăng huyết áp"
    usual = field(page, "usual_systolic")
    assert usual.isVisible()
    session.key(Qt.Key.Key_F8)
    for ident, text in (("temperature", "366"), ("systolic", "13580"), ("usual_systolic", "100/70")):
        field(page, ident).setFocus()
        type_text(text)
    session.settle()
    assert page.screening.outcome.text() == "Nhóm thận trọng khi tiêm chủng (mục 9)"
    session.fits("screening-hypertension")


def test_several_findings_are_all_shown_and_the_gravest_leads(session: Room) -> None:
    visit = waiting(session)
    page = form_of(session)
    for digit in (Qt.Key.Key_6, Qt.Key.Key_4, Qt.Key.Key_2):
        session.key(digit, ALT)
    session.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("392")
    session.settle()
    panel = page.screening
    assert panel.outcome.text() == "Trì hoãn tiêm chủng (mục 2)"
    assert "Thêm: Chỉ định tiêm tại các cơ sở y tế có đủ điều kiện cấp cứu phản vệ" in panel.others.text()
    assert "Thêm: Nhóm thận trọng khi tiêm chủng (mục 6, 9)" in panel.others.text()
    assert "Không tiêm tại trạm y tế" in panel.details.text()
    assert "9. Nhiệt độ 39,2 °C" in panel.details.text()
    assert panel.questions.answers()["9"] is True
    session.fits("screening-several")
    session.key(Qt.Key.Key_F12)
    assert panel.reason.hasFocus()
    type_text("sốt")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "deferred"
    assert session.station.row(Screening).outcomes == ["deferral", "emergency-facility", "caution"]


def test_a_text_in_a_measurement_is_named_and_nothing_is_stored(session: Room) -> None:
    visit = waiting(session)
    page = form_of(session)
    session.key(Qt.Key.Key_F8)
    type_text("nong")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert page.screening.error.isVisible()
    assert page.screening.measured.unread() == ("temperature", "Nhiệt độ")
    assert stage_of(session, visit) == "screening"


def test_earlier_doses_stand_beside_the_form_with_source_and_verdict(session: Room) -> None:
    station = session.station
    planned = station.session(station.lot())
    today = station.ctx.today()
    early, late = today - timedelta(days=70), today - timedelta(days=60)
    doses = tuple(
        EarlierDose("", PRODUCT, PartialDate(day.year, day.month, day.day), how)
        for day, how in ((early, "paper"), (late, "spoken"))
    )
    command = RegisterPerson(details(), session_id=planned, earlier=doses, other_vaccine_on=today - timedelta(days=5))
    person = people.register(station.ctx, command)
    station.consent(person.person_id, person.visit_id)
    page = form_of(session)
    history = page.screening.history.text()
    assert "đã xem giấy" in history
    assert "người dân kể" in history
    assert "hợp lệ" in history
    assert "không tính: Tiêm sớm 18 ngày" in history
    # Another vaccine five days ago was told at registration: both dates stand here.
    day = (today - timedelta(days=5)).strftime("%d/%m/%Y")
    assert day in page.screening.details.text()
    assert today.strftime("%d/%m/%Y") in page.screening.details.text()
    session.fits("screening-history")


def test_who_was_deferred_is_screened_again_when_the_fever_was_a_mistake(session: Room) -> None:
    visit = waiting(session)
    page = form_of(session)
    session.key(Qt.Key.Key_2, ALT)
    session.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("366")
    page.screening.reason.setText("ho")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "deferred"
    page.show_stage("ends")
    session.settle()
    session.key(Qt.Key.Key_F8)
    assert page.panels.currentWidget() is page.screening
    session.key(Qt.Key.Key_2, ALT)
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "dose"
    # And from the injection back to the form, with what was answered.
    page = session.open("dose")
    session.key(Qt.Key.Key_F8)
    assert page.panels.currentWidget() is page.screening
    assert page.screening.measured.values() == {"temperature": 36.6}


def test_another_outcome_than_the_rules_say_needs_a_reason_and_keeps_it(
    session: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = waiting(session)
    page = form_of(session)
    session.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("366")
    session.settle()

    def defer(dialog: DecideDialog) -> int:
        dialog.outcome.setCurrentIndex(dialog.outcome.findData("deferral"))
        dialog.ok.click()
        assert not dialog.missing.isHidden()
        dialog.reason.setText("mệt, xin về")
        dialog.ok.click()
        return dialog.result()

    monkeypatch.setattr(DecideDialog, "exec", defer)
    session.key(Qt.Key.Key_F11)
    assert stage_of(session, visit) == "deferred"
    assert session.station.row(Screening).override_reason == "mệt, xin về"


def test_empty_forms_of_every_age_can_be_printed_without_anybody_in_sight(session: Room) -> None:
    from vaxdesk.gui.dialogs.pages import PagesDialog

    session.station.session(session.station.lot())
    session.open("screening")
    session.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    dialog = visible_dialog(PagesDialog)
    labels = [dialog.what.itemText(row) for row in range(dialog.what.count())]
    assert labels[:2] == [
        "Phiếu sàng lọc trống, từ 18 tuổi (5785/QĐ-BYT)",
        "Phiếu sàng lọc trống, dưới 18 tuổi (5002/QĐ-BYT)",
    ]
    assert dialog.count.value() == 10
    assert dialog.count_label.text() == "Số bản"
    assert dialog.picture.pixmap().width() > 0
    dialog.reject()


def test_a_reaction_after_an_earlier_dose_is_asked_for_and_stands_in_red_beside_the_form(session: Room) -> None:
    from vaxdesk.db.tables import Reaction
    from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog

    station = session.station
    planned = station.session(station.lot())
    page = session.open("screening")
    dialog = EarlierDosesDialog(page, station.ctx.campaign(), station.ctx.today())
    dialog.occurred.setText("01/09/2026")
    dialog.reaction.setCurrentIndex(dialog.reaction.findData("severe"))
    dialog.ok.click()
    assert dialog.reaction_note.property("state") == "bad"
    dialog.reaction_note.setText("ngất, khó thở")
    session.settle()
    dialog.show()
    grab(dialog, "earlier-doses-reaction")
    assert cut_words(dialog) == []
    dialog.ok.click()
    command = RegisterPerson(details(), session_id=planned, earlier=dialog.doses())
    person = people.register(station.ctx, command)
    station.consent(person.person_id, person.visit_id)
    assert station.row(Reaction).severity == "severe"
    page = form_of(session)
    assert "Phản ứng nặng: ngất, khó thở" in page.screening.history.text()
    session.fits("screening-reaction")
    # And it is still in sight at the injection.
    station.screen(person.visit_id)
    page = session.open("dose")
    assert "Phản ứng nặng: ngất, khó thở" in page.dose.next_dose.text()


def test_who_is_deferred_is_called_again_from_the_day_that_the_screener_names(session: Room) -> None:
    visit = waiting(session)
    page = form_of(session)
    session.key(Qt.Key.Key_2, ALT)
    session.key(Qt.Key.Key_F8)
    field(page, "temperature").setFocus()
    type_text("366")
    page.screening.reason.setText("đang ho")
    assert page.screening.recall.isVisible()
    page.screening.recall.setText("21/11/2026")
    session.settle()
    session.key(Qt.Key.Key_F12)
    assert page.screening.error.isVisible()
    assert page.screening.recall.hasFocus()
    page.screening.recall.setText("7")
    session.fits("screening-recall")
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "deferred"
    assert session.station.row(Screening).deferred_until == session.station.ctx.today() + timedelta(days=7)
    page.show_stage("ends")
    session.settle()
    assert "Hẹn lại từ ngày 28/11/2026" in page.done.words.text()
    page.show_stage("list")
    page.list_part.view.side_out.click()
    session.settle()
    (row,) = page.list_part.view._model.rows
    assert any("28/11/2026" in reason.words() for reason in row.reasons)


def test_the_screener_may_send_somebody_on_by_another_list_than_the_outcomes_own(
    session: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = waiting(session, sex="female")
    page = form_of(session)
    session.key(Qt.Key.Key_F8)
    field(page, "temperature").setFocus()
    type_text("366")
    page.screening.questions._rows["3b"].yes.click()
    session.settle()
    assert "Tiếp theo: chuyển" in page.screening.others.text()

    def here(dialog: DecideDialog) -> int:
        dialog.outcome.setCurrentIndex(dialog.outcome.findData("caution"))
        assert dialog.next_list.currentData() == "refer_hospital"
        dialog.reason.setText("có xe cấp cứu và nữ hộ sinh tại chỗ")
        dialog.show()
        grab(dialog, "decide")
        assert cut_words(dialog) == []
        dialog.next_list.setCurrentIndex(dialog.next_list.findData("inject"))
        dialog.ok.click()
        return dialog.result()

    monkeypatch.setattr(DecideDialog, "exec", here)
    session.key(Qt.Key.Key_F11)
    assert stage_of(session, visit) == "dose"
    assert session.station.row(Screening).override_reason == "có xe cấp cứu và nữ hộ sinh tại chỗ"


def test_a_measurement_outside_its_limits_ticks_its_row_and_takes_the_tick_back(session: Room) -> None:
    visit = waiting(session)
    page = form_of(session)
    session.key(Qt.Key.Key_F8)
    assert page.screening.questions.answers()["9"] is False
    field(page, "temperature").setFocus()
    type_text("389")
    session.settle()
    assert page.screening.questions.answers()["9"] is True
    field(page, "temperature").selectAll()
    type_text("369")
    session.settle()
    assert page.screening.questions.answers()["9"] is False
    assert page.screening.outcome.text() == "Đủ điều kiện tiêm chủng ngay"
    field(page, "temperature").selectAll()
    type_text("380")
    session.settle()
    page.screening.reason.setText("sốt nhẹ")
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, visit) == "dose"
    assert session.station.row(Screening).answers["9"] is True
