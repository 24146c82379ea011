"""The rules change while a station works: from the Ministry's decision to the dose at the table, over a bad line.

The province's health department signs the new rules and publishes them at its portal. The station hears of them with
an ordinary exchange, the line breaks in the middle, nobody's work waits. The nurse sees that something has come and
goes on by the rules that hold; the manager reads what it changes and brings it into force with two keys. A colleague
without internet gets the same file on a stick. Then the PC burns, and another one goes on from the backup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from support import campaign_files
from support.fault_proxy import FaultProxy, fault_proxy
from support.portal import PortalProcess, running_portal
from support.station import PASSPHRASE, TestStation, make_station

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import local_date
from vaxdesk.db.tables import AuditEntry, Immunization, Outbox, Person
from vaxdesk.errors import FieldError
from vaxdesk.gui import application
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.tasks import Tasks
from vaxdesk.paths import StationPaths
from vaxdesk.services import accounts, history, packs, upkeep, visits
from vaxdesk.services.context import Context, store_setting
from vaxdesk.sync.once import sync_once

#: Whom the rules find: complete before the change; with a first dose 45 days ago.
COMPLETE, BEGUN = "Lò Văn An", "Vì Thị Bình"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    Authority.create(tmp_path / "keys", "Sở Y tế Sơn La")
    with running_portal(tmp_path, "--rate", "5000", authority=tmp_path / "keys") as portal:
        yield portal


@pytest.fixture
def line(portal: PortalProcess) -> Iterator[FaultProxy]:
    with fault_proxy(portal.url) as proxy:
        yield proxy


@pytest.fixture
def station(tmp_path: Path, portal: PortalProcess, line: FaultProxy) -> Iterator[TestStation]:
    station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
    station.enrol_at(portal, tmp_path)
    station.ctx.load_campaign = packs.loader(station.ctx.paths.campaigns, station.database)
    with station.ctx.write() as uow:
        store_setting(uow, settings.PORTAL_URL, line.url)
        uow.commit()
    yield station
    station.database.close()


class Manager:
    """The manager at her window; ``keys`` counts."""

    def __init__(self, qtbot: QtBot, ctx: Context) -> None:
        application.create(["vaxdesk"])
        self.qtbot, self.keys = qtbot, 0
        self.window = MainWindow()
        qtbot.addWidget(self.window)
        self.tasks = Tasks(inline=True)
        self.tasks.on_bug = self._raise
        self.flow = Flow(self.window, self.tasks, ctx.paths, practice=False, clock=ctx.clock)
        self.window.resize(1366, 768)
        self.window.show()
        self.window.activateWindow()
        self.flow.open(ctx)
        self.settle()

    @staticmethod
    def _raise(error: BaseException) -> None:
        raise error

    def settle(self) -> None:
        for _turn in range(4):
            QApplication.processEvents()

    def key(self, key: Qt.Key) -> None:
        self.keys += 1
        target = QApplication.activeModalWidget() or QApplication.focusWidget() or self.window
        self.qtbot.keyClick(target, key)
        self.settle()


def verdicts(ctx: Context, person: str) -> list[str]:
    """What the station says of a person's doses today."""
    with ctx.read() as uow:
        given = history.given_doses(uow.find(Immunization, person_id=person))
        row = uow.get(Person, person)
        assert row is not None
        return [dose.reason for dose in history.evaluate(ctx.campaign(), row, given, ctx.today()).doses]


def decision(portal: PortalProcess, folder: Path, from_day: date) -> Path:
    """The department turns the decision into a pack, signs it and publishes it with its own commands."""
    pack = campaign_files.folder(folder, "covid19", "2999.1", from_day.isoformat(), interval="100 days")
    file = folder / "quy-dinh-moi.vaxpack"
    portal.admin("pack", "sign", str(pack), "--out", str(file))
    told = portal.admin("pack", "publish", str(file))
    assert (told["version"], told["status"]) == ("2999.1", "offered")
    return file


def test_new_rules_reach_the_dose_at_the_table(
    qtbot: QtBot, station: TestStation, portal: PortalProcess, line: FaultProxy, tmp_path: Path
) -> None:
    ctx = station.ctx
    today = local_date(station.clock.now())
    shipped = ctx.campaign().version
    complete = station.vaccinated(
        *(today - timedelta(days=days) for days in (120, 60)), national_id="", full_name=COMPLETE
    )
    begun = station.vaccinated(today - timedelta(days=45), national_id="", full_name=BEGUN)
    assert verdicts(ctx, complete) == ["valid", "valid"]

    # The decision holds from ten days ago on; the line breaks while it comes down, and the records go all the same.
    file = decision(portal, tmp_path, today - timedelta(days=10))
    station.clock.advance(timedelta(seconds=11))
    line.once("truncated", lambda seen: "/packs/" in seen.path)
    first = sync_once(ctx)
    assert line.broken == ["truncated"]
    assert first.status is not None
    assert first.status.all_sent
    assert station.rows(AuditEntry, action="receive", entity="campaign") == []
    line.seen.clear()
    second = sync_once(ctx)
    assert [one.version for one in second.packs.waiting] == ["2999.1"]
    (asked,) = (seen for seen in line.seen if "/packs/" in seen.path)
    assert asked.headers["Range"] != "bytes=0-", "not from the start"

    # It changes nothing by itself: the nurse is told, and goes on.
    assert ctx.campaign().version == shipped
    nurse = replace(station.acting("register", "screen", "inject"), load_campaign=ctx.load_campaign)
    window = Manager(qtbot, nurse)
    window.window.go_to("today")
    window.settle()
    kinds = {item.kind: item.words for item in window.window.current_page._rows.rows}  # type: ignore[attr-defined]
    assert kinds["rules-late"] == "2999.1"
    window.window.go_to("administration", "campaign")
    window.settle()
    panel = window.window.current_page.panel("campaign")  # type: ignore[attr-defined]
    assert panel.notice.isVisible()
    assert not panel.notice.apply.isEnabled()

    # The manager reads what it changes, and two keys bring it into force.
    window.flow.desk.switch(ctx)  # type: ignore[union-attr]
    window.window.go_to("administration", "campaign")
    window.settle()
    assert f"thay cho {shipped}" in panel.notice.about.text()
    assert "do Sở Y tế Sơn La ký" in panel.notice.about.text()
    assert "thay đổi" in panel.notice.changes.text()
    window.keys = 0
    window.key(Qt.Key.Key_F12)
    assert isinstance(QApplication.activeModalWidget(), QMessageBox)
    window.key(Qt.Key.Key_Return)
    assert window.keys == 2
    assert not panel.notice.isVisible()
    assert ctx.campaign().version == "2999.1"
    (entry,) = station.rows(AuditEntry, action="bring-into-force", entity="campaign")
    assert entry.user_id == ctx.user.id

    # Who was complete before stays complete; who comes to the table today waits for the new span, or a reason is given.
    assert verdicts(ctx, complete) == ["valid", "valid"]
    lot = station.lot()
    session = station.session(lot)
    visit = visits.check_in(ctx, visits.CheckIn(session, begun))
    station.consent(begun, visit)
    station.screen(visit)
    with pytest.raises(FieldError, match="why"):
        station.dose(visit, lot)
    station.dose(visit, lot, reason="Bác sĩ quyết định tiêm")
    assert verdicts(ctx, begun) == ["valid", "too_early"]
    station.clock.advance(timedelta(seconds=11))
    last = sync_once(ctx)
    assert last.status is not None
    assert last.status.all_sent, station.rows(Outbox, state="refused")
    window.flow.desk.close()  # type: ignore[union-attr]

    # A colleague without internet: the same file from a stick, in force at once, because she imports it herself.
    other = make_station(tmp_path / "other", moment=station.clock.now(), code="119")
    (tmp_path / "second").mkdir()
    other.enrol_at(portal, tmp_path / "second")
    other.ctx.load_campaign = packs.loader(other.ctx.paths.campaigns, other.database)
    assert packs.import_pack(other.ctx, file).version == "2999.1"
    assert other.ctx.campaign().version == "2999.1"
    other.database.close()

    # The PC burns. Another one goes on from the backup: with the rules, and with every dose as it was judged.
    upkeep.back_up(ctx, tmp_path / "usb" / "copy.db")
    paths = StationPaths(tmp_path / "new computer")
    upkeep.restore(paths, tmp_path / "usb" / "copy.db")
    back = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader(paths.campaigns), station.clock)
    assert back.campaign().version == "2999.1"
    assert back.campaign(day=today - timedelta(days=11)).version == shipped
    assert (verdicts(back, complete), verdicts(back, begun)) == (["valid", "valid"], ["valid", "too_early"])
    back.database.close()
