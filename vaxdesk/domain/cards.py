"""What a scanner delivered: which kind of code it is, and what stands in it. Never silently wrong.

The QR code of the CCCD (2021 to 06/2024) holds seven fields between bars: number, old number, name, birth date, sex,
address, day of issue. The Căn cước of 07/2024 and later may hold more; some sources have no place for the old number.
Fields are taken by position *and* checked, among each other too; where anything does not fit, the answer is "cannot be
read", in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Literal

from vaxdesk.domain import identity, names, personal_code, spelling
from vaxdesk.domain.dates import PartialDate, parse_partial
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem, warn
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

Kind = Literal["cccd", "can_cuoc", "personal_code", "hc1", "shc", "bhyt", "link", "slip", "unknown"]

#: The kind in words, for the screen and the command line.
KIND_WORDS: Mapping[str, str] = {
    "cccd": N_("Citizen identity card (CCCD)"),
    "can_cuoc": N_("Identity card (Căn cước, from July 2024)"),
    "personal_code": N_("Personal code of this program"),
    "hc1": N_("Vaccination certificate (HC1)"),
    "shc": N_("SMART Health Card"),
    "bhyt": N_("Health-insurance card (BHYT)"),
    "link": N_("Web address"),
    "slip": N_("Slip of this program"),
    "unknown": N_("Not recognised"),
}
#: In front of the number of a printed slip. No vowels: an input method cannot change it.
SLIP_PREFIX = "VXP:"
#: The new card is issued from this day on (Luật 26/2023/QH15).
CAN_CUOC_SINCE = date(2024, 7, 1)
#: More is no code that a desk scans; a QR code holds 7,089 digits at most.
LONGEST = 8000
_INPUT_METHOD = N_("The Vietnamese input method was on during the scan. Compare the name and address with the card.")
_NO_LIMIT = date(2199, 12, 31)
_SEXES = {"nam": "male", "nữ": "female"}
_DATE = re.compile(r"\d{8}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}-\d{1,2}-\d{4}|\d{4}-\d{2}-\d{2}|\d{4}")
_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z](?=.)")
_SLIP = re.compile(re.escape(SLIP_PREFIX) + r"([0-9A-Z][0-9A-Z-]{2,39})")


@dataclass(frozen=True)
class Scan:
    """One scan. ``fields`` are texts as stored (dates ISO, sex ``male``/``female``), only those that are certain.

    A person's card gives ``national_id, old_id, full_name, birth_date, sex, address, card_issued``; BHYT
    ``insurance_no`` and what else it has; ``personal_code`` its ``code``, ``slip`` its ``number``, ``link`` its
    ``url``. ``extras`` are further fields, raw.
    Kind ``unknown`` has no fields and at least one warning that says why and what to do.
    """

    kind: Kind
    fields: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[FieldProblem, ...] = ()
    raw: str = ""
    extras: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        """True when a registration form can be filled from it."""
        return self.kind in ("cccd", "can_cuoc", "bhyt")

    def details(self) -> PersonDetails:
        """The particulars that the scan holds, ready for a form."""
        said = self.fields
        return PersonDetails(
            full_name=said.get("full_name", ""),
            birth=PartialDate.parse(said["birth_date"]) if said.get("birth_date") else None,
            sex=said.get("sex", ""),
            national_id=said.get("national_id", ""),
            old_id=said.get("old_id", ""),
            insurance_no=said.get("insurance_no", ""),
            address=said.get("address", ""),
            card_issued=date.fromisoformat(said["card_issued"]) if said.get("card_issued") else None,
            identity_source=self.kind,
        )


def read_scan(data: bytes | str, today: date | None = None, input_method: bool = False) -> Scan:
    """Say what a scan is and take out its fields. Never raises.

    ``data`` is what the scanner delivered, closing Enter included. A birth or issue date after ``today`` makes a card
    unreadable. ``input_method`` says that keys were seen to pass through an active input method: it may have changed
    a word into another one that is well spelled (``Xoong`` into ``Xông``), so the name is never taken without a remark.
    """
    text, warnings = _decoded(data)
    if text is None:
        return _unreadable("", "encoding", N_("The scan is not text. Scan again, or type the data."))
    scan = _recognised(text, today or _NO_LIMIT)
    kept = (*warnings, *scan.warnings) if scan.kind != "unknown" else scan.warnings
    if input_method and scan.is_person:
        kept = (*kept, warn("full_name", "input_method", _INPUT_METHOD))
    return replace(scan, fields=MappingProxyType(dict(scan.fields)), warnings=kept)


def _decoded(data: bytes | str) -> tuple[str | None, tuple[FieldProblem, ...]]:
    """The text of the scan without marks and closing keys, and a remark when its encoding had to be repaired."""
    note = warn("", "repaired", N_("The scanner's letters were repaired. Compare the name with the card."))
    repaired = False
    if isinstance(data, str):
        text = data
    else:
        try:
            wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
            text = data.decode("utf-16" if wide else "utf-8")
        except UnicodeDecodeError:
            try:
                text = data.decode("cp1258")
            except UnicodeDecodeError:
                return None, ()
            repaired = True
    plain = _stripped(text)
    if "|" in plain:
        better = _stripped(spelling.repair_code_page(plain))
        repaired = repaired or better != plain
        plain = better
    return plain, (note,) if repaired else ()


def _stripped(text: str) -> str:
    # Blanks stay here: base45, the body of an HC1, may end in one.
    return text.replace("\ufeff", "").replace("\x00", "").strip("\r\n\t\x02\x03\x04\x1d\x1e")


def _recognised(text: str, today: date) -> Scan:
    text = _AIM.sub("", text)
    plain = text.strip()
    if not plain:
        return _unreadable(text, "empty", N_("The scan is empty. Scan again."))
    if len(plain) > LONGEST:
        return _unreadable("", "too_long", N_("The scan is too long for a card or a slip."))
    if plain.startswith("HC1:"):
        return Scan("hc1", {}, (), text.lstrip())
    if plain.startswith("shc:/"):
        return Scan("shc", {}, (), plain)
    if re.fullmatch(r"(?i)https?://\S+", plain):
        return Scan("link", {"url": plain}, (), plain)
    lines = {line.strip() for line in plain.splitlines() if line.strip()}
    if len(lines) > 1:
        return _unreadable(plain, "two_scans", N_("Two scans ran together. Scan one card again."))
    plain = lines.pop()
    if "|" in plain:
        return _barred(plain, today)
    return _single(plain)


def _single(text: str) -> Scan:
    """A code that holds one number only."""
    slip = _SLIP.fullmatch(text.upper())
    if slip:
        return Scan("slip", {"number": slip[1]}, (), text)
    if personal_code.is_code(text):
        return Scan("personal_code", {"code": personal_code.parse(text)}, (), text)
    digits = identity.digits_of(text)
    if re.fullmatch(r"[0-9]{12}", digits):
        only = warn("", "number_only", N_("The code holds only the personal number. Fill in the rest from the card."))
        return Scan("cccd", {"national_id": digits}, (only,), text)
    number = identity.insurance_number(text)
    if re.fullmatch(r"[A-Z]{2}[1-5][0-9]{12}|[0-9]{10}", number) and number == text.upper().replace(" ", ""):
        only = warn("", "number_only", N_("The code holds only the insurance number. Fill in the rest from the card."))
        return Scan("bhyt", {"insurance_no": number}, (only,), text)
    return _unreadable(text, "unknown", N_("This code is not one that the program knows. Type the data."))


def _barred(text: str, today: date) -> Scan:
    """Fields between bars: an identity card or an old health-insurance card."""
    parts = [names.tidy(part) for part in text.split("|")]
    if re.fullmatch(r"[A-Z]{2}[0-9]{13}|[0-9]{10}", parts[0]):
        return _insurance(text, parts, today)
    if not re.fullmatch(r"[0-9]{12}", parts[0]):
        message = N_("The card cannot be read: it does not begin with a 12-digit number. Scan again, or type the data.")
        return _unreadable(text, "number", message)
    if re.fullmatch(r"[0-9]{9}|[0-9]{12}|", parts[1]):
        old_id, rest = parts[1], parts[2:]
    else:
        old_id, rest = "", parts[1:]
    if len(rest) < 4:
        message = N_("The card cannot be read: the scan broke off. Scan again, or type the data.")
        return _unreadable(text, "broken_off", message)
    return _card(text, parts[0], old_id, rest, today)


def _card(text: str, number: str, old_id: str, rest: list[str], today: date) -> Scan:
    """The fields from the name on: name, birth date, sex, address, day of issue, then others kept as they are."""
    name, birth_text, sex_text, address, *more = rest
    fault = _damage(name, sex_text, address)
    if fault is not None:
        return _unreadable(text, fault.code, fault.message)
    birth, sex = _date(birth_text, today), _SEXES.get(sex_text.casefold())
    if birth is None:
        message = N_("The card cannot be read: there is no birth date in its place. Scan again, or type the data.")
        return _unreadable(text, "birth", message)
    if sex is None:
        message = N_("The card cannot be read: neither “Nam” nor “Nữ” is in its place. Scan again, or type the data.")
        return _unreadable(text, "sex", message)
    issued = _date(more[0], today) if more and more[0] else None
    if more and more[0] and (issued is None or not issued.is_full):
        message = N_("The card cannot be read: there is no day of issue in its place. Scan again, or type the data.")
        return _unreadable(text, "issued", message)
    extras = tuple(more[1:])
    newer = bool([extra for extra in extras if extra]) or (issued is not None and issued.earliest() >= CAN_CUOC_SINCE)
    fields = {
        "national_id": number,
        "old_id": old_id,
        "full_name": name,
        "birth_date": birth.iso(),
        "sex": sex,
        "address": address,
        "card_issued": issued.iso() if issued else "",
    }
    warnings = [*identity.check_national_id(number, sex, birth), *_doubts(name, address, bool(issued))]
    kind: Kind = "can_cuoc" if newer else "cccd"
    return Scan(kind, fields, tuple(warnings), text, extras)


def _damage(name: str, sex: str, address: str) -> FieldProblem | None:
    """Why the letters of a card cannot be trusted; None when they can."""
    everything = f"{name} {address}"
    if not names.key(name):
        message = N_("The card cannot be read: the name is missing. Scan again, or type the data.")
        return warn("full_name", "name", message)
    if spelling.is_caps_lock(name) or spelling.is_caps_lock(sex):
        return warn("", "caps_lock", N_("Caps Lock is on and changed the letters. Switch it off and scan again."))
    if spelling.damage_in_name(name) or spelling.damage(f"{sex} {address}") or _accents_lost(everything):
        message = N_(
            "The card cannot be read: its letters were changed on the way. "
            "Switch the Vietnamese input method off and scan again, or type the data."
        )
        return warn("", "garbled", message)
    return None


def _accents_lost(text: str) -> bool:
    """True when a name and address that should have accents have none, or have keystrokes in their place."""
    if spelling.has_accents(text):
        return False
    return len(text.split()) >= 6 or spelling.typed_by_input_method(text)


def _doubts(name: str, address: str, has_issue_date: bool) -> list[FieldProblem]:
    """What is readable but should be compared with the card."""
    doubts = []
    words = [word for word in re.split(r"[\s'’.-]+", name) if word]
    if any(not spelling.is_syllable(word) for word in words):
        doubts.append(warn("full_name", "unusual", N_("The name is spelled unusually. Compare it with the card.")))
    elif not spelling.has_accents(name) or any(word[0].islower() for word in words):
        doubts.append(warn("full_name", "no_accents", N_("Compare the name's accents and capitals with the card.")))
    if not address:
        doubts.append(warn("address", "missing", N_("The card holds no address. Ask for it.")))
    if not has_issue_date:
        doubts.append(warn("card_issued", "missing", N_("The day of issue is missing; the scan may have broken off.")))
    return doubts


def _insurance(text: str, parts: list[str], today: date) -> Scan:
    """An old BHYT card: number, name and address as hexadecimal UTF-8, birth date, sex 1 or 2, and more."""
    fields = {"insurance_no": parts[0]}
    warnings = list(identity.check_insurance(parts[0]))
    name = _from_hex(parts[1])
    address = _from_hex(parts[4]) if len(parts) > 4 else ""
    if not names.key(name) or spelling.damage_in_name(name) or spelling.damage(address):
        message = N_("Only the insurance number of the card can be read. Fill in the rest from the card.")
        return Scan("bhyt", fields, (*warnings, warn("full_name", "unreadable", message)), text)
    birth = _date(parts[2], today) if len(parts) > 2 else None
    sex = {"1": "male", "2": "female"}.get(parts[3], "") if len(parts) > 3 else ""
    fields |= {"full_name": name, "birth_date": birth.iso() if birth else "", "sex": sex, "address": address}
    if birth is None:
        warnings.append(warn("birth", "missing", N_("The birth date on the insurance card cannot be read.")))
    if not sex:
        warnings.append(warn("sex", "missing", N_("The sex on the insurance card cannot be read.")))
    warnings += [doubt for doubt in _doubts(name, address, True) if doubt.field == "full_name"]
    return Scan("bhyt", fields, tuple(warnings), text, tuple(parts[5:]))


def _from_hex(text: str) -> str:
    try:
        return names.tidy(bytes.fromhex(text).decode("utf-8"))
    except ValueError:
        return ""


def _date(text: str, today: date) -> PartialDate | None:
    if not (text.isascii() and _DATE.fullmatch(text)):
        return None
    try:
        return parse_partial(text, today)
    except FieldError:
        return None


def _unreadable(text: str, code: str, message: str) -> Scan:
    return Scan("unknown", {}, (warn("", code, message),), text)
