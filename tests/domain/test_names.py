import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import names


def test_tidy_keeps_letters_and_case() -> None:
    decomposed = unicodedata.normalize("NFD", "  Nguyễn\u00a0 VĂN\tanh \u200b\r\n")
    assert names.tidy(decomposed) == "Nguyễn VĂN anh"
    assert names.tidy("NGUYỄN VĂN ANH") == "NGUYỄN VĂN ANH"


@given(st.text())
def test_tidy_is_stable_and_composed(text: str) -> None:
    once = names.tidy(text)
    assert names.tidy(once) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nguyễn Văn Anh", "nguyen van anh"),
        ("ĐẶNG Thị Đào", "dang thi dao"),
        ("Ðặng", "dang"),
        ("Sốp Cộp", "sop cop"),
        ("H'Hen Niê", "hhen nie"),
        ("H’Hen Niê", "hhen nie"),
        ("Giàng A-Páo", "giang a pao"),
        ("Hoà", "hoa"),
        ("Hòa", "hoa"),
        ("Ưu Ơ Ă Â Ê Ô", "uu o a a e o"),
    ],
)
def test_key(name: str, expected: str) -> None:
    assert names.key(name) == expected
    assert names.key(unicodedata.normalize("NFD", name)) == expected


def test_parts_of_a_name() -> None:
    assert names.given_name("Nguyễn Thị  Thuý Hằng") == "Hằng"
    assert names.family_name("Nguyễn Thị Hằng") == "Nguyễn"
    assert names.family_name("Hằng") == ""
    assert names.given_name("") == ""
    assert names.initials("nguyễn Văn Anh") == "N.V.A."
    assert names.initials("Đặng Ích") == "Đ.Í."


def test_lists_are_sorted_by_given_name_in_vietnamese_order() -> None:
    in_order = [
        "Lò Văn An",
        "Vì Văn An",
        "Lò Thị Ánh",
        "Nguyễn Văn Ân",
        "Lò Văn Dung",
        "Lò Văn Dũng",
        "Lò Văn Đức",
        "Lò Văn Hoa",
        "Lò Văn Hòa",
        "Lò Văn Hỏa",
        "Lò Văn Hóa",
        "Lò Văn Ong",
        "Lò Văn Ông",
        "Lò Văn Tu",
        "Lò Văn Tư",
        "Lò Văn Vi",
    ]
    assert sorted(reversed(in_order), key=names.sort_key) == in_order


def test_same_letters_sort_together_before_tones_decide() -> None:
    people = ["Lò Văn Hòa", "Cà Văn Hoa", "Cà Văn Hòa", "Lò Văn Hoa"]
    assert sorted(people, key=names.sort_key) == ["Cà Văn Hoa", "Cà Văn Hòa", "Lò Văn Hoa", "Lò Văn Hòa"]


def test_capitals_are_only_suggested_for_one_case() -> None:
    assert names.capitalised("nguyễn văn anh") == "Nguyễn Văn Anh"
    assert names.capitalised("ĐẶNG THỊ ĐÀO") == "Đặng Thị Đào"
    assert names.capitalised("h'hen niê") == "H'Hen Niê"
    assert names.capitalised("Ksor H'Bia") == "Ksor H'Bia"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Nguyễn Văn Anh", []),
        ("H'Hen Niê", []),
        ("", ["missing"]),
        (" - ", ["missing"]),
        ("Lò Văn 2", ["digits"]),
        ("Lò|Văn", ["signs", "one_word"]),
        ("Anh", ["one_word"]),
        ("A " * 80, ["too_long"]),
    ],
)
def test_remarks(name: str, codes: list[str]) -> None:
    problems = names.check(name)
    assert [p.code for p in problems] == codes
    assert all("{" not in p.words() for p in problems)
    assert {p.code for p in problems if p.blocks} <= {"missing", "too_long"}


@given(st.text())
def test_folding_letter_by_letter_is_folding_the_whole(text: str) -> None:
    stroked = text.translate(str.maketrans("đĐðÐɖƉ", "dDdDdD"))
    decomposed = unicodedata.normalize("NFD", stroked.casefold())
    assert names.fold(text) == "".join(c for c in decomposed if not unicodedata.combining(c))
