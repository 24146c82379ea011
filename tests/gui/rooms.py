"""A signed-in window over a real station file, for the tests of pages."""

from __future__ import annotations

import atexit
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fit import cut_words
from grab import SIZE, grab
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QTableView, QWidget
from pytestqt.qtbot import QtBot
from support.station import Template, TestStation, copied_station, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.gui import application, style
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.facts import read
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.pages import registry
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.tasks import Tasks
from vaxdesk.services import at_hand


class Room:
    """One page in the real window, with the station behind it. Work runs at once, on the test's thread."""

    def __init__(self, qtbot: QtBot, folder: Path, name: str) -> None:
        self.qtbot = qtbot
        self.station: TestStation = _station(folder)
        self.window = MainWindow()
        self.tasks = Tasks(inline=True, parent=self.window)
        self.tasks.on_known_error = self._known
        self.tasks.on_bug = self._bug
        self.told: list[Any] = []
        self.desk = Desk(self.window, self.tasks, self.station.ctx, at_hand.read(self.station.ctx))
        self.window.set_pages(registry.makers(self.desk))
        self.window.show_shell()
        self.name = name
        qtbot.addWidget(self.window)
        self.window.resize(*SIZE)
        self.window.show()
        self.window.activateWindow()

    def _known(self, error: Any) -> None:
        self.told.append(error)

    @staticmethod
    def _bug(error: BaseException) -> None:
        raise error

    def open(self, target: object = None) -> Page:
        """Bring the page to the front."""
        self.window.show_facts(read(self.station.ctx, online=False))
        assert self.window.go_to(self.name, target)
        self.settle()
        return self.page

    @property
    def page(self) -> Page:
        return self.window.page(self.name)

    def settle(self) -> None:
        """Let notices, layouts and paints happen."""
        self.desk.changes.tell_now()
        for _turn in range(4):
            QApplication.processEvents()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key on whatever has the focus."""
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)
        self.settle()

    def fits(self, name: str) -> None:
        """Nothing on the page is cut, in both languages; pictures of it where they are wanted."""
        for language in ("vi", "en"):
            if language == "en":
                application.change_language(language)
            self.settle()
            grab(self.window, f"{self.name}-{name}")
            cut = cut_words(self.page) + cut_cells(self.page)
            assert not cut, (language, cut)
        application.change_language("vi")
        self.settle()

    def in_english(self, act: Callable[[], Any]) -> Any:
        """Run something while the window speaks English."""
        application.change_language("en")
        self.settle()
        try:
            return act()
        finally:
            application.change_language("vi")
            self.settle()

    def close(self) -> None:
        """End the desk and the file."""
        self.desk.close()
        self.tasks.close()
        self.window.close()
        self.station.database.close()


@cache
def _set_up_once() -> tuple[Path, Template]:
    """A station that was set up and not enrolled, with its authority; each room works on a copy."""
    folder = Path(mkdtemp(prefix="vaxdesk-room-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = make_station(folder)
    made.database.close()
    ctx = made.ctx
    return folder, Template(ctx.paths.data_dir, made.database.key, ctx, made.authority, made.recovery, made.set_up)


def _station(folder: Path) -> TestStation:
    whole, template = _set_up_once()
    made = copied_station(template, folder)
    made.authority = Authority.open(Path(shutil.copytree(whole / "authority", folder / "authority")))
    return made


def cut_cells(window: QWidget) -> list[str]:
    """Cells of figures and dates that need more room than their column has, and headings that are cut."""
    found = []
    for table in window.findChildren(QTableView):
        model = table.model()
        if not table.isVisible() or model is None:
            continue
        header = table.horizontalHeader()
        for column in range(model.columnCount()):
            heading = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            wide = QFontMetrics(style.font("caption", QFont.Weight.DemiBold)).horizontalAdvance(heading) + 22
            if not header.isHidden() and heading and wide > table.columnWidth(column):
                found.append(f"heading {heading!r}: {table.columnWidth(column)}")
            for row in range(model.rowCount()):
                text = str(model.index(row, column).data() or "")
                widest = re.sub(r"\d", "8", text)
                room_ = table.columnWidth(column) - 26
                figure = re.fullmatch(r"(hôm nay |today )?[\d/.:+−% ]+", text)
                if figure and table.fontMetrics().horizontalAdvance(widest) > room_:
                    found.append(f"{heading!r} {text!r}: {table.columnWidth(column)}")
    return found


@contextmanager
def room(qtbot: QtBot, folder: Path, name: str) -> Iterator[Room]:
    """A room that is closed in the end."""
    made = Room(qtbot, folder, name)
    try:
        yield made
    finally:
        made.close()


def visible_dialog(kind: type[QWidget]) -> Any:
    """The open dialog of a kind."""
    found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]
    assert found, f"no {kind.__name__} is open"
    return found[-1]
