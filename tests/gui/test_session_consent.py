"""Consent at every step: withdrawn at the injection, refused on the phone, given by a guardian; always kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rooms import Room, room

from vaxdesk.db.tables import Consent, Immunization
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.dialogs.consent import ConsentDialog
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.pages.people import PeoplePage
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.queries import visits


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    with room(qtbot, tmp_path, "session") as made:
        yield made


def page_of(made: Room, stage: str) -> SessionPage:
    page = made.open(stage)
    assert isinstance(page, SessionPage)
    return page


def stage_of(made: Room, visit_id: str) -> str:
    with made.station.database.reader() as conn:
        row = visits.one(conn, visit_id)
    assert row is not None
    return row.stage


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dialogs answer by themselves: consent is withdrawn with F7, the reason is what stands in the list."""
    said = ["gia đình đổi ý"]

    def reason(dialog: ReasonDialog) -> int:
        dialog.reason.setText(said[0])
        dialog.ok.click()
        return dialog.result()

    def withdraw(dialog: ConsentDialog) -> int:
        assert dialog.panel.withdraw.key_words() == "F7"
        dialog.panel.withdraw.click()
        return dialog.result()

    monkeypatch.setattr(ReasonDialog, "exec", reason)
    monkeypatch.setattr(ConsentDialog, "exec", withdraw)
    return said


def test_consent_is_withdrawn_at_the_injection_and_the_dose_that_was_given_needs_a_reason(
    session: Room, answers: list[str]
) -> None:
    station = session.station
    lot = station.lot()
    person = station.person(station.session(lot))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    station.clock.advance(timedelta(minutes=2))
    page = page_of(session, "dose")
    assert page.steps.banner_key.text() == "Rút lại đồng ý…"

    session.key(Qt.Key.Key_F7)
    assert stage_of(session, person.visit_id) == "refused"
    assert page.stage == "ends"
    assert ("Đã rút lại đồng ý", "bad") in page.banner.facts.warnings
    assert "gia đình đổi ý" in page.done.words.text()
    assert "chính người được tiêm" in page.done.words.text()

    page.done.dose_given.click()
    session.settle()
    assert page.panels.currentWidget() is page.dose
    assert page.dose.warning_card.property("card") == "bad"
    assert "Đã rút lại đồng ý" in page.dose.warning_words.text()
    session.key(Qt.Key.Key_F12)
    assert page.dose.reason.hasFocus()
    page.dose.reason.setText("tiêm xong mới nói")
    session.key(Qt.Key.Key_F12)
    assert stage_of(session, person.visit_id) == "observation"
    assert station.row(Immunization).override_reason == "tiêm xong mới nói"

    page = page_of(session, "observation")
    seat = page.board_view.board.current()
    assert seat.against == "Đã rút lại đồng ý"
    assert "Đã rút lại đồng ý" in page.board_view.board.words(seat)
    session.fits("consent-withdrawn-board")


def test_a_refusal_on_the_phone_needs_no_visit_and_stands_in_red_when_she_comes(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(qtbot, tmp_path, "people") as made:
        person = made.station.person()
        page = made.open(person.person_id)
        assert isinstance(page, PeoplePage)
        assert "Chưa hỏi" in page.person.consent_answer.text()

        def reason(dialog: ReasonDialog) -> int:
            dialog.reason.setText("sợ tiêm")
            dialog.ok.click()
            return dialog.result()

        def refuse(dialog: ConsentDialog) -> int:
            dialog.panel.how.setCurrentIndex(dialog.panel.how.findData("spoken"))
            dialog.panel.refuse.click()
            return dialog.result()

        monkeypatch.setattr(ReasonDialog, "exec", reason)
        monkeypatch.setattr(ConsentDialog, "exec", refuse)
        made.key(Qt.Key.Key_F9)
        row = made.station.row(Consent)
        assert (row.answer, row.how, row.visit_id, row.note) == ("refused", "spoken", None, "sợ tiêm")
        assert "sợ tiêm" in page.person.consent_answer.text()
        assert ("Không đồng ý tiêm chủng", "bad") in page.person.banner.facts.warnings
        made.fits("consent-refused-person")


def test_a_minors_consent_names_guardian_and_relation_and_an_empty_name_takes_the_keyboard(session: Room) -> None:
    station = session.station
    planned = station.session(station.lot(product="comirnaty"), product="comirnaty")
    person = station.person(planned, full_name="Lò Thị Bé", birth=PartialDate(2012, 5, 4), national_id="")
    page = page_of(session, "consent")
    assert page.consent.guardian.isVisible()
    session.key(Qt.Key.Key_F12)
    assert page.consent.error.isVisible()
    assert page.consent.guardian_name.hasFocus()
    page.consent.guardian_name.setText("Lò Văn Cha")
    page.consent.guardian_relation.setCurrentIndex(page.consent.guardian_relation.findData("father"))
    session.key(Qt.Key.Key_F12)
    row = station.row(Consent)
    assert (row.by, row.guardian_name, row.guardian_relation, row.answer) == (
        "guardian",
        "Lò Văn Cha",
        "father",
        "given",
    )
    assert row.text_version
    assert stage_of(session, person.visit_id) == "screening"
    assert QApplication.focusWidget() is not None


def test_who_refused_can_be_asked_again_and_comes_back_into_the_queue(
    session: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = session.station
    person = station.person(station.session(station.lot()))
    page = page_of(session, "consent")
    monkeypatch.setattr(ReasonDialog, "exec", lambda dialog: (dialog.ok.click(), dialog.result())[1])
    session.key(Qt.Key.Key_F11)
    assert stage_of(session, person.visit_id) == "refused"
    station.clock.advance(timedelta(minutes=5))

    def give(dialog: ConsentDialog) -> int:
        assert dialog.panel.withdraw.isHidden()
        dialog.panel.give.click()
        return dialog.result()

    monkeypatch.setattr(ConsentDialog, "exec", give)
    assert page.steps.banner_key.text() == "Đồng ý…"
    session.key(Qt.Key.Key_F7)
    assert stage_of(session, person.visit_id) == "screening"
    assert page.stage == "screening"


def test_a_withdrawal_at_another_desk_keeps_her_in_sight_in_red(session: Room) -> None:
    from vaxdesk.gui.desk import WATCH_MS
    from vaxdesk.services.consents import ConsentStatus, RecordConsent, record

    assert WATCH_MS < 1000
    station = session.station
    planned = station.session(station.lot())
    first = station.person(planned)
    second = station.person(planned, full_name="Vì Thị Sau", national_id="")
    for person in (first, second):
        station.consent(person.person_id, person.visit_id)
        station.screen(person.visit_id)
    page = page_of(session, "dose")
    assert page.facts is not None
    assert page.facts.visit.visit_id == first.visit_id
    station.clock.advance(timedelta(minutes=1))
    command = RecordConsent(
        first.person_id, ConsentStatus.WITHDRAWN, visit_id=first.visit_id, note="đổi ý ở bàn tiếp đón"
    )
    record(station.acting("register"), command)
    page.refresh(frozenset({"session"}))
    session.settle()
    assert page.facts is not None
    assert page.facts.visit.visit_id == first.visit_id
    assert page.stage == "ends"
    assert ("Đã rút lại đồng ý", "bad") in page.banner.facts.warnings
    assert "Đã rút lại đồng ý" in session.window.toast.text
    # What happens to others at other desks does not take the page away from whom it shows.
    page.show_stage("dose")
    session.settle()
    assert page.facts.visit.visit_id == second.visit_id
    page.refresh(frozenset({"session"}))
    session.settle()
    assert page.stage == "dose"
