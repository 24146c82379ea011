"""Generated passphrases: long enough, random enough, easy to type."""

from __future__ import annotations

import math

from vaxdesk.db import keyslots
from vaxdesk.domain import passphrases


def test_four_words_are_worth_forty_bits() -> None:
    assert passphrases.WORDS * math.log2(len(passphrases.syllables())) > 40


def test_each_passes_the_rule_for_passphrases() -> None:
    for _try in range(200):
        made = passphrases.generate()
        keyslots.check_passphrase(made)
        assert made.isascii()
        assert len(made.split()) == passphrases.WORDS


def test_the_shortest_is_long_enough() -> None:
    shortest = passphrases.generate(lambda words: min(words, key=len))
    assert len(shortest) >= keyslots.PASSPHRASE_LENGTH
