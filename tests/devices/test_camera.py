"""The camera: codes read from a real video file through the class that reads a device, and its troubles in words."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.films import film, held, moving, wall

from vaxdesk.devices import camera, camera_list
from vaxdesk.devices.camera import CameraReader, Frame
from vaxdesk.devices.camera_list import Camera
from vaxdesk.domain.cards import read_scan
from vaxdesk.errors import KnownError

CCCD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
#: As long as the code of a certificate, in the letters of base45.
LONG = "HC1:" + "6BF 0X$N%TS*3D+H-O.2A/M:Q1" * 23


class Watch:
    """Collects what a reader tells."""

    def __init__(self, source: str | int, device: str = "", rate: float = 200.0) -> None:
        self.told: queue.Queue[Frame | KnownError] = queue.Queue()
        made = Camera("film", "Film", source, device)
        self.reader = CameraReader(made, self.told.put, self.told.put, rate=rate)

    def frames(self) -> tuple[list[Frame], KnownError]:
        """All frames up to the error that ends a film."""
        self.reader.start()
        frames: list[Frame] = []
        while True:
            told = self.told.get(timeout=20)
            if isinstance(told, KnownError):
                assert self.reader.stop(5)
                return frames, told
            frames.append(told)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film's end is known at once."""
    monkeypatch.setattr(camera, "NEXT_PICTURE", 0.05)
    monkeypatch.setattr(camera, "FIRST_PICTURE", 0.05)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("sharp", {}),
        ("blurred", {"blur": 1.8}),
        ("dim", {"light": 0.12, "noise": 2.0}),
        ("nearly-dark", {"light": 0.07, "noise": 1.5}),
        ("small", {"side": 303}),
        ("turned", {"angle": 38.0}),
    ],
)
def test_a_certificate_s_code_is_read_in_bad_pictures(tmp_path: Path, name: str, how: dict[str, Any]) -> None:
    path = film(tmp_path / f"{name}.avi", [held(LONG, seed=seed, **how) for seed in range(4)])
    frames, _end = Watch(str(path)).frames()
    assert len(frames) == 4
    assert all([code.text for code in frame.codes] == [LONG] for frame in frames)


def test_a_moving_code_is_framed_where_it_is(tmp_path: Path) -> None:
    frames, _end = Watch(str(film(tmp_path / "moving.avi", moving(LONG, 6)))).frames()
    left = [min(x for x, _y in frame.codes[0].corners) for frame in frames]
    assert left == sorted(left)
    assert left[-1] - left[0] > 10
    for frame in frames:
        assert (frame.width, frame.height) == (640, 360)
        assert len(frame.pixels) == 640 * 360 * 3
        assert all(0 <= x < 640 and 0 <= y < 360 for x, y in frame.codes[0].corners)


def test_vietnamese_letters_of_a_card_arrive_as_they_are(tmp_path: Path) -> None:
    frames, _end = Watch(str(film(tmp_path / "card.avi", [held(CCCD, side=300)]))).frames()
    scan = read_scan(frames[0].codes[0].content)
    assert scan.kind == "cccd"
    assert scan.fields["full_name"] == "Nguyễn Văn Anh"


def test_the_end_of_a_film_is_told_as_a_camera_that_is_gone(tmp_path: Path) -> None:
    path = film(tmp_path / "short.avi", [wall(), wall()])
    watch = Watch(str(path), device=str(path))
    watch.reader._seen = lambda _frame: path.unlink(missing_ok=True)  # pulled out while it runs
    watch.reader.start()
    told = watch.told.get(timeout=20)
    assert isinstance(told, KnownError)
    assert told.message_id == camera.GONE
    assert "Film" in told.words()


def test_a_camera_that_is_there_and_sends_nothing_says_so(tmp_path: Path) -> None:
    frames, end = Watch(str(film(tmp_path / "one.avi", [wall()]))).frames()
    assert len(frames) == 1
    assert end.message_id == camera.SILENT


def test_stopping_lets_go_of_the_camera_and_tells_nothing_more(tmp_path: Path) -> None:
    path = str(film(tmp_path / "long.avi", [wall() for _number in range(40)]))
    first = Watch(path, rate=30)
    first.reader.start()
    assert isinstance(first.told.get(timeout=20), Frame)
    assert first.reader.stop(5)
    while not first.told.empty():
        assert isinstance(first.told.get(), Frame)
    assert "vaxdesk-camera" not in [thread.name for thread in threading.enumerate()]
    # The next reader gets it at once.
    frames, _end = Watch(path).frames()
    assert len(frames) == 40


def test_a_second_reader_waits_until_the_first_has_let_go(tmp_path: Path) -> None:
    path = str(film(tmp_path / "long.avi", [wall() for _number in range(60)]))
    first, second = Watch(path, rate=30), Watch(path, rate=30)
    first.reader.start()
    assert isinstance(first.told.get(timeout=20), Frame)
    second.reader.start()
    assert first.told.get(timeout=20)
    assert second.told.empty()
    first.reader.stop()
    assert isinstance(second.told.get(timeout=20), Frame)
    assert second.reader.stop(5)


def test_a_black_and_a_dark_picture_are_named() -> None:
    reader = Watch("").reader
    hints = [reader.look(wall(3)).hint for _number in range(camera._BLACK_IN_A_ROW)]
    assert hints[0] == ""
    assert hints[-1] == camera.BLACK_PICTURE
    assert reader.look(wall(30)).hint == camera.DARK_PICTURE
    assert reader.look(wall(140)).hint == ""
    assert reader.look(cv2.cvtColor(wall(140), cv2.COLOR_GRAY2BGR)).hint == ""


def test_a_stripe_code_must_be_read_twice() -> None:
    import zxingcpp

    made = zxingcpp.create_barcode("GD4010123456789", zxingcpp.BarcodeFormat.Code128)
    bars = np.array(zxingcpp.write_barcode_to_image(made, scale=3))
    picture = wall(200)
    picture[200 : 200 + bars.shape[0], 300 : 300 + bars.shape[1]] = bars
    reader = Watch("").reader
    assert reader.look(picture).codes == ()
    assert [code.text for code in reader.look(picture).codes] == ["GD4010123456789"]
    assert reader.look(wall()).codes == ()
    assert reader.look(picture).codes == ()


def test_what_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "video0"
    text.write_text("no film")
    _none, busy = Watch(str(text), device=str(text)).frames()
    assert busy.message_id == (camera.BLOCKED if sys.platform == "win32" else camera.BUSY)
    _none, gone = Watch(str(text), device=str(tmp_path / "video9")).frames()
    assert gone.message_id == camera.GONE

    def refused(*_given: object) -> int:
        raise PermissionError(13, "Permission denied")

    _none, far = Watch(250, device="/dev/video250").frames()  # the way of a real device, with nothing plugged in
    assert far.message_id == camera.GONE
    monkeypatch.setattr(os, "open", refused)
    _none, right = Watch(str(text), device=str(text)).frames()
    assert right.message_id == camera.NO_RIGHT


def test_a_fault_of_the_driver_is_told_and_ends_only_the_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        """Breaks like a driver."""

        def __init__(self, *_given: object) -> None:
            raise cv2.error("bad driver")

    monkeypatch.setattr(cv2, "VideoCapture", Broken)
    _none, fault = Watch(str(tmp_path / "x.avi")).frames()
    assert fault.message_id == camera.FAULT
    assert "camera" in caplog.text


def node(folder: Path, number: int, name: str, index: int = 0) -> None:
    """A device as Linux shows it."""
    made = folder / f"video{number}"
    made.mkdir(parents=True)
    (made / "name").write_text(name + "\n")
    (made / "index").write_text(f"{index}\n")


def test_cameras_are_listed_by_name_without_their_data_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, devices = tmp_path / "system", tmp_path / "dev"
    node(system, 0, "USB2.0 HD UVC WebCam: USB2.0 HD")
    node(system, 1, "USB2.0 HD UVC WebCam: USB2.0 HD", index=1)
    node(system, 10, "Document camera")
    node(system, 2, "Document camera")
    monkeypatch.setattr(camera_list, "_captures", lambda _device: True)
    found = tuple(camera_list._listed(system, devices))
    assert [one.source for one in found] == [0, 2, 10]
    assert [one.name for one in found] == [
        "USB2.0 HD UVC WebCam: USB2.0 HD",
        "Document camera",
        "Document camera #2",
    ]
    assert len({one.key for one in found}) == 3
    assert camera_list.chosen(found, "Document camera #2") == found[2]
    assert camera_list.chosen(found, "not plugged in") == found[0]
    assert camera_list.chosen((), "x") is None


def test_nodes_that_are_no_cameras_are_not_offered(tmp_path: Path) -> None:
    system, devices = tmp_path / "system", tmp_path / "dev"
    node(system, 0, "Not plugged in any more")
    node(system, 1, "A plain file")
    devices.mkdir()
    (devices / "video1").write_bytes(b"")
    assert camera_list._listed(system, devices) == []
    assert camera_list._listed(tmp_path / "nothing", devices) == []


def test_windows_tries_numbers_until_one_does_not_open() -> None:
    found = list(camera_list._tried(lambda number: number < 2))
    assert [one.source for one in found] == [0, 1]
    assert list(camera_list._tried(lambda _number: False)) == []


def test_starting_the_program_does_not_load_the_camera_s_library() -> None:
    code = "import sys, vaxdesk.app, vaxdesk.gui.pages.registry, vaxdesk.devices.camera; print('cv2' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
