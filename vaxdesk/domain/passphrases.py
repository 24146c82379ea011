"""Passphrases that can be remembered: four syllables that sound Vietnamese and are typed without accents."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache

_TABLE = """
b c ch d g h kh l m n ng nh ph r s t th tr v x
ai am an ang anh ao au ay eo em en enh eu im in inh iu oa oai oan oang oi om on ong ua uan uang ui um un ung
uoi uom uon uong uou uy uyen yen ia iem ien ieng ieu oeo ap at ac ach op ot oc up ut uc ip it ich ep et ech
"""
_ONSETS, *_RIMES = (line.split() for line in _TABLE.strip().splitlines())
WORDS = 4


@cache
def syllables() -> tuple[str, ...]:
    """All syllables that are dealt out: at least three letters each, none twice."""
    rimes = [rime for line in _RIMES for rime in line]
    return tuple(sorted({onset + rime for onset in _ONSETS for rime in rimes if len(onset + rime) >= 3}))


def generate(choose: Callable[[tuple[str, ...]], str] = secrets.choice) -> str:
    """Four random syllables with blanks between them: over 40 bits, 15 letters and more."""
    return " ".join(choose(syllables()) for _place in range(WORDS))
