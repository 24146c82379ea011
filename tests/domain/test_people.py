import dataclasses
import unicodedata
from datetime import date

import pytest

from vaxdesk.domain import people
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails

TODAY = date(2026, 11, 21)
ANH = PersonDetails(
    full_name="Nguyễn Văn Anh",
    birth=PartialDate(1990, 1, 1),
    sex="male",
    national_id="014090123456",
    old_id="050812345",
    commune_code="03997",
    commune_name="Mường Lạn",
    village="Bản Nà Khi",
)


def test_a_whole_person_has_no_remark() -> None:
    assert people.check(ANH, TODAY) == []


def test_nobody_needs_a_phone_an_email_or_a_number() -> None:
    plain = ANH.with_(national_id="", old_id="", phone="", email="", insurance_no="")
    assert [(p.field, p.code) for p in people.check(plain, TODAY)] == [("national_id", "missing")]


def test_only_the_impossible_blocks() -> None:
    worst = PersonDetails(
        full_name="",
        birth=PartialDate(2027),
        sex="x",
        national_id="123",
        old_id="1",
        passport="?",
        insurance_no="?1",
        phone="1",
        email="x",
        guardian_phone="2",
        card_issued=date(2030, 1, 1),
    )
    problems = people.check(worst, TODAY)
    assert {p.field for p in problems if p.blocks} == {"full_name", "birth", "sex", "national_id"}
    assert [p.blocks for p in problems] == sorted((p.blocks for p in problems), reverse=True)
    assert {p.field for p in problems} >= {"old_id", "passport", "insurance_no", "phone", "email", "card_issued"}
    assert all(p.words() and "{" not in p.words() for p in problems)


@pytest.mark.parametrize(
    ("birth", "code", "blocks"),
    [(None, "missing", True), (PartialDate(1850), "too_old", True), (PartialDate(1900), "very_old", False)],
)
def test_birth(birth: PartialDate | None, code: str, blocks: bool) -> None:
    found = [p for p in people.check(ANH.with_(birth=birth, national_id=""), TODAY) if p.field == "birth"]
    assert [(p.code, p.blocks) for p in found] == [(code, blocks)]


def test_year_only_birth_is_enough() -> None:
    assert people.check(ANH.with_(birth=PartialDate(1990)), TODAY) == []


def test_a_child_should_have_a_guardian() -> None:
    child = ANH.with_(birth=PartialDate(2015, 3, 1), national_id="014215123456")
    assert [(p.field, p.code) for p in people.check(child, TODAY)] == [("guardian_name", "missing")]
    assert people.check(child.with_(guardian_name="Nguyễn Văn Bình"), TODAY) == []


def test_tidy_is_the_stored_form() -> None:
    typed = PersonDetails(
        full_name=unicodedata.normalize("NFD", " Nguyễn  Văn Anh "),
        national_id="014 090 123 456",
        old_id="050.812.345",
        insurance_no="dn 4 14 1234567890",
        passport="c 1234567",
        phone="+84 912 345 678",
        guardian_phone="01682345678",
        groups=("9", "9 ", "3"),
    )
    stored = people.tidy(typed)
    assert stored.full_name == "Nguyễn Văn Anh"
    assert stored.national_id == "014090123456"
    assert stored.old_id == "050812345"
    assert stored.insurance_no == "DN4141234567890"
    assert stored.passport == "C1234567"
    assert stored.phone == "0912345678"
    assert stored.guardian_phone == "0382345678"
    assert stored.groups == ("9", "3")
    assert people.tidy(stored) == stored


def test_another_of_the_household_keeps_address_and_contact_only() -> None:
    other = ANH.with_(phone="0912345678", groups=("9",)).household_member()
    assert (other.village, other.commune_code, other.phone) == ("Bản Nà Khi", "03997", "0912345678")
    assert (other.full_name, other.birth, other.national_id, other.groups) == ("", None, "", ())


def test_details_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ANH.full_name = "x"  # type: ignore[misc]
