import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxdesk.domain import identity, people, phones
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.generate import Commune, generate, households, to_rows
from vaxdesk.domain.people import PersonDetails

TODAY = date(2026, 11, 1)
MANY = list(generate(people=3000, seed=7))


def test_as_many_as_asked_and_the_same_for_a_seed() -> None:
    assert len(MANY) == 3000
    assert list(generate(people=3000, seed=7)) == MANY
    assert list(itertools.islice(generate(people=5000, seed=7), 3000)) == MANY
    assert list(generate(people=100, seed=8)) != MANY[:100]
    assert list(generate(people=0, seed=7)) == []


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_nobody_is_blocked_and_numbers_agree_with_sex_and_year(seed: int) -> None:
    for person in generate(people=150, seed=seed):
        remarks = people.check(person, TODAY)
        assert {r.code for r in remarks} <= {"missing"}
        assert people.tidy(person) == person
        if person.national_id:
            assert person.birth is not None
            said = identity.decode_national_id(person.national_id)
            assert (said.sex, said.birth_year) == (person.sex, person.birth.year)


@pytest.mark.parametrize("field", ["national_id", "old_id", "insurance_no"])
def test_no_number_is_given_twice(field: str) -> None:
    numbers = [getattr(p, field) for p in MANY if getattr(p, field)]
    assert len(numbers) == len(set(numbers))


def share(*matching: bool) -> float:
    return sum(matching) / len(matching)


def test_it_looks_like_a_commune() -> None:
    births = [p.birth for p in MANY if p.birth]
    assert 0.02 < share(*(b.precision == "year" for b in births)) < 0.2
    assert 0.02 < share(*(not p.national_id for p in MANY)) < 0.25
    assert 0.1 < share(*(not p.phone for p in MANY)) < 0.6
    assert 0.4 < share(*(p.sex == "female" for p in MANY)) < 0.6
    assert 0.15 < share(*(b.age_on(TODAY) < 18 for b in births)) < 0.5
    assert 0.03 < share(*(b.age_on(TODAY) > 65 for b in births)) < 0.3
    assert {p.ethnicity for p in MANY} == {"Thái", "Mông", "Kinh"}
    assert len({p.village for p in MANY}) >= 15
    assert {phones.parse(p.phone).kind for p in MANY if p.phone} == {"mobile"}
    assert any(p.groups for p in MANY)


def test_families_share_address_and_children_have_a_guardian() -> None:
    for family in itertools.islice(households(3), 300):
        assert 1 <= len(family) <= 7
        assert len({(p.village, p.address, p.commune_code) for p in family}) == 1
        children = [p for p in family[2:] if p.birth and p.birth.age_on(TODAY) < 18]
        for child in children:
            assert child.guardian_name in ("", family[1].full_name)
            assert child.full_name.split()[0] == family[0].full_name.split()[0]


def test_another_commune() -> None:
    place = Commune(code="00070", name="Phường Hoàn Kiếm", province_code="01", birth_place="001", villages=("Tổ 1",))
    person = next(generate(people=1, seed=1, commune=place))
    assert (person.commune_code, person.village, person.province_code) == ("00070", "Tổ 1", "01")


def test_rows_of_a_list() -> None:
    rows = list(
        to_rows([PersonDetails(full_name="Lò Văn A", birth=PartialDate(1956), sex="male", groups=("9",)), *MANY[:3]])
    )
    assert rows[0]["Ngày sinh"] == "1956"
    assert rows[0]["Giới tính"] == "Nam"
    assert [row["STT"] for row in rows] == ["1", "2", "3", "4"]
    assert len({tuple(row) for row in rows}) == 1
