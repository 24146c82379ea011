"""While somebody goes through every page, the thread that paints asks the file nothing: each reading runs beside it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.gui.rooms import SIZE
from tests.support.station import make_station
from vaxdesk.gui import application
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.main_window import PAGE_NAMES, MainWindow
from vaxdesk.gui.tasks import Tasks
from vaxdesk.services import rules


@pytest.fixture
def asked_by_the_window() -> Iterator[list[str]]:
    """Where the painting thread had a statement run."""
    painting = threading.get_ident()
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.get_ident() == painting:
            ours = [line for line in traceback.extract_stack() if "/vaxdesk/" in line.filename]
            asked.append(f"{statement[:60]!r} from " + " < ".join(f"{line.name}:{line.lineno}" for line in ours[-6:]))

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def test_no_page_asks_the_file_on_the_painting_thread(
    qtbot: QtBot, tmp_path: Path, asked_by_the_window: list[str]
) -> None:
    station = make_station(tmp_path)
    station.enrol()
    station.ctx.load_campaign = rules.Rules(station.ctx.paths.campaigns, station.database)
    lot = station.lot()
    session = station.session(lot)
    dosed = station.through(session, lot).person_id
    waiting = station.person(session, full_name="Lò Thị Ban", national_id="014190123457").person_id
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(*SIZE)
    tasks = Tasks(parent=window)
    bugs: list[BaseException] = []
    tasks.on_bug = bugs.append
    flow = Flow(window, tasks, station.ctx.paths, practice=False, clock=station.clock)

    def calm() -> None:
        qtbot.waitUntil(lambda: not tasks.busy(), timeout=20_000)

    asked_by_the_window.clear()
    with qtbot.waitSignal(flow.opened, timeout=20_000):
        flow.open(station.ctx)
    window.show()
    calm()
    for name in PAGE_NAMES:
        window.go_to(name)
        calm()
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Escape):
            qtbot.keyClick(window.focusWidget() or window, key)
            calm()
    for who in (dosed, waiting):
        window.go_to("people", who)
        calm()
    application.change_language("en")
    application.change_language("vi")
    calm()
    rules.tell_changed(station.ctx.paths.campaigns)
    assert flow.desk is not None
    flow.desk.campaign(station.ctx.today() + timedelta(days=7))
    assert not bugs
    assert not asked_by_the_window
    flow.close()
    window.close()
