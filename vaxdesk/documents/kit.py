"""The page kit of every print: fonts, paper sizes, text that never clips, boxes, and the practice watermark.

Positions are in millimetres from the page's top left corner, type sizes in points. Text is written as raw PDF
operators with a cache of glyph codes, since a batch repeats most of its words on every page.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

from reportlab import rl_config
from reportlab.lib.rl_accel import escapePDF
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from vaxdesk import assets
from vaxdesk.documents import qr

MM: Final = 72 / 25.4
#: Width and height in millimetres. A card is one ID-1 face above the other, folded in the middle.
PAPER: Final[dict[str, tuple[float, float]]] = {"A4": (210, 297), "A5": (148, 210), "card": (85.6, 108)}
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
INK: Final = "#17212E"
MUTED: Final = "#566376"
LINE: Final = "#D5DBE3"
SOFT_LINE: Final = "#E8ECF1"
TINT: Final = "#F4F6F8"
WHITE: Final = "#FFFFFF"
BLACK: Final = "#000000"
Align = Literal["left", "center", "right"]
_lock = threading.Lock()


def load_fonts() -> None:
    """Register the four faces with reportlab, once a process."""
    with _lock:
        if REGULAR in pdfmetrics.getRegisteredFontNames():
            return
        # ASCII85 would cost a fifth of the size and of the time, and every printer reads binary streams.
        rl_config.useA85 = 0
        # REGULAR comes last: when it is there, all are.
        for name, file in reversed(_FILES.items()):
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

    A letter that the font lacks is written as its code point (``‹U+4E2D›``), so that a wrong print is seen.
    """
    load_fonts()
    glyphs = pdfmetrics.getFont(REGULAR).face.charToGlyph
    letters: list[str] = []
    for letter in " ".join(unicodedata.normalize("NFC", text).split()):
        if ord(letter) in glyphs:
            letters.append(letter)
        elif unicodedata.category(letter) not in ("Cc", "Cf"):
            letters.append(f"‹U+{ord(letter):04X}›")
    return "".join(letters)


@lru_cache(maxsize=8192)
def _unit_width(text: str, font: str) -> float:
    load_fonts()
    return float(pdfmetrics.stringWidth(text, font, 1))


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


class Sheet:
    """A PDF under construction."""

    def __init__(self, paper: str, title: str, author: str = "VaxDesk", practice: str = "") -> None:
        """``practice`` is the watermark's words, empty for real papers."""
        load_fonts()
        self.width, self.height = PAPER[paper]
        self.practice = clean(practice)
        self._buffer = io.BytesIO()
        self._canvas: Any = Canvas(
            self._buffer, pagesize=(self.width * MM, self.height * MM), pageCompression=1, lang="vi-VN"
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setCreator("VaxDesk")
        self._canvas.setViewerPreference("PrintScaling", "None")
        self._codes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._ops: list[str] = []
        self.pages = 0

    def open_page(self) -> None:
        """Begin a page; in practice mode with the watermark under everything."""
        self._ops = []
        if self.practice:
            self._watermark()

    def close_page(self) -> None:
        """Finish the page."""
        self._canvas._code.append("\n".join(self._ops))
        self._canvas.showPage()
        self.pages += 1

    def finish(self) -> bytes:
        """The document's bytes."""
        self._canvas.save()
        return self._buffer.getvalue()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        font: str = REGULAR,
        size: float = 9,
        color: str = INK,
        align: Align = "left",
    ) -> float:
        """Write one line with its baseline at ``y``; the end's x comes back."""
        text = clean(text)
        wide = width(text, font, size)
        left = x - {"left": 0, "center": wide / 2, "right": wide}[align]
        self._show(left, y, Run(text, font, size, color))
        return left + wide

    def block(self, x: float, y: float, block: Block, align: Align = "left", room: float = 0) -> float:
        """Write a block whose top is at ``y``; its bottom comes back. ``room`` is needed to centre or align right."""
        for index, line in enumerate(block.lines):
            size = max((run.size for run in line), default=0)
            baseline = y + index * block.leading + block.leading / 2 + size * 0.35 / MM
            wide = sum(width(run.text, run.font, run.size) for run in line)
            left = x + {"left": 0, "center": (room - wide) / 2, "right": room - wide}[align]
            for run in line:
                self._show(left, baseline, run)
                left += width(run.text, run.font, run.size)
        return y + block.height

    def line(
        self, x: float, y: float, x2: float, y2: float, color: str = LINE, weight: float = 0.2, dash: str = ""
    ) -> None:
        """A line; weight in millimetres, ``dash`` as PDF writes it in millimetres, for example ``1 0.6``."""
        path = f"{x * MM:.2f} {self._y(y)} m {x2 * MM:.2f} {self._y(y2)} l"
        self._ops.append(f"q {_rgb(color)} RG {weight * MM:.3f} w {_dash(dash)}{path} S Q")

    def box(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: str = "",
        stroke: str = "",
        weight: float = 0.2,
        radius: float = 0,
        dash: str = "",
    ) -> None:
        """A rectangle with its top left corner at (x, y), filled, outlined or both."""
        paint = {(True, True): "B", (True, False): "f", (False, True): "S", (False, False): "n"}[
            bool(fill), bool(stroke)
        ]
        colors = (f"{_rgb(fill)} rg " if fill else "") + (
            f"{_rgb(stroke)} RG {weight * MM:.3f} w {_dash(dash)}" if stroke else ""
        )
        bottom = (self.height - y - high) * MM
        self._ops.append(f"q {colors}{_rectangle(x * MM, bottom, wide * MM, high * MM, radius * MM)} {paint} Q")

    def ring(self, x: float, y: float, radius: float, fill: str = "", stroke: str = "", weight: float = 0.2) -> None:
        """A circle around (x, y)."""
        self.box(x - radius, y - radius, 2 * radius, 2 * radius, fill, stroke, weight, radius)

    def half_disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """The left half of a disc around (x, y)."""
        r, k = radius * MM, radius * MM * 0.5523
        left, middle = x * MM, (self.height - y) * MM
        self._ops.append(
            f"q {_rgb(fill)} rg {left:.2f} {middle + r:.2f} m "
            f"{left - k:.2f} {middle + r:.2f} {left - r:.2f} {middle + k:.2f} {left - r:.2f} {middle:.2f} c "
            f"{left - r:.2f} {middle - k:.2f} {left - k:.2f} {middle - r:.2f} {left:.2f} {middle - r:.2f} c h f Q"
        )

    def symbol(self, x: float, y: float, side: float, symbol: qr.QrMatrix) -> None:
        """A QR symbol of ``side`` millimetres (quiet zone not counted, and left to the caller to keep white)."""
        self._ops.append(qr.operators(symbol, x * MM, (self.height - y - side) * MM, side * MM))

    def tilted(
        self, x: float, y: float, text: str, font: str, size: float, color: str, sine: float, cosine: float
    ) -> None:
        """One line centred on (x, y) and turned by the angle of the given sine and cosine."""
        text = clean(text)
        half = width(text, font, size) / 2
        left, bottom = x - half * cosine, y + half * sine
        self._show(left, bottom, Run(text, font, size, color), f"{cosine:.4f} {sine:.4f} {-sine:.4f} {cosine:.4f}")

    def _watermark(self) -> None:
        size = 24 if self.width > 100 else 13
        step = 46 if self.width > 100 else 27
        for row in range(-1, int(self.height / step) + 2):
            self.tilted(self.width / 2, row * step + step / 2, self.practice, SEMIBOLD, size, "#DFE4EA", 0.38, 0.925)

    def _y(self, y: float) -> str:
        return f"{(self.height - y) * MM:.2f}"

    def _show(self, x: float, y: float, run: Run, turn: str = "1 0 0 1") -> None:
        if not run.text:
            return
        self._ops.append(f"BT {_rgb(run.color)} rg {turn} {x * MM:.2f} {self._y(y)} Tm")
        for font, code in self._glyphs(run.font, run.text):
            self._ops.append(f"{font} {run.size:g} Tf ({code}) Tj")
        self._ops.append("ET")

    def _glyphs(self, font: str, text: str) -> list[tuple[str, str]]:
        known = self._codes.get((font, text))
        if known is None:
            face, document = pdfmetrics.getFont(font), self._canvas._doc
            known = [
                (face.getSubsetInternalName(subset, document), escapePDF(code))
                for subset, code in face.splitString(text, document)
            ]
            self._codes[font, text] = known
        return known


@lru_cache(maxsize=64)
def _rgb(color: str) -> str:
    return " ".join(f"{int(color[i : i + 2], 16) / 255:.3g}" for i in (1, 3, 5))


def _dash(dash: str) -> str:
    return f"[{' '.join(f'{float(part) * MM:.2f}' for part in dash.split())}] 0 d " if dash else ""


def _rectangle(x: float, y: float, wide: float, high: float, radius: float) -> str:
    if not radius:
        return f"{x:.2f} {y:.2f} {wide:.2f} {high:.2f} re"
    r, k = radius, radius * 0.4477
    right, top = x + wide, y + high
    corners = (
        (right - r, y, right - k, y, right, y + k, right, y + r),
        (right, top - r, right, top - k, right - k, top, right - r, top),
        (x + r, top, x + k, top, x, top - k, x, top - r),
        (x, y + r, x, y + k, x + k, y, x + r, y),
    )
    path = [f"{x + r:.2f} {y:.2f} m"]
    for corner in corners:
        numbers = " ".join(f"{value:.2f}" for value in corner[2:])
        path.append(f"{corner[0]:.2f} {corner[1]:.2f} l {numbers} c")
    return " ".join(path) + " h"
