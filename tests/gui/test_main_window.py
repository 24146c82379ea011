"""The shell: rail and keys, search box, chips, status line, toast, key overlay."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest
from fit import cut_words
from grab import SIZE, grab
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from vaxdesk import i18n
from vaxdesk.clock import VIET_NAM
from vaxdesk.gui import application, style
from vaxdesk.gui.main_window import PAGE_NAMES, MainWindow, SessionFacts, ShellFacts
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.widgets.buttons import KeyButton

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=VIET_NAM)
FACTS = ShellFacts(
    now=NOW,
    user_name="Lò Thị Mai",
    roles=("Register", "Screen", "Inject", "Manage"),
    station_name="Trạm Y tế xã Mường Lạn",
    session=SessionFacts("morning", date(2026, 11, 21), "AstraZeneca", 43, 120),
    enrolled=True,
    waiting=58,
    last_backup=NOW - timedelta(hours=2, minutes=2),
    last_sent=NOW - timedelta(days=2),
    key_list_days=2,
)


class ProbePage(Page):
    """A page that remembers what was done to it."""

    areas = frozenset({"people"})

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)  # type: ignore[arg-type]  # needs no desk
        self.name = name
        self.told: list[object] = []
        self.leave = True
        self.first = QLineEdit(self)
        self.second = QLineEdit(self)
        self.commit = KeyButton(self)
        self.commit.setText(f"Commit {name}")
        self.commit.setProperty("variant", "main")
        self.commit.setProperty("keys", "F12")
        self.commit.clicked.connect(partial(self.told.append, "committed"))
        column = QVBoxLayout(self)
        column.addWidget(QLabel(name, self))
        for widget in (self.first, self.second, self.commit):
            column.addWidget(widget)
        self.setFocusProxy(self.first)

    def entered(self, target: object = None) -> None:
        self.told.append(("entered", target))
        self.first.setFocus()

    def left(self) -> None:
        self.told.append("left")

    def may_leave(self) -> bool:
        return self.leave

    def refresh(self, areas: frozenset[str]) -> None:
        self.told.append(("refresh", areas))

    def search(self, text: str) -> None:
        self.told.append(("search", text))


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    """The window with a probe behind each entry, in front and active."""
    made = MainWindow()
    qtbot.addWidget(made)
    made.set_pages({name: partial(ProbePage, name) for name in PAGE_NAMES})
    made.resize(*SIZE)
    made.show_shell()
    made.show_facts(FACTS)
    made.go_to("today")
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def probe(window: MainWindow, name: str) -> ProbePage:
    page = window.page(name)
    assert isinstance(page, ProbePage)
    return page


def test_ctrl_and_a_figure_change_the_page(window: MainWindow, qtbot: QtBot) -> None:
    for number, name in enumerate(PAGE_NAMES, 1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.current_name == name


def test_pages_are_made_when_first_shown(window: MainWindow) -> None:
    assert window.pages.count() == 1
    window.go_to("stock")
    assert window.pages.count() == 2
    window.go_to("today")
    window.go_to("stock", "lot")
    assert window.pages.count() == 2
    assert probe(window, "stock").told == [("entered", None), "left", ("entered", "lot")]


def test_a_page_with_open_input_is_not_left(window: MainWindow, qtbot: QtBot) -> None:
    probe(window, "today").leave = False
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.current_name == "today"
    assert window.findChild(KeyButton, "nav_today").isChecked()
    assert not window.close()
    probe(window, "today").leave = True
    assert window.close()


def test_f12_belongs_to_the_page_in_front(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("people")
    qtbot.keyClick(window, Qt.Key.Key_F12)
    assert "committed" in probe(window, "people").told
    assert "committed" not in probe(window, "today").told
    probe(window, "people").commit.setEnabled(False)
    probe(window, "people").told.clear()
    qtbot.keyClick(window, Qt.Key.Key_F12)
    assert probe(window, "people").told == []


def test_enter_alone_only_moves_on(window: MainWindow, qtbot: QtBot) -> None:
    page = probe(window, "today")
    page.first.setFocus()
    qtbot.keyClick(page.first, Qt.Key.Key_Return)
    assert page.second.hasFocus()
    qtbot.keyClick(page.second, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert page.commit.hasFocus()
    qtbot.keyClick(page.commit, Qt.Key.Key_Return)
    assert "committed" not in page.told
    page.commit.setFocus()
    qtbot.keyClick(page.commit, Qt.Key.Key_Space)
    assert "committed" in page.told


def test_ctrl_k_searches_and_an_emptied_box_goes_back(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("stock")
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.search.hasFocus()
    qtbot.keyClicks(window.search, "hac 1972")
    qtbot.waitUntil(lambda: ("search", "hac 1972") in probe(window, "people").told)
    assert window.current_name == "people"
    assert window.search.hasFocus()
    qtbot.keyClick(window.search, Qt.Key.Key_Down)
    assert probe(window, "people").first.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.current_name == "stock")


def test_only_the_page_in_front_is_refreshed_others_when_they_come(window: MainWindow) -> None:
    window.go_to("people")
    window.take_changes(frozenset({"people", "stock"}))
    assert probe(window, "people").told[-1] == ("refresh", frozenset({"people"}))
    assert ("refresh", frozenset({"people"})) not in probe(window, "today").told
    window.go_to("today")
    assert probe(window, "today").told[-1] == ("refresh", frozenset({"people"}))


@pytest.mark.parametrize(
    ("online", "enrolled", "waiting", "refused", "words", "tone"),
    [
        (False, True, 58, 0, "Ngoại tuyến · 58 bản ghi chờ gửi", "warn"),
        (False, True, 12345, 0, "Ngoại tuyến · 12.345 bản ghi chờ gửi", "warn"),
        (True, True, 3, 0, "Đang gửi · 3 bản ghi chờ gửi", "info"),
        (True, True, 0, 0, "Đã gửi hết", "ok"),
        (False, True, 0, 0, "Ngoại tuyến · không có gì chờ gửi", ""),
        (False, False, 0, 0, "Chưa nối với Cổng", ""),
        (True, True, 5, 2, "5 bản ghi chờ gửi · 2 bản ghi bị từ chối", "warn"),
    ],
)
def test_the_connection_says_what_is_true(
    window: MainWindow, online: bool, enrolled: bool, waiting: int, refused: int, words: str, tone: str
) -> None:
    facts = ShellFacts(now=NOW, online=online, enrolled=enrolled, waiting=waiting, refused=refused)
    window.show_facts(facts)
    assert window.connection_chip.text().strip() == words
    assert window.connection_chip.property("tone") == tone


def test_the_frame_in_both_languages(window: MainWindow, qtbot: QtBot) -> None:
    assert window.session_chip.text().strip() == "Buổi sáng 21/11 · AstraZeneca · 43/120"
    assert "hôm nay 06:58" in window.backup_label.text()
    assert "19/11 09:00" in window.sent_label.text()
    assert "2 ngày" in window.keys_label.text()
    assert window.user_roles.text() == " · ".join(i18n.translate(role) for role in FACTS.roles)
    window.language_chosen.connect(application.change_language)
    qtbot.mouseClick(window.language_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session_chip.text().strip() == "Morning session 21/11 · AstraZeneca · 43/120")
    assert window.findChild(KeyButton, "nav_stock").text() == "Vaccine stock"
    assert window.language_button.text() == "English"
    assert window.connection_chip.text().strip() == "Offline · 58 records waiting"


def test_undo_is_offered_for_ten_seconds(window: MainWindow, qtbot: QtBot) -> None:
    undone: list[int] = []
    window.toast.say("Đã ghi mũi 2, AstraZeneca, lô ABX3107, Giàng A Pó, 1956", partial(undone.append, 1))
    grab(window, "toast")
    assert not cut_words(window)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    assert window.toast.text == ""
    window.toast.say("Đã lưu", partial(undone.append, 2))
    for _second in range(10):
        window.toast._second_over()
    assert window.toast.text == ""
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]


def test_a_newer_message_takes_the_place_of_an_older_undo(window: MainWindow, qtbot: QtBot) -> None:
    undone: list[int] = []
    window.toast.say("Một", partial(undone.append, 1))
    window.toast.say("Hai")
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == []


def test_f1_shows_the_keys_of_the_page(window: MainWindow, qtbot: QtBot) -> None:
    page = probe(window, "today")
    page.first.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.overlay.isVisible()
    words = [label.text() for label in window.overlay.findChildren(QLabel) if label.isVisible()]
    assert "F12" in words
    assert "Commit today" in words
    grab(window, "keys")
    assert not cut_words(window)
    qtbot.keyClick(window.overlay, Qt.Key.Key_Escape)
    assert not window.overlay.isVisible()
    assert page.first.hasFocus()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("practice", [False, True])
def test_no_words_of_the_frame_are_cut(qtbot: QtBot, qapp: QApplication, language: str, practice: bool) -> None:
    if practice:
        style.apply(qapp, practice=True)
    application.change_language(language)
    window = MainWindow(practice=practice)
    qtbot.addWidget(window)
    window.set_pages({name: partial(ProbePage, name) for name in PAGE_NAMES})
    window.resize(*SIZE)
    window.show_shell()
    window.show_facts(FACTS)
    window.go_to("today")
    window.show()
    grab(window, "shell-practice" if practice else "shell")
    assert not cut_words(window)
    assert window.minimumSizeHint().width() <= SIZE[0]
    assert window.minimumSizeHint().height() <= SIZE[1]


def test_targets_are_large_enough(window: MainWindow) -> None:
    """WCAG 2.2: at least 24 by 24 pixels."""
    from PySide6.QtWidgets import QAbstractButton

    small = [
        f"{button.objectName() or button.text()}: {button.size().toTuple()}"
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and (button.width() < 24 or button.height() < 24)
    ]
    assert not small
