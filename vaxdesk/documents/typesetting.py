"""Setting text: the embedded faces, widths, and lines that wrap or shrink but never lose a letter.

Lengths are in millimetres, type sizes in points.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from vaxdesk import assets

MM: Final = 72 / 25.4
REGULAR: Final = "VaxDesk-Regular"
MEDIUM: Final = "VaxDesk-Medium"
SEMIBOLD: Final = "VaxDesk-SemiBold"
BOLD: Final = "VaxDesk-Bold"
_FILES: Final = {
    REGULAR: "BeVietnamPro_400Regular.ttf",
    MEDIUM: "BeVietnamPro_500Medium.ttf",
    SEMIBOLD: "BeVietnamPro_600SemiBold.ttf",
    BOLD: "BeVietnamPro_700Bold.ttf",
}
#: Letters that Be Vietnam Pro lacks (ŏ ĭ ŭ ƀ of the Central Highlands' languages, other countries' Latin letters) are
#: taken from a Latin subset of Noto Sans, which is embedded only where a page needs it.
_OTHER_FILES: Final = {
    "VaxDesk-OtherRegular": "NotoSans_400Regular_latin.ttf",
    "VaxDesk-OtherSemiBold": "NotoSans_600SemiBold_latin.ttf",
}
_OTHER: Final = {
    REGULAR: "VaxDesk-OtherRegular",
    MEDIUM: "VaxDesk-OtherRegular",
    SEMIBOLD: "VaxDesk-OtherSemiBold",
    BOLD: "VaxDesk-OtherSemiBold",
}
INK: Final = "#17212E"
#: A blank at which no line breaks: inside telephone numbers, dates in words, names of places.
NO_BREAK: Final = "\u00a0"
_BLANKS: Final = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")
_lock = threading.Lock()


def load_fonts() -> None:
    """Register the faces with reportlab, once a process."""
    with _lock:
        if REGULAR in pdfmetrics.getRegisteredFontNames():
            return
        # ASCII85 would cost a fifth of the size and of the time, and every printer reads binary streams.
        rl_config.useA85 = 0
        # REGULAR comes last: when it is there, all are.
        for name, file in reversed([*_FILES.items(), *_OTHER_FILES.items()]):
            # Only the letters in use are embedded, and all Vietnamese ones fit one subset of 256 codes.
            pdfmetrics.registerFont(TTFont(name, str(assets.resource("fonts", file)), asciiReadable=False))


@dataclass(frozen=True)
class Run:
    """A piece of text in one face, size and colour."""

    text: str
    font: str = REGULAR
    size: float = 9
    color: str = INK


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """The text as it can be printed: NFC, white space as single blanks, nothing dropped in silence.

    A letter that no font here has is written as its code point (``‹U+4E2D›``), so that a wrong print is seen.
    """
    load_fonts()
    glyphs, others = _glyphs(REGULAR), _glyphs(_OTHER[REGULAR])
    letters: list[str] = []
    for letter in _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(" "):
        if ord(letter) in glyphs or ord(letter) in others or letter == NO_BREAK:
            letters.append(letter)
        elif unicodedata.category(letter) not in ("Cc", "Cf"):
            letters.append(f"‹U+{ord(letter):04X}›")
    return "".join(letters)


def _glyphs(font: str) -> Mapping[int, int]:
    found: Mapping[int, int] = pdfmetrics.getFont(font).face.charToGlyph
    return found


def faced(text: str, font: str) -> list[tuple[str, str]]:
    """The text in pieces with the face that has their letters: ``font`` itself wherever it can."""
    glyphs = _glyphs(font)
    if all(ord(letter) in glyphs for letter in text):
        return [(font, text)]
    pieces: list[tuple[str, str]] = []
    for letter in text:
        face = font if ord(letter) in glyphs else _OTHER[font]
        if pieces and pieces[-1][0] == face:
            pieces[-1] = (face, pieces[-1][1] + letter)
        else:
            pieces.append((face, letter))
    return pieces


@lru_cache(maxsize=8192)
def _unit_width(text: str, font: str) -> float:
    load_fonts()
    pieces = faced(text.replace(NO_BREAK, " "), font)
    return sum(float(pdfmetrics.stringWidth(piece, face, 1)) for face, piece in pieces)


def unbroken(text: str) -> str:
    """The text as one word, so that no line breaks inside it."""
    return text.strip().replace(" ", NO_BREAK)


def width(text: str, font: str, size: float) -> float:
    """The width of a text in millimetres."""
    return _unit_width(text, font) * size / MM


def wrap(runs: Sequence[Run], room: float) -> list[list[Run]]:
    """Break runs into lines of at most ``room`` millimetres.

    Lines break at blanks; a word that is wider than a whole line is broken between letters. Nothing is dropped.
    """
    lines: list[list[Run]] = [[]]
    used = 0.0
    for run in runs:
        for index, word in enumerate(run.text.split(" ")):
            glue = " " if index else ""
            wide = width(glue + word, run.font, run.size)
            if used + wide <= room + 1e-6:
                lines[-1].append(Run(glue + word, run.font, run.size, run.color))
                used += wide
                continue
            if lines[-1] and glue:
                lines.append([])
                used = 0.0
            for piece in _pieces(word, run, room):
                if used and used + width(piece, run.font, run.size) > room + 1e-6:
                    lines.append([])
                    used = 0.0
                lines[-1].append(Run(piece, run.font, run.size, run.color))
                used += width(piece, run.font, run.size)
    return [_joined(line) for line in lines]


def _pieces(word: str, run: Run, room: float) -> list[str]:
    if width(word, run.font, run.size) <= room:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, run.font, run.size) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _joined(line: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in line:
        last = joined[-1] if joined else None
        if last and (last.font, last.size, last.color) == (run.font, run.size, run.color):
            joined[-1] = Run(last.text + run.text, run.font, run.size, run.color)
        else:
            joined.append(run)
    return joined


@dataclass(frozen=True)
class Block:
    """Text set into lines: every line's runs, the distance of lines and the height of all, in millimetres."""

    lines: list[list[Run]]
    leading: float

    @property
    def height(self) -> float:
        """Lines times leading."""
        return len(self.lines) * self.leading


def block(runs: Sequence[Run], room: float, leading: float = 1.32) -> Block:
    """Wrap runs into ``room`` millimetres; ``leading`` is relative to the largest type size."""
    return _block(tuple(runs), room, leading)


@lru_cache(maxsize=8192)
def _block(runs: tuple[Run, ...], room: float, leading: float) -> Block:
    tidy = []
    for index, run in enumerate(runs):
        # clean() strips the blanks that hold neighbouring runs apart.
        head = " " if index and run.text.startswith(" ") else ""
        tail = " " if run.text.endswith(" ") and index + 1 < len(runs) else ""
        tidy.append(replace(run, text=f"{head}{clean(run.text)}{tail}"))
    size = max((run.size for run in tidy), default=9)
    return Block(wrap(tidy, room), size * leading / MM)


def fitted(
    text: str,
    font: str,
    size: float,
    room: float,
    lines: int = 1,
    smallest: float = 6.5,
    color: str = INK,
    leading: float = 1.32,
) -> Block:
    """The text in at most ``lines`` lines: first smaller type down to ``smallest``, then more lines; never clipped."""
    step = size
    while True:
        found = block([Run(text, font, step, color)], room, leading)
        if len(found.lines) <= lines or step <= smallest:
            return found
        step = max(smallest, step - 0.25)


def grouped(number: str) -> str:
    """A twelve-digit personal number in groups of three; any other number as it is."""
    number = number.strip()
    if len(number) == 12 and number.isascii() and number.isdigit():
        return " ".join(number[at : at + 3] for at in range(0, 12, 3))
    return number
