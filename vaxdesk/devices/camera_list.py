"""Which cameras this computer has: read from the system on Linux, tried one after the other on Windows."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from vaxdesk.i18n import N_, translate

SYSTEM_FOLDER = Path("/sys/class/video4linux")
DEVICE_FOLDER = Path("/dev")
#: A desk has one camera, or two.
MOST_ON_WINDOWS = 4
#: V4L2's question "what can you do" (VIDIOC_QUERYCAP) and its answers (linux/videodev2.h).
_QUERY = 0x80685600
_QUERY_BYTES = 104
_CAPTURE = 0x00000001 | 0x00001000
_HAS_OWN = 0x80000000

NUMBERED = N_("Camera {number}")


@dataclass(frozen=True)
class Camera:
    """A camera. ``key`` is what the station remembers: it stays when the numbers of devices change.

    ``source`` is what is opened: the device's number, or the path of a film. ``device`` is the device's file, where the
    system has one.
    """

    key: str
    name: str
    source: int | str
    device: str = ""


def cameras() -> tuple[Camera, ...]:
    """Every camera, in the system's order. Opens none on Linux; call it beside the window: devices may be slow."""
    if sys.platform == "win32":
        return tuple(_tried(_opens))
    return tuple(_listed(SYSTEM_FOLDER, DEVICE_FOLDER))


def chosen(found: tuple[Camera, ...], key: str) -> Camera | None:
    """The remembered camera, the first one where it is not there, nothing where there is none."""
    return next((one for one in found if one.key == key), found[0] if found else None)


def _listed(system: Path, devices: Path) -> list[Camera]:
    """Linux: the capturing node of each device, told apart by number where two have the same name."""
    found: list[Camera] = []
    try:
        nodes = sorted((path for path in system.iterdir()), key=_number)
    except OSError:
        return []
    for node in nodes:
        number, name = _number(node), _line(node / "name")
        device = devices / node.name
        # A device has further nodes (index 1 and more) for data about its pictures.
        if number < 0 or _line(node / "index") not in ("0", "") or not _captures(device):
            continue
        same = sum(1 for one in found if one.name.split(" #")[0] == name)
        shown = name or translate(NUMBERED).format(number=number + 1)
        camera = Camera(name or node.name, shown, number, str(device))
        found.append(replace(camera, key=f"{name} #{same + 1}", name=f"{shown} #{same + 1}") if same else camera)
    return found


def _number(node: Path) -> int:
    digits = node.name.removeprefix("video")
    return int(digits) if digits.isdigit() else -1


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _captures(device: Path) -> bool:
    """Whether a node gives pictures. One that may not be asked is offered all the same: opening it says why not."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        answer = fcntl.ioctl(handle, _QUERY, bytes(_QUERY_BYTES))
    except OSError:
        return False
    finally:
        os.close(handle)
    whole, own = struct.unpack_from("=II", answer, 84)
    return bool((own if whole & _HAS_OWN else whole) & _CAPTURE)


def _tried(opens: Callable[[int], bool]) -> Iterable[Camera]:
    """Windows: numbers from 0 until one does not open; the system tells OpenCV no names."""
    for number in range(MOST_ON_WINDOWS):
        if not opens(number):
            return
        yield Camera(f"camera-{number}", translate(NUMBERED).format(number=number + 1), number)


def _opens(number: int) -> bool:
    from vaxdesk.devices.camera import library

    cv2 = library()
    capture = cv2.VideoCapture(number, cv2.CAP_DSHOW)
    try:
        return bool(capture.isOpened())
    finally:
        capture.release()
