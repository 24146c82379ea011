"""A scan is recognised whatever has the focus, and no key of it reaches anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QTableWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support import typing_person as person

from vaxdesk.gui import application
from vaxdesk.gui.scan_filter import ScanFilter
from vaxdesk.gui.widgets.buttons import KeyButton

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


class Desk(QWidget):
    """A field, a list, and buttons on Enter, Space and plain keys: everything a scan could press."""

    def __init__(self) -> None:
        super().__init__()
        self.presses = 0
        self.entered = 0
        self.field = QLineEdit(self)
        self.field.returnPressed.connect(self._count_enter)
        self.rows = QTableWidget(20, 2, self)
        self.button = KeyButton(self)
        self.button.setText("0")
        self.button.setProperty("keys", "0")
        self.button.clicked.connect(self._count)
        self.save = KeyButton(self)
        self.save.setProperty("keys", "Return")
        self.save.clicked.connect(self._count)
        column = QVBoxLayout(self)
        for widget in (self.field, self.rows, self.button, self.save):
            column.addWidget(widget)

    def _count(self) -> None:
        self.presses += 1

    def _count_enter(self) -> None:
        self.entered += 1


@pytest.fixture
def scans(_dressed: QApplication) -> Iterator[list[tuple[str, bool]]]:
    """What the filter recognised."""
    found: list[tuple[str, bool]] = []
    scan_filter = ScanFilter()
    scan_filter.scanned.connect(lambda text, edited: found.append((text, edited)))
    application.input_filters().add(scan_filter, first=True)
    yield found
    application.input_filters().remove(scan_filter)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    """The widgets, in front."""
    made = Desk()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.mark.parametrize("closing", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab])
@pytest.mark.parametrize("focus", ["field", "rows", "button", "save"])
def test_a_scan_touches_nothing(
    desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot, focus: str, closing: Qt.Key
) -> None:
    getattr(desk, focus).setFocus()
    person.scan(CARD, closing)
    assert scans == [(CARD, False)]
    assert desk.field.text() == ""
    assert (desk.presses, desk.entered) == (0, 0)
    assert desk.focusWidget() is getattr(desk, focus)
    assert not desk.button.isDown()


def test_a_scan_that_a_bare_line_feed_closes(desk: Desk, scans: list[tuple[str, bool]]) -> None:
    desk.field.setFocus()
    person.scan(CARD, None)
    person.press(Qt.Key.Key_unknown, "\n", gap=2)
    assert scans == [(CARD, False)]
    assert desk.field.text() == ""


def test_a_scan_without_a_closing_key(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    person.scan(CARD, None)
    qtbot.waitUntil(lambda: bool(scans))
    assert scans == [(CARD, False)]
    assert desk.field.text() == ""


def test_typing_arrives_whole_and_in_order(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    person.type_text("Giàng A Pó 1956")
    qtbot.waitUntil(lambda: desk.field.text() == "Giàng A Pó 1956")
    person.press(Qt.Key.Key_Left)
    person.press(Qt.Key.Key_Backspace)
    person.press(Qt.Key.Key_7, "7")
    qtbot.waitUntil(lambda: desk.field.text() == "Giàng A Pó 1976")
    assert scans == []


def test_enter_after_typing_stays_enter(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    person.type_text("Nguyen", gap=60)
    person.press(Qt.Key.Key_Return, "\r")
    assert scans == []
    assert desk.field.text() == "Nguyen"


def test_a_scan_in_the_middle_of_typing(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    person.type_text("Nà")
    person.scan("TC-7K2M-9QX4-ABCD")
    person.type_text(" Khi")
    qtbot.waitUntil(lambda: desk.field.text() == "Nà Khi")
    assert scans == [("TC-7K2M-9QX4-ABCD", False)]


def test_a_plain_key_still_presses_its_button(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.rows.setFocus()
    desk.button.setFocus()
    person.press(Qt.Key.Key_0, "0")
    qtbot.waitUntil(lambda: desk.presses == 1)
    desk.field.setFocus()
    person.press(Qt.Key.Key_0, "0")
    qtbot.waitUntil(lambda: desk.field.text() == "0")
    assert desk.presses == 1


def test_space_presses_the_focused_button_and_lets_it_go(
    desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot
) -> None:
    desk.save.setFocus()
    person.press(Qt.Key.Key_Space, " ")
    qtbot.waitUntil(lambda: desk.presses == 1)
    assert not desk.save.isDown()


def test_shortcuts_do_not_take_a_scanned_key_first(desk: Desk, scans: list[tuple[str, bool]]) -> None:
    """Qt asks the focused widget before it tries shortcuts: the filter claims what may belong to a scan."""
    desk.rows.setFocus()
    for key, text, claimed in ((Qt.Key.Key_0, "0", True), (Qt.Key.Key_Return, "\r", True), (Qt.Key.Key_F12, "", False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier, text)
        event.ignore()
        QApplication.sendEvent(desk.rows, event)
        assert event.isAccepted() == claimed


def compose(target: QWidget, commit: str, preedit: str = "") -> None:
    """An input method's event."""
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(target, event)


def test_a_word_of_an_input_method_is_typing(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    compose(desk.field, "", "nghiêng")
    compose(desk.field, "nghiêng")
    person.press(Qt.Key.Key_Return, "\r", gap=1)
    assert desk.field.text() == "nghiêng"
    assert scans == []


def test_letters_of_an_input_method_inside_a_scan(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    desk.field.setFocus()
    person._advance(5000)
    for character in "014090123456|050812345|":
        person.press(person.key_of(character), character, 2)
    for word in ("Nguyễn ", "Văn ", "Anh"):
        compose(desk.field, "", word[:2])
        compose(desk.field, word)
    person.press(Qt.Key.Key_Return, "\r", 2)
    assert [text for text, _edited in scans] == ["014090123456|050812345|Nguyễn Văn Anh"]
    assert desk.field.text() == ""


def test_a_busy_window_does_not_cut_a_scan(desk: Desk, scans: list[tuple[str, bool]], qtbot: QtBot) -> None:
    """The keys wait in the queue while the window is busy: their own stamps tell that they came fast."""
    import time

    desk.field.setFocus()
    person.press(Qt.Key.Key_H, "H", 5000)
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        pass
    for character in "C1:6BF+70790T9WJWG.FKY*4GO0":
        person.press(person.key_of(character), character, 3)
    person.press(Qt.Key.Key_Return, "\r", 3)
    assert scans == [("HC1:6BF+70790T9WJWG.FKY*4GO0", False)]
    assert desk.field.text() == ""
