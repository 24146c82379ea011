"""Builds the content of a vaccination certificate (schema 1.3.x) and checks it before it is signed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from vaxdesk.certificates import schema, valuesets
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

#: Issued certificates name 1.3.0, which every verifier knows, and follow 1.3.3 as well.
VERSION = "1.3.0"
COVID_19 = "840539006"
_LIMIT = 80
_MAX_DOSES = 9

#: ICAO 9303 part 3, section 6 A, for Latin letters that dropping the marks does not turn into A to Z.
_ICAO = {
    "Đ": "D",
    "Ð": "D",
    "Æ": "AE",
    "Œ": "OE",
    "Ø": "OE",
    "Å": "AA",
    "Ä": "AE",
    "Ö": "OE",
    "Ü": "UE",
    "Ł": "L",
    "Ħ": "H",
    "Þ": "TH",
    "ß": "SS",
    "ẞ": "SS",
    "ı": "I",
    "Ŋ": "N",
    "Ŧ": "T",
}
_SEPARATORS = re.compile(r"[\s\-‐‑–—_/,<]+")
_DROPPED = re.compile(r"['’‘`ʼ.()\"“”]+")


@dataclass(frozen=True)
class DccDose:
    """The dose that a certificate is about: the last one that counts.

    ``number`` of ``total`` are ``dn`` and ``sd`` (:func:`dose_numbers`); the codes are those of the value sets.
    """

    prophylaxis: str
    product: str
    holder: str
    number: int
    total: int
    day: date
    target: str = COVID_19
    country: str = "VN"


@dataclass(frozen=True)
class DccPerson:
    """The person: the full name as on the card (family name first) and the birth date as far as it is known."""

    full_name: str
    birth: PartialDate


def dose_numbers(primary_given: int, primary_total: int, further: int = 0) -> tuple[int, int]:
    """``dn`` and ``sd`` of the last dose.

    ``primary_given`` of ``primary_total`` doses of the primary course were given, and ``further`` additional and
    booster doses after it. Within the course: 1/2, 2/2. After it the total follows the number (3/3, 4/4), except
    after a course of one dose, where it stays one (2/1, 3/1). Source: Implementing Decision (EU) 2021/2301, as in
    the examples of the schema's own repository.
    """
    if primary_given < 1 or primary_total < 1 or further < 0:
        raise ValueError("there is no dose")
    number = primary_given + further
    if primary_given <= primary_total and not further:
        return number, primary_total
    return number, 1 if primary_total == 1 else number


def transliterate(name: str) -> str:
    """A name in the letters of a passport's machine-readable zone: A to Z, ``<`` between the parts, at most 80.

    Characters that have no place there (digits, other alphabets) are left out.
    """
    composed = unicodedata.normalize("NFC", name)
    # str.upper() turns ß into SS by itself, and leaves the dotless ı alone on some systems: both stand in the table.
    parts = []
    for part in _SEPARATORS.split(_DROPPED.sub("", composed)):
        letters = "".join(_letters(character) for character in part)
        if letters:
            parts.append(letters)
    return "<".join(parts)[:_LIMIT].rstrip("<")


def _letters(character: str) -> str:
    upper = character.upper()
    if upper in _ICAO or character in _ICAO:
        return _ICAO.get(character) or _ICAO[upper]
    plain = unicodedata.normalize("NFD", upper)
    return "".join(letter for letter in plain if "A" <= letter <= "Z")


def names(full_name: str) -> dict[str, str]:
    """The name fields: the first word is the family name, the rest the given names; a single word is the family name.

    The written name is NFC and kept letter by letter, cut only at 80 characters. Raises FieldError (``full_name``)
    where no letter can be transliterated.
    """
    written = " ".join(unicodedata.normalize("NFC", full_name).split())
    family, _blank, given = written.partition(" ")
    found = {"fn": family[:_LIMIT], "fnt": transliterate(family)}
    if given:
        found |= {"gn": given[:_LIMIT], "gnt": transliterate(given)}
    if not found["fnt"]:
        if not found.get("gnt"):
            raise FieldError("full_name", N_("The name has no letters that a certificate could carry."))
        found["fnt"] = found["gnt"]
    return {name: value for name, value in found.items() if value}


def build_claims(
    person: DccPerson, dose: DccDose, *, identifier: str, issuer: str, issued_on: date | None = None
) -> dict[str, Any]:
    """The certificate's content for :func:`vaxdesk.certificates.hc1.encode`.

    ``identifier`` is the UVCI, ``issuer`` the name of who issues (cut at 80 characters), ``issued_on`` the day before
    which dose and birth must lie. Raises FieldError naming what does not fit.
    """
    if issued_on is not None and dose.day > issued_on:
        raise FieldError("given_on", N_("The dose has a date after today."))
    if person.birth.earliest() > dose.day:
        raise FieldError("birth", N_("The birth date is after the dose."))
    if not 1 <= dose.number <= _MAX_DOSES or not 1 <= dose.total <= _MAX_DOSES:
        raise FieldError("dose_number", N_("A certificate can count one to nine doses."))
    content = {
        "ver": VERSION,
        "nam": names(person.full_name),
        "dob": person.birth.iso(),
        "v": [
            {
                "tg": dose.target,
                "vp": dose.prophylaxis,
                "mp": dose.product,
                "ma": dose.holder,
                "dn": dose.number,
                "sd": dose.total,
                "dt": dose.day.isoformat(),
                "co": dose.country,
                "is": unicodedata.normalize("NFC", issuer)[:_LIMIT],
                "ci": identifier,
            }
        ],
    }
    check(content)
    return content


def check(content: Mapping[str, Any]) -> None:
    """Refuse a content that a verifier would refuse: schema of its own version and the newest, value sets.

    Raises FieldError whose field is the path that does not fit.
    """
    found = schema.full_problem(content) or schema.problem(content, schema.NEWEST) or valuesets.problem(content, "v")
    if found is not None:
        field, _colon, _rule = found.partition(":")
        raise FieldError(field, N_("The certificate cannot be made: {problem}"), problem=found)
