"""Administration: station, key, users, settings, campaign, safety."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fit import cut_words
from grab import grab
from people_support import Answer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog

from vaxdesk import assets, settings
from vaxdesk.campaigns import bundle
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import AuditEntry, Outbox, User
from vaxdesk.gui.dialogs.new_sheet import NewSheetDialog
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.dialogs.secret import SecretDialog
from vaxdesk.gui.dialogs.user import UserDialog
from vaxdesk.gui.pages.administration import PARTS, AdministrationPage
from vaxdesk.services import accounts, certificates, packs, people
from vaxdesk.services.context import Actor

WORDS = "bốn từ rất dễ nhớ"


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of a station that is not enrolled yet."""
    with room(qtbot, tmp_path, "administration") as made:
        yield made


def part(made: Room, name: str) -> object:
    """A part in front."""
    page = made.open(name)
    assert isinstance(page, AdministrationPage)
    made.settle()
    return page.panel(name)


@pytest.mark.parametrize("name", PARTS)
def test_every_part_fits(here: Room, name: str) -> None:
    part(here, name)
    here.fits(name)


def test_the_station_s_name_changes_with_audit_and_goes_to_the_portal(here: Room) -> None:
    panel = part(here, "station")
    panel.name.clear()  # type: ignore[attr-defined]
    panel.name.setModified(True)  # type: ignore[attr-defined]
    here.key(Qt.Key.Key_F12)
    assert panel.name_below.text() == "Hãy nhập tên trạm."  # type: ignore[attr-defined]
    assert not here.window.go_to("verify"), "typed and not saved"
    panel.name.setText("Trạm Y tế xã Mường Và")  # type: ignore[attr-defined]
    panel.referral_phone.setText("0212 3 000 115")  # type: ignore[attr-defined]
    here.key(Qt.Key.Key_F12)
    assert here.station.ctx.station.name == "Trạm Y tế xã Mường Và"
    with here.station.database.reader() as conn:
        assert conn.query(AuditEntry).filter_by(action="change", entity="station").count() == 1
        assert conn.query(Outbox).filter_by(resource_type="Organization", state="ready").count() == 1
    assert here.window.go_to("verify")


def test_the_answer_is_imported_after_its_fingerprint_was_compared(here: Room, tmp_path: Path) -> None:
    panel = part(here, "key")
    assert "chờ" in panel.headline.text()  # type: ignore[attr-defined]
    request = json.loads(here.station.ctx.paths.key_request.read_text(encoding="utf-8"))
    answer = here.station.authority.answer(request, at=here.station.clock.now())
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    panel.take_file(file)  # type: ignore[attr-defined]
    here.fits("key-fingerprint")
    assert not panel.import_now.isEnabled()  # type: ignore[attr-defined]
    panel.enrol_panel.compared.setChecked(True)  # type: ignore[attr-defined]
    here.key(Qt.Key.Key_F12)
    assert "được ký đến" in panel.headline.text()  # type: ignore[attr-defined]
    assert panel.trust_age.text() == "hôm nay"  # type: ignore[attr-defined]
    assert "Sở Y tế" in panel.authority.text()  # type: ignore[attr-defined]
    here.fits("key-certified")
    here.station.clock.advance(timedelta(days=1))
    newer = tmp_path / "trust.cose"
    newer.write_bytes(here.station.authority.trust_list(here.station.clock.now()))
    panel.take_file(newer)  # type: ignore[attr-defined]
    assert here.window.toast.text
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    panel.take_file(broken)  # type: ignore[attr-defined]
    assert panel.error.isVisible()  # type: ignore[attr-defined]
    here.fits("key-error")


def test_a_new_certificate_is_asked_for(here: Room) -> None:
    here.station.enrol()
    panel = part(here, "key")
    before = here.station.ctx.paths.key_request.read_text(encoding="utf-8")
    panel.new_key.click()  # type: ignore[attr-defined]
    here.settle()
    assert here.station.ctx.paths.key_request.read_text(encoding="utf-8") != before
    assert "được ký đến" in panel.headline.text()  # type: ignore[attr-defined]


def test_users_are_added_changed_and_removed_with_a_new_sheet(here: Room) -> None:
    panel = part(here, "users")
    here.key(Qt.Key.Key_F12)
    dialog = visible_dialog(UserDialog)
    dialog.save.click()
    assert dialog.roles_below.isVisible()
    dialog.full_name.setText("hà văn sơn")
    dialog.short_name.setText("son")
    dialog.boxes["screen"].setChecked(True)
    dialog.passphrase.setText("ngắn")
    dialog.again.setText("ngắn")
    dialog.save.click()
    here.settle()
    assert dialog.isVisible()
    grab(dialog, "administration-user")
    assert cut_words(dialog) == []
    dialog.passphrase.setText(WORDS)
    dialog.again.setText(WORDS)
    dialog.save.click()
    here.settle()
    assert not dialog.isVisible()
    ctx = accounts.sign_in(here.station.ctx.paths, "son", WORDS, packs.loader(), here.station.clock)
    assert ctx.user.roles == {"screen"}
    ctx.database.close()

    at = next(n for n, row in enumerate(panel._model.rows) if row.name == "son")  # type: ignore[attr-defined]
    panel.table.choose(at)  # type: ignore[attr-defined]
    panel.change.click()  # type: ignore[attr-defined]
    dialog = visible_dialog(UserDialog)
    assert not dialog.secrets.isVisible()
    dialog.boxes["inject"].setChecked(True)
    dialog.save.click()
    here.settle()
    with here.station.database.reader() as conn:
        assert conn.query(User).filter_by(name="son").one().roles == ["inject", "screen"]
        assert conn.query(Outbox).filter_by(resource_type="Practitioner", state="ready").count() == 2

    panel.remove.click()  # type: ignore[attr-defined]
    box = visible_dialog(QMessageBox)
    next(button for button in box.buttons() if button.text() == "Gỡ").click()
    here.settle()
    sheet = visible_dialog(NewSheetDialog)
    grab(sheet, "administration-new-sheet")
    assert cut_words(sheet) == []
    sheet.reject()
    assert sheet.isVisible(), "the sheet must be confirmed"
    code = sheet.panel._code.split("-")
    for field, group in zip((sheet.panel.first, sheet.panel.second), sheet.panel.asked(), strict=True):
        field.setText(code[group - 1])
    here.key(Qt.Key.Key_F12)
    assert not sheet.isVisible()
    assert "son" not in accounts.names(here.station.ctx.paths)
    here.fits("users-removed")


def test_a_new_recovery_sheet_can_be_made_at_any_time(here: Room) -> None:
    panel = part(here, "users")
    panel.renew.click()  # type: ignore[attr-defined]
    box = visible_dialog(QMessageBox)
    next(button for button in box.buttons() if button.text() == "Tạo phiếu mới").click()
    here.settle()
    sheet = visible_dialog(NewSheetDialog)
    assert sheet.panel._code != here.station.recovery
    code = sheet.panel._code.split("-")
    for field, group in zip((sheet.panel.first, sheet.panel.second), sheet.panel.asked(), strict=True):
        field.setText(code[group - 1])
    sheet.confirm.click()
    assert not sheet.isVisible()


def test_one_manager_stays(here: Room) -> None:
    panel = part(here, "users")
    panel.change.click()  # type: ignore[attr-defined]
    dialog = visible_dialog(UserDialog)
    dialog.boxes["manage"].setChecked(False)
    dialog.save.click()
    here.settle()
    assert dialog.error.isVisible()
    assert not panel.remove.isEnabled()  # type: ignore[attr-defined]


def test_one_s_own_pin_and_passphrase(here: Room) -> None:
    panel = part(here, "users")
    panel.pin.click()  # type: ignore[attr-defined]
    dialog = visible_dialog(SecretDialog)
    dialog.pin.setText("12")
    dialog.pin_again.setText("12")
    dialog.save.click()
    here.settle()
    assert "4" in dialog.pin_below.text()
    grab(dialog, "administration-pin")
    dialog.pin.setText("2580")
    dialog.pin_again.setText("2580")
    dialog.save.click()
    here.settle()
    assert panel._row.pin  # type: ignore[attr-defined]
    panel.passphrase.click()  # type: ignore[attr-defined]
    dialog = visible_dialog(SecretDialog)
    dialog.old.setText("falsch")
    dialog.passphrase.setText(WORDS)
    dialog.again.setText(WORDS)
    dialog.save.click()
    here.settle()
    assert dialog.old_below.text()
    assert cut_words(dialog) == []
    dialog.old.setText("bốn từ dễ nhớ")
    dialog.save.click()
    here.settle()
    assert not dialog.isVisible()
    accounts.unlock(here.station.ctx, "mai", WORDS)


def test_settings_are_saved_and_only_by_a_manager(here: Room) -> None:
    panel = part(here, "settings")
    panel.observation.setValue(45)  # type: ignore[attr-defined]
    panel.size.setCurrentIndex(panel.size.findData("A4"))  # type: ignore[attr-defined]
    panel._boxes["anaphylaxis_emergency"].setChecked(True)  # type: ignore[attr-defined]
    panel.automatic.setChecked(False)  # type: ignore[attr-defined]
    asked: list[str] = []
    here.window.language_chosen.connect(asked.append)
    panel.language.setCurrentIndex(panel.language.findData("en"))  # type: ignore[attr-defined]
    here.key(Qt.Key.Key_F12)
    ctx = here.station.ctx
    assert ctx.setting(settings.OBSERVATION_MINUTES) == 45
    assert ctx.setting(settings.CERTIFICATE_SIZE) == "A4"
    assert ctx.setting(settings.CAPABILITIES) == ["anaphylaxis_emergency"]
    assert ctx.setting(settings.AUTO_SYNC) is False
    assert asked == ["en"]
    ctx.user = Actor(ctx.user.id, ctx.user.name, ctx.user.full_name, frozenset({"inject"}))
    for name in ("settings", "station", "users"):
        made = part(here, name)
        button = made.add if name == "users" else made.save  # type: ignore[attr-defined]
        assert not button.isEnabled()
    here.fits("no-manager")


def test_the_manager_sees_what_of_the_pack_is_not_confirmed(here: Room) -> None:
    panel = part(here, "campaign")
    uncertain = here.station.ctx.campaign().uncertain
    assert panel.table.model().rowCount() == len(uncertain) > 20  # type: ignore[attr-defined]
    # What decides about doses comes first; the words say what it is about and what can be done.
    first = next(one for one in uncertain if one.file == "schedule.toml")
    assert panel.title.text() == "Lịch tiêm: quy tắc chung cho mọi mũi"  # type: ignore[attr-defined]
    assert panel.text.text().startswith(first.note.vi)  # type: ignore[attr-defined]
    assert "hãy hỏi" in panel.text.text()  # type: ignore[attr-defined]
    assert here.in_english(lambda: panel.text.text()).startswith(first.note.en)  # type: ignore[attr-defined]
    for name in ("sources", "products"):
        panel._chip(name).click()  # type: ignore[attr-defined]
        here.fits(f"campaign-{name}")
    assert panel.table.model().rowCount() == len(here.station.ctx.campaign().products)  # type: ignore[attr-defined]


def test_a_campaign_file_of_the_authority_is_imported_and_a_foreign_one_refused(here: Room, tmp_path: Path) -> None:
    here.station.enrol()
    ctx = here.station.ctx
    ctx.load_campaign = packs.loader(ctx.paths.campaigns, ctx.database)
    panel = part(here, "campaign")
    folder = assets.root() / "tests" / "campaigns" / "packs" / "measles-rubella"
    file = tmp_path / "measles-rubella.vaxpack"
    file.write_bytes(bundle.pack(folder, here.station.authority.sign_pack))
    panel.take_file(file)  # type: ignore[attr-defined]
    assert "do Sở Y tế Sơn La ký" in here.window.toast.text
    assert ctx.campaign("measles-rubella").code == "measles-rubella"
    other = Authority.create(tmp_path / "other", "Ai đó", at=here.station.clock.now())
    file.write_bytes(bundle.pack(folder, other.sign_pack))
    panel.take_file(file)  # type: ignore[attr-defined]
    assert panel.error.isVisible()  # type: ignore[attr-defined]
    here.fits("campaign-refused")


def test_a_backup_is_made_and_the_chain_is_checked(here: Room) -> None:
    panel = part(here, "safety")
    here.key(Qt.Key.Key_F12)
    assert panel.table.model().rowCount() == 1  # type: ignore[attr-defined]
    assert panel._model.rows[0].with_keys  # type: ignore[attr-defined]
    assert panel.last_backup.text().startswith("hôm nay")  # type: ignore[attr-defined]
    panel.check.click()  # type: ignore[attr-defined]
    here.settle()
    assert "nguyên vẹn" in panel.audit_state.text()  # type: ignore[attr-defined]
    here.fits("safety-sound")
    with here.station.ctx.write() as uow:
        uow.find(AuditEntry)[0].action = "forged"
        uow.commit()
    panel.check.click()  # type: ignore[attr-defined]
    here.settle()
    assert "1 lỗi" in panel.audit_state.text()  # type: ignore[attr-defined]
    here.fits("safety-forged")
    panel._back_up_to(here.station.ctx.paths.database)  # type: ignore[attr-defined]
    here.settle()
    assert panel.error.isVisible()  # type: ignore[attr-defined]


def test_a_clock_that_ran_ahead_is_confirmed_with_a_reason_and_codes_are_signed_again(here: Room) -> None:
    station = here.station
    station.enrol()
    person = station.vaccinated(date(2026, 3, 1))
    station.clock.advance(timedelta(days=400))  # a flat battery: the computer starts in another year
    people.confirm_group(station.ctx, person, "9")
    station.clock.advance(timedelta(days=-400))
    assert certificates.issue(station.ctx, person).kind == "paper"
    panel = part(here, "key")
    assert "26/12/2027" in panel.clock_words.text()  # type: ignore[attr-defined]
    here.fits("key-clock")

    def answer(dialog: ReasonDialog) -> None:
        dialog.reason.setText("So với điện thoại")
        dialog.ok.click()

    with Answer(here, ReasonDialog, answer):
        panel.clock_right.click()  # type: ignore[attr-defined]
    here.settle()
    assert not panel.clock_card.isVisible()  # type: ignore[attr-defined]
    assert certificates.issue(station.ctx, person).kind == "station"
    with station.database.reader() as conn:
        (entry,) = conn.query(AuditEntry).filter_by(action="clock-confirmed")
    assert entry.detail["reason"] == "So với điện thoại"
