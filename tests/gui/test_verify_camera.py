"""Check a code with the camera, and read a card with it elsewhere: real films through the class that reads a device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from grab import grab
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support.films import film, held, wall
from support.station import MORNING
from test_verify_page import CCCD, code_of

from vaxdesk import settings
from vaxdesk.clock import FixedClock
from vaxdesk.devices import camera, camera_list
from vaxdesk.devices.camera_list import Camera
from vaxdesk.gui.dialogs.camera import CameraDialog
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.pages.people import PeoplePage
from vaxdesk.gui.pages.verify import VerifyPage
from vaxdesk.gui.targets import NewPerson
from vaxdesk.gui.widgets import camera_view
from vaxdesk.gui.widgets.camera_view import CameraView

Offer = Callable[..., None]


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of an enrolled station."""
    with room(qtbot, tmp_path, "verify") as made:
        made.station.enrol()
        yield made
    assert not camera_threads()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films run faster than a camera, and their end is known at once."""
    monkeypatch.setattr(camera, "NEXT_PICTURE", 0.05)
    monkeypatch.setattr(camera, "RATE", 30.0)


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Say which cameras there are."""

    def these(*films: Path, names: tuple[str, ...] = ("HD Webcam", "Document camera")) -> None:
        found = tuple(Camera(name, name, str(path)) for name, path in zip(names, films, strict=False))
        monkeypatch.setattr(camera_list, "cameras", lambda: found)

    return these


def camera_threads() -> list[threading.Thread]:
    """Threads that still hold a camera; they get a moment to end."""
    for thread in threading.enumerate():
        if thread.name == "vaxdesk-camera":
            thread.join(5)
    return [thread for thread in threading.enumerate() if thread.name == "vaxdesk-camera"]


def verify_page(made: Room) -> VerifyPage:
    assert isinstance(made.page, VerifyPage)
    return made.page


def answered(made: Room) -> VerifyPage:
    """Wait for the verdict."""
    page = verify_page(made)
    made.qtbot.waitUntil(lambda: page.views.currentWidget() is page.answer_view, timeout=15_000)
    made.settle()
    return page


def test_a_code_held_up_is_judged_and_the_next_one_is_a_key_away(here: Room, tmp_path: Path, offer: Offer) -> None:
    code = code_of(here)
    first = [wall(), wall(), *(held(code, seed=seed, shift=seed * 6, blur=1.2) for seed in range(4))]
    offer(film(tmp_path / "first.avi", first))
    at_work: list[str] = []
    here.window.at_work.connect(lambda: at_work.append("code"))
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    assert page.views.currentWidget() is page.camera_view
    assert page.camera.running
    page = answered(here)
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    assert page.said_name.text() == "Nguyễn Văn Anh"
    assert page.seen.isVisible()
    assert not page.camera.running
    assert at_work == ["code"]  # the desk does not lock while codes are held up
    assert QApplication.focusWidget() is page.clear
    assert page.steps.model().index(0, 0).data() == "Ảnh"
    here.fits("camera-valid")
    # The next one: the same key as always; the camera opens again.
    card = [*(wall() for _number in range(camera_view.TAKEN_AWAY)), held(CCCD, side=300)]
    offer(film(tmp_path / "second.avi", card))
    here.key(Qt.Key.Key_Escape)
    assert page.views.currentWidget() is page.camera_view
    page = answered(here)
    assert page.verdict.text() == "Không phải giấy chứng nhận"
    assert "CCCD" in page.words.text()
    # A pasted or scanned code after it has no picture of the camera.
    page.check(code)
    here.settle()
    assert not page.seen.isVisible()
    here.key(Qt.Key.Key_Escape)
    assert page.views.currentWidget() is page.empty_view


def test_a_code_still_held_up_is_not_read_twice(here: Room, tmp_path: Path, offer: Offer) -> None:
    code = code_of(here)
    offer(film(tmp_path / "held.avi", [held(code, seed=seed) for seed in range(8)]))
    here.open()
    here.key(Qt.Key.Key_F4)
    page = answered(here)
    here.key(Qt.Key.Key_Escape)
    here.qtbot.waitUntil(lambda: page.camera._error is not None, timeout=15_000)  # the film is over
    assert page.views.currentWidget() is page.camera_view
    assert page.camera._before
    # F4 begins anew: now it counts.
    here.key(Qt.Key.Key_F4)
    assert answered(here).verdict.text().startswith("Hợp lệ")


def test_no_camera_says_what_to_do(here: Room, offer: Offer) -> None:
    offer()
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    assert "F4" in page.camera.picture.accessibleName()
    assert not page.camera.which.isVisible()
    here.fits("camera-none")
    here.key(Qt.Key.Key_Escape)
    assert page.views.currentWidget() is page.empty_view


def test_a_camera_pulled_out_and_a_busy_one_are_told_in_words(here: Room, tmp_path: Path, offer: Offer) -> None:
    offer(film(tmp_path / "short.avi", [wall(30), wall(30)]))
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    here.qtbot.waitUntil(lambda: page.camera._error is not None, timeout=15_000)
    assert "HD Webcam" in page.camera.picture.accessibleName()
    assert not page.camera.running
    here.fits("camera-gone")
    broken = tmp_path / "none.avi"
    broken.write_text("no film")
    offer(broken)
    here.key(Qt.Key.Key_F4)
    here.qtbot.waitUntil(lambda: page.camera._error is not None, timeout=15_000)
    assert "Chương trình khác" in page.camera.picture.accessibleName()
    here.fits("camera-busy")


def test_the_camera_is_let_go_when_it_is_not_seen(here: Room, tmp_path: Path, offer: Offer) -> None:
    offer(film(tmp_path / "long.avi", [wall()] * 90))
    here.open()
    page = verify_page(here)
    for leave in (
        lambda: here.window.go_to("today"),
        lambda: here.window.root.setCurrentWidget(here.window.gate),  # the lock
        here.window.hide,
    ):
        here.window.show()
        here.window.show_shell()
        here.open()
        here.key(Qt.Key.Key_F4)
        here.qtbot.waitUntil(lambda: bool(page.camera.words.text()), timeout=15_000)
        leave()
        here.settle()
        assert not page.camera.running
        assert not camera_threads()
    here.window.show()


def test_the_window_closes_only_when_the_camera_is_closed(here: Room, tmp_path: Path, offer: Offer) -> None:
    offer(film(tmp_path / "long.avi", [wall()] * 90))
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    here.qtbot.waitUntil(lambda: bool(page.camera.words.text()), timeout=15_000)
    here.window.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "vaxdesk-camera"]


def test_the_chosen_camera_is_remembered(here: Room, tmp_path: Path, offer: Offer) -> None:
    films = [film(tmp_path / f"{name}.avi", [wall(level)] * 90) for name, level in (("a", 100), ("b", 200))]
    offer(*films)
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    here.qtbot.waitUntil(lambda: bool(page.camera.words.text()), timeout=15_000)
    assert page.camera.which.isVisible()
    here.fits("camera-live")
    page.camera.which.setFocus()
    here.key(Qt.Key.Key_Down)
    assert page.camera.which.currentText() == "Document camera"
    here.settle()
    assert here.station.ctx.setting(settings.CAMERA) == "Document camera"
    here.key(Qt.Key.Key_Escape)
    here.key(Qt.Key.Key_F4)
    here.qtbot.waitUntil(lambda: bool(page.camera.words.text()), timeout=15_000)
    assert page.camera.which.currentText() == "Document camera"
    # It is not plugged in today: the first one is taken, the choice stands.
    offer(films[0])
    here.key(Qt.Key.Key_Escape)
    here.key(Qt.Key.Key_F4)
    assert page.camera.which.currentText() == "HD Webcam"
    assert here.station.ctx.setting(settings.CAMERA) == "Document camera"
    page.camera.stop(5)


def test_everything_of_the_camera_has_a_name_for_those_who_do_not_see_it(
    here: Room, tmp_path: Path, offer: Offer
) -> None:
    films = [film(tmp_path / f"{name}.avi", [wall()] * 90) for name in "ab"]
    offer(*films)
    here.open()
    here.key(Qt.Key.Key_F4)
    page = verify_page(here)
    here.qtbot.waitUntil(lambda: bool(page.camera.words.text()), timeout=15_000)
    assert page.camera.which.accessibleName() == "Camera"
    assert page.camera.picture.accessibleName() == page.camera.words.text()
    assert page.camera.close_camera.text() == "Đóng camera"
    page.camera.stop(5)


@pytest.fixture
def flow(here: Room) -> Iterator[Flow]:
    """The window with what leads scans to their page."""
    made = Flow(here.window, here.tasks, here.station.ctx.paths, practice=False, clock=FixedClock(MORNING))
    made.desk = here.desk
    yield made
    made.desk = None


def test_on_another_page_a_card_held_up_fills_the_form(here: Room, flow: Flow, tmp_path: Path, offer: Offer) -> None:
    offer(film(tmp_path / "card.avi", [wall(), *(held(CCCD, side=300, seed=seed) for seed in range(4))]))
    here.window.go_to("people", NewPerson())
    here.settle()
    page = here.window.page("people")
    assert isinstance(page, PeoplePage)
    assert page.register.by_camera.isVisible()
    here.fits("camera-register")
    page.register.by_camera.click()
    dialog = visible_dialog(CameraDialog)
    grab(dialog, "camera-dialog")
    here.qtbot.waitUntil(lambda: bool(dialog.content), timeout=15_000)
    here.settle()
    assert not page.register.by_camera.isVisible()
    assert page.views.currentWidget() is page.register
    assert page.register.full_name.text() == "Nguyễn Văn Anh"
    assert page.register.national_id.text().replace(" ", "") == "014090123456"


def test_on_another_page_a_certificate_goes_to_be_checked_and_escape_ends(
    here: Room, flow: Flow, tmp_path: Path, offer: Offer
) -> None:
    code = code_of(here)
    film(tmp_path / "long.avi", [wall()] * 90)
    films = tmp_path / "long.avi"
    offer()
    here.window.go_to("today")
    here.settle()
    here.key(Qt.Key.Key_F4)
    dialog = visible_dialog(CameraDialog)
    view = dialog.findChild(CameraView)
    assert "F4" in view.picture.accessibleName()
    assert view.again.isVisible()
    offer(films)
    here.qtbot.keyClick(dialog, Qt.Key.Key_F4)  # plugged in meanwhile
    here.qtbot.waitUntil(lambda: bool(view.words.text()), timeout=15_000)
    here.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    here.settle()
    assert not camera_threads()
    here.window.activateWindow()
    here.qtbot.waitUntil(here.window.isActiveWindow)
    assert here.window.current_name == "today"
    offer(film(tmp_path / "code.avi", [held(code, seed=seed) for seed in range(4)]))
    here.key(Qt.Key.Key_F4)
    here.qtbot.waitUntil(lambda: here.window.current_name == "verify", timeout=15_000)
    assert answered(here).verdict.text() == "Hợp lệ, chưa đủ mũi"
