"""The page kit of every print: paper sizes, text, lines, boxes, codes, and the practice watermark.

Positions are in millimetres from the page's top left corner, type sizes in points. Text is written as raw PDF
operators with a cache of glyph codes, since a batch repeats most of its words on every page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, Literal

from reportlab.lib.rl_accel import escapePDF
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from vaxdesk.documents import qr
from vaxdesk.documents.typesetting import (
    BOLD,
    INK,
    MEDIUM,
    MM,
    NO_BREAK,
    REGULAR,
    SEMIBOLD,
    Block,
    Run,
    block,
    clean,
    faced,
    fitted,
    grouped,
    load_fonts,
    unbroken,
    width,
)
from vaxdesk.documents.words import load

__all__ = [
    "BLACK", "BOLD", "INK", "LINE", "MEDIUM", "MM", "MUTED", "NO_BREAK", "PAPER", "REGULAR", "SEMIBOLD", "SOFT_LINE",
    "TINT", "WHITE", "Align", "Block", "Run", "Sheet", "block", "clean", "fitted", "grouped", "load_fonts", "unbroken",
    "width",
]  # fmt: skip

#: Width and height in millimetres. A card is one ID-1 face above the other, folded in the middle.
PAPER: Final[dict[str, tuple[float, float]]] = {
    "A4": (210, 297),
    "A4-across": (297, 210),
    "A5": (148, 210),
    "A6": (105, 148),
    "card": (85.6, 108),
}
MUTED: Final = "#566376"
LINE: Final = "#D5DBE3"
SOFT_LINE: Final = "#E8ECF1"
TINT: Final = "#F4F6F8"
WHITE: Final = "#FFFFFF"
BLACK: Final = "#000000"
Align = Literal["left", "center", "right"]


class Sheet:
    """A PDF under construction."""

    def __init__(self, paper: str, title: str, author: str = "VaxDesk", practice: bool = False) -> None:
        """``practice`` puts the watermark of practice mode on every page."""
        load_fonts()
        self.width, self.height = PAPER[paper]
        self.practice = load("common")["practice"].vi if practice else ""
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

    @contextmanager
    def shifted(self, x: float, y: float) -> Iterator[None]:
        """Everything drawn inside is moved right and down by millimetres: several small papers on one sheet."""
        self._ops.append(f"q 1 0 0 1 {x * MM:.3f} {-y * MM:.3f} cm")
        yield
        self._ops.append("Q")

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

    def triangle(self, x: float, y: float, radius: float, fill: str, stroke: str, weight: float = 0.2) -> None:
        """An upright triangle whose corners lie on the circle around (x, y)."""
        left, right, low = (x - 0.866 * radius) * MM, (x + 0.866 * radius) * MM, self._y(y + radius / 2)
        path = f"{x * MM:.2f} {self._y(y - radius)} m {left:.2f} {low} l {right:.2f} {low} l h"
        self._ops.append(f"q {_rgb(fill)} rg {_rgb(stroke)} RG {weight * MM:.3f} w {path} B Q")

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
        """The practice words in a few slanted rows, wide enough for the page and pale enough to read over."""
        sine, cosine = 0.342, 0.940
        size = 0.94 * self.width / cosine / width(self.practice, SEMIBOLD, 1)
        step = 46.0 if self.width > 100 else 27.0
        for row in range(int(self.height / step) + 1):
            self.tilted(self.width / 2, (row + 0.5) * step, self.practice, SEMIBOLD, size, "#E1E6EC", sine, cosine)

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
            known, document = [], self._canvas._doc
            for name, piece in faced(text.replace(NO_BREAK, " "), font):
                face = pdfmetrics.getFont(name)
                known += [
                    (face.getSubsetInternalName(subset, document), escapePDF(code))
                    for subset, code in face.splitString(piece, document)
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
