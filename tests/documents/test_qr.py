"""QR symbols: the fast path equals the reference, and the drawing equals the symbol."""

from __future__ import annotations

import random

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.util import lost_point

from vaxdesk.documents import qr, qr_mask

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def read(symbol: qr.QrMatrix) -> str:
    framed = np.pad(~symbol.array, qr.QUIET, constant_values=True)
    pixels = np.kron(framed, np.ones((4, 4), dtype=np.uint8)).astype(np.uint8) * 255
    found = zxingcpp.read_barcode(pixels)
    assert found is not None
    return str(found.text)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
def test_fast_symbol_equals_the_reference(seed: int, level: qr.Level) -> None:
    rng = random.Random(f"{seed}{level}")
    length = rng.choice((1, 7, 40, 150, 330, 606, 613, 900))
    text = ("HC1:" if seed % 2 else "") + "".join(rng.choices(ALPHANUMERIC, k=length))
    fast = qr.matrix(text, level)
    assert fast.level == level
    assert fast == qr.by_qrcode(text, level, fast.mask)
    assert read(fast) == text


@pytest.mark.parametrize("seed", range(8))
def test_certificate_codes_equal_the_reference_with_its_own_choice_of_mask(seed: int) -> None:
    rng = random.Random(seed)
    text = "HC1:" + "".join(rng.choices(ALPHANUMERIC, k=rng.randint(560, 640)))
    assert qr.matrix(text) == qr.by_qrcode(text)


@given(st.text(ALPHANUMERIC, min_size=1, max_size=60), st.sampled_from("LMQH"))
@settings(max_examples=60, deadline=None)
def test_mask_is_the_one_that_the_reference_chooses(text: str, level: qr.Level) -> None:
    assert qr.matrix(text, level) == qr.by_qrcode(text, level)


@given(st.integers(0, 2**32 - 1), st.sampled_from([21, 25, 45]), st.floats(0.2, 0.8))
@settings(max_examples=60, deadline=None)
def test_penalties_equal_the_reference(seed: int, size: int, dark: float) -> None:
    stack = np.random.default_rng(seed).random((3, size, size)) < dark
    # Long runs and finder-like patterns are rare by chance.
    stack[0, size // 2, :11] = [True, False, True, True, True, False, True, False, False, False, False]
    stack[1, : size // 2, 4] = True
    assert list(qr_mask.penalties(stack)) == [lost_point(symbol.tolist()) for symbol in stack]


@given(st.text(ALPHANUMERIC, min_size=1, max_size=220), st.sampled_from("LMQH"))
@settings(max_examples=80, deadline=None)
def test_any_alphanumeric_text_equals_the_reference(text: str, level: qr.Level) -> None:
    fast = qr.matrix(text, level)
    assert fast == qr.by_qrcode(text, level, fast.mask)


@given(st.text(st.sampled_from("0123456789A:"), min_size=1, max_size=200))
@settings(max_examples=60, deadline=None)
def test_runs_of_digits_equal_the_reference(text: str) -> None:
    fast = qr.matrix(text)
    assert fast == qr.by_qrcode(text, "Q", fast.mask)


@given(st.text(min_size=1, max_size=60).filter(lambda text: "\x00" not in text and text.isprintable()))
@settings(max_examples=40, deadline=None)
def test_every_other_text_is_made_by_the_reference(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    symbol = qr.matrix(text)
    assert symbol == qr.by_qrcode(text, "Q", symbol.mask)


def test_certificate_text_is_version_19_at_q() -> None:
    rng = random.Random(4)
    symbol = qr.matrix("HC1:" + "".join(rng.choices(ALPHANUMERIC, k=606)))
    assert (symbol.size, symbol.version, symbol.level) == (93, 19, "Q")


def test_without_zxing_the_reference_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr, "zxingcpp", None)
    symbol = qr.matrix("HC1:6BFOXN*TS0BI")
    assert symbol == qr.by_qrcode("HC1:6BFOXN*TS0BI")


@pytest.mark.parametrize("text", ["", "A" * 5000, "đ" * 3000])
def test_texts_that_no_symbol_holds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"QR symbol"):
        qr.matrix(text)


def test_runs_cover_the_dark_modules_exactly() -> None:
    symbol = qr.matrix("HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH")
    drawn = np.zeros((symbol.size, symbol.size), dtype=np.bool_)
    for row, start, length in qr.runs(symbol):
        assert not drawn[row, start : start + length].any()
        drawn[row, start : start + length] = True
    assert (drawn == symbol.array).all()
