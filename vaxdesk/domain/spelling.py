"""Signs that a Vietnamese text was damaged on its way from a card to the program.

Keyboard-type scanners type through input methods, code pages and Caps Lock. A damaged name must never be taken for
the right one, so this module knows what undamaged text looks like: the letters, the shape of a syllable, the tones.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from vaxdesk.domain.names import TONES, fold

_ONSETS = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|g|h|k|l|m|n|p|r|s|t|v|x|"
_CLOSED = "uye|ie|ye"
_CLOSABLE = "oa|oe|oo|ua|uo|ue|uy|a|e|i|o|u|y"
_OPEN = "uyeu|uya|uyu|ieu|yeu|uoi|uou|oai|oay|oao|oeo|uay|uao|ueo|uau|ai|ao|au|ay|eo|eu|ia|iu|oi|ui|uu"
_CODAS = "ch|ng|nh|c|m|n|p|t"
_SYLLABLE = re.compile(f"(?:{_ONSETS})(?:(?:{_CLOSED})(?:{_CODAS})|(?:{_CLOSABLE})(?:{_CODAS}|)|(?:{_OPEN}))")
#: Sounds that are written otherwise (k, gh, ngh stand before e, i, y only; c and ng never do) or that are none.
_MISSPELLED = re.compile("^(?:k|gh|ngh)[aou]|^(?:c|ng)[eiy]|uy(?:n|m|ng)$")
_VOWEL = re.compile("[aeiouy]")
#: What a wrong code page leaves behind, and what stands for a letter that was lost.
_DEBRIS = re.compile(
    r"[\u0080-\u00ac\u00ae-\u00b6\u00b8-\u00bf\u02c6\u02dc\u0192\u201a\u201e"
    r"\u2020-\u2022\u2030\u2039\u203a\u20ac\u2122\ufffd]"
)
_LOST_LETTER = re.compile(r"\w\?|\?\w")
#: Written by the peoples of the Central Highlands on letters that have no composed form.
_BREVE = "\u0306"


def is_syllable(word: str) -> bool:
    """True when a word has the shape of a Vietnamese syllable with at most one tone; case does not matter.

    Names of other peoples often have not; that is a reason to look twice, not to refuse.
    """
    plain = fold(word)
    if _without_tones(word[-1:]).lower() in ("ă", "â"):
        return False  # these never end a syllable: a letter was lost
    return bool(_SYLLABLE.fullmatch(plain)) and not _MISSPELLED.search(plain) and _tones(word) <= 1


def has_accents(text: str) -> bool:
    """True when a letter carries a Vietnamese accent or is đ."""
    return any(ord(c) > 127 and c.isalpha() for c in unicodedata.normalize("NFC", text))


def damage(text: str) -> str:
    """The sign of damage in any text from a card: ``debris``, ``lost_letter``, ``marks``, ``script`` or nothing."""
    composed = unicodedata.normalize("NFC", text)
    if _DEBRIS.search(composed):
        return "debris"
    if _LOST_LETTER.search(composed):
        return "lost_letter"
    if any(unicodedata.combining(c) and c != _BREVE for c in composed):
        return "marks"
    if any(c.isalpha() and not _is_latin(c) for c in composed) or any(not c.isprintable() for c in composed):
        return "script"
    if any(_tones(word) > 1 for word in composed.split()):
        return "marks"
    return ""


def damage_in_name(name: str) -> str:
    """The sign of damage in a name: as :func:`damage`, or ``sign``, ``caps_lock``, ``case``, ``lost_letter``."""
    found = damage(name)
    if found:
        return found
    if any(not (c.isalpha() or unicodedata.combining(c) or c in " '’-.") for c in name):
        return "sign"
    if is_caps_lock(name):
        return "caps_lock"
    if any(left.islower() and right.isupper() for left, right in pairwise(name)):
        return "case"
    for word in re.split(r"[\s'’.-]+", name):
        if len(word) > 1 and not _VOWEL.search(fold(word)):
            return "lost_letter"
    return ""


def is_caps_lock(text: str) -> bool:
    """True when every longer word begins small and goes on in capitals: typed with Caps Lock on."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    return bool(words) and all(word[0].islower() and word[1:].isupper() for word in words)


def typed_by_input_method(text: str) -> bool:
    """True when a text without accents holds Telex or VNI keystrokes (``Nguyeenx``, ``Va8n``) instead of letters."""
    if has_accents(text):
        return False
    for word in re.findall(r"[^\W_]+", text):
        lowered = word.lower()
        if is_syllable(lowered) or not any(c.isalpha() for c in lowered):
            continue
        plain = re.sub(r"[w0-9]", "", lowered).replace("dd", "d")
        plain = re.sub(r"(?<=[aeiouy])([a-z]*)[sfrxj]$", r"\1", plain)
        plain = re.sub(r"([aeo])\1", r"\1", re.sub(r"([aeo])([a-z]+)\1$", r"\1\2", plain))
        if plain != lowered and is_syllable(plain):
            return True
    return False


def repair_code_page(text: str) -> str:
    """UTF-8 that was read as Latin-1 or a Windows or DOS code page, read rightly; the text itself when it was not."""
    for _round in range(2):
        for codec in ("cp1252", "cp1258", "cp437"):
            repaired = _reread(text, codec)
            if repaired != text:
                text = repaired
                break
        else:
            return text
    return text


def _reread(text: str, codec: str) -> str:
    """``text`` put back into the bytes of a one-byte code page and read as UTF-8; itself when that cannot be."""
    if text.isascii():
        return text
    try:
        raw = b"".join(_byte(c, codec) for c in text)
        return raw.decode("utf-8")
    except UnicodeError:
        return text


def _byte(character: str, codec: str) -> bytes:
    # The code pages leave some places undefined; readers fill them with the control character of the same number.
    return bytes([ord(character)]) if 0x80 <= ord(character) < 0xA0 else character.encode(codec)


def _tones(word: str) -> int:
    return sum(c in TONES for c in unicodedata.normalize("NFD", word))


def _without_tones(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if c not in TONES)
    return unicodedata.normalize("NFC", bare)


def _is_latin(character: str) -> bool:
    return ord(character) < 0x250 or 0x1E00 <= ord(character) < 0x1F00 or character in "\ua797\ua796"
