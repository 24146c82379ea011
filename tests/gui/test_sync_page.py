"""The exchange: the truth in words, refused records with the portal's words, exact content, conflicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QRadioButton
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog

from vaxdesk.db.tables import AuditEntry, Conflict, Immunization, Outbox, PersonChange
from vaxdesk.errors import KnownError
from vaxdesk.gui import bridges
from vaxdesk.gui.bridges import ExchangeEnd
from vaxdesk.gui.dialogs.content import ContentDialog
from vaxdesk.gui.pages.sync import SyncPage
from vaxdesk.queries import people as people_query


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of a station that is enrolled at a portal nobody runs."""
    with room(qtbot, tmp_path, "sync") as made:
        made.station.enrol("https://cong.example.vn", "token")
        yield made


def shown(made: Room, name: str) -> SyncPage:
    """The page, checked for cut words in both languages and grabbed."""
    page = made.page
    assert isinstance(page, SyncPage)
    made.fits(name)
    return page


def one_person(made: Room) -> str:
    lot = made.station.lot()
    return made.station.through(made.station.session(lot), lot).person_id


def mark(made: Room, **changes: object) -> None:
    """Change the outbox as an exchange would."""
    with made.station.ctx.write() as uow:
        for entry in uow.find(Outbox, Outbox.seq):
            for name, value in changes.items():
                setattr(entry, name, value)
        uow.commit()


def test_without_a_portal_the_page_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "sync") as made:
        made.open()
        page = shown(made, "not-enrolled")
        assert page.headline.text() == "Chưa nối với Cổng"
        assert not page.send.isEnabled()
        assert "Quản trị" in page.words.text()


def test_what_waits_is_listed_with_whom_it_is_about(here: Room) -> None:
    one_person(here)
    here.station.clock.advance(timedelta(seconds=20))
    here.open()
    page = shown(here, "waiting")
    assert "chưa có trên Cổng" in page.headline.text()
    assert page.portal.text() == "https://cong.example.vn"
    kinds = {row.resource_type for row in page._entries.rows}
    assert {"Patient", "Immunization", "Encounter"} <= kinds
    assert {row.person_name for row in page._entries.rows if row.resource_type == "Immunization"} == {"Nguyễn Văn Anh"}
    page.show_group("problem")
    assert page.views.currentWidget() is page.empty_view


def test_all_sent_is_said_only_when_it_is_true(here: Room) -> None:
    one_person(here)
    now = here.station.clock.now()
    mark(here, state="accepted", accepted_at=now, attempts=1)
    here.open()
    page = shown(here, "all-sent")
    assert page.headline.text().startswith("Đã gửi hết")
    with here.station.ctx.write() as uow:
        entry = uow.find(Outbox, Outbox.seq)[-1]
        entry.state = "unknown"
        uow.commit()
    page.refresh(frozenset({"outbox"}))
    assert not page.headline.text().startswith("Đã gửi hết")


def test_a_refused_record_shows_the_portal_s_words_and_the_way_to_the_person(here: Room) -> None:
    person = one_person(here)
    with here.station.ctx.write() as uow:
        for entry in uow.find(Outbox, Outbox.seq):
            if entry.resource_type == "Patient":
                entry.state, entry.last_status, entry.attempts = "refused", 422, 1
                entry.last_outcome = "Patient.birthDate: ngày sinh không khớp số định danh"
                refused = entry.seq
            elif entry.person_id == person:
                entry.state, entry.blocked_by = "blocked", refused
        uow.commit()
    here.open("problem")
    page = shown(here, "refused")
    assert page.entries.current().state == "refused"
    assert "ngày sinh không khớp" in page.outcome.text()
    assert page.outcome_card.isVisible()
    went: list[object] = []
    here.window.go_to = lambda name, target=None: bool(went.append((name, target))) or True  # type: ignore[method-assign]
    page.person.click()
    assert went == [("people", person)]
    page.entries.choose(1)
    assert not page.resend.isVisible()
    assert "Người dân" in page.advice.text()
    assert "từ chối" in page.headline.text()
    page.entries.choose(0)
    page.resend.click()
    here.settle()
    with here.station.database.reader() as conn:
        states = {row.state for row in conn.query(Outbox).filter_by(resource_type="Patient")}
        assert conn.query(Outbox).filter_by(state="blocked").count() == 0
    assert states == {"superseded", "ready"}


def test_the_exact_content_is_shown_before_it_is_sent(here: Room) -> None:
    one_person(here)
    here.open()
    page = here.page
    assert isinstance(page, SyncPage)
    row = next(n for n, entry in enumerate(page._entries.rows) if entry.resource_type == "Immunization")
    page.entries.choose(row)
    page.content.click()
    dialog = visible_dialog(ContentDialog)
    grab(dialog, "sync-content")
    assert cut_words(dialog) == []
    body = json.loads(dialog.text.toPlainText())
    assert body["resourceType"] == "Immunization"
    assert body["lotNumber"] == "ABX3107"
    assert "đính chính" in dialog.about.text()
    dialog.copy.click()
    dialog.reject()
    here.station.ctx.flush_views()
    assert [one.entity_id for one in here.station.rows(AuditEntry, action="view")] == [page._entry.person_id]


def test_send_now_tells_what_came_of_it(here: Room) -> None:
    one_person(here)
    asked: list[str] = []
    here.desk.exchange = lambda: asked.append("now")
    here.open()
    page = here.page
    assert isinstance(page, SyncPage)
    here.key(Qt.Key.Key_F12)
    assert asked == ["now"]
    assert not page.send.isEnabled()
    assert "đang trao đổi" in page.words.text()
    here.desk.exchanged.emit(ExchangeEnd(here.station.clock.now(), sent=9, received=2))
    assert "gửi 9, nhận 2" in page.words.text()
    assert page.send.isEnabled()
    here.desk.exchanged.emit(
        bridges.exchange_end(
            KnownError("The disk is full: nothing was saved. Free some space and save again."), here.station.clock.now()
        )
    )
    assert "đầy" in page.words.text() or "disk" in page.words.text()


def conflict_over_a_person(made: Room) -> tuple[str, str]:
    """Phone and village were changed here and, otherwise, at the portal."""
    from vaxdesk.services import people
    from vaxdesk.sync.fhir.outbound import Outbound

    person = one_person(made)
    with made.station.ctx.write() as uow:
        remote = Outbound(uow, made.station.ctx.campaign).body("Patient", person)
    remote["telecom"] = [{"system": "phone", "value": "0912345678"}]
    remote["address"][0]["line"] = ["Bản Pá Kạch"]
    remote["meta"] = {"versionId": "2"}
    with made.station.database.reader() as conn:
        card = people_query.card(conn, person)
    assert card is not None
    people.change(made.station.ctx, person, card.details.with_(village="Bản Mới", phone="0987654321"), card.version, "")
    with made.station.ctx.write() as uow:
        row = uow.add(
            Conflict(
                resource_type="Patient", resource_id=person, kind="unsent", local=None, remote=remote,
                found_at=uow.now,
            )
        )  # fmt: skip
        conflict = row.id
        uow.commit()
    return person, conflict


def test_a_clock_that_differs_and_a_journal_known_otherwise_are_told(here: Room) -> None:
    page = here.open()
    assert isinstance(page, SyncPage)
    now = here.station.clock.now()
    here.desk.exchanged.emit(ExchangeEnd(now, skew=70))
    assert not page.doubts.isVisible()
    here.desk.exchanged.emit(ExchangeEnd(now, skew=-3600, chain_faults=("01",)))
    assert "chậm hơn cổng 60 phút" in page.doubts.text()
    assert "quầy 01" in page.doubts.text()
    assert "60 minutes behind" in here.in_english(page.doubts.text)
    here.fits("doubts")
    here.desk.exchanged.emit(ExchangeEnd(now, skew=7 * 60))
    assert "nhanh hơn cổng 7 phút" in page.doubts.text()
    here.desk.exchanged.emit(ExchangeEnd(now))
    assert not page.doubts.isVisible()


def test_a_conflict_is_decided_field_by_field_and_both_values_stay(here: Room) -> None:
    person, _conflict = conflict_over_a_person(here)
    here.open("conflict")
    page = shown(here, "conflict")
    assert page.conflict_title.text().endswith("Nguyễn Văn Anh")
    assert {pair.field for pair in page._sides.pairs} == {"phone", "village"}  # type: ignore[union-attr]
    assert page._fields.taken() == frozenset()
    options = {button.text(): button for button in page.choices.findChildren(QRadioButton)}
    assert {"0912345678", "0987654321", "Bản Mới", "Bản Pá Kạch"} <= set(options)
    options["0912345678"].click()
    assert page._fields.taken() == {"phone"}
    assert not page.send.isVisible()
    here.key(Qt.Key.Key_F12)
    assert page.views.currentWidget() is page.empty_view
    with here.station.database.reader() as conn:
        card = people_query.card(conn, person)
        assert card is not None
        assert (card.details.phone, card.details.village) == ("0912345678", "Bản Mới")
        changes = {(row.field, row.old, row.new) for row in conn.query(PersonChange)}
        row = conn.query(Conflict).one()
        assert row.resolved_at is not None
        assert json.loads(row.resolution) == {"phone": "theirs", "village": "mine"}
        assert row.remote["telecom"][0]["value"] == "0912345678"
        entries = conn.query(Outbox).filter_by(resource_type="Patient", state="ready").all()
    assert ("village", "Bản Pá Kạch", "Bản Mới") in changes
    assert ("phone", "0987654321", "0912345678") in changes
    assert len(entries) == 1
    assert json.loads(bridges.entry_text(here.station.ctx, entries[0].seq).text)["telecom"][0]["value"] == "0912345678"


def test_a_conflict_over_a_dose_is_taken_or_kept_as_a_whole(here: Room) -> None:
    from vaxdesk.sync.fhir.outbound import Outbound

    one_person(here)
    ctx = here.station.ctx
    with ctx.write() as uow:
        dose = uow.find(Immunization)[0]
        remote = Outbound(uow, ctx.campaign).body("Immunization", dose.record_id)
        remote["lotNumber"] = "ABX9999"
        for _n in range(2):
            uow.add(
                Conflict(
                    resource_type="Immunization", resource_id=dose.record_id, kind="unsent", local=None,
                    remote=remote, found_at=uow.now,
                )
            )  # fmt: skip
        uow.commit()
    here.open("conflict")
    page = shown(here, "conflict-dose")
    assert page.take_whole.isVisible()
    assert page.theirs.toPlainText() == "lotNumber: ABX9999"
    assert page.mine.toPlainText() == "lotNumber: ABX3107"
    page.take_whole.click()
    here.settle()
    with here.station.database.reader() as conn:
        rows = conn.query(Immunization).order_by(Immunization.version).all()
        assert [(row.lot_number, row.current, row.origin) for row in rows] == [
            ("ABX3107", False, "desk"),
            ("ABX9999", True, "portal"),
        ]
    page.decide.click()
    here.settle()
    with here.station.database.reader() as conn:
        assert all(row.resolved_at is not None for row in conn.query(Conflict))
    assert page.findChild(QLabel, "conflicts").text() == "0"
