"""Reads a code with a camera: live picture, choice of the camera, words for every trouble."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QHideEvent, QPixmap
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QLabel, QWidget

from vaxdesk import settings
from vaxdesk.devices import camera_list
from vaxdesk.devices.camera import CameraCode, Frame
from vaxdesk.devices.camera_list import Camera
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.camera_feed import LET_GO, CameraFeed
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.camera_picture import CameraPicture
from vaxdesk.i18n import N_, _
from vaxdesk.services import workplace

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

#: Pictures in a row without the code of before, until it is read again: the paper was taken away.
TAKEN_AWAY = 6

LOOKING = N_("Looking for a camera…")
OPENING = N_("The camera is being opened…")
AIM = N_("Hold the code in the middle, a hand’s length away, without glare.")
SAME = N_("This code was just read. Hold the next one up.")
NO_CAMERA = N_("No camera was found on this computer. Plug one in and press F4, or use the scanner, or a picture.")


class CameraView(QFrame):
    """Opens the station's camera with :meth:`open` and stops at the first picture with a code.

    It lets go of the camera as soon as it is not seen any more: another page, the lock, a closed window.
    """

    #: Codes were found (a tuple of ``CameraCode``); the camera is closed by then, the picture stands.
    found = Signal(object)
    #: A camera was opened, or could not be.
    changed = Signal()
    #: The user wants no camera any more.
    closed = Signal()

    picture: CameraPicture
    words: QLabel
    which: QComboBox
    again: KeyButton
    close_camera: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._cameras: tuple[Camera, ...] = ()
        self._feed: CameraFeed | None = None
        self._error: KnownError | None = None
        self._said = LOOKING
        self._before: frozenset[bytes] = frozenset()
        self._away = TAKEN_AWAY
        forms.load(self, "widgets/camera_view.ui")
        self.which.hide()
        self.which.activated.connect(self._choose)
        self.again.clicked.connect(partial(self.open, next_one=False))
        self.close_camera.clicked.connect(self._close)
        desk.window.closing.connect(self._window_closes)
        self._say(LOOKING)

    @property
    def running(self) -> bool:
        """Whether a camera is open, or being opened."""
        return self._feed is not None

    def open(self, *, next_one: bool = False) -> None:
        """Find the cameras and open the remembered one. ``next_one``: the code read last does not count again
        before it was taken away."""
        self.stop()
        if not next_one:
            self._before = frozenset()
        self._error = None
        self._say(LOOKING)
        self.desk.tasks.start(
            Lane.READING, lambda _task: camera_list.cameras(), self._take_cameras, owner=self, key="cameras"
        )

    def stop(self, wait: float = 0.0) -> None:
        """Let go of the camera; waits for it at most ``wait`` seconds."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.stop(wait)
            feed.deleteLater()

    def small(self, size: QSize) -> QPixmap:
        """The last picture with the found code framed, as a thumbnail."""
        return self.picture.small(size)

    def hideEvent(self, event: QHideEvent) -> None:
        """Not seen any more: the camera is let go."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.stop()

    def _take_cameras(self, found: tuple[Camera, ...]) -> None:
        self._cameras = found
        self.which.clear()
        for camera in found:
            self.which.addItem(camera.name, camera.key)
        self.which.setVisible(len(found) > 1)
        remembered = camera_list.chosen(found, self.desk.setting(settings.CAMERA))
        if remembered is None:
            self._fail(KnownError(NO_CAMERA))
        elif self.isVisible():
            self.which.setCurrentIndex(found.index(remembered))
            self._start(remembered)

    def _start(self, camera: Camera) -> None:
        self.stop()
        self._error = None
        self._away = 0 if self._before else TAKEN_AWAY
        self._say(OPENING)
        self._feed = CameraFeed(camera, self)
        self._feed.shown.connect(self._show)
        self._feed.failed.connect(self._fail)
        self._feed.start()
        self.changed.emit()

    def _choose(self, index: int) -> None:
        camera = self._cameras[index]
        self.desk.act(partial(_remember, camera.key), areas={"settings"}, owner=self)
        self._start(camera)

    def _show(self, frame: Frame) -> None:
        if self._feed is None:
            return
        self.picture.show_frame(frame)
        contents = frozenset(code.content for code in frame.codes)
        if self._away < TAKEN_AWAY and contents <= self._before:
            self._away = 0 if contents else self._away + 1
            self._say_below(SAME if contents else AIM)
            return
        if not contents:
            self._say_below(frame.hint or AIM)
            return
        self._before = contents
        self.stop()
        QApplication.beep()
        self.desk.window.at_work.emit()
        self.found.emit(_certificates_first(frame.codes))

    def _fail(self, error: KnownError) -> None:
        self.stop()
        self._error = error
        self._say("")
        self.changed.emit()

    def _window_closes(self) -> None:
        self.stop(LET_GO)

    def _close(self) -> None:
        self.stop()
        self.closed.emit()

    def _say(self, message: str) -> None:
        """Words in the place of the picture; the error's own where there is one."""
        self._said = message
        self.again.setVisible(self._error is not None)
        words = self._error.words() if self._error is not None else _(message)
        self.picture.show_words(words, "alert-triangle" if self._error is not None else "camera")
        self.words.setText("")

    def _say_below(self, message: str) -> None:
        self._said = message
        self.words.setText(_(message))
        self.picture.setAccessibleName(_(message))

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "picture"):
            if self.words.text():
                self._say_below(self._said)
            else:
                self._say(self._said)
        return done


def _certificates_first(codes: tuple[CameraCode, ...]) -> tuple[CameraCode, ...]:
    """Where a certificate is among several codes, it is the one that is meant."""
    certificates = tuple(code for code in codes if code.text.startswith("HC1:"))
    return certificates or codes


def _remember(key: str, ctx: Context) -> None:
    workplace.choose_camera(ctx, key)
