import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import phones


@pytest.mark.parametrize(
    ("typed", "number", "kind"),
    [
        ("0912 345 678", "0912345678", "mobile"),
        ("0912.345.678", "0912345678", "mobile"),
        ("+84912345678", "0912345678", "mobile"),
        ("+84 0912345678", "0912345678", "mobile"),
        ("0084912345678", "0912345678", "mobile"),
        ("84912345678", "0912345678", "mobile"),
        ("01682345678", "0382345678", "mobile"),
        ("01202345678", "0702345678", "mobile"),
        ("01992345678", "0592345678", "mobile"),
        ("02123822345", "02123822345", "landline"),
        ("+85620123456", "+85620123456", "foreign"),
        ("912345", "912345", "unknown"),
        ("không có", "không có", "unknown"),
    ],
)
def test_numbers(typed: str, number: str, kind: str) -> None:
    assert phones.parse(typed).number == number
    assert phones.parse(typed).kind == kind


@given(st.text(max_size=30))
def test_a_stored_number_is_read_as_itself(text: str) -> None:
    number = phones.parse(text).number
    assert phones.parse(number).number == number


def test_remarks_never_block() -> None:
    assert phones.check("") == []
    assert phones.check("0912345678") == []
    (carried,) = phones.check("01682345678")
    assert carried.code == "carried_over"
    assert carried.values == {"old": "01682345678", "new": "0382 345 678"}
    (odd,) = phones.check("12")
    assert odd.code == "implausible"
    assert not odd.blocks


def test_shown_in_groups() -> None:
    assert phones.shown("0912345678") == "0912 345 678"
    assert phones.shown("02123822345") == "0212 382 2345"
    assert phones.shown("+85620123456") == "+85620123456"
