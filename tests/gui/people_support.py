"""What the tests of the people pages share: scans, searches, and a typist who counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from rooms import Room

from vaxdesk.domain.cards import read_scan
from vaxdesk.gui.pages.people import PeoplePage
from vaxdesk.queries import people as people_query

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
DOUBTFUL = "014171005678|050812345|Cầm Thị Hặc|07091972|Nữ|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


class Clerk:
    """Types as a person does and counts: a letter is one key, a modifier one more, a Telex accent another."""

    def __init__(self, place: Room) -> None:
        self.room = place
        self.keys = 0

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.keys += 1 if modifier == Qt.KeyboardModifier.NoModifier else 2
        QTest.keyClick(_target(), key, modifier)
        self.room.settle()

    def type(self, text: str, telex: int = 0) -> None:
        """``telex``: how many strokes more than letters the accents cost."""
        self.keys += len(text) + sum(letter.isupper() for letter in text) + telex
        for letter in text:
            if letter.isascii():
                QTest.keyClicks(_target(), letter)
            else:
                field = QApplication.focusWidget()
                field.insert(letter)  # an input method commits into the line edit
                field.textEdited.emit(field.text())
            QApplication.processEvents()
        self.room.settle()


def _target():  # type: ignore[no-untyped-def]
    return QApplication.activePopupWidget() or QApplication.focusWidget()


def page_of(place: Room) -> PeoplePage:
    page = place.page
    assert isinstance(page, PeoplePage)
    return page


def scan(place: Room, text: str) -> None:
    """A code was scanned, wherever the focus is."""
    page = place.window.current_page
    read = read_scan(text, place.desk.today())
    if page is None or not page.take_scan(read):
        place.window.go_to("people", read)
    place.settle()


def find(place: Room, text: str) -> tuple[people_query.PersonRow, ...]:
    with place.station.database.reader() as conn:
        return people_query.search(conn, text)


def activate(place: Room) -> None:
    """The window takes the keys again after a dialog."""
    place.window.activateWindow()
    place.qtbot.waitUntil(place.window.isActiveWindow)


class Answer:
    """Acts in the next dialog of a kind as soon as it is open, and closes it in any case. Use around the key."""

    def __init__(self, place: Room, kind: type[QDialog], act: Callable[[Any], None]) -> None:
        self.room, self.kind, self.act = place, kind, act
        self.failed: BaseException | None = None
        self.answered = False
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._look)

    def __enter__(self) -> Answer:
        self._timer.start()
        return self

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            return
        self._timer.stop()
        try:
            assert isinstance(dialog, self.kind), dialog
            self.act(dialog)
            self.answered = True
        except BaseException as error:  # noqa: BLE001 - told after the dialog is closed, else the test would hang
            self.failed = error
        finally:
            if dialog.isVisible():
                dialog.close()

    def __exit__(self, *_error: object) -> None:
        self._timer.stop()
        if self.failed is not None:
            raise self.failed
        assert self.answered, f"no {self.kind.__name__} was opened"
        activate(self.room)
        self.room.settle()
