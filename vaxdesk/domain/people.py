"""A person's particulars as a form holds them, and the remarks on them.

Warn, do not forbid: only the impossible blocks. Nobody must have a phone, an e-mail address or an identity number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from vaxdesk.domain import identity, names, phones, search_text
from vaxdesk.domain.dates import MINIMUM_YEAR, PartialDate
from vaxdesk.domain.problems import FieldProblem, block, warn
from vaxdesk.i18n import N_

__all__ = ["FieldProblem", "PartialDate", "PersonDetails", "check", "search_tokens", "tidy"]

SEXES = ("male", "female", "")
#: Under this age somebody else answers for the person (Bộ luật Dân sự 2015, Điều 20, 21).
AGE_OF_MAJORITY = 18
_OLDEST = 110


@dataclass(frozen=True)
class PersonDetails:
    """Everything a registration form asks of a person; empty text means "not known".

    ``sex`` is ``male``, ``female`` or empty. ``birth`` is None only while a form is being filled. ``nationality`` is an
    ISO 3166 code of three letters. ``groups`` are codes of priority groups that the person states. ``card_issued`` and
    ``identity_source`` (``typed``, ``cccd``, ``can_cuoc``, ``bhyt``, ``list``, ``portal``) say where it all came from.
    """

    full_name: str = ""
    birth: PartialDate | None = None
    sex: str = ""
    national_id: str = ""
    old_id: str = ""
    passport: str = ""
    insurance_no: str = ""
    phone: str = ""
    email: str = ""
    nationality: str = "VNM"
    ethnicity: str = ""
    province_code: str = ""
    province_name: str = ""
    commune_code: str = ""
    commune_name: str = ""
    village: str = ""
    address: str = ""
    occupation: str = ""
    employer: str = ""
    guardian_name: str = ""
    guardian_relation: str = ""
    guardian_phone: str = ""
    allergies: str = ""
    groups: tuple[str, ...] = ()
    card_issued: date | None = None
    identity_source: str = "typed"

    @property
    def name_key(self) -> str:
        """The accent-free key of the name."""
        return names.key(self.full_name)

    def with_(self, **changes: Any) -> PersonDetails:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def household_member(self) -> PersonDetails:
        """The start of another person of the same household: address and contact are kept, identity is not."""
        kept = ("province_code", "province_name", "commune_code", "commune_name", "village", "address", "phone")
        guardian = ("guardian_name", "guardian_relation", "guardian_phone")
        more = ("ethnicity", "nationality")
        return PersonDetails(**{name: getattr(self, name) for name in (*kept, *guardian, *more)})


def tidy(details: PersonDetails) -> PersonDetails:
    """The form in which particulars are stored: NFC, numbers without grouping, phones in national form."""
    changes: dict[str, Any] = {
        item.name: names.tidy(getattr(details, item.name))
        for item in fields(details)
        if isinstance(getattr(details, item.name), str)
    }
    changes["national_id"] = identity.digits_of(details.national_id)
    changes["old_id"] = identity.digits_of(details.old_id)
    changes["passport"] = identity.passport_number(details.passport)
    changes["insurance_no"] = identity.insurance_number(details.insurance_no)
    for name in ("phone", "guardian_phone"):
        if changes[name]:
            changes[name] = phones.parse(changes[name]).number
    changes["groups"] = tuple(dict.fromkeys(names.tidy(code) for code in details.groups))
    return replace(details, **changes)


def check(details: PersonDetails, today: date) -> list[FieldProblem]:
    """All remarks on a person's particulars, the blocking ones first.

    Blocks: no name, no birth date, a birth in the future or before 1890, a sex that is none, a personal number that
    cannot be one. Everything else warns, with the code ``missing`` for what is empty and should be asked for.
    """
    problems = [
        *names.check(details.full_name),
        *_check_birth(details.birth, today),
        *_check_sex(details.sex),
        *identity.check_national_id(details.national_id, details.sex, details.birth),
        *identity.check_old_id(details.old_id),
        *identity.check_passport(details.passport),
        *identity.check_insurance(details.insurance_no),
        *phones.check(details.phone),
        *phones.check(details.guardian_phone, "guardian_phone"),
        *_check_email(details.email),
        *_check_place(details),
        *_check_guardian(details, today),
    ]
    if not (details.national_id or details.old_id or details.passport):
        message = N_("No identity number is recorded. Ask for the card, or go on without it.")
        problems.append(warn("national_id", "missing", message))
    if details.card_issued and details.card_issued > today:
        message = N_("The card's day of issue lies in the future. Check it.")
        problems.append(warn("card_issued", "future", message))
    return sorted(problems, key=lambda problem: not problem.blocks)


def _check_birth(birth: PartialDate | None, today: date) -> list[FieldProblem]:
    if birth is None:
        return [block("birth", "missing", N_("The birth date is missing. The year alone is enough."))]
    if birth.earliest() > today:
        message = N_("The birth date {date} lies in the future.")
        return [block("birth", "future", message, date=birth.vietnamese())]
    if birth.year < MINIMUM_YEAR:
        return [block("birth", "too_old", N_("The birth year {year} cannot be right."), year=birth.year)]
    if birth.age_on(today) > _OLDEST:
        message = N_("This person would be {age} years old. Check the birth date.")
        return [warn("birth", "very_old", message, age=birth.age_on(today))]
    return []


def _check_sex(sex: str) -> list[FieldProblem]:
    if sex not in SEXES:
        return [block("sex", "unknown", N_("The sex must be male or female."))]
    return [] if sex else [warn("sex", "missing", N_("The sex is missing."))]


def _check_email(email: str) -> list[FieldProblem]:
    plain = email.strip()
    local, at, host = plain.partition("@")
    if plain and not (at and local and "." in host.strip(".") and " " not in plain):
        return [warn("email", "implausible", N_("“{email}” is not an e-mail address. Check it."), email=plain)]
    return []


def _check_place(details: PersonDetails) -> list[FieldProblem]:
    problems = []
    if not (details.commune_code or details.commune_name):
        problems.append(warn("commune_code", "missing", N_("The commune is missing.")))
    if not (details.village or details.address):
        problems.append(warn("village", "missing", N_("The village is missing.")))
    return problems


def _check_guardian(details: PersonDetails, today: date) -> list[FieldProblem]:
    if details.birth is None or details.birth.age_on(today) >= AGE_OF_MAJORITY or names.key(details.guardian_name):
        return []
    message = N_("This person is under {age} years: the father's, mother's or guardian's name is missing.")
    return [warn("guardian_name", "missing", message, age=AGE_OF_MAJORITY)]


def search_tokens(details: PersonDetails, code: str = "") -> frozenset[str]:
    """The tokens under which this person is found; ``code`` is the personal code."""
    numbers = (details.national_id, details.old_id, details.passport, details.insurance_no, details.phone)
    year = details.birth.year if details.birth else None
    return search_text.tokens(details.full_name, year, numbers, (details.village,), code)
