"""A camera's pictures on the window's thread: the newest one, as often as the window has time for it."""

from __future__ import annotations

import threading

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from vaxdesk.devices.camera import CameraReader, Frame
from vaxdesk.devices.camera_list import Camera
from vaxdesk.errors import KnownError

#: How long a closing program waits for the camera to be let go (seconds).
LET_GO = 3.0


class CameraFeed(QObject):
    """One camera from its opening to :meth:`stop`. A picture that waits gives way to a newer one, unless a code is
    in it: what was found is never lost to a busy window."""

    shown = Signal(object)
    failed = Signal(object)
    _arrived = Signal()

    def __init__(self, camera: Camera, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._error: KnownError | None = None
        self._stopped = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._reader = CameraReader(camera, self._take, self._take_error)

    def start(self) -> None:
        """Open the camera."""
        self._reader.start()

    def stop(self, wait: float = 0.0) -> bool:
        """Let go of the camera; nothing is told any more. ``True`` when it is closed within ``wait`` seconds."""
        self._stopped = True
        return self._reader.stop(wait)

    # on the camera's thread

    def _take(self, frame: Frame) -> None:
        with self._lock:
            waiting = self._frame is not None
            if self._frame is None or frame.codes or not self._frame.codes:
                self._frame = frame
        if not waiting:
            self._tell()

    def _take_error(self, error: KnownError) -> None:
        with self._lock:
            self._error = error
        self._tell()

    def _tell(self) -> None:
        if shiboken6.isValid(self):
            self._arrived.emit()

    # on the window's thread

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            frame, self._frame = self._frame, None
            error, self._error = self._error, None
        if frame is not None and not self._stopped:
            self.shown.emit(frame)
        if error is not None and not self._stopped:
            self.failed.emit(error)
