"""Identity numbers: the 12-digit personal number, the old CMND, the health-insurance number, passports.

The personal number is ``PPP G YY NNNNNN`` (Nghị định 137/2015 Điều 13, Thông tư 59/2021/TT-BCA Điều 4): province or
country of birth registration, century and sex, the birth year's last two digits, six random digits. It has no check
digit, and old errors exist: a disagreement is a warning that names both values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.names import tidy
from vaxdesk.domain.problems import FieldProblem, block, warn
from vaxdesk.i18n import N_, translate

#: Provinces of birth registration, the 63 of before 01/07/2025: numbers issued already do not change with the map.
PROVINCES_OF_BIRTH = {
    "001": "Hà Nội", "002": "Hà Giang", "004": "Cao Bằng", "006": "Bắc Kạn", "008": "Tuyên Quang", "010": "Lào Cai",
    "011": "Điện Biên", "012": "Lai Châu", "014": "Sơn La", "015": "Yên Bái", "017": "Hòa Bình", "019": "Thái Nguyên",
    "020": "Lạng Sơn", "022": "Quảng Ninh", "024": "Bắc Giang", "025": "Phú Thọ", "026": "Vĩnh Phúc", "027": "Bắc Ninh",
    "030": "Hải Dương", "031": "Hải Phòng", "033": "Hưng Yên", "034": "Thái Bình", "035": "Hà Nam", "036": "Nam Định",
    "037": "Ninh Bình", "038": "Thanh Hóa", "040": "Nghệ An", "042": "Hà Tĩnh", "044": "Quảng Bình", "045": "Quảng Trị",
    "046": "Thừa Thiên Huế", "048": "Đà Nẵng", "049": "Quảng Nam", "051": "Quảng Ngãi", "052": "Bình Định",
    "054": "Phú Yên", "056": "Khánh Hòa", "058": "Ninh Thuận", "060": "Bình Thuận", "062": "Kon Tum", "064": "Gia Lai",
    "066": "Đắk Lắk", "067": "Đắk Nông", "068": "Lâm Đồng", "070": "Bình Phước", "072": "Tây Ninh", "074": "Bình Dương",
    "075": "Đồng Nai", "077": "Bà Rịa - Vũng Tàu", "079": "TP. Hồ Chí Minh", "080": "Long An", "082": "Tiền Giang",
    "083": "Bến Tre", "084": "Trà Vinh", "086": "Vĩnh Long", "087": "Đồng Tháp", "089": "An Giang", "091": "Kiên Giang",
    "092": "Cần Thơ", "093": "Hậu Giang", "094": "Sóc Trăng", "095": "Bạc Liêu", "096": "Cà Mau",
}  # fmt: skip

SEX_WORDS = {"male": N_("Male"), "female": N_("Female"), "": N_("Not stated")}

_INSURANCE = re.compile(r"[A-Z]{2}\d{13}|\d{10}")
_INSURANCE_LEVELS = re.compile(r"[A-Z]{2}[1-5]\d{12}")
_PASSPORT = re.compile(r"[A-Z]{1,3}\d{5,9}")


@dataclass(frozen=True)
class NationalId:
    """What a personal number says. ``province`` is empty for a country code or an unknown place."""

    number: str
    place_code: str
    province: str
    sex: str
    birth_year: int


def digits_of(text: str) -> str:
    """The number without the blanks, points and hyphens that people group it with."""
    return re.sub(r"[\s.\-\u00a0\u2011\u2013]", "", tidy(text))


def grouped(number: str) -> str:
    """For reading aloud: ``014 056 001 234``, nine digits as ``050 812 345``; other lengths as they are."""
    if number.isascii() and number.isdigit() and len(number) in (9, 12):
        return " ".join(number[i : i + 3] for i in range(0, len(number), 3))
    return number


def decode_national_id(number: str) -> NationalId:
    """Read a personal number of exactly 12 digits; ``ValueError`` otherwise."""
    if not re.fullmatch(r"[0-9]{12}", number):
        raise ValueError("a personal number has 12 digits")
    place, century_sex, year = number[:3], int(number[3]), int(number[4:6])
    return NationalId(
        number=number,
        place_code=place,
        province=PROVINCES_OF_BIRTH.get(place, ""),
        sex="female" if century_sex % 2 else "male",
        birth_year=(19 + century_sex // 2) * 100 + year,
    )


def check_national_id(
    number: str, sex: str, birth: PartialDate | None, field: str = "national_id"
) -> list[FieldProblem]:
    """Compare a personal number with the stated sex and birth year; a wrong length blocks, a disagreement warns."""
    plain = digits_of(number)
    if not plain:
        return []
    if not (plain.isascii() and plain.isdigit()):
        message = N_("The personal number “{number}” may hold digits only. Check it or leave it empty.")
        return [block(field, "not_digits", message, number=tidy(number))]
    if len(plain) != 12:
        message = N_("The personal number has {count} digits; it must have 12. Check it or leave it empty.")
        return [block(field, "length", message, count=len(plain))]
    said = decode_national_id(plain)
    problems = []
    if birth is not None and birth.year != said.birth_year:
        message = N_("The personal number says born {said}, the form says {stated}. Check both.")
        problems.append(warn(field, "birth_year", message, said=said.birth_year, stated=birth.year))
    if sex and sex != said.sex:
        message = N_("The personal number says {said}, the form says {stated}. Check both.")
        values = {"said": translate(SEX_WORDS[said.sex]), "stated": translate(SEX_WORDS.get(sex, sex))}
        problems.append(warn(field, "sex", message, **values))
    return problems


def check_old_id(number: str, field: str = "old_id") -> list[FieldProblem]:
    """An old CMND number has 9 digits, some 12."""
    plain = digits_of(number)
    if not plain:
        return []
    if not re.fullmatch(r"[0-9]+", plain):
        message = N_("The old identity number “{number}” may hold digits only.")
        return [warn(field, "not_digits", message, number=tidy(number))]
    if len(plain) not in (9, 12):
        message = N_("The old identity number has {count} digits; it should have 9 or 12. Check it.")
        return [warn(field, "length", message, count=len(plain))]
    return []


def insurance_number(text: str) -> str:
    """A health-insurance number as stored: capitals and digits without blanks or signs."""
    return re.sub(r"[^0-9A-Z]", "", tidy(text).upper())


def insurance_core(text: str) -> str:
    """The lifelong 10 digits of either form, by which a person's old and new card meet; empty if it has none."""
    number = insurance_number(text)
    return number[-10:] if _INSURANCE.fullmatch(number) else ""


def check_insurance(text: str, field: str = "insurance_no") -> list[FieldProblem]:
    """Old cards have 15 characters (two letters, benefit level 1-5, province, ten digits), new ones ten digits."""
    number = insurance_number(text)
    if not number:
        return []
    if not _INSURANCE.fullmatch(number):
        message = N_("“{number}” is not a health-insurance number: 10 digits, or 2 letters and 13 digits. Check it.")
        return [warn(field, "implausible", message, number=number)]
    if len(number) == 15 and not _INSURANCE_LEVELS.fullmatch(number):
        message = N_("The third character of a health-insurance number is 1 to 5; here it is {level}. Check it.")
        return [warn(field, "level", message, level=number[2])]
    return []


def passport_number(text: str) -> str:
    """A passport number as stored: capitals and digits without blanks."""
    return re.sub(r"[\s\-.]", "", tidy(text)).upper()


def check_passport(text: str, field: str = "passport") -> list[FieldProblem]:
    """Vietnamese passports have letters and then digits; foreign ones differ, so this only asks."""
    number = passport_number(text)
    if number and not _PASSPORT.fullmatch(number):
        message = N_("“{number}” does not look like a Vietnamese passport number: a letter, then digits. Check it.")
        return [warn(field, "implausible", message, number=number)]
    return []
