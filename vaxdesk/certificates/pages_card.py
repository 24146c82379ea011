"""The certificate as a card: two ID-1 faces on one strip of paper, folded in the middle.

The front holds the code, the person and the status, the back the doses and the signature. The code has
40 mm, a dense one more, and keeps off the fold. Cards come one a page, or four on an A4 sheet with marks to cut along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vaxdesk.certificates.pages import CertificatePage, DoseRow
from vaxdesk.certificates.pages_parts import (
    LEAST_MODULE,
    PALE_RED,
    RED,
    about_code,
    beside_code,
    code_block,
    dose_label,
    status_mark,
)
from vaxdesk.documents import kit, marks, qr
from vaxdesk.documents.kit import Block, Run, Sheet, block, fitted
from vaxdesk.documents.words import Words, load

WIDTH: Final = 85.6
FACE: Final = 54.0
#: Four cards on A4: two columns and two rows, centred.
PER_SHEET: Final = 4
MARGIN: Final = 2.5
SYMBOL: Final = 40.0
#: Dose, date, vaccine, lot and unit fill the width.
COLUMNS: Final = (14.0, 14.0, 27.0, 10.4, 15.2)
_PAD: Final = 0.7
#: Scale of the back's type, and whether kind and maker of each vaccine are on it: tried until the face holds all.
_DENSITIES: Final = (
    *((scale, True) for scale in (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)),
    *((scale, False) for scale in (0.76, 0.7, 0.64, 0.58, 0.52, 0.46, 0.4, 0.34)),
)
#: What the words of a replaced card take at the top of its front.
BANNER: Final = 5.6
#: Lines stand closer than on a sheet, so that seven doses stay readable.
LEADING: Final = 1.16


def draw(sheet: Sheet, page: CertificatePage) -> None:
    """Draw one card on a page of its own: front above, back below the fold."""
    sheet.open_page()
    _card(sheet, page)
    sheet.close_page()


def draw_sheet(sheet: Sheet, pages: Sequence[CertificatePage]) -> None:
    """Draw up to four cards on one A4 page, with marks outside them to cut along."""
    left, top = (sheet.width - 2 * WIDTH) / 2, (sheet.height - 4 * FACE) / 2
    sheet.open_page()
    for x in (left, left + WIDTH, left + 2 * WIDTH):
        for y in (top - 6, top + 4 * FACE + 1):
            sheet.line(x, y, x, y + 5, kit.MUTED, 0.15)
    for y in (top, top + 2 * FACE, top + 4 * FACE):
        for x in (left - 6, left + 2 * WIDTH + 1):
            sheet.line(x, y, x + 5, y, kit.MUTED, 0.15)
    for place, page in enumerate(pages):
        with sheet.shifted(left + place % 2 * WIDTH, top + place // 2 * 2 * FACE):
            _card(sheet, page)
    sheet.close_page()


def _card(sheet: Sheet, page: CertificatePage) -> None:
    _front(sheet, page)
    for left in (0.0, WIDTH - 3):
        sheet.line(left, FACE, left + 3, FACE, kit.MUTED, 0.15)
    _back(sheet, page)


def _front(sheet: Sheet, page: CertificatePage) -> None:
    words = load("certificate")
    symbol = qr.matrix(page.code) if page.code else None
    modules = symbol.size if symbol else 93
    most = (FACE - 1 - 2 * marks.FRAME_WIDTH) * modules / (modules + 2 * qr.QUIET)
    outer = marks.frame_side(min(max(SYMBOL, LEAST_MODULE * modules), most), modules)
    x = WIDTH - 2.3 - outer
    room = x - MARGIN - 1.8
    code_block(sheet, x, (FACE - outer) / 2, outer, page, symbol)
    about = block(beside_code(page, 5.6), room, 1.25)
    for scale in (1.0, 0.92, 0.84, 0.76, 0.68, 0.6):
        items = _front_items(page, room, scale)
        if sum(item.height for item in items) <= FACE - 2 * 2.6 - 13 - about.height:
            break
    top = 2.6
    for item in items:
        top = sheet.block(MARGIN, top, item)
    mark = 3.1
    label = fitted(page.status_vi, kit.SEMIBOLD, 7, room - 2 * mark - 1.4, 1, 5.4)
    english = fitted(page.status_en, kit.REGULAR, 5.4, room, 2, 4.6, kit.MUTED)
    bottom = FACE - 2.6 - english.height
    sheet.block(MARGIN, bottom, english)
    middle = bottom - 0.8 - mark
    if page.code is not None:
        sheet.block(MARGIN, middle - max(mark, label.height / 2) - 0.9 - about.height, about)
    status_mark(sheet, MARGIN + mark, middle, mark, page)
    sheet.block(MARGIN + 2 * mark + 1.4, middle - label.height / 2, label)
    if page.replaced_on:
        sheet.box(MARGIN - 0.8, 2, room + 1.6, BANNER, kit.WHITE, RED, 0.4, 0.6)
        text = fitted(words["replaced"].vi, kit.SEMIBOLD, 6.6, room, 1, 4.5, RED)
        sheet.block(MARGIN, 2 + (BANNER - text.height) / 2, text, "center", room)


def _front_items(page: CertificatePage, room: float, scale: float) -> list[Block]:
    words = load("certificate")
    small = 4.9 * scale
    gap = block([Run("", kit.REGULAR, 3 * scale)], room)
    head = fitted(page.title_vi, kit.SEMIBOLD, 6.4 * scale, room, 3, 4.6)
    items = [head, fitted(page.title_en, kit.REGULAR, small, room, 2, 4, kit.MUTED)]
    if page.replaced_on:
        items.insert(0, Block([[]], BANNER))
    sizes = {"name": 9.2, "birth": 7, "identity": 7, "nationality": 6.2, "guardian": 6.2}
    rows = [(key, page.said(key), sizes[key]) for key in page.fields if key in sizes]
    for key, value, size in rows:
        if value:
            items += [
                gap,
                block(_label(words[key], small), room, 1.1),
                fitted(value, kit.SEMIBOLD, size * scale, room, 2, 5.2),
            ]
    return items


def _label(entry: Words, size: float) -> list[Run]:
    return [Run(entry.vi, kit.REGULAR, size, kit.MUTED), Run(f" / {entry.en}", kit.REGULAR, size, kit.MUTED)]


@dataclass(frozen=True)
class _Back:
    """The back's text set at one scale; ``makers`` false leaves kind and maker of the vaccine to the larger papers."""

    scale: float
    head: list[Block]
    table: list[list[list[Block]]]
    foot: list[Block]

    @property
    def rows(self) -> list[float]:
        """The height of each dose's row."""
        return [max(sum(b.height for b in cell) for cell in row) + 0.7 * self.scale for row in self.table]

    @property
    def heading(self) -> float:
        """The height of the table's heading."""
        return 2.9 * self.scale

    @property
    def height(self) -> float:
        """All of it with margins; the signature stands beside the foot and needs 13 mm."""
        used = sum(b.height for b in self.head) + self.heading + sum(self.rows)
        return used + max(sum(b.height for b in self.foot), 13) + 2 * 2.2 + 1.6


def set_back(page: CertificatePage) -> _Back:
    """The back at the largest scale that the face holds."""
    room = WIDTH - 2 * MARGIN
    for scale, makers in _DENSITIES:
        table = [_cells(dose, scale, makers) for dose in page.doses]
        back = _Back(scale, _head(page, room, scale), table, _foot(page, room * 0.6, scale, makers))
        if back.height <= FACE:
            break
    return back


def _back(sheet: Sheet, page: CertificatePage) -> None:
    words = load("certificate")
    room = WIDTH - 2 * MARGIN
    if page.replaced_on:
        angle = (0.5, 0.866)
        sheet.tilted(WIDTH / 2, FACE * 1.5, words["replaced"].vi, kit.SEMIBOLD, 15, PALE_RED, *angle)
    back = set_back(page)
    scale, head, heading, foot = back.scale, back.head, back.heading, back.foot
    top = FACE + 2.2
    for item in head:
        top = sheet.block(MARGIN, top, item)
    top += 0.6
    start = top
    sheet.box(MARGIN, top, room, heading, kit.TINT)
    x = MARGIN
    for key, wide in zip(("dose", "date", "vaccine", "lot", "unit"), COLUMNS, strict=True):
        entry = words[key]
        title = fitted(entry.vi.split(",")[0], kit.SEMIBOLD, 4.9 * scale, wide - 2 * _PAD, 1, 3.5)
        sheet.block(x + _PAD, top + (heading - title.height) / 2, title)
        x += wide
    top += heading
    for row, high in zip(back.table, back.rows, strict=True):
        sheet.line(MARGIN, top, MARGIN + room, top, kit.LINE, 0.15)
        x = MARGIN
        for cell, wide in zip(row, COLUMNS, strict=True):
            inner = top + (high - sum(b.height for b in cell)) / 2
            for item in cell:
                inner = sheet.block(x + _PAD, inner, item)
            x += wide
        top += high
    sheet.box(MARGIN, start, room, top - start, stroke=kit.LINE, weight=0.15)
    bottom = 2 * FACE - 2.2 - sum(item.height for item in foot)
    for item in foot:
        bottom = sheet.block(MARGIN, bottom, item)
    _signature(sheet, page, MARGIN + room * 0.63, top + 0.8, room * 0.37)


def _head(page: CertificatePage, room: float, scale: float) -> list[Block]:
    number = load("certificate")["number"].vi.format(number=page.number) if page.number else ""
    place = " · ".join(part for part in (page.head_lines[-1] if page.head_lines else "", number) if part)
    items = [fitted(place, kit.SEMIBOLD, 5.8 * scale, room, 1, 4.4)]
    words = load("certificate")
    contact = [
        f"{words[key].vi}: {page.said(key)}" for key in ("phone", "address") if key in page.fields and page.said(key)
    ]
    if contact:
        items.append(fitted(" · ".join(contact), kit.REGULAR, 5 * scale, room, 1, 4, kit.MUTED))
    return items


def _cells(dose: DoseRow, scale: float, makers: bool) -> list[list[Block]]:
    size, small = 5.5 * scale, 4.6 * scale
    rooms = [wide - 2 * _PAD for wide in COLUMNS]
    color = kit.INK if dose.counts else kit.MUTED
    empty = load("certificate")["empty"].vi

    def cell(text: str, column: int, font: str = kit.REGULAR, type_size: float = size, lines: int = 1) -> Block:
        return fitted(text, font, type_size, rooms[column], lines, 3.6, color, LEADING)

    vaccine = [cell(dose.product, 2, kit.SEMIBOLD)]
    maker = " · ".join(part for part in (dose.vaccine, dose.maker) if part and makers)
    vaccine += [fitted(maker, kit.REGULAR, small, rooms[2], 1, 3.4, kit.MUTED, LEADING)] if maker else []
    vaccine += [fitted(dose.note, kit.REGULAR, small, rooms[2], 1, 3.4, RED, LEADING)] if dose.note else []
    return [
        [cell(dose_label(dose)[0], 0, kit.SEMIBOLD)],
        [cell(dose.day.strftime("%d/%m/%Y"), 1)],
        vaccine,
        [cell(dose.lot or empty, 3)],
        [cell(dose.unit or empty, 4, type_size=small, lines=2)],
    ]


def _foot(page: CertificatePage, room: float, scale: float, makers: bool) -> list[Block]:
    words = load("certificate")
    items: list[Block] = []
    if page.replaced_on:
        entry = words["replaced_by" if page.replaced_by else "replaced_on"]
        text = entry.vi.format(date=page.replaced_on.strftime("%d/%m/%Y"), number=page.replaced_by)
        items.append(fitted(f"{words['replaced'].vi} {text}", kit.SEMIBOLD, 5 * scale, room, 2, 4, RED))
    paragraphs, _color = about_code(page, 4.9 * scale)
    items += [block(runs, room, 1.25) for runs in paragraphs]
    if page.uvci:
        items.append(fitted(page.uvci, kit.SEMIBOLD, 4.9 * scale, room, 1, 3.8))
    if not makers:
        items.append(fitted(words["card_short"].vi, kit.REGULAR, 4.9 * scale, room, 1, 3.4, kit.MUTED))
    return items


def _signature(sheet: Sheet, page: CertificatePage, x: float, y: float, room: float) -> None:
    words = load("certificate")
    issued = words["place_and_date"].vi.format(
        place=page.place, day=f"{page.issued_on.day:02}", month=f"{page.issued_on.month:02}", year=page.issued_on.year
    )
    top = y
    for text, font, size in ((issued, kit.REGULAR, 4.8), (page.signer_title, kit.SEMIBOLD, 5.2)):
        top = sheet.block(x, top, fitted(text, font, size, room, 1, 3.6), "center", room)
    sign = words["sign"]
    top = sheet.block(
        x, top, fitted(f"{sign.vi} ({sign.en})", kit.REGULAR, 4.4, room, 1, 3.6, kit.MUTED), "center", room
    )
    if page.signer:
        signer = fitted(page.signer, kit.SEMIBOLD, 5.4, room, 1, 4)
        sheet.block(x, 2 * FACE - 2.2 - signer.height, signer, "center", room)
