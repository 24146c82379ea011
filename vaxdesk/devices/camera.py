"""Cameras of this computer: which there are, their pictures, and the codes in them, read in a thread of its own.

A picture is never kept: it is searched for codes, shown, and forgotten. OpenCV brings the pictures and is imported in
that thread, when the first camera is opened: a start of the program pays nothing for it.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vaxdesk.devices.picture import FORMATS
from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_

if TYPE_CHECKING:
    from vaxdesk.devices.camera_list import Camera

log = logging.getLogger(__name__)

#: Pictures a second: a hand that holds a paper moves no faster, and an old computer keeps up.
RATE = 12.0
#: Asked of the camera; 3.5 pixels a module for a certificate's code that fills half of the height.
WIDTH, HEIGHT = 1280, 720
#: The picture on the screen needs no more.
SHOWN_WIDTH = 640
#: A camera that is slow to wake gets this long for its first picture, a running one this long for the next (seconds).
FIRST_PICTURE, NEXT_PICTURE = 8.0, 1.5
#: Mean grey level (0 to 255) below which a picture is called black, or dark.
BLACK, DARK = 14.0, 45.0
#: Differences of grey levels that a dark picture has by itself.
_NOISE = 10
#: Pictures in a row that must be black before it is said: cameras begin with some.
_BLACK_IN_A_ROW = 8
#: Symbols with error correction; any other must be read twice in a row before it is believed.
_CORRECTED = frozenset(("QRCode", "MicroQRCode", "Aztec", "DataMatrix", "PDF417"))

BUSY = N_("The camera {camera} is used by another program. Close that program, then try again.")
BLOCKED = N_(
    "The camera {camera} cannot be opened. Close other programs that use it, and allow programs the camera "
    "in the privacy settings of the computer."
)
NO_RIGHT = N_(
    "This user of the computer may not use the camera {camera}. Whoever looks after the computer adds the user to "
    "the group “video”."
)
GONE = N_("The camera {camera} is not there any more. Plug it in, then try again.")
SILENT = N_("The camera {camera} sends no picture. Unplug it, plug it in, then try again.")
FAULT = N_("The camera {camera} does not work here ({reason}). Use the scanner, or a picture.")
BLACK_PICTURE = N_("The camera’s picture is black. Open its cover, or switch on a light.")
DARK_PICTURE = N_("It is too dark for the camera. Bring more light to the code.")

#: Some drivers allow a camera once only: the next reader waits until the last one has let go.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class CameraCode:
    """A code in a picture: its bytes, its text, its kind of symbol, and its corners in pixels of the picture shown."""

    content: bytes
    text: str
    symbol: str
    corners: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Frame:
    """One picture, ready for the screen: RGB, three bytes a pixel, rows without padding. ``hint`` is a message id."""

    width: int
    height: int
    pixels: bytes
    codes: tuple[CameraCode, ...] = ()
    hint: str = ""


class CameraReader:
    """Reads one camera until :meth:`stop`; both callbacks come from its thread.

    ``seen`` gets every picture, at most ``rate`` (``RATE``) a second; ``failed`` gets the one error that ended it.
    """

    def __init__(
        self,
        camera: Camera,
        seen: Callable[[Frame], None],
        failed: Callable[[KnownError], None],
        *,
        rate: float | None = None,
    ) -> None:
        self.camera = camera
        self._seen = seen
        self._failed = failed
        self._period = 1.0 / (rate or RATE)
        self._stopping = threading.Event()
        self._black = 0
        self._before: frozenset[bytes] = frozenset()
        self._thread = threading.Thread(target=self._run, name="vaxdesk-camera", daemon=True)

    def start(self) -> None:
        """Open the camera and begin, in the thread."""
        self._thread.start()

    def stop(self, wait: float = 0.0) -> bool:
        """Let go of the camera. Waits at most ``wait`` seconds; ``True`` when it is closed by then."""
        self._stopping.set()
        if wait > 0 and self._thread.is_alive():
            self._thread.join(wait)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with _ONE_AT_A_TIME:
                if not self._stopping.is_set():
                    self._read()
        except KnownError as error:
            self._fail(error)
        except Exception as error:
            # The thread's boundary: a driver's fault must not end the desk. It is reported and told.
            log.exception("camera")
            self._fail(KnownError(FAULT, camera=self.camera.name, reason=type(error).__name__))

    def _fail(self, error: KnownError) -> None:
        if not self._stopping.is_set():
            self._failed(error)

    def _read(self) -> None:
        capture = _opened(self.camera)
        try:
            self._pictures(capture)
        finally:
            capture.release()

    def _pictures(self, capture: Any) -> None:
        limit, heard = FIRST_PICTURE, time.monotonic()
        while not self._stopping.is_set():
            began = time.monotonic()
            good, picture = capture.read()
            if good and picture is not None and picture.size:
                limit, heard = NEXT_PICTURE, began
                self._seen(self.look(picture))
            elif time.monotonic() - heard > limit:
                raise KnownError(SILENT if _still_there(self.camera) else GONE, camera=self.camera.name)
            self._stopping.wait(max(0.0, self._period - (time.monotonic() - began)))

    def look(self, picture: Any) -> Frame:
        """Search one picture (an OpenCV array, BGR or grey) and make it ready for the screen."""
        import cv2

        colour = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        level = float(grey.mean())
        codes = self._believed(_codes(grey, level))
        height, width = grey.shape
        scale = min(1.0, SHOWN_WIDTH / width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = cv2.resize(colour, size, interpolation=cv2.INTER_AREA) if scale < 1 else colour
        placed = tuple(_scaled(code, scale) for code in codes)
        pixels = cv2.cvtColor(shown, cv2.COLOR_BGR2RGB).tobytes()
        return Frame(size[0], size[1], pixels, placed, "" if codes else self._hint(level))

    def _believed(self, codes: list[CameraCode]) -> list[CameraCode]:
        """Codes that a stripe of shade cannot have made: with error correction, or the same as a moment ago."""
        believed = [code for code in codes if code.symbol in _CORRECTED or code.content in self._before]
        self._before = frozenset(code.content for code in codes)
        return believed

    def _hint(self, level: float) -> str:
        self._black = self._black + 1 if level < BLACK else 0
        if self._black >= _BLACK_IN_A_ROW:
            return BLACK_PICTURE
        return DARK_PICTURE if BLACK <= level < DARK else ""


def _opened(camera: Camera) -> Any:
    """An OpenCV capture that is open. Raises KnownError where it cannot be had, with the reason in words."""
    cv2 = library()
    _check_right(camera)
    if isinstance(camera.source, str):
        capture = cv2.VideoCapture(camera.source)
    elif sys.platform == "win32":
        # DirectShow opens in a moment where Media Foundation takes seconds; some cameras know only the latter.
        capture = cv2.VideoCapture(camera.source, cv2.CAP_DSHOW)
        if not capture.isOpened():
            capture.release()
            capture = cv2.VideoCapture(camera.source, cv2.CAP_MSMF)
    else:
        capture = cv2.VideoCapture(camera.source, cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        if not _still_there(camera):
            raise KnownError(GONE, camera=camera.name)
        raise KnownError(BLOCKED if sys.platform == "win32" else BUSY, camera=camera.name)
    if isinstance(camera.source, int):
        # Compressed pictures first: USB 2 has no room for this size without.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        # The newest picture counts, not those that waited.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def library() -> Any:
    """OpenCV, quiet, and with waits that a person can bear; one thread is enough for a picture."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    import cv2

    cv2.setNumThreads(1)
    return cv2


def _check_right(camera: Camera) -> None:
    """A device that may not be opened says so here; OpenCV would only say that it is not open."""
    if not camera.device:
        return
    try:
        os.close(os.open(camera.device, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
    except PermissionError as error:
        raise KnownError(NO_RIGHT, camera=camera.name) from error
    except OSError as error:
        busy = error.errno in (errno.EBUSY, errno.EAGAIN)
        raise KnownError(BUSY if busy else GONE, camera=camera.name) from error


def _still_there(camera: Camera) -> bool:
    return not camera.device or os.path.exists(camera.device)


def _codes(grey: Any, level: float) -> list[CameraCode]:
    """The codes in a grey picture; a dark one is stretched where nothing was found as it is."""
    import cv2
    import zxingcpp

    found = zxingcpp.read_barcodes(grey, formats=FORMATS)
    if not found and level < 2 * DARK:
        low, high, *_places = cv2.minMaxLoc(grey)
        if high - low > _NOISE:
            steep = 255 / (high - low)
            found = zxingcpp.read_barcodes(cv2.convertScaleAbs(grey, alpha=steep, beta=-low * steep), formats=FORMATS)
    codes = [CameraCode(bytes(one.bytes), one.text, one.format.name, _corners(one)) for one in found if one.bytes]
    return list({code.content: code for code in codes}.values())


def _corners(code: Any) -> tuple[tuple[int, int], ...]:
    place = code.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((point.x, point.y) for point in points)


def _scaled(code: CameraCode, scale: float) -> CameraCode:
    corners = tuple((round(x * scale), round(y * scale)) for x, y in code.corners)
    return CameraCode(code.content, code.text, code.symbol, corners)
