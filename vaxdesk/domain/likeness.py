"""How alike two persons are, with the reasons, and where their names differ: to warn before a second entry.

The same person is entered twice in known ways: with another card, without accents, with the year only, with a letter
wrong. Different people of one name and year are common too; the screen shows the letters in which they differ.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

from vaxdesk.domain import identity, names, phones
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails
from vaxdesk.i18n import N_

#: From this score on the existing record is shown before saving.
WORTH_SHOWING = 50
#: From this score on both are very probably one person.
VERY_LIKELY = 85

#: Reason codes with the sentence that the screen shows.
REASONS = {
    "same_national_id": N_("same personal number"),
    "same_old_id": N_("same old identity number"),
    "same_passport": N_("same passport"),
    "same_insurance": N_("same health-insurance number"),
    "same_name_and_birth": N_("same name and birth date"),
    "same_name_near_year": N_("same name, birth year at most one apart"),
    "near_name_and_birth": N_("almost the same name, same birth date"),
    "words_in_other_order": N_("same words of the name in another order, same birth date"),
    "same_given_and_village": N_("same given name, birth year and village"),
    "same_phone": N_("same phone"),
    "other_sex": N_("other sex"),
    "other_national_id": N_("other personal number"),
}
_SCORES = {
    "same_national_id": 100,
    "same_old_id": 95,
    "same_passport": 95,
    "same_insurance": 95,
    "same_name_and_birth": 80,
    "same_name_near_year": 55,
    "near_name_and_birth": 65,
    "words_in_other_order": 60,
    "same_given_and_village": 50,
    "same_phone": 10,
    "other_sex": -25,
    "other_national_id": -20,
}


@dataclass(frozen=True)
class Likeness:
    """``score`` 0 to 100, ``reasons`` as codes of :data:`REASONS`, the places of differing letters in each name."""

    score: int
    reasons: tuple[str, ...]
    differing_in_first: tuple[int, ...]
    differing_in_second: tuple[int, ...]

    @property
    def worth_showing(self) -> bool:
        """True when a second look is due before saving."""
        return self.score >= WORTH_SHOWING


def similarity(first: PersonDetails, second: PersonDetails) -> Likeness:
    """Compare two persons. Symmetric in score and reasons.

    A shared phone alone says nothing: families and whole villages share one. Equal numbers outweigh everything else,
    as a number is copied from a card and a name is heard.
    """
    numbers = _number_reasons(first, second)
    names_births = _name_reasons(first, second)
    reasons = [*numbers, *names_births]
    if reasons:
        if _equal(phones.parse(first.phone).number, phones.parse(second.phone).number):
            reasons.append("same_phone")
        if first.sex and second.sex and first.sex != second.sex:
            reasons.append("other_sex")
        if _both(first.national_id, second.national_id) and "same_national_id" not in reasons:
            reasons.append("other_national_id")
    base = max((_SCORES[reason] for reason in reasons), default=0)
    score = base + sum(_SCORES[reason] for reason in reasons if _SCORES[reason] < 0 or reason == "same_phone")
    if base == 100:
        score = 100 if names_births else 90
    in_first, in_second = differing_letters(first.full_name, second.full_name)
    return Likeness(max(0, min(100, score)), tuple(reasons), in_first, in_second)


def differing_letters(first: str, second: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places (from 0, in the NFC text) at which two names differ, accents counting and case not."""
    left, right = (unicodedata.normalize("NFC", text) for text in (first, second))
    matcher = SequenceMatcher(None, _lower(left), _lower(right), autojunk=False)
    in_left: list[int] = []
    in_right: list[int] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            in_left.extend(range(a, b))
            in_right.extend(range(c, d))
    return tuple(in_left), tuple(in_right)


def one_edit_apart(first: str, second: str) -> bool:
    """True when one letter more, less or other, or two neighbours exchanged, makes one text of the other."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    left, right = first[start:], second[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def _number_reasons(first: PersonDetails, second: PersonDetails) -> list[str]:
    reasons = []
    if _equal(identity.digits_of(first.national_id), identity.digits_of(second.national_id)):
        reasons.append("same_national_id")
    olds = {identity.digits_of(first.old_id), identity.digits_of(first.national_id)} - {""}
    others = {identity.digits_of(second.old_id), identity.digits_of(second.national_id)} - {""}
    if olds & others and "same_national_id" not in reasons:
        reasons.append("same_old_id")
    if _equal(identity.passport_number(first.passport), identity.passport_number(second.passport)):
        reasons.append("same_passport")
    if _equal(identity.insurance_core(first.insurance_no), identity.insurance_core(second.insurance_no)):
        reasons.append("same_insurance")
    return reasons


def _name_reasons(first: PersonDetails, second: PersonDetails) -> list[str]:
    if first.birth is None or second.birth is None or not (first.name_key and second.name_key):
        return []
    same_birth = first.birth.may_equal(second.birth)
    if first.name_key == second.name_key:
        if same_birth:
            return ["same_name_and_birth"]
        return ["same_name_near_year"] if _near_year(first.birth, second.birth) else []
    if same_birth and one_edit_apart(first.name_key.replace(" ", ""), second.name_key.replace(" ", "")):
        return ["near_name_and_birth"]
    if same_birth and first.name_key.replace(" ", "") == second.name_key.replace(" ", ""):
        return ["near_name_and_birth"]
    if same_birth and sorted(first.name_key.split()) == sorted(second.name_key.split()):
        return ["words_in_other_order"]
    same_given = first.name_key.split()[-1] == second.name_key.split()[-1]
    same_village = _equal(names.key(first.village), names.key(second.village))
    if same_given and same_village and same_birth:
        return ["same_given_and_village"]
    return []


def _near_year(first: PartialDate, second: PartialDate) -> bool:
    return abs(first.year - second.year) <= 1


def _equal(first: str, second: str) -> bool:
    return bool(first) and first == second


def _both(first: str, second: str) -> bool:
    return bool(first) and bool(second)


def _lower(text: str) -> str:
    """Lower case letter by letter, so that places stay the same."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
