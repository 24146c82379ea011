"""A scanner on a serial line (USB "virtual COM"): raw bytes, untouched by any input method. POSIX, standard library.

On Windows set the scanner to keyboard mode; the standard library cannot set up a serial line there.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_

if sys.platform != "win32":
    import termios
    import tty

#: A line is cut here; nothing that a desk scans is as long.
LONGEST_LINE = 10_000
BAUD_RATES = (9600, 19200, 38400, 57600, 115200)


class ScanLines:
    """Cuts the bytes of a line into scans at CR, LF, or a silence."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; the scans that are complete now."""
        *complete, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        self._rest = self._rest[:LONGEST_LINE]
        return [line for line in complete if line]

    def silence(self) -> list[bytes]:
        """No byte came for a while: what is there is a scan without a closing key."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class SerialScanner:
    """An open serial line. Use it with ``with``; :meth:`read` from a thread of its own."""

    def __init__(self, device: Path | str, baud: int = 9600) -> None:
        """Open ``device`` (``/dev/ttyACM0``) with 8 data bits, no parity, 1 stop bit.

        :raises KnownError: it is not there, may not be opened, or the system has no such lines.
        """
        self._lines = ScanLines()
        self._device = str(device)
        if sys.platform == "win32":
            raise KnownError("Serial scanners need Linux here. Set the scanner to keyboard mode.")
        try:
            self._handle = os.open(self._device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            message = N_("The scanner {device} cannot be opened: {reason}. Check the plug and the access rights.")
            raise KnownError(message, device=self._device, reason=error.strerror) from error
        try:
            tty.setraw(self._handle)
            settings = termios.tcgetattr(self._handle)
            settings[4] = settings[5] = getattr(termios, f"B{baud}")
            termios.tcsetattr(self._handle, termios.TCSANOW, settings)
        except (termios.error, AttributeError) as error:
            os.close(self._handle)
            raise KnownError(
                "{device} is not a serial scanner, or it has no such speed.", device=self._device
            ) from error

    def __enter__(self) -> SerialScanner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the line back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def read(self, timeout: float = 0.2) -> Iterator[bytes]:
        """Wait at most ``timeout`` seconds and give the scans that came, as raw bytes for ``read_scan``.

        :raises KnownError: the scanner was unplugged.
        """
        ready, _w, _x = select.select([self._handle], [], [], timeout)
        if not ready:
            yield from self._lines.silence()
            return
        try:
            data = os.read(self._handle, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise KnownError("The scanner {device} was unplugged. Plug it in and start again.", device=self._device)
        yield from self._lines.feed(data)
