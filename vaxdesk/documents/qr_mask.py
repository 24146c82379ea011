"""Which of the eight masks a QR symbol takes: the same penalty rules as ``qrcode``, on all eight at once.

ISO/IEC 18004 (7.8.3) weighs runs of one colour, blocks, finder-like patterns and the share of dark modules. As in
``qrcode``, format and version information count as white while masks are compared. ``qrcode`` needs 95 ms for
what is half a millisecond of array work here; the tests compare the two penalty by penalty.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Modules = NDArray[np.bool_]
_FINDER_THEN_WHITE: Final = 0b10111010000
_WHITE_THEN_FINDER: Final = 0b00001011101


def best(candidates: Modules) -> int:
    """The index of the candidate with the smallest penalty, the first of equals.

    ``candidates`` has the shape (masks, size, size), dark is true; it holds each mask with its format bits.
    """
    judged = candidates & ~information(candidates.shape[1])
    return int(np.argmin(penalties(judged)))


def penalties(stack: Modules) -> NDArray[np.intp]:
    """The penalty of each symbol in ``stack`` (masks, size, size)."""
    turned = np.ascontiguousarray(stack.transpose(0, 2, 1))
    along, down = _same(stack), stack[:, 1:] == stack[:, :-1]
    points = _runs(along) + _runs(_same(turned)) + _finders(stack) + _finders(turned)
    # A block of four: two equal neighbours above two equal ones, and both pairs of one colour.
    points += 3 * _count(along[:, :-1] & along[:, 1:] & down[:, :, :-1])
    share = _count(stack) / stack.shape[1] ** 2
    return np.asarray(points + 10 * (np.abs(share * 100 - 50) / 5).astype(np.intp))


@cache
def information(size: int) -> Modules:
    """Where format and version information and the one always dark module stand."""
    found = np.zeros((size, size), dtype=np.bool_)
    found[8, :9] = found[:9, 8] = True
    found[8, 6] = found[6, 8] = False
    found[8, size - 8 :] = found[size - 8 :, 8] = True
    if size >= 45:
        found[:6, size - 11 : size - 8] = found[size - 11 : size - 8, :6] = True
    return found


def _same(stack: Modules) -> Modules:
    """Whether each module equals its right neighbour."""
    return np.asarray(stack[:, :, 1:] == stack[:, :, :-1])


def _runs(same: Modules) -> NDArray[np.intp]:
    """Runs of L ≥ 5 equal modules cost L - 2: one for each window of five in a run, and two for the run itself."""
    pairs = same[:, :, 1:] & same[:, :, :-1]
    windows = pairs[:, :, 2:] & pairs[:, :, :-2]
    begun = _count(windows) - _count(windows[:, :, 1:] & windows[:, :, :-1])
    return np.asarray(_count(windows) + 2 * begun)


def _finders(stack: Modules) -> NDArray[np.intp]:
    """40 for each dark-light-dark-light-dark of 1:1:3:1:1 with four white modules on one side."""
    one = stack.astype(np.uint16)
    two = one[:, :, :-1] << 1 | one[:, :, 1:]
    four = two[:, :, :-2] << 2 | two[:, :, 2:]
    eight = four[:, :, :-4] << 4 | four[:, :, 4:]
    eleven = eight[:, :, :-3] << 3 | four[:, :, 7:] & 0b111
    return 40 * _count((eleven == _FINDER_THEN_WHITE) | (eleven == _WHITE_THEN_FINDER))


def _count(stack: Modules) -> NDArray[np.intp]:
    """The number of true modules in each symbol; much faster than a sum over booleans."""
    flat = np.ascontiguousarray(stack).reshape(stack.shape[0], -1)
    return np.array([np.count_nonzero(symbol) for symbol in flat], dtype=np.intp)
