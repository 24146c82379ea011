"""Start-up: from process start to the first painted window, as a ratio to a bare PySide6 window of the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.station import make_station

pytestmark = pytest.mark.long

ROUNDS = 7
MOST = 2.0

#: The floor: a main window with a table of 1,000 rows, menu and tool bar.
BARE = """
import json, time
from PySide6.QtCore import QAbstractTableModel, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView

class Rows(QAbstractTableModel):
    def rowCount(self, parent=None): return 1000
    def columnCount(self, parent=None): return 6
    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        return f"{index.row()} {index.column()}" if role == Qt.ItemDataRole.DisplayRole else None

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, done)
        return False

def done():
    print(json.dumps({"at": time.time()}), flush=True)
    application.quit()

application = QApplication([])
window = QMainWindow()
table, rows = QTableView(), Rows()
table.setModel(rows)
window.setCentralWidget(table)
window.menuBar().addMenu("x")
window.addToolBar("x")
window.resize(1366, 768)
painted = FirstPaint()
window.installEventFilter(painted)
window.show()
application.exec()
"""


def milliseconds(command: list[str]) -> float:
    """From spawning a process to the moment that it names."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    began = time.time()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return (json.loads(done.stdout.strip().splitlines()[-1])["at"] - began) * 1000


def test_first_paint_is_at_most_twice_a_bare_window(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    station.database.close()
    bare = [sys.executable, "-c", BARE]
    folder = str(station.ctx.paths.data_dir)
    ours = [sys.executable, "-m", "vaxdesk.app", "--data-dir", folder, "--quit-after-first-paint"]
    for command in (bare, ours):
        milliseconds(command)  # bytecode is written, files are in the cache
    floor, found = [], []
    for _round in range(ROUNDS):
        floor.append(milliseconds(bare))
        found.append(milliseconds(ours))
    ratio = statistics.median(found) / statistics.median(floor)
    print(f"bare {statistics.median(floor):.0f} ms, VaxDesk {statistics.median(found):.0f} ms, {ratio:.2f}x")
    assert ratio <= MOST
