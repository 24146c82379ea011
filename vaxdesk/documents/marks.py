"""The QR code in its status frame and the status mark, shared by certificates and slips.

Colour stands round the code, never in it: a code with coloured modules does not scan. What the colour says is said
again by a shape, a numeral and words, since a colour proves nothing and many printers have none.
"""

from __future__ import annotations

from typing import Final

from vaxdesk.documents import kit, qr
from vaxdesk.documents.kit import Sheet

#: The colours a campaign pack can name; yellow and green are those of the national app.
COLOURS: Final = {
    "black": "#000000",
    "yellow": "#FFD600",
    "green": "#00A650",
    "blue": "#2F80ED",
    "red": "#E5484D",
    "grey": "#8A94A3",
}
#: Status to (colour, shape), where the campaign says nothing else.
USUAL: Final = {"none": ("black", "ring"), "begun": ("yellow", "half"), "complete": ("green", "disc")}
#: Millimetres of colour outside the white quiet zone.
FRAME_WIDTH: Final = 3.0


def frame_side(symbol_side: float, modules: int, frame: float = FRAME_WIDTH) -> float:
    """The outer side of symbol, quiet zone and frame together, in millimetres."""
    return symbol_side * (modules + 2 * qr.QUIET) / modules + 2 * frame


def framed_code(
    sheet: Sheet,
    x: float,
    y: float,
    outer: float,
    colour: str,
    symbol: qr.QrMatrix | None,
    instead: tuple[str, str] = ("", ""),
    frame: float = FRAME_WIDTH,
) -> None:
    """The symbol in a frame of the status colour, ``outer`` millimetres wide.

    Without a symbol its place stays empty but for the two lines ``instead`` (Vietnamese, English).
    """
    inner = outer - 2 * frame
    if colour == "black":
        # A full black frame would drink toner; a black line of the same outer size says the same.
        sheet.box(x + 0.45, y + 0.45, outer - 0.9, outer - 0.9, kit.WHITE, kit.BLACK, 0.9, 0.7)
    else:
        sheet.box(x, y, outer, outer, COLOURS[colour], radius=0.9)
    sheet.box(x + frame, y + frame, inner, inner, kit.WHITE)
    if symbol is not None:
        module = inner / (symbol.size + 2 * qr.QUIET)
        edge = frame + qr.QUIET * module
        sheet.symbol(x + edge, y + edge, symbol.size * module, symbol)
        return
    gap = frame + 2.5
    sheet.box(x + gap, y + gap, outer - 2 * gap, outer - 2 * gap, stroke="#7D8A9B", weight=0.25, dash="1.2 0.9")
    sheet.text(x + outer / 2, y + outer / 2 - 0.5, instead[0], kit.SEMIBOLD, 9.5, kit.INK, "center")
    sheet.text(x + outer / 2, y + outer / 2 + 4, instead[1], kit.REGULAR, 7.5, kit.MUTED, "center")


def status_mark(sheet: Sheet, x: float, y: float, radius: float, colour: str, shape: str, numeral: int) -> None:
    """The status as shape, colour and numeral around (x, y): ring, half, disc, square or triangle."""
    fill = COLOURS[colour] if colour != "black" else kit.WHITE
    if shape == "square":
        sheet.box(x - radius, y - radius, 2 * radius, 2 * radius, fill, kit.INK, 0.35, 0.5)
    elif shape == "triangle":
        sheet.triangle(x, y, radius * 1.15, fill, kit.INK, 0.35)
    elif shape == "disc":
        sheet.ring(x, y, radius, fill, kit.INK, 0.35)
    else:
        sheet.ring(x, y, radius, kit.WHITE, kit.INK, 0.35 if shape == "half" else 0.65)
        if shape == "half":
            sheet.half_disc(x, y, radius - 0.17, fill)
    size = radius * (3.9 if numeral < 10 else 3.1)
    # Half of the digits' height (0.7 of the type size) below the middle puts them in the middle.
    sheet.text(x, y + size * 0.35 / kit.MM, str(numeral), kit.SEMIBOLD, size, kit.BLACK, "center")
