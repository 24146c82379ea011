import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import people, search_text
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails

CODE = "82G0R-00868-TXK59"
ANH = PersonDetails(
    full_name="Nguyễn Đức Anh",
    birth=PartialDate(1990),
    national_id="014090123456",
    phone="0912345678",
    insurance_no="DN4141234567890",
    village="Bản Nà Khi",
)
TOKENS = people.search_tokens(ANH, CODE)


def finds(text: str) -> bool:
    terms = search_text.query(text)
    return bool(terms) and all(term.matches(TOKENS) for term in terms)


@pytest.mark.parametrize(
    "text",
    [
        "nguyen",
        "anh nguyen",
        "Nguyễn Đức Anh",
        "duc anh 1990",
        "ANH 1990",
        "ng du a",
        "na khi anh",
        "014090",
        "3456",
        "456",
        "123456",
        "014 090 123 456",
        "anh 3456",
        "0912 345 678",
        "0912345678",
        "+84 912 345 678",
        "84912345678",
        "5678",
        "dn414",
        "7890",
        "anh 5678 1990",
        CODE,
        CODE.lower().replace("-", " "),
    ],
)
def test_any_piece_in_any_order_finds(text: str) -> None:
    assert finds(text)


@pytest.mark.parametrize("text", ["", "  ", "binh", "anh 1991", "0912 345 679", "9999", "TP8X8-FR7CH-GGVF6", "56"])
def test_other_pieces_do_not(text: str) -> None:
    assert not finds(text)


def test_bao_loc_finds_both_orders() -> None:
    for name in ("Bảo Lộc", "Lộc Bảo"):
        tokens = search_text.tokens(name)
        assert all(term.matches(tokens) for term in search_text.query("bao loc"))


@given(st.text(max_size=60))
def test_any_text_makes_short_plain_terms(text: str) -> None:
    terms = search_text.query(text)
    assert len(terms) <= 8
    assert all(prefix for term in terms for prefix in term.prefixes)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(3, 12))
def test_every_end_and_beginning_of_a_number_finds(number: str, length: int) -> None:
    tokens = search_text.tokens("A", None, [number])
    assert all(t.matches(tokens) for t in search_text.query(number[-length:]))
    assert all(t.matches(tokens) for t in search_text.query(number[:length]))
