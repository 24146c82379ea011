"""Phone numbers. A phone is an attribute of a person, never a key: families share one.

Mobile numbers have ten digits since 15/09/2018; the eleven-digit ones before are carried over by prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vaxdesk.domain.problems import FieldProblem, warn
from vaxdesk.i18n import N_

_MOBILE = re.compile(r"0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}")
_LANDLINE = re.compile(r"02\d{9}")
#: Old eleven-digit prefixes to new ones (Viettel, MobiFone, VinaPhone, Vietnamobile, Gmobile).
_OLD_PREFIXES = {
    **{f"016{n}": f"03{n}" for n in range(2, 10)},
    **{"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078"},
    **{"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082"},
    **{"0186": "056", "0188": "058", "0199": "059"},
}


@dataclass(frozen=True)
class Phone:
    """A number as stored (digits only, national form beginning with 0 where it is Vietnamese)."""

    number: str
    kind: Literal["mobile", "landline", "foreign", "unknown"]
    carried_over_from: str = ""


def parse(text: str) -> Phone:
    """Read a number with any separators, ``+84``, ``0084`` or ``84`` in front, or in the old eleven-digit form.

    Never refuses: what is not recognised comes back as ``unknown`` with its digits, or as typed when it has none.
    """
    plus = text.strip().startswith("+")
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if digits.startswith("00"):
        plus, digits = True, digits[2:]
    if digits.startswith("84") and (plus or len(digits) in (11, 12)):
        plus, digits = False, "0" + digits[2:].removeprefix("0")
    if plus:
        return Phone("+" + digits, "foreign")
    if len(digits) == 11 and digits[:4] in _OLD_PREFIXES:
        return Phone(_OLD_PREFIXES[digits[:4]] + digits[4:], "mobile", carried_over_from=digits)
    if _MOBILE.fullmatch(digits):
        return Phone(digits, "mobile")
    if _LANDLINE.fullmatch(digits):
        return Phone(digits, "landline")
    return Phone(digits or text.strip(), "unknown")


def shown(number: str) -> str:
    """The number in groups: ``0912 345 678``; other forms as they are."""
    if _MOBILE.fullmatch(number):
        return f"{number[:4]} {number[4:7]} {number[7:]}"
    if _LANDLINE.fullmatch(number):
        return f"{number[:4]} {number[4:7]} {number[7:]}"
    return number


def check(text: str, field: str = "phone") -> list[FieldProblem]:
    """Remarks on a number that was given; none for an empty one, since nobody must have a phone."""
    if not text.strip():
        return []
    phone = parse(text)
    if phone.carried_over_from:
        message = N_("The number {old} is of the time before 2018 and is stored as {new}.")
        return [warn(field, "carried_over", message, old=phone.carried_over_from, new=shown(phone.number))]
    if phone.kind == "unknown":
        message = N_("{number} is not a Vietnamese phone number: a mobile phone has ten digits from 0. Check it.")
        return [warn(field, "implausible", message, number=text.strip())]
    return []
