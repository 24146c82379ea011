"""PySide6 6.12.0 loses a reference of None at each repaint below Python 3.12 and in the end aborts the process."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

class Painted(QWidget):
    count = 0
    def paintEvent(self, event):
        self.count += 1
        painter = QPainter(self)
        painter.drawText(5, 15, str(self.count))
        painter.end()

application = QApplication([])
widget = Painted()
widget.resize(40, 20)
widget.show()
while not widget.count:
    application.processEvents()
times = int(sys.argv[1])
before = sys.getrefcount(None)
for _ in range(times):
    widget.repaint()
    widget.setToolTip("x")
print(widget.count, before - sys.getrefcount(None))
"""


def repaint(times: int) -> tuple[int, int]:
    """Repaint in a process of its own; how often it painted, and how many references of None were lost."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", PROGRAM, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    painted, lost = done.stdout.split()
    return int(painted), int(lost)


def test_a_repaint_loses_no_reference_of_none() -> None:
    painted, lost = repaint(300)
    assert painted >= 300
    # Below 3.12 each lost reference shows; from 3.12 on None is immortal and its count stands still.
    assert lost < 100


def test_twenty_thousand_repaints_are_survived() -> None:
    painted, lost = repaint(20_000)
    assert painted >= 20_000
    assert lost < 1_000
