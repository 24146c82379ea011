"""QR symbols as module matrices, and their drawing as raw PDF operators.

``qrcode`` is the reference for every symbol. Dense alphanumeric texts (an ``HC1:`` code has 600 characters)
take qrcode about 95 ms, nearly all of it Python loops over the eight masks; zxing-cpp, which is here for
reading anyway, encodes them in half a millisecond when the mask is given, and :mod:`qr_mask` chooses the mask by
qrcode's own rules. The tests compare the symbols module by module. Where the two would split the text into
different segments, qrcode makes the symbol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, Literal

import numpy as np
import qrcode
from numpy.typing import NDArray

from vaxdesk.documents import qr_mask

zxingcpp: Any
try:
    import zxingcpp
except ImportError:  # A platform without the wheel still prints, only slower.
    zxingcpp = None

Level = Literal["L", "M", "Q", "H"]
#: White modules that the standard demands on each side.
QUIET: Final = 4
_QRCODE_LEVELS: Final[dict[str, int]] = {"L": 1, "M": 0, "Q": 3, "H": 2}
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+\Z")
# zxing-cpp changes to a numeric segment for a run of 13 digits inside an alphanumeric text and of 7 at
# its ends, qrcode only for 20; below both limits each makes one segment, and the modules are the same.
_LONG_DIGITS = re.compile(r"[0-9]{11}|\A[0-9]{6}|[0-9]{6}\Z")
#: What each mask turns over against mask 0, format bits included, by size and level. It holds for every text.
_turned: dict[tuple[int, str], NDArray[np.bool_]] = {}
#: The mask over the 15 format bits (ISO/IEC 18004, 7.9).
_FORMAT_MASK: Final = 0x5412


@dataclass(frozen=True)
class QrMatrix:
    """A finished symbol. ``modules`` holds ``size`` rows of ``size`` bytes, 1 for a dark module, no quiet zone."""

    size: int
    modules: bytes

    @property
    def version(self) -> int:
        """1 (21 modules) to 40 (177 modules)."""
        return (self.size - 17) // 4

    @cached_property
    def array(self) -> NDArray[np.bool_]:
        """The modules as rows and columns, true for dark."""
        return np.frombuffer(self.modules, dtype=np.bool_).reshape(self.size, self.size)

    @property
    def _format(self) -> int:
        bits = [self.modules[8 * self.size + column] for column in (0, 1, 2, 3, 4, 5, 7, 8)]
        return (int("".join(map(str, bits)), 2) << 7) ^ _FORMAT_MASK

    @property
    def mask(self) -> int:
        """The mask pattern, 0 to 7, read from the format bits."""
        return self._format >> 10 & 0b111

    @property
    def level(self) -> str:
        """The error correction level, read from the format bits."""
        return "MLHQ"[self._format >> 13 & 0b11]


def matrix(text: str, level: Level = "Q") -> QrMatrix:
    """The smallest symbol that holds ``text``.

    ``level`` is the error correction; the certificate specification recommends Q. Raises ``ValueError`` for an
    empty text and for one that no symbol holds.
    """
    if not text:
        raise ValueError("a QR symbol needs a text")
    try:
        if zxingcpp is not None and _same_segments(text):
            return _by_zxing(text, level)
        return by_qrcode(text, level)
    except ValueError as error:
        raise ValueError("the text is too long for a QR symbol") from error


def by_qrcode(text: str, level: Level = "Q", mask: int | None = None) -> QrMatrix:
    """The reference's symbol, with the given mask (0 to 7) or the best by its penalty rules."""
    code = qrcode.QRCode(error_correction=_QRCODE_LEVELS[level], border=0, mask_pattern=mask)
    code.add_data(text)
    code.make(fit=True)
    return _from_array(np.array(code.modules, dtype=np.bool_))


def _same_segments(text: str) -> bool:
    """Whether zxing-cpp and qrcode both put the whole text into one segment."""
    if text.isascii() and text.isdigit():
        return True
    return _ALPHANUMERIC.match(text) is not None and _LONG_DIGITS.search(text) is None


def _by_zxing(text: str, level: Level) -> QrMatrix:
    """One encoding with mask 0; the other seven are the same modules with a fixed pattern turned over."""
    plain = _encoded(text, level, 0)
    key = (plain.shape[0], level)
    if key not in _turned:
        _turned[key] = np.stack([plain ^ _encoded(text, level, mask) for mask in range(8)])
    candidates = plain ^ _turned[key]
    return _from_array(candidates[qr_mask.best(candidates)])


def _encoded(text: str, level: Level, mask: int) -> NDArray[np.bool_]:
    barcode: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level, data_mask=mask)
    return np.asarray(np.array(barcode.to_image(scale=1, add_quiet_zones=False)) == 0)


def _from_array(dark: NDArray[np.bool_]) -> QrMatrix:
    return QrMatrix(dark.shape[0], np.ascontiguousarray(dark, dtype=np.uint8).tobytes())


def runs(symbol: QrMatrix) -> NDArray[np.intp]:
    """The dark runs of each row as ``(row, first column, length)``, from the top left."""
    padded = np.zeros((symbol.size, symbol.size + 2), dtype=np.int8)
    padded[:, 1:-1] = symbol.array
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return np.stack((rows, starts, ends - starts), axis=1)


_RECTANGLE = b"1 re\n"


@cache
def _numbers(digits: int) -> NDArray[np.uint8]:
    """The numbers from 0 on, right-aligned in ``digits`` characters and a blank, as bytes."""
    rows = [f"{number:>{digits}} ".encode() for number in range(10**digits)]
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), digits + 1)


def operators(symbol: QrMatrix, left: float, bottom: float, side: float) -> str:
    """PDF operators that fill the symbol's dark modules in black; quiet zone not drawn.

    ``left``, ``bottom`` and ``side`` (of the symbol without quiet zone) are in points. All runs are one path with
    one fill, in whole module units, so that no renderer leaves hair lines between neighbouring rows.
    """
    module = side / symbol.size
    found = runs(symbol)
    numbers = _numbers(len(str(symbol.size)))
    # Every operator has the same length, so that all of them are written as one array of bytes.
    width = numbers.shape[1]
    path = np.empty((len(found), 3 * width + len(_RECTANGLE)), dtype=np.uint8)
    path[:, :width] = numbers[found[:, 1]]
    path[:, width : 2 * width] = numbers[symbol.size - 1 - found[:, 0]]
    path[:, 2 * width : 3 * width] = numbers[found[:, 2]]
    path[:, 3 * width :] = np.frombuffer(_RECTANGLE, dtype=np.uint8)
    text = path.tobytes().decode("ascii")
    return f"q 0 g {module:.5f} 0 0 {module:.5f} {left:.3f} {bottom:.3f} cm\n{text}f Q"
