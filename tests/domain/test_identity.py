import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import identity
from vaxdesk.domain.dates import PartialDate


def test_a_number_says_place_sex_and_year() -> None:
    said = identity.decode_national_id("014090123456")
    assert (said.province, said.sex, said.birth_year) == ("Sơn La", "male", 1990)
    assert identity.decode_national_id("001312000001").sex == "female"
    assert identity.decode_national_id("001312000001").birth_year == 2012
    assert identity.decode_national_id("305090123456").province == ""


def test_the_63_provinces_of_birth() -> None:
    assert len(identity.PROVINCES_OF_BIRTH) == 63
    assert all(len(code) == 3 and code.isdigit() for code in identity.PROVINCES_OF_BIRTH)


@pytest.mark.parametrize("number", ["", "01409012345", "0140901234567", "01409012345x", "٠١٤٠٩٠١٢٣٤٥٦"])
def test_other_lengths_are_not_decoded(number: str) -> None:
    with pytest.raises(ValueError):
        identity.decode_national_id(number)


@given(st.sampled_from(["male", "female"]), st.integers(1900, 2099), st.integers(0, 999999), st.integers(0, 9))
def test_every_single_digit_error_in_digits_4_to_6_is_flagged(sex: str, year: int, tail: int, wrong: int) -> None:
    century = (year // 100 - 19) * 2 + (sex == "female")
    number = f"014{century}{year % 100:02d}{tail:06d}"
    birth = PartialDate(year)
    assert identity.check_national_id(number, sex, birth) == []
    for place in (3, 4, 5):
        changed = number[:place] + str(wrong) + number[place + 1 :]
        assert bool(identity.check_national_id(changed, sex, birth)) == (changed != number)
    assert [p.code for p in identity.check_national_id(number, sex, PartialDate(year + 1))] == ["birth_year"]


def test_a_disagreement_names_both_values_and_does_not_block() -> None:
    problems = identity.check_national_id("014 090 123 456", "female", PartialDate(1991, 5, 1))
    assert [p.code for p in problems] == ["birth_year", "sex"]
    assert not any(p.blocks for p in problems)
    assert problems[0].values == {"said": 1990, "stated": 1991}
    assert set(problems[1].values) == {"said", "stated"}
    assert identity.check_national_id("014090123456", "", None) == []
    assert identity.check_national_id("", "male", PartialDate(1990)) == []


@pytest.mark.parametrize(("number", "code"), [("01409012345", "length"), ("01409012345O", "not_digits")])
def test_the_impossible_blocks(number: str, code: str) -> None:
    (problem,) = identity.check_national_id(number, "male", PartialDate(1990))
    assert problem.blocks
    assert problem.code == code


def test_grouping() -> None:
    assert identity.grouped("014056001234") == "014 056 001 234"
    assert identity.grouped("050812345") == "050 812 345"
    assert identity.grouped("C1234567") == "C1234567"
    assert identity.digits_of(" 014.056-001\u00a0234 ") == "014056001234"


def test_old_identity_numbers() -> None:
    assert identity.check_old_id("050 812 345") == []
    assert identity.check_old_id("014090123456") == []
    assert identity.check_old_id("") == []
    assert identity.check_old_id("05081234")[0].code == "length"
    assert identity.check_old_id("05081234A")[0].code == "not_digits"


def test_insurance_forms() -> None:
    assert identity.check_insurance("DN 4 14 1234567890") == []
    assert identity.check_insurance("1234567890") == []
    assert identity.insurance_core("dn4141234567890") == "1234567890" == identity.insurance_core("1234567890")
    assert identity.check_insurance("DN9141234567890")[0].code == "level"
    assert identity.check_insurance("DN414123")[0].code == "implausible"
    assert identity.insurance_core("DN414123") == ""


def test_passports() -> None:
    assert identity.check_passport("c1234567") == []
    assert identity.check_passport("P00123456") == []
    assert identity.check_passport("12345")[0].code == "implausible"
    assert identity.passport_number(" b 123-4567") == "B1234567"
