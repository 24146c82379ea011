"""New rules that came by sync: told on every page that should, brought into force by a manager with one act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support import campaign_files

from vaxdesk.db.tables import AuditEntry, CampaignPack
from vaxdesk.errors import RefusedError
from vaxdesk.gui.bridges import exchange_end
from vaxdesk.gui.sync_words import rules_come
from vaxdesk.queries import worklist
from vaxdesk.services import accounts, packs
from vaxdesk.sync.client import Offline
from vaxdesk.sync.once import SyncResult
from vaxdesk.sync.packs import PacksResult


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The administration of an enrolled station with a person who got doses."""
    with room(qtbot, tmp_path, "administration") as made:
        made.station.enrol("https://cong.example.vn", "token")
        ctx = made.station.ctx
        ctx.load_campaign = packs.loader(ctx.paths.campaigns, ctx.database)
        yield made


def come(made: Room, folder: Path, version: str = "2999.1", valid_from: str = "2026-12-01", **changes: str) -> str:
    """A file as the exchange keeps it; its hash."""
    pack = campaign_files.folder(folder, "covid19", version, valid_from, **changes)
    data = campaign_files.signed(pack, made.station.authority).read_bytes()
    packs.receive(accounts.as_program(made.station.ctx), data)
    made.desk.changes.notify({"settings", "sync"})
    made.settle()
    return packs.digest_of(data)


def panel(made: Room):  # type: ignore[no-untyped-def]
    page = made.open("campaign")
    made.settle()
    return page.panel("campaign")  # type: ignore[attr-defined]


def test_while_nothing_waits_nothing_is_told(here: Room) -> None:
    shown = panel(here)
    assert not shown.notice.isVisible()
    assert shown._chip("versions").text() == "Phiên bản 1"
    shown._chip("versions").click()
    here.fits("versions-one")
    (row,) = shown._model.rows
    assert "có sẵn trong chương trình" in row.text


def test_the_manager_is_told_what_has_come_and_brings_it_into_force(here: Room, tmp_path: Path) -> None:
    shipped = here.station.ctx.campaign().version
    here.station.vaccinated(date(2026, 8, 10), date(2026, 10, 25), national_id="")
    come(here, tmp_path, valid_from="2026-10-01", interval="100 days")
    shown = panel(here)
    notice = shown.notice
    assert notice.isVisible()
    assert notice.title.text() == "Quy định mới 2999.1 đang chờ: lẽ ra đã áp dụng từ 01/10/2026"
    assert f"thay cho {shipped} · nhận từ Cổng 21/11/2026 · do Sở Y tế Sơn La ký" in notice.about.text()
    assert "Quy định lịch tiêm: 0 mới" in notice.changes.text()
    assert notice.doses.text().startswith("1 mũi tiêm từ 01/10/2026 trở đi")
    here.fits("rules-late")
    here.key(Qt.Key.Key_F12)
    box = visible_dialog(QMessageBox)
    assert "2999.1" in box.text()
    next(button for button in box.buttons() if button.text() == "Quay lại").click()
    here.settle()
    assert here.desk.campaign().version == shipped, "a slip of a key changes nothing"
    notice.apply.click()
    box = visible_dialog(QMessageBox)
    next(button for button in box.buttons() if button.text() == "Đưa vào áp dụng").click()
    here.settle()
    assert not notice.isVisible()
    assert here.desk.campaign().version == "2999.1"
    assert shown.version.text() == "phiên bản 2999.1"
    assert "giữ nguyên kết luận" in here.window.toast.text
    entry = here.station.rows(AuditEntry, entity="campaign")[-1]
    assert (entry.action, entry.user_id) == ("bring-into-force", here.station.ctx.user.id)
    shown._chip("versions").click()
    here.fits("versions")
    texts = [row.second for row in shown._model.rows]
    assert texts[0].startswith("đang áp dụng · từ 01/10/2026")
    assert texts[1].startswith("đã hết áp dụng")
    assert "Lò Thị Mai đưa vào áp dụng ngày 21/11/2026" in shown._model.rows[0].text


def test_several_wait_and_the_chosen_one_is_brought_into_force(here: Room, tmp_path: Path) -> None:
    come(here, tmp_path)
    come(here, tmp_path, "2999.2", "2027-01-01")
    shown = panel(here)
    assert "2999.1" in shown.notice.title.text()
    shown._chip("versions").click()
    here.settle()
    shown.table.choose(next(n for n, row in enumerate(shown._model.rows) if row.name.startswith("2999.2")))
    here.settle()
    assert shown.notice.title.text() == "Quy định mới 2999.2 đang chờ: áp dụng từ 01/01/2027"
    here.fits("rules-two")
    here.desk.changes.notify({"settings"})
    here.settle()
    assert "2999.2" in shown.notice.title.text(), "another reading does not change what is chosen"


def test_who_does_not_manage_sees_it_and_cannot(here: Room, tmp_path: Path) -> None:
    digest = come(here, tmp_path)
    ctx = here.station.ctx
    here.desk.ctx = replace(ctx, user=replace(ctx.user, roles=frozenset({"inject"})))
    shown = panel(here)
    assert shown.notice.isVisible()
    assert not shown.notice.apply.isEnabled()
    assert "Người quản lý" in shown.notice.hint.text()
    here.fits("rules-no-manager")
    here.key(Qt.Key.Key_F12)
    assert not any(isinstance(box, QMessageBox) and box.isVisible() for box in here.window.findChildren(QMessageBox))
    with pytest.raises(RefusedError):
        packs.bring_into_force(here.desk.ctx, digest)


def test_a_refused_file_says_why_in_the_list(here: Room) -> None:
    program = accounts.as_program(here.station.ctx)
    error = RefusedError("The campaign file is not signed by the authority that this station trusts.")
    packs.refuse(program, "ab" * 32, "covid19", "2999.1", error)
    shown = panel(here)
    assert not shown.notice.isVisible()
    shown._chip("versions").click()
    here.settle()
    row = shown._model.rows[-1]
    assert row.second.startswith("không nhận")
    assert "ký" in row.text
    shown.table.choose(len(shown._model.rows) - 1)
    here.fits("versions-refused")


def test_the_first_page_leads_to_it_and_the_exchange_says_it(here: Room, tmp_path: Path) -> None:
    come(here, tmp_path, valid_from="2026-11-01")
    come(here, tmp_path, "2999.2", "2027-01-01")
    ctx = here.station.ctx
    packs.refuse(accounts.as_program(ctx), "ab" * 32, "covid19", "1.1", Offline("The portal does not answer."))
    with ctx.database.reader() as conn:
        items = worklist.today(conn, "covid19", ctx.today(), ctx.now(), 30).items
    found = {item.kind: (item.words, item.day) for item in items}
    assert found["rules-late"] == ("2999.1", date(2026, 11, 1))
    assert found["rules"] == ("2999.2", date(2027, 1, 1))
    here.name = "today"
    today = here.open()
    rows = {item.kind: item for item in today._rows.rows}  # type: ignore[attr-defined]
    today._open_work(rows["rules-late"])  # type: ignore[attr-defined]
    here.settle()
    assert here.window.current_page.part == "campaign"  # type: ignore[attr-defined]
    here.name = "today"
    here.open()
    here.fits("rules")
    here.name = "sync"
    page = here.open()
    told = page.rules.text()  # type: ignore[attr-defined]
    assert "Quy định mới 2999.1, lẽ ra áp dụng từ 01/11/2026" in told
    assert "Quy định mới 2999.2, áp dụng từ 01/01/2027" in told
    assert "1 tệp chiến dịch của Cổng không được nhận" in told
    here.fits("rules")
    with ctx.write() as uow:
        for row in uow.find(CampaignPack):
            row.received_at -= timedelta(days=8)
        uow.commit()
    page.refresh(frozenset({"sync"}))
    here.settle()
    assert "không được nhận" not in page.rules.text()  # type: ignore[attr-defined]


def test_an_exchange_that_brought_rules_is_told_in_a_line(here: Room) -> None:
    result = SyncResult(
        packs=PacksResult(waiting=[packs.ReceivedPack("covid19", "2999.1", date(2026, 12, 1), "waiting")])
    )
    end = exchange_end(result, here.desk.now())
    assert end.rules == ("2999.1",)
    assert end.rules_changed
    assert rules_come(end).startswith("Đã nhận quy định mới: 2999.1.")
    broken = SyncResult(packs=PacksResult(error=Offline("The portal does not answer. Work goes on; it is sent later.")))
    here.name = "sync"
    page = here.open()
    here.desk.exchanged.emit(exchange_end(broken, here.desk.now()))
    here.settle()
    assert page.rules.text().startswith("Chưa tải được quy định mới")  # type: ignore[attr-defined]
