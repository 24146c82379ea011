"""Invented people of one commune: families in villages, names, numbers that agree with sex and birth year.

For practice and tests. Everything is drawn from one seeded source, so the same seed gives the same people.
As in life some have no number or phone, some know only their birth year, and families share a phone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from vaxdesk.domain import invented_names as stock
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails

_MOBILE_PREFIXES = ("032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098", "091", "094")
_ADULT = 18
T = TypeVar("T")


@dataclass(frozen=True)
class Commune:
    """Where the invented people live.

    ``birth_place`` is the 3-digit place of birth registration, ``insurance_province`` the 2 digits of old insurance
    numbers, ``old_address`` what cards of before 07/2025 print behind the village.
    """

    code: str = "04246"
    name: str = "Xã Mường Lạn"
    province_code: str = "14"
    province_name: str = "Tỉnh Sơn La"
    birth_place: str = "014"
    insurance_province: str = "14"
    old_id_prefix: str = "050"
    old_address: str = "Mường Lạn, Sốp Cộp, Sơn La"
    villages: tuple[str, ...] = stock.VILLAGES


@dataclass
class _Source:
    """The seeded source with what must not repeat."""

    random: random.Random
    commune: Commune
    today: date
    numbers: set[str] = field(default_factory=set)

    def chance(self, percent: float) -> bool:
        return self.random.random() * 100 < percent

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        return self.random.choices([value for value, _w in choices], [weight for _v, weight in choices])[0]

    def unique(self, prefix: str, digits: int) -> str:
        while True:
            number = prefix + f"{self.random.randrange(10**digits):0{digits}d}"
            if number not in self.numbers:
                self.numbers.add(number)
                return number


def generate(
    people: int, seed: int, commune: Commune | None = None, today: date = date(2026, 11, 1)
) -> Iterator[PersonDetails]:
    """``people`` invented persons, family after family; ages are counted on ``today``.

    10,000 take well under two seconds.
    """
    made = 0
    for family in households(seed, commune, today):
        for person in family:
            if made == people:
                return
            made += 1
            yield person


def households(
    seed: int, commune: Commune | None = None, today: date = date(2026, 11, 1)
) -> Iterator[tuple[PersonDetails, ...]]:
    """Endless families of one to seven people with one address each."""
    source = _Source(random.Random(seed), commune or Commune(), today)  # noqa: S311 - invented people, no secret
    while True:
        yield _family(source)


def to_rows(people: Iterable[PersonDetails]) -> Iterator[dict[str, str]]:
    """The people as rows of a list (CSV or a sheet): Vietnamese headings, dates dd/mm/yyyy, numbers as text."""
    sexes = {"male": "Nam", "female": "Nữ", "": ""}
    for number, person in enumerate(people, start=1):
        yield {
            "STT": str(number),
            "Họ và tên": person.full_name,
            "Ngày sinh": person.birth.vietnamese() if person.birth else "",
            "Giới tính": sexes[person.sex],
            "Số CCCD/định danh": person.national_id,
            "Số CMND": person.old_id,
            "Số thẻ BHYT": person.insurance_no,
            "Số điện thoại": person.phone,
            "Thôn/bản": person.village,
            "Xã/phường": person.commune_name,
            "Tỉnh/thành phố": person.province_name,
            "Dân tộc": person.ethnicity,
            "Nghề nghiệp": person.occupation,
            "Đơn vị công tác": person.employer,
            "Nhóm ưu tiên": ", ".join(person.groups),
            "Người giám hộ": person.guardian_name,
        }


def _family(source: _Source) -> tuple[PersonDetails, ...]:
    people = source.weighted(stock.PEOPLES)
    family_name = _family_name(source, people)
    village = source.random.choice(source.commune.villages)
    phone = _phone(source) if source.chance(85) else ""
    father_age = int(source.random.triangular(20, 82, 36))
    father = _person(source, people, "male", family_name, father_age, village, phone)
    members = [father]
    if source.chance(90):
        mother_age = max(18, father_age - source.random.randrange(-3, 5))
        mother = _person(source, people, "female", "", mother_age, village, phone)
        members.append(mother)
        for _child in range(source.random.choices((0, 1, 2, 3, 4), (8, 20, 38, 24, 10))[0]):
            age = father_age - source.random.randrange(22, 36)
            if 0 <= age < 30:
                sex = source.random.choice(("male", "female"))
                child = _person(source, people, sex, family_name, age, village, phone)
                members.append(_with_guardian(source, child, mother, age))
    if father_age < 55 and source.chance(22):
        old = father_age + source.random.randrange(19, 33)
        members.append(_person(source, people, source.random.choice(("male", "female")), "", old, village, phone))
    return tuple(members)


def _person(
    source: _Source, people: stock.NameStock, sex: str, family_name: str, age: int, village: str, phone: str
) -> PersonDetails:
    male = sex == "male"
    middle = source.random.choice(people.male_middles if male else people.female_middles)
    given = source.random.choice(people.male_given if male else people.female_given)
    born = _birth(source, age)
    number = _national_id(source, sex, born) if source.chance(93 if 14 <= age < 75 else 78) else ""
    occupation = _occupation(source, age)
    own_phone = _phone(source) if age >= _ADULT and source.chance(45) else phone
    commune = source.commune
    return PersonDetails(
        full_name=f"{family_name or _family_name(source, people)} {middle} {given}",
        birth=_known_part(source, born, age),
        sex=sex,
        national_id=number,
        old_id=source.unique(commune.old_id_prefix, 6) if 34 <= age < 90 and source.chance(55) else "",
        insurance_no=_insurance(source, age) if source.chance(88) else "",
        phone=own_phone if age >= 12 and source.chance(88) else "",
        ethnicity=people.ethnicity,
        province_code=commune.province_code,
        province_name=commune.province_name,
        commune_code=commune.code,
        commune_name=commune.name,
        village=village,
        address=f"{village}, {commune.old_address}",
        occupation=occupation,
        employer=stock.EMPLOYERS.get(occupation, ""),
        groups=_groups(occupation, age),
        identity_source="list",
    )


def _family_name(source: _Source, people: stock.NameStock) -> str:
    return source.weighted(people.families)


def _birth(source: _Source, age: int) -> date:
    """A day on which a person is ``age`` full years old on the source's day."""
    last = source.today.replace(year=source.today.year - age, day=min(source.today.day, 28))
    return last - timedelta(days=source.random.randrange(360))


def _known_part(source: _Source, born: date, age: int) -> PartialDate:
    """Old people often know the year only, a few the month."""
    if age >= 60 and source.chance(30):
        return PartialDate(born.year)
    if age >= 50 and source.chance(4):
        return PartialDate(born.year, born.month)
    return PartialDate.of(born)


def _national_id(source: _Source, sex: str, born: date) -> str:
    century_sex = (born.year // 100 - 19) * 2 + (sex == "female")
    elsewhere = ("001", "011", "017", "033", "034", "035", "038")
    place = source.random.choice(elsewhere) if source.chance(6) else source.commune.birth_place
    return source.unique(f"{place}{century_sex}{born.year % 100:02d}", 6)


def _insurance(source: _Source, age: int) -> str:
    core = source.unique(source.commune.insurance_province, 8)
    if source.chance(60):
        return core
    kind = "TE1" if age < 6 else source.random.choice(("DT2", "DT2", "CN3", "HN2", "DK2", "DN4"))
    return f"{kind}{source.commune.insurance_province}{core}"


def _phone(source: _Source) -> str:
    return source.unique(source.random.choice(_MOBILE_PREFIXES), 7)


def _occupation(source: _Source, age: int) -> str:
    if age < 6:
        return ""
    if age < _ADULT:
        return "Học sinh"
    return "Hưu trí" if age >= 75 else source.weighted(stock.OCCUPATIONS)


def _groups(occupation: str, age: int) -> tuple[str, ...]:
    by_work = stock.GROUP_BY_OCCUPATION.get(occupation)
    by_age = ("9",) if age > 65 else ()
    return tuple(sorted({*by_age, *((by_work,) if by_work else ())}, key=int))


def _with_guardian(source: _Source, child: PersonDetails, mother: PersonDetails, age: int) -> PersonDetails:
    if age >= _ADULT or source.chance(3):
        return child
    return child.with_(guardian_name=mother.full_name, guardian_relation="Mẹ", guardian_phone=mother.phone)
