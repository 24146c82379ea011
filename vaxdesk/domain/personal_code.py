"""The personal code on a slip: random, with a check character, and nothing personal in it. It is never an HC1.

Fifteen characters in three groups, ``7KM3N-04CXP-2HTRV``. The alphabet has 23 characters: no vowel, no D and no W, so
that a Vietnamese input method cannot change what a scanner types, and no two that look alike. Fourteen are random
(14·log2 23 = 63.3 bits); the last is a weighted sum modulo the prime 23, which finds every wrong character and
every exchange of two.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable

from vaxdesk.errors import InputError

ALPHABET = "0123456789CFGHJKMNPRTVX"
LENGTH = 15
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
#: What people write or read for a character that the alphabet does not have.
_LOOKS_LIKE = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "U": "V"})


def new_code(below: Callable[[int], int] = secrets.randbelow) -> str:
    """A new code in its written form. ``below(n)`` gives a random number from 0 to n-1; by default the system's."""
    while True:
        body = "".join(ALPHABET[below(len(ALPHABET))] for _ in range(LENGTH - 1))
        code = body + _check_character(body)
        if not _looks_like_another(code):
            return written(code)


def parse(text: str) -> str:
    """The written form of a code that was typed or scanned, in any case, with or without hyphens.

    Raises :class:`InputError` when it is not one: wrong length, a character out of place, or a wrong check character.
    """
    plain = unicodedata.normalize("NFKC", text).upper().translate(_LOOKS_LIKE)
    plain = "".join(c for c in plain if not c.isspace() and c not in "-\u2010\u2011\u2013.")
    if len(plain) != LENGTH:
        raise InputError("A personal code has {length} characters; this has {count}.", length=LENGTH, count=len(plain))
    if any(c not in _VALUE for c in plain) or _looks_like_another(plain):
        raise InputError("This is not a personal code. Check each character.")
    if _check_character(plain[:-1]) != plain[-1]:
        raise InputError("A character of the personal code is wrong. Compare it with the slip.")
    return written(plain)


def is_code(text: str) -> bool:
    """True when :func:`parse` takes the text."""
    try:
        parse(text)
    except InputError:
        return False
    return True


def written(plain: str) -> str:
    """Fifteen characters in three groups."""
    return "-".join(plain[i : i + 5] for i in range(0, LENGTH, 5))


def _check_character(body: str) -> str:
    return ALPHABET[sum((place + 1) * _VALUE[c] for place, c in enumerate(body)) % len(ALPHABET)]


def _looks_like_another(code: str) -> bool:
    """Forms that are never issued nor read: two characters and thirteen digits, as insurance numbers have; HC1."""
    return code[2:].isdigit() or code.startswith("HC1")
