"""How people and what is typed to find them become search tokens: no accents, any order, number tails.

A number is stored forwards (``014090123456``) and, marked, backwards (``<654321090410``): any beginning and any end
of it is then a prefix of a stored token, which an ordered index answers at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vaxdesk.domain import names, personal_code

#: Put before a reversed number.
TAIL_MARK = "<"
#: Shorter runs of digits are not looked for at the ends of numbers: everybody has them.
SHORTEST_TAIL = 3
_MOST_TERMS = 8


@dataclass(frozen=True)
class SearchTerm:
    """One piece of what was typed. A person matches it when any stored token begins with any of ``prefixes``."""

    text: str
    prefixes: tuple[str, ...]

    def matches(self, tokens: Iterable[str]) -> bool:
        """True when one of a person's tokens begins with one of the prefixes."""
        return any(token.startswith(self.prefixes) for token in tokens)


def tokens(
    full_name: str,
    birth_year: int | None = None,
    numbers: Iterable[str] = (),
    places: Iterable[str] = (),
    code: str = "",
) -> frozenset[str]:
    """The tokens under which a person is found.

    ``numbers`` are identity, insurance, passport and phone numbers as stored; ``places`` village and commune names.
    """
    found = set(names.key(full_name).split())
    for place in places:
        found.update(names.key(place).split())
    if birth_year:
        found.add(str(birth_year))
    for number in numbers:
        plain = _plain(number)
        if plain:
            found.update((plain, TAIL_MARK + plain[::-1]))
    if code:
        found.add(_plain(code))
    return frozenset(found)


def query(text: str) -> tuple[SearchTerm, ...]:
    """What was typed in the search box, as terms that must all match; empty for nothing to look for.

    Words are prefixes of words; digits a birth year, the beginning or the end of a number. A number typed in groups
    (``014 090 123 456``, ``0912 345 678``) and a phone with +84 are put together again.
    """
    if personal_code.is_code(text):
        plain = _plain(personal_code.parse(text))
        return (SearchTerm(text.strip(), (plain,)),)
    terms: list[SearchTerm] = []
    for word in _joined(names.key(text).split()):
        if not word.isdigit():
            terms.append(SearchTerm(word, (word,)))
            continue
        national = ("0" + word[2:],) if _international(word) else ()
        tail = (TAIL_MARK + word[::-1],) if len(word) >= SHORTEST_TAIL else ()
        terms.append(SearchTerm(word, (word, *tail, *national)))
    unique = {term.text: term for term in terms}
    return tuple(unique.values())[:_MOST_TERMS]


def _joined(words: list[str]) -> list[str]:
    """Groups of one number put together when they make a whole identity or phone number."""
    result: list[str] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and words[end].isdigit():
            end += 1
        for stop in range(end, at + 1, -1):
            whole = "".join(words[at:stop])
            if len(whole) == 12 or (whole[0] == "0" and 9 <= len(whole) <= 11) or _international(whole):
                result.append(whole)
                at = stop
                break
        else:
            result.append(words[at])
            at += 1
    return result


def _international(digits: str) -> bool:
    return digits.startswith("84") and len(digits) == 11


def _plain(number: str) -> str:
    return "".join(c for c in names.fold(number) if c.isalnum())
