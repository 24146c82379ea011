"""Parts that all certificate sizes share: the code in its status frame, the status mark, words about the code."""

from __future__ import annotations

from typing import Final

from vaxdesk.certificates.pages import CertificatePage, DoseRow, Status
from vaxdesk.documents import kit, qr
from vaxdesk.documents.kit import Run, Sheet
from vaxdesk.documents.words import load

#: The status colours of the national app; they stand round the code, never in it.
FRAME: Final[dict[Status, str]] = {"none": "#000000", "begun": "#FFD600", "complete": "#00A650"}
#: Millimetres of colour outside the white quiet zone.
FRAME_WIDTH: Final = 3.0
PROVISIONAL: Final = "#7A4B00"
NATIONAL: Final = "#0B6A73"
RED: Final = "#A3201A"
PALE_RED: Final = "#F6D9D6"
_ORDINALS: Final = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", 6: "Sixth", 7: "Seventh"}


def frame_side(symbol_side: float, modules: int) -> float:
    """The outer side of symbol, quiet zone and frame together, in millimetres."""
    return symbol_side * (modules + 2 * qr.QUIET) / modules + 2 * FRAME_WIDTH


def code_block(sheet: Sheet, x: float, y: float, outer: float, status: Status, symbol: qr.QrMatrix | None) -> None:
    """The symbol (or the place where it would stand) in the status frame, whose outer side is ``outer``."""
    inner = outer - 2 * FRAME_WIDTH
    if status == "none":
        # Black all around would swallow toner and the eye: a black line keeps the same outer size.
        sheet.box(x, y, outer, outer, kit.WHITE, kit.BLACK, 0.9, 0.9)
    else:
        sheet.box(x, y, outer, outer, FRAME[status], radius=0.9)
    sheet.box(x + FRAME_WIDTH, y + FRAME_WIDTH, inner, inner, kit.WHITE)
    if symbol is not None:
        module = inner / (symbol.size + 2 * qr.QUIET)
        edge = FRAME_WIDTH + qr.QUIET * module
        sheet.symbol(x + edge, y + edge, symbol.size * module, symbol)
        return
    words = load("certificate")["no_code_frame"]
    gap = FRAME_WIDTH + 2.5
    sheet.box(x + gap, y + gap, outer - 2 * gap, outer - 2 * gap, stroke="#7D8A9B", weight=0.25, dash="1.2 0.9")
    sheet.text(x + outer / 2, y + outer / 2 - 0.5, words.vi, kit.SEMIBOLD, 9.5, kit.INK, "center")
    sheet.text(x + outer / 2, y + outer / 2 + 4, words.en, kit.REGULAR, 7.5, kit.MUTED, "center")


def status_mark(sheet: Sheet, x: float, y: float, radius: float, status: Status, numeral: int) -> None:
    """Ring, half or full disc around (x, y) with the number of doses in it: readable without colour."""
    if status == "complete":
        sheet.ring(x, y, radius, FRAME[status], kit.INK, 0.3)
    else:
        sheet.ring(x, y, radius, kit.WHITE, kit.INK, 0.3 if status == "begun" else 0.6)
        if status == "begun":
            sheet.half_disc(x, y, radius - 0.15, FRAME[status])
    size = radius * 3.9
    sheet.text(x, y + size * 0.255 * 0.3528 * 1.35, str(numeral), kit.SEMIBOLD, size, kit.BLACK, "center")


def dose_label(dose: DoseRow) -> tuple[str, str]:
    """The dose's name on the form in Vietnamese and English; the English is shorter where the kind needs no number."""
    words = load("certificate")[dose.kind]
    ordinal = _ORDINALS.get(dose.number, f"{dose.number}th")
    return words.vi.format(number=dose.number), words.en.format(number=dose.number, ordinal=ordinal)


def emphasised(text: str, size: float, color: str) -> list[Run]:
    """Runs of a text in which ``*stars*`` mark what is set bold."""
    parts = text.split("*")
    return [Run(part, kit.SEMIBOLD if index % 2 else kit.REGULAR, size, color) for index, part in enumerate(parts)]


def about_code(page: CertificatePage, size: float) -> tuple[list[list[Run]], str]:
    """The paragraphs of the box beside the code, and the box's colour."""
    words = load("certificate")
    if page.code is None:
        entry = words["no_code"]
        reasons = [[Run(f"• {reason}", kit.SEMIBOLD, size, RED)] for reason in page.no_code_reasons]
        return [
            [Run(entry.vi, kit.SEMIBOLD, size, kit.INK)],
            *reasons,
            [Run(entry.en, kit.REGULAR, size * 0.92, kit.MUTED)],
        ], "#7D8A9B"
    entry = words[f"{page.code_kind}_code"]
    color = {"station": PROVISIONAL, "national": NATIONAL, "personal": "#7D8A9B"}[page.code_kind]
    until = page.code_valid_until.strftime("%d/%m/%Y") if page.code_valid_until else ""
    runs = emphasised(entry.vi.format(until=until), size, kit.INK if page.code_kind == "personal" else color)
    return [[*runs, Run(f" {entry.en}", kit.REGULAR, size * 0.92, kit.MUTED)]], color


def grouped(number: str) -> str:
    """A twelve-digit personal number in groups of three; any other number as it is."""
    number = number.strip()
    if len(number) == 12 and number.isascii() and number.isdigit():
        return " ".join(number[at : at + 3] for at in range(0, 12, 3))
    return number
