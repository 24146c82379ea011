import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import personal_code as code
from vaxdesk.errors import InputError

codes = st.integers(0, 2**32).map(lambda seed: code.new_code(random.Random(seed).randrange))


def test_random_enough_and_well_formed() -> None:
    assert (code.LENGTH - 1) * math.log2(len(code.ALPHABET)) >= 60
    made = {code.new_code() for _ in range(2000)}
    assert len(made) == 2000
    for one in made:
        assert len(one) == 17
        assert one.count("-") == 2
        assert not one.startswith("HC1")
        assert set(one) <= set(code.ALPHABET + "-")


def test_no_character_that_an_input_method_changes_or_an_eye_mistakes() -> None:
    assert not set(code.ALPHABET) & set("AEIOUYDWLQSZB")


@given(codes)
def test_read_back_in_any_writing(one: str) -> None:
    assert code.parse(one) == one
    assert code.parse(one.lower()) == one
    assert code.parse(one.replace("-", "")) == one
    assert code.parse(f" {one.replace('-', ' ')}\r\n") == one
    assert code.parse(one.replace("0", "O").replace("1", "l")) == one


@given(codes, st.integers(0, 14), st.sampled_from(code.ALPHABET))
def test_every_wrong_character_is_found(one: str, place: int, other: str) -> None:
    plain = one.replace("-", "")
    changed = plain[:place] + other + plain[place + 1 :]
    assert code.is_code(changed) == (changed == plain)


@given(codes, st.integers(0, 14), st.integers(0, 14))
def test_every_exchange_of_two_is_found(one: str, first: int, second: int) -> None:
    letters = list(one.replace("-", ""))
    letters[first], letters[second] = letters[second], letters[first]
    assert code.is_code("".join(letters)) == ("".join(letters) == one.replace("-", ""))


@pytest.mark.parametrize("text", ["", "HC1:6BF", "014090123456", "CH4141234567890", "GD4797934567890", "7KM3N-04CXP"])
def test_other_things_are_not_codes(text: str) -> None:
    with pytest.raises(InputError) as caught:
        code.parse(text)
    assert "{" not in caught.value.words()


@given(st.from_regex(r"[A-Z]{2}[0-9]{13}|[0-9]{10,16}", fullmatch=True))
def test_no_insurance_or_other_number_is_ever_a_code(number: str) -> None:
    assert not code.is_code(number)


def test_a_code_that_would_begin_as_a_certificate_is_not_issued() -> None:
    wanted = iter([code.ALPHABET.index(c) for c in "HC1HC1HC1HC1HC" + "7KM3N04CXP2HTR"])
    assert code.new_code(lambda _n: next(wanted)).startswith("7KM3N-04CXP-2HTR")
    assert not any(code.is_code("HC1HC1HC1HC1HC" + last) for last in code.ALPHABET)
