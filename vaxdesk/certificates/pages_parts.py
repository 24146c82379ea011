"""Parts that all certificate sizes share: the code in its status frame, the status mark, words about the code."""

from __future__ import annotations

from typing import Final

from vaxdesk.certificates.pages import CertificatePage, DoseRow
from vaxdesk.documents import kit, marks, qr
from vaxdesk.documents.kit import Run, Sheet
from vaxdesk.documents.words import load

#: Millimetres: smaller modules do not read after bad printing. Page and card give a dense symbol the room it needs.
LEAST_MODULE: Final = 0.41
PROVISIONAL: Final = "#7A4B00"
NATIONAL: Final = "#0B6A73"
RED: Final = "#A3201A"
PALE_RED: Final = "#F6D9D6"
_ORDINALS: Final = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", 6: "Sixth", 7: "Seventh"}


def code_block(
    sheet: Sheet, x: float, y: float, outer: float, page: CertificatePage, symbol: qr.QrMatrix | None
) -> None:
    """The code, or the place where it would stand, in the frame of the page's status."""
    words = load("certificate")["no_code_frame"]
    marks.framed_code(sheet, x, y, outer, page.frame_colour, symbol, (words.vi, words.en))


def status_mark(sheet: Sheet, x: float, y: float, radius: float, page: CertificatePage) -> None:
    """The page's status as shape, colour and number of doses."""
    marks.status_mark(sheet, x, y, radius, page.frame_colour, page.mark_shape, page.received)


def dose_label(dose: DoseRow) -> tuple[str, str]:
    """The dose's name on the form in Vietnamese and English; one that does not count has no number."""
    words = load("certificate")[dose.kind if dose.counts else "not_counted"]
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
    paragraphs = [[*runs, Run(f" {entry.en}", kit.REGULAR, size * 0.92, kit.MUTED)]]
    if page.code_note_vi:
        note = [
            Run(page.code_note_vi, kit.REGULAR, size),
            Run(f" {page.code_note_en}", size=size * 0.92, color=kit.MUTED),
        ]
        paragraphs.insert(0, note)
    return paragraphs, color


def beside_code(page: CertificatePage, size: float) -> list[Run]:
    """What stands beside the code of a card, in few words: who signed it and until when; nothing without a code."""
    if page.code is None:
        return []
    entry = load("certificate")[f"{page.code_kind}_code_card"]
    color = {"station": PROVISIONAL, "national": NATIONAL, "personal": kit.INK}[page.code_kind]
    until = page.code_valid_until.strftime("%d/%m/%Y") if page.code_valid_until else ""
    return emphasised(entry.vi.format(until=until), size, color)
