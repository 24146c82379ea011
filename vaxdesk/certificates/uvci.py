"""The unique certificate identifier of a station's code (eHealth Network guidelines, annex 2, option 1 with an
issuing entity): ``URN:UVCI:01:VN:<station>/<desk>/<opaque>#<check>``.

The opaque part is random and holds nothing personal. The check character is Luhn mod N over everything before ``#``,
with the 38 characters that may stand there.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from vaxdesk.errors import BugError

PREFIX = "URN:UVCI:"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
MAX_LENGTH = 72
#: Who issues, in the Ministry's identifiers: no station may have it as its code.
NATIONAL = "QG"
_OPAQUE_BYTES = 10
_OWN = re.compile(r"URN:UVCI:01:VN:([A-Z0-9]{1,12})/([A-Z0-9]{1,4})/([A-Z0-9]{8,32})#([A-Z0-9/:])", re.ASCII)
_PART = re.compile(r"[A-Z0-9]+", re.ASCII)


def check_character(body: str) -> str:
    """The Luhn mod N check character of everything that stands before ``#``, the prefix included.

    Raises ValueError for a character that may not stand there.
    """
    size = len(ALPHABET)
    factor, total = 2, 0
    for character in reversed(body):
        product = factor * ALPHABET.index(character)
        factor = 3 - factor
        total += product // size + product % size
    return ALPHABET[-total % size]


@dataclass(frozen=True)
class Uvci:
    """An identifier of a station of this program, taken apart."""

    station: str
    desk: str
    opaque: str

    def __str__(self) -> str:
        body = f"{PREFIX}01:VN:{self.station}/{self.desk}/{self.opaque}"
        return f"{body}#{check_character(body)}"


def new(station: str, desk: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A new identifier for a code of this desk; 80 of its bits are random.

    ``station`` is the station's code (up to 12 letters and digits), ``desk`` the desk's number (up to 4).
    """
    opaque = base64.b32encode(random_bytes(_OPAQUE_BYTES)).decode().rstrip("=")
    identifier = str(Uvci(station.upper(), desk.upper(), opaque)) if _clean(station) and _clean(desk) else ""
    if parse(identifier) is None or len(identifier) > MAX_LENGTH:
        raise BugError("a station code or desk number that set-up does not allow")
    return identifier


def _clean(part: str) -> bool:
    return _PART.fullmatch(part.upper()) is not None


def parse(text: str) -> Uvci | None:
    """The parts of an identifier of ours; None for another form or a wrong check character."""
    found = _OWN.fullmatch(text)
    if found is None or len(text) > MAX_LENGTH:
        return None
    identifier = Uvci(found[1], found[2], found[3])
    return identifier if str(identifier) == text else None


def check_holds(text: str) -> bool | None:
    """Whether the check character of anybody's identifier fits; None where it carries none or breaks the alphabet.

    Several countries compute it otherwise, so this says something about a typing error and nothing about trust.
    """
    body, mark, check = text.rpartition("#")
    if not mark or len(check) != 1 or any(character not in ALPHABET for character in body + check):
        return None
    return check_character(body) == check
