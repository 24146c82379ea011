"""Names of persons: the full name as on the card is the truth; everything else is derived from it.

The tidy form changes only what cannot be seen: Unicode composition and stray blanks. Letters and case stay.
"""

from __future__ import annotations

import re
import unicodedata

from vaxdesk.domain.problems import FieldProblem, block, warn
from vaxdesk.i18n import N_

#: Vietnamese alphabet in dictionary order, foreign letters at their Latin places.
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_ORDER = {letter: chr(0x41 + place) for place, letter in enumerate(_ALPHABET)}
#: Dictionary order of tones: level, huyền, hỏi, ngã, sắc, nặng.
TONES = "\u0300\u0309\u0303\u0301\u0323"
_TONE_ORDER = {tone: str(place) for place, tone in enumerate(TONES, start=1)}

#: Letters that decompose to no base letter but are read as d (old fonts show the last two as Đ).
_STROKED = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ɖ": "d", "Ɖ": "D"})


class _Folded(dict[int, str]):
    """Each character's plain form, found when it is first met: lists of a million names are folded."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFD", chr(code).translate(_STROKED).casefold())
        self[code] = "".join(c for c in plain if not unicodedata.combining(c))
        return self[code]


_FOLDED = _Folded()
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
_LONGEST = 120


def tidy(text: str) -> str:
    """NFC, one blank between words, no blanks at the ends, no invisible characters; case and letters are kept."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(" " if c.isspace() else c for c in composed if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(visible.split())


def fold(text: str) -> str:
    """Lower case without accents, ``đ`` as ``d``; other characters stay: ``Sốp Cộp`` becomes ``sop cop``."""
    return text.translate(_FOLDED)


def key(name: str) -> str:
    """The accent-free key under which equal names meet: only letters and digits, one blank between words.

    An apostrophe joins (``H'Hen`` is ``hhen``), any other sign parts words.
    """
    joined = fold(name.translate(_APOSTROPHES)).replace("'", "")
    return " ".join(re.findall(r"[^\W_]+", joined))


def words(name: str) -> list[str]:
    """The words of a name, tidy."""
    return tidy(name).split(" ") if tidy(name) else []


def given_name(name: str) -> str:
    """The last word, by which a person is called and lists are sorted."""
    return words(name)[-1] if words(name) else ""


def family_name(name: str) -> str:
    """The first word; empty for a name of one word."""
    parts = words(name)
    return parts[0] if len(parts) > 1 else ""


def initials(name: str) -> str:
    """``Nguyễn Văn Anh`` as ``N.V.A.``: for public pages and screens that strangers see."""
    return "".join(f"{unicodedata.normalize('NFC', part)[0].upper()}." for part in words(name))


def sort_key(name: str) -> str:
    """A string that sorts Vietnamese names: given name, then family and middle names, tones deciding last.

    The letters stand in the order of the Vietnamese alphabet (a ă â … d đ … u ư). Comparable as plain text,
    so it can be stored and indexed.
    """
    parts = words(name)
    ordered = [*parts[-1:], *parts[:-1]]
    letters, tones = [], []
    for part in ordered:
        spelled = [_spell(c) for c in unicodedata.normalize("NFC", part.casefold())]
        letters.append("".join(letter for letter, _tone in spelled))
        tones.append("".join(tone for _letter, tone in spelled))
    return " ".join(letters) + "\x01" + " ".join(tones)


def _spell(character: str) -> tuple[str, str]:
    """A letter's place in the alphabet and its tone's place."""
    marks = unicodedata.normalize("NFD", character)
    tone = "".join(c for c in marks if c in TONES)
    base = unicodedata.normalize("NFC", "".join(c for c in marks if c not in TONES))
    return _LETTER_ORDER.get(base, base), _TONE_ORDER.get(tone[:1], "0")


def capitalised(name: str) -> str:
    """A suggestion for a name typed in one case only: each word with a capital; mixed case is returned as it is."""
    clean = tidy(name)
    if clean != clean.lower() and clean != clean.upper():
        return clean
    return re.sub(r"[^\W\d_]+", lambda word: word.group()[0].upper() + word.group()[1:].lower(), clean)


def check(name: str, field: str = "full_name") -> list[FieldProblem]:
    """Remarks on a full name: empty or overlong blocks; digits, signs and a single word are asked about."""
    clean = tidy(name)
    if not key(clean):
        return [block(field, "missing", N_("The full name is missing."))]
    if len(clean) > _LONGEST:
        return [block(field, "too_long", N_("The full name is longer than {limit} letters."), limit=_LONGEST)]
    problems = []
    if any(c.isdigit() for c in clean):
        problems.append(warn(field, "digits", N_("The name “{name}” holds a digit. Check it."), name=clean))
    odd = sorted({c for c in clean.translate(_APOSTROPHES) if not (c.isalpha() or c.isdigit() or c in " '-.")})
    if odd:
        message = N_("The name “{name}” holds the sign {signs}. Check it.")
        problems.append(warn(field, "signs", message, name=clean, signs=" ".join(odd)))
    if len(clean.split(" ")) == 1:
        message = N_("The name “{name}” has only one word. Is the family name missing?")
        problems.append(warn(field, "one_word", message, name=clean))
    return problems
