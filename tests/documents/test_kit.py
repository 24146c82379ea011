"""The page kit: lines that wrap and shrink, and never lose a letter."""

from __future__ import annotations

import pytest
from document_reading import pixels, text
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxdesk.documents import kit
from vaxdesk.documents.kit import Run, Sheet, block, fitted
from vaxdesk.documents.typesetting import clean, wrap

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyấằẵợửÁĐỊỮ .,-/()0123456789"


@given(st.lists(st.text(LETTERS, max_size=60), min_size=1, max_size=5), st.floats(8, 120), st.floats(5, 20))
@settings(max_examples=150)
def test_wrapping_keeps_every_letter_and_fits(texts: list[str], room: float, size: float) -> None:
    found = block([Run(text, kit.REGULAR, size) for text in texts], room)
    written = "".join(run.text for line in found.lines for run in line).replace(" ", "")
    assert written == "".join(clean(text) for text in texts).replace(" ", "")
    for line in found.lines:
        wide = sum(kit.width(run.text, run.font, run.size) for run in line)
        assert wide <= max(room, kit.width("Ữ", kit.REGULAR, size) * 1.6) + 1e-6


def test_runs_keep_the_blank_between_them() -> None:
    found = block([Run("Mã QR do trạm ký, tạm thời đến "), Run("20/05/2027", kit.SEMIBOLD), Run(", được thay")], 200)
    assert "".join(run.text for run in found.lines[0]) == "Mã QR do trạm ký, tạm thời đến 20/05/2027, được thay"


def test_fitted_shrinks_before_it_wraps() -> None:
    shrunk = fitted("Nguyễn Thị Hoàng Phương", kit.SEMIBOLD, 14, 50, 1, 8)
    assert len(shrunk.lines) == 1
    assert shrunk.lines[0][0].size < 14
    wrapped = fitted("Nguyễn Thị Hoàng Phương " * 4, kit.SEMIBOLD, 14, 50, 1, 8)
    assert len(wrapped.lines) > 1
    assert wrapped.lines[0][0].size == 8


def test_unbroken_text_stays_on_one_line() -> None:
    number = kit.unbroken("0212 3 878 115")
    lines = wrap([Run(f"gọi số {number}")], kit.width(f"số {number}", kit.REGULAR, 9) - 1)
    assert "".join(run.text for run in lines[-1]).strip() == number


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (" Giàng  A\tPó\n", "Giàng A Pó"),
        ("Thu\u0301y", "Thúy"),
        ("zero\u200bwidth", "zerowidth"),
        ("王", "‹U+738B›"),
        ("", ""),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_shapes_and_text_are_drawn_where_they_are_put() -> None:
    sheet = Sheet("A5", "Thử", practice=False)
    sheet.open_page()
    sheet.box(10, 20, 30, 10, "#000000")
    sheet.text(100, 100, "Kiểm tra", align="center")
    sheet.close_page()
    pdf = sheet.finish()
    picture = pixels(pdf, dpi=254)
    assert picture[250, 250] == 0
    assert picture[190, 250] == 255
    assert picture[250, 410] == 255
    assert text(pdf) == "Kiểm tra"


def test_grouped_numbers() -> None:
    assert kit.grouped("014056001234") == "014 056 001 234"
    assert kit.grouped("B1234567") == "B1234567"
    assert kit.grouped("123456789") == "123456789"
