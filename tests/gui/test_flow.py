"""From an empty folder to the open desk, and through the lock: by keyboard, on a real encrypted file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fit import cut_words
from grab import SIZE, grab
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot
from support import typing_person as person
from support.station import MORNING, PASSPHRASE, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import FixedClock
from vaxdesk.errors import BugError, RefusedError
from vaxdesk.gui import application, state
from vaxdesk.gui.dialogs.recovery import RecoveryPage
from vaxdesk.gui.dialogs.set_up import CERTIFICATE, MANAGER, SHEET, STATION, SetUpPage
from vaxdesk.gui.dialogs.sign_in import SignInPage
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.single import OneWindow
from vaxdesk.gui.tasks import Tasks
from vaxdesk.paths import StationPaths
from vaxdesk.services import accounts
from vaxdesk.services.accounts import NewUser


def _raise(error: BaseException) -> None:
    raise error


class Desktop:
    """A window with its flow; work runs at once."""

    def __init__(self, qtbot: QtBot, folder: Path, *, inline: bool = True) -> None:
        self.qtbot = qtbot
        self.window = MainWindow()
        qtbot.addWidget(self.window)
        self.tasks = Tasks(inline=inline)
        self.tasks.on_bug = _raise
        self.paths = StationPaths(folder)
        self.flow = Flow(self.window, self.tasks, self.paths, practice=False, clock=FixedClock(MORNING))
        self.window.resize(*SIZE)
        self.flow.begin()
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def gate(self) -> QWidget:
        widget = self.window.gate_column.itemAt(0).widget()
        assert widget is not None
        return widget

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.focus(), key, modifier)

    def focus(self) -> QWidget:
        """What has the focus; a popup that was open (a list of suggestions) is put away first."""
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        if not self.window.isActiveWindow():
            self.window.activateWindow()
            self.qtbot.waitUntil(self.window.isActiveWindow)
        return self.window.focusWidget() or self.window

    def type(self, text: str) -> None:
        self.focus()
        person.type_text(text)

    def line(self, text: str) -> None:
        """A text and Enter, which goes to the next field."""
        self.type(text)
        person.press(Qt.Key.Key_Return, "\r")


@pytest.fixture
def desktops(qtbot: QtBot) -> Iterator[list[Desktop]]:
    """Closed at the end, whatever happened."""
    made: list[Desktop] = []
    yield made
    for desktop in made:
        desktop.flow.close()


def choose(box: QComboBox, text: str) -> None:
    box.setCurrentIndex(box.findText(text))


def look(desktop: Desktop, name: str) -> None:
    """A picture in both languages, and no word cut in either."""
    for language in ("en", "vi"):
        application.change_language(language)
        grab(desktop.window, name)
        assert not cut_words(desktop.window), (name, language)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_station_is_set_up_by_keyboard(qtbot: QtBot, tmp_path: Path, desktops: list[Desktop]) -> None:
    desktop = Desktop(qtbot, tmp_path / "station")
    desktops.append(desktop)
    page = desktop.gate()
    assert isinstance(page, SetUpPage)

    # The station. F12 with empty fields says what to do and goes to the first.
    desktop.key(Qt.Key.Key_F12)
    assert page.step == STATION
    assert page.name.hasFocus()
    assert page.code_below.text()
    look(desktop, "set-up-errors")
    desktop.key(Qt.Key.Key_Return)
    assert page.province.hasFocus()
    desktop.type("son la")
    assert page.province.currentText() == "Tỉnh Sơn La"
    desktop.key(Qt.Key.Key_Return)
    desktop.type("muong lan")
    assert page.commune.currentData() == "04246"
    assert page.name.text() == "Trạm Y tế xã Mường Lạn"
    page.code.setFocus()
    desktop.line("118")
    assert page.desk.hasFocus()
    look(desktop, "set-up-station")
    desktop.key(Qt.Key.Key_F12)

    # The manager, with four words dealt.
    assert page.step == MANAGER
    desktop.line("Lò Thị Mai")
    assert page.short_name.text() == "mai"
    desktop.key(Qt.Key.Key_F5)
    words = page.words.text()
    assert len(words.split()) == 4
    assert page.again.hasFocus()
    desktop.type("something else")
    desktop.key(Qt.Key.Key_F12)
    assert "cùng một cụm mật khẩu" in page.again_below.text()
    page.again.selectAll()
    desktop.type(words)
    look(desktop, "set-up-manager")
    assert not desktop.paths.key_slots.exists()
    desktop.key(Qt.Key.Key_F12)

    # The recovery sheet: nothing of it lies on the disk; two groups are typed back.
    assert page.step == SHEET
    assert desktop.paths.key_slots.exists()
    code = page.sheet_panel._code
    for path in desktop.paths.data_dir.rglob("*"):
        assert path.is_dir() or code.encode() not in path.read_bytes()
        assert path.suffix != ".pdf"
    first, second = page.sheet_panel.asked()
    page.sheet_panel.first.setFocus()
    desktop.line(code.split("-")[first - 1].lower())
    desktop.type("0000")
    desktop.key(Qt.Key.Key_F12)
    assert page.step == SHEET
    assert page.sheet_panel.below.text()
    look(desktop, "set-up-sheet")
    page.sheet_panel.second.selectAll()
    desktop.type(code.split("-")[second - 1])
    desktop.key(Qt.Key.Key_F12)

    # The certificate: the authority's answer to the request file, compared and imported.
    assert page.step == CERTIFICATE
    assert page.sheet_panel._code == ""
    assert page.enrol_panel.request_path.text() == str(desktop.paths.key_request)
    assert not page.go_on.isEnabled()
    authority = Authority.create(tmp_path / "authority", "Sở Y tế Sơn La", False, at=MORNING)
    request = json.loads(desktop.paths.key_request.read_text(encoding="utf-8"))
    answer = authority.answer(request, sync={"portal_url": "", "token": ""}, at=MORNING)
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    page.enrol_panel.read(file)
    assert page.enrol_panel.authority.text() == "Sở Y tế Sơn La"
    assert page.enrol_panel.compared.hasFocus()
    look(desktop, "set-up-fingerprint")
    desktop.key(Qt.Key.Key_Space)
    desktop.key(Qt.Key.Key_F12)
    assert page.enrol_panel.result.isVisible()
    look(desktop, "set-up-enrolled")
    desktop.key(Qt.Key.Key_F12)

    assert not desktop.window.gate_is_up
    assert desktop.window.station_name.text() == "Trạm Y tế xã Mường Lạn"
    assert "hôm nay" in desktop.window.keys_label.text()


def test_a_broken_answer_is_told_and_changes_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    from vaxdesk.gui.dialogs.enrol import EnrolPanel

    station = make_station(tmp_path)
    panel = EnrolPanel(Tasks(inline=True))
    qtbot.addWidget(panel)
    panel.set_context(station.ctx)
    panel.show()
    file = tmp_path / "answer.json"
    file.write_text("{}", encoding="utf-8")
    panel.read(file)
    assert panel.error.isVisible()
    assert not panel.found.isVisible()
    assert not panel.ready
    station.database.close()


@pytest.fixture
def station_folder(tmp_path: Path) -> Path:
    """A station that was set up, with a second user who has a PIN, closed."""
    station = make_station(tmp_path)
    accounts.add_user(station.ctx, NewUser("son", "Hà Văn Sơn", frozenset({"screen"}), "ha van son 2026 x"))
    as_son = accounts.unlock(station.ctx, "son", "ha van son 2026 x")
    accounts.set_pin(as_son, "4711")
    station.database.close()
    folder = station.ctx.paths.data_dir
    state.write(folder, state.WindowState("vi", "mai", "Trạm Y tế xã Mường Lạn", ("mai", "son")))
    return folder


def test_sign_in_with_real_lanes(qtbot: QtBot, station_folder: Path, desktops: list[Desktop]) -> None:
    desktop = Desktop(qtbot, station_folder, inline=False)
    desktops.append(desktop)
    page = desktop.gate()
    assert isinstance(page, SignInPage)
    assert page.secret.hasFocus()
    assert page.user.currentText() == "mai"
    assert page.who_was_last.text() == "Lần trước: mai"
    look(desktop, "sign-in")
    desktop.line("wrong passphrase")
    qtbot.waitUntil(lambda: page.error.isVisible() and page.secret.isEnabled(), timeout=15_000)
    assert page.secret.text() == ""
    assert page.secret.hasFocus()
    look(desktop, "sign-in-refused")
    desktop.line(PASSPHRASE)
    qtbot.waitUntil(lambda: not desktop.window.gate_is_up, timeout=15_000)
    qtbot.waitUntil(lambda: desktop.window.user_name.text() == "Lò Thị Mai")
    qtbot.waitUntil(lambda: not desktop.tasks.busy(), timeout=15_000)
    assert state.read(station_folder).last_user == "mai"


@pytest.fixture
def open_desktop(qtbot: QtBot, station_folder: Path, desktops: list[Desktop]) -> Desktop:
    """Signed in as mai."""
    desktop = Desktop(qtbot, station_folder)
    desktops.append(desktop)
    desktop.line(PASSPHRASE)
    assert not desktop.window.gate_is_up
    return desktop


def test_lock_and_pin_change_the_user(open_desktop: Desktop) -> None:
    desktop = open_desktop
    desktop.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert desktop.window.gate_is_up
    page = desktop.gate()
    assert isinstance(page, SignInPage)
    assert page.user.currentText() == "mai"
    assert not page.recover.isVisible()
    assert not desktop.window.search.isVisible()
    look(desktop, "locked")
    desktop.line("0000")
    assert page.error.isVisible()
    choose(page.user, "son")
    page.secret.setFocus()
    desktop.line("4711")
    assert not desktop.window.gate_is_up
    assert desktop.window.user_name.text() == "Hà Văn Sơn"
    assert desktop.flow.desk is not None
    assert desktop.flow.desk.ctx.user.name == "son"


def test_after_five_wrong_pins_the_passphrase_is_asked(open_desktop: Desktop) -> None:
    desktop = open_desktop
    desktop.flow.lock()
    page = desktop.gate()
    assert isinstance(page, SignInPage)
    choose(page.user, "son")
    page.secret.setFocus()
    assert "PIN" in page.secret_label.text()
    for _try in range(5):
        desktop.line("9999")
    assert "PIN" not in page.secret_label.text()
    desktop.line("4711")
    assert desktop.window.gate_is_up
    desktop.line("ha van son 2026 x")
    assert not desktop.window.gate_is_up


def test_an_idle_desk_locks_itself_and_its_dialogs(open_desktop: Desktop, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QDialog

    dialog = QDialog(open_desktop.window)
    dialog.show()
    open_desktop.flow._idle.set_minutes(0.001)
    qtbot.waitUntil(lambda: open_desktop.window.gate_is_up)
    assert not dialog.isVisible()


def test_the_language_is_kept(open_desktop: Desktop, qtbot: QtBot, station_folder: Path) -> None:
    qtbot.mouseClick(open_desktop.window.language_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: open_desktop.window.language_button.text() == "English")
    assert state.read(station_folder).language == "en"


def test_the_recovery_sheet_opens_and_is_replaced(qtbot: QtBot, tmp_path: Path, desktops: list[Desktop]) -> None:
    station = make_station(tmp_path)
    station.database.close()
    folder = station.ctx.paths.data_dir
    state.write(folder, state.WindowState("vi", "mai", "Trạm Y tế xã Mường Lạn", ("mai",)))
    desktop = Desktop(qtbot, folder)
    desktops.append(desktop)
    sign_in = desktop.gate()
    assert isinstance(sign_in, SignInPage)
    qtbot.mouseClick(sign_in.recover, Qt.MouseButton.LeftButton)
    page = desktop.gate()
    assert isinstance(page, RecoveryPage)
    assert page.code.hasFocus()
    look(desktop, "recovery")
    desktop.line(station.recovery.lower().replace("-", " "))
    desktop.key(Qt.Key.Key_F5)
    fresh = page.words.text()
    desktop.type(fresh)
    desktop.key(Qt.Key.Key_F12)
    code = page.sheet_panel._code
    assert code
    assert code != station.recovery
    first, second = page.sheet_panel.asked()
    page.sheet_panel.first.setFocus()
    desktop.line(code.split("-")[first - 1])
    desktop.type(code.split("-")[second - 1])
    desktop.key(Qt.Key.Key_F12)
    assert not desktop.window.gate_is_up


def test_a_second_window_is_refused(tmp_path: Path) -> None:
    first, second = OneWindow(tmp_path / "window.lock"), OneWindow(tmp_path / "window.lock")
    first.take()
    with pytest.raises(RefusedError):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_damaged_window_state_is_no_obstacle(tmp_path: Path) -> None:
    for text in ("", "[]", '{"language": "fr", "last_user": 3}', "{", '{"users": [1]}'):
        state.path_in(tmp_path).write_text(text, encoding="utf-8")
        assert state.read(tmp_path) == state.WindowState()


def test_a_bug_in_the_background_is_not_swallowed(open_desktop: Desktop) -> None:
    def broken() -> None:
        raise BugError("broken")

    with pytest.raises(BugError):
        open_desktop.tasks.read(broken, print)
