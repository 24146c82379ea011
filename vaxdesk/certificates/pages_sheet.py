"""The certificate on A4 and A5: station head, title, person, doses, code with status, signature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from vaxdesk.certificates.pages import CertificatePage, DoseRow
from vaxdesk.certificates.pages_parts import (
    LEAST_MODULE,
    PALE_RED,
    RED,
    about_code,
    code_block,
    dose_label,
    status_mark,
)
from vaxdesk.documents import kit, marks, qr
from vaxdesk.documents.kit import Block, Run, Sheet, block, fitted, unbroken
from vaxdesk.documents.words import Words, load


@dataclass(frozen=True)
class Measure:
    """The sizes of one paper in millimetres; ``type`` scales all type, ``air`` the space between lines."""

    width: float
    height: float
    margin: float
    symbol: float
    type: float
    label_column: float
    columns: tuple[float, ...]
    air: float = 1.0

    @property
    def room(self) -> float:
        """The width between the margins."""
        return self.width - 2 * self.margin

    def size(self, points: float) -> float:
        """A type size of the A5 page on this paper; a crowded page has slightly smaller type."""
        return round(points * self.type * (0.68 + 0.32 * self.air), 2)

    def space(self, millimetres: float) -> float:
        """A distance of the A5 page on this paper."""
        return millimetres * self.type * self.air


#: Dose, date, vaccine, lot and unit fill the width.
MEASURES: Final = {
    "A5": Measure(148, 210, 10, 40, 1.0, 45, (20, 20, 43, 17, 28)),
    "A4": Measure(210, 297, 18, 50, 1.32, 62, (27, 27, 57, 24, 39)),
}
#: Tried one after the other until the page holds everything.
AIR: Final = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.6, 0.5, 0.4)
SMALLEST_SYMBOL: Final = 30.0
#: The size of a usual certificate's symbol (version 19), for the empty frame of a page without a code.
USUAL_MODULES: Final = 93


def draw(sheet: Sheet, page: CertificatePage) -> None:
    """Draw one certificate on one page; type shrinks and lines wrap before anything would be lost."""
    symbol = qr.matrix(page.code) if page.code else None
    paper = MEASURES["A5" if sheet.width < 200 else "A4"]
    if symbol is not None:
        # A long name makes a denser symbol: it is drawn larger, so that its modules stay as large.
        paper = replace(paper, symbol=max(paper.symbol, LEAST_MODULE * symbol.size))
    tries = [replace(paper, air=air) for air in AIR]
    tries += [replace(paper, air=AIR[-1], symbol=side) for side in (40.0, 36.0, SMALLEST_SYMBOL) if side < paper.symbol]
    tries += [replace(tries[-1], type=paper.type * share) for share in (0.92, 0.84, 0.76)]
    layout = _Layout(tries[0], page, symbol)
    for measure in tries[1:]:
        if layout.fits:
            break
        layout = _Layout(measure, page, symbol)
    sheet.open_page()
    layout.draw(sheet)
    sheet.close_page()


class _Layout:
    """All of a page's text set into lines, so that its height is known before anything is drawn."""

    def __init__(self, measure: Measure, page: CertificatePage, symbol: qr.QrMatrix | None) -> None:
        self.m, self.page, self.symbol, self.words = measure, page, symbol, load("certificate")
        self._head()
        self._person()
        self._doses()
        self._foot()
        bands = (self.head_height, self.title_height, self.person_height, self.doses_height, self.foot_height)
        self.height = measure.margin + sum(bands)

    @property
    def fits(self) -> bool:
        """Whether the page holds everything."""
        return self.height <= self.m.height - 0.6 * self.m.margin

    def draw(self, sheet: Sheet) -> None:
        """Draw all bands from the top."""
        if self.page.replaced_on:
            words = self.words["replaced"].vi
            size = 30 * self.m.type
            for part in (0.3, 0.62):
                sheet.tilted(self.m.width / 2, self.m.height * part, words, kit.SEMIBOLD, size, PALE_RED, 0.5, 0.866)
        y = self._draw_head(sheet, self.m.margin)
        y = self._draw_title(sheet, y)
        y = self._draw_person(sheet, y)
        y = self._draw_doses(sheet, y)
        self._draw_foot(sheet, y)

    # Head and title -----------------------------------------------------------------------------------------

    def _head(self) -> None:
        m, page, words = self.m, self.page, self.words
        self.left_room = m.room * 0.48
        self.right_room = m.room * 0.5
        lines = [line.upper() for line in page.head_lines]
        left = [fitted(line, kit.REGULAR, m.size(7.6), self.left_room, 2) for line in lines[:-1]]
        left += [fitted(line, kit.SEMIBOLD, m.size(7.6), self.left_room, 2) for line in lines[-1:]]
        if page.number:
            number = words["number"].vi.format(number=page.number)
            left.append(fitted(number, kit.REGULAR, m.size(7.2), self.left_room, 2, color=kit.MUTED))
        if page.replaces:
            replaces = words["replaces"].vi.format(number=page.replaces)
            left.append(fitted(replaces, kit.REGULAR, m.size(6.8), self.left_room, 2, color=kit.MUTED))
        right = [
            fitted(load("common")["nation"].vi, kit.SEMIBOLD, m.size(7.6), self.right_room),
            fitted(load("common")["motto"].vi, kit.SEMIBOLD, m.size(7.6), self.right_room),
        ]
        self.head_left, self.head_right = left, right
        self.head_height = max(sum(b.height for b in left), sum(b.height for b in right)) + m.space(5.5)
        self.title = fitted(page.title_vi.upper(), kit.SEMIBOLD, m.size(15), m.room, 1, smallest=m.size(11))
        self.subtitle = fitted(page.title_en.upper(), kit.REGULAR, m.size(8), m.room, color=kit.MUTED)
        self.replaced: Block | None = None
        self.title_height = self.title.height + self.subtitle.height + m.space(4.5)
        if page.replaced_on:
            entry = words["replaced_by" if page.replaced_by else "replaced_on"]
            values = {"date": page.replaced_on.strftime("%d/%m/%Y"), "number": page.replaced_by}
            self.replaced = block(
                [
                    Run(words["replaced"].vi + " ", kit.SEMIBOLD, m.size(8.4), RED),
                    Run(entry.vi.format(**values) + " ", kit.SEMIBOLD, m.size(8), RED),
                    Run(words["replaced"].en + " " + entry.en.format(**values), kit.REGULAR, m.size(7.4), RED),
                ],
                m.room - 8,
            )
            self.title_height += self.replaced.height + 4 + m.space(3.5)

    def _draw_head(self, sheet: Sheet, y: float) -> float:
        m = self.m
        top = y
        for item in self.head_left:
            top = sheet.block(m.margin, top, item, "center", self.left_room)
        top = y
        for item in self.head_right:
            top = sheet.block(m.width - m.margin - self.right_room, top, item, "center", self.right_room)
        middle = m.width - m.margin - self.right_room / 2
        sheet.line(middle - 14 * m.type, top + 0.9, middle + 14 * m.type, top + 0.9, kit.INK, 0.2)
        return y + self.head_height

    def _draw_title(self, sheet: Sheet, y: float) -> float:
        m = self.m
        bottom = sheet.block(m.margin, y, self.title, "center", m.room)
        bottom = sheet.block(m.margin, bottom, self.subtitle, "center", m.room)
        if self.replaced:
            top = bottom + m.space(2.5)
            sheet.box(m.margin, top, m.room, self.replaced.height + 4, kit.WHITE, RED, 0.5, 1)
            sheet.block(m.margin + 4, top + 2, self.replaced, "center", m.room - 8)
        return y + self.title_height

    # Person --------------------------------------------------------------------------------------------------

    def _person(self) -> None:
        m, page = self.m, self.page
        empty, doses = self.words["empty"].vi, self.words["doses_received"]
        self.person: list[tuple[Block, Block, float]] = []
        value_room = m.room - m.label_column
        for key in page.fields:
            bold = key == "name"
            text = fitted(
                page.said(key) or empty,
                kit.SEMIBOLD if bold else kit.REGULAR,
                m.size(11.5 if bold else 9),
                value_room,
                3 if key == "address" else 2,
            )
            self.person.append((self._label(self.words[key], m.label_column - 2), text, m.label_column))
        entry = self.words["vaccinated"]
        statement = Words(
            page.statement_vi or entry.vi.format(disease=page.disease),
            page.statement_en or entry.en.format(disease=page.disease),
        )
        label = unbroken(f"{doses.en}:")
        received = block(
            [
                Run(doses.vi, kit.REGULAR, m.size(7.2)),
                Run(f" / {label} ", kit.REGULAR, m.size(7.2), kit.MUTED),
                Run(str(page.received), kit.SEMIBOLD, m.size(9)),
            ],
            m.room * 0.4,
        )
        self.person.append((self._label(statement, m.room * 0.58, kit.SEMIBOLD), received, m.room * 0.6))
        self.row_pad = m.space(2.5)
        heights = [max(label.height, value.height) + self.row_pad for label, value, _x in self.person]
        self.person_heights = heights
        self.person_height = sum(heights) + m.space(4)

    def _label(self, entry: Words, room: float, font: str = kit.REGULAR) -> Block:
        found = block([], room)
        for size in (self.m.size(7.4), self.m.size(6.6)):
            runs = [Run(entry.vi, font, size), Run(f" / {entry.en}", kit.REGULAR, size, kit.MUTED)]
            found = block(runs, room)
            if len(found.lines) == 1:
                break
        return found

    def _draw_person(self, sheet: Sheet, y: float) -> float:
        m = self.m
        sheet.line(m.margin, y, m.width - m.margin, y, kit.LINE)
        top = y
        for (label, value, x), high in zip(self.person, self.person_heights, strict=True):
            sheet.block(m.margin, top + (high - label.height) / 2, label)
            sheet.block(m.margin + x, top + (high - value.height) / 2, value)
            top += high
            sheet.line(m.margin, top, m.width - m.margin, top, kit.SOFT_LINE)
        return y + self.person_height

    # Doses ---------------------------------------------------------------------------------------------------

    def _doses(self) -> None:
        m = self.m
        self.cell_pad = 1.4 * m.type
        self.heading = []
        for key, wide in zip(("dose", "date", "vaccine", "lot", "unit"), m.columns, strict=True):
            self.heading.append(self._column_title(self.words[key], wide - 2 * self.cell_pad))
        self.heading_height = max(item.height for item in self.heading) + m.space(2.2)
        self.dose_rows = [self._dose_cells(dose) for dose in self.page.doses]
        self.dose_heights = [
            max(sum(item.height for item in cell) for cell in row) + m.space(1.9) for row in self.dose_rows
        ]
        self.doses_height = self.heading_height + sum(self.dose_heights) + m.space(4.5)

    def _column_title(self, entry: Words, room: float) -> Block:
        found = block([], room)
        for size in (6.4, 6.1, 5.8, 5.5):
            points = self.m.size(size)
            runs = [Run(entry.vi, kit.SEMIBOLD, points), Run(f" {entry.en}", kit.REGULAR, points, kit.MUTED)]
            found = block(runs, room)
            if len(found.lines) <= 2:
                break
        return found

    def _dose_cells(self, dose: DoseRow) -> list[list[Block]]:
        m = self.m
        rooms = [wide - 2 * self.cell_pad for wide in m.columns]
        label_vi, label_en = dose_label(dose)
        small = m.size(6)
        color = kit.INK if dose.counts else kit.MUTED
        maker = " · ".join(part for part in (dose.vaccine, dose.maker) if part)
        vaccine = [fitted(dose.product, kit.SEMIBOLD, m.size(7.2), rooms[2], 1, m.size(6.2), color)]
        if maker:
            vaccine.append(fitted(maker, kit.REGULAR, small, rooms[2], 1, m.size(5.2), kit.MUTED))
        if dose.note:
            vaccine.append(block([Run(dose.note, kit.REGULAR, small, RED)], rooms[2]))
        return [
            [
                block([Run(label_vi, kit.SEMIBOLD, m.size(7.2), color)], rooms[0]),
                block([Run(label_en, kit.REGULAR, small, kit.MUTED)], rooms[0]),
            ],
            [fitted(dose.day.strftime("%d/%m/%Y"), kit.REGULAR, m.size(7.4), rooms[1], 1, 5, color)],
            vaccine,
            [fitted(dose.lot or self.words["empty"].vi, kit.REGULAR, m.size(7.2), rooms[3], 1, m.size(5.8), color)],
            [fitted(dose.unit or self.words["empty"].vi, kit.REGULAR, m.size(6.8), rooms[4], 2, m.size(5.8), color)],
        ]

    def _draw_doses(self, sheet: Sheet, y: float) -> float:
        m = self.m
        table = self.heading_height + sum(self.dose_heights)
        sheet.box(m.margin, y, m.room, self.heading_height, kit.TINT)
        self._row(sheet, y, self.heading_height, [[item] for item in self.heading])
        top = y + self.heading_height
        for row, high in zip(self.dose_rows, self.dose_heights, strict=True):
            sheet.line(m.margin, top, m.width - m.margin, top, kit.LINE)
            self._row(sheet, top, high, row)
            top += high
        sheet.box(m.margin, y, m.room, table, stroke=kit.LINE)
        x = m.margin
        for wide in m.columns[:-1]:
            x += wide
            sheet.line(x, y, x, y + table, kit.LINE)
        return y + self.doses_height

    def _row(self, sheet: Sheet, y: float, high: float, row: list[list[Block]]) -> None:
        x = self.m.margin
        for wide, cell in zip(self.m.columns, row, strict=True):
            top = y + (high - sum(item.height for item in cell)) / 2
            for item in cell:
                top = sheet.block(x + self.cell_pad, top, item)
            x += wide

    # Code, status, signature ---------------------------------------------------------------------------------

    def _foot(self) -> None:
        m, page, words = self.m, self.page, self.words
        self.outer = marks.frame_side(m.symbol, self.symbol.size if self.symbol else USUAL_MODULES)
        self.gap = 6 * m.type
        self.side_room = m.room - self.outer - self.gap
        self.mark = 3.7 * m.type
        status_room = self.outer - 2 * self.mark - 2.5
        self.status_words = [
            fitted(page.status_vi, kit.SEMIBOLD, m.size(9.6), status_room, 1, m.size(7.4)),
            fitted(page.status_en, kit.REGULAR, m.size(7.2), status_room, 1, m.size(6.2), kit.MUTED),
        ]
        status_height = max(2 * self.mark, sum(item.height for item in self.status_words))
        left = self.outer + m.space(2.4) + status_height
        sign = words["sign"]
        issued = words["place_and_date"].vi.format(
            place=page.place,
            day=f"{page.issued_on.day:02}",
            month=f"{page.issued_on.month:02}",
            year=page.issued_on.year,
        )
        self.signature = [
            fitted(issued, kit.REGULAR, m.size(8), self.side_room, 1, m.size(7)),
            fitted(page.signer_title, kit.SEMIBOLD, m.size(8.2), self.side_room, 2),
            block([Run(f"{sign.vi} ({sign.en})", kit.REGULAR, m.size(7), kit.MUTED)], self.side_room),
        ]
        self.signer = [fitted(page.signer, kit.SEMIBOLD, m.size(8.2), self.side_room, 2)] if page.signer else []
        # A round station stamp is 36 mm wide and reaches over the signature; 20 mm clear keep it off other text.
        self.stamp = max(15.0, 21 * m.air * m.type)
        paragraphs, self.box_color = about_code(page, m.size(6.9))
        self.box_text = [block(runs, self.side_room - 5, 1.4) for runs in paragraphs]
        self.box_height = sum(item.height for item in self.box_text) + 4
        self.notes = []
        if page.certificate_number:
            entry = words["certificate_number"]
            self.notes.append(
                block(
                    [
                        Run(entry.vi, kit.REGULAR, m.size(6.6), kit.MUTED),
                        Run(f" / {entry.en}: ", kit.REGULAR, m.size(6.6), kit.MUTED),
                        Run(page.certificate_number, kit.SEMIBOLD, m.size(6.6)),
                    ],
                    self.side_room,
                )
            )
        if page.code and page.code_kind == "personal":
            number = unbroken(f"{words['personal_code_number'].vi}: {page.code}")
            self.notes.append(block([Run(number, kit.SEMIBOLD, m.size(6.6))], self.side_room))
        if page.code and page.code_kind != "personal":
            self.notes.append(block([Run(words["check"].vi, kit.REGULAR, m.size(6.6), kit.MUTED)], self.side_room))
            text = words["colour_proves_nothing"].vi
            self.notes.append(block([Run(text, kit.REGULAR, m.size(6.6), kit.MUTED)], self.side_room))
        right = sum(item.height for item in (*self.signature, *self.signer)) + self.stamp
        right += self.box_height + m.space(3.2) + sum(item.height for item in self.notes)
        self.foot_height = max(left, right)

    def _draw_foot(self, sheet: Sheet, y: float) -> None:
        m, page = self.m, self.page
        code_block(sheet, m.margin, y, self.outer, page, self.symbol)
        middle = y + self.outer + m.space(2.4) + self.mark
        status_mark(sheet, m.margin + self.mark, middle, self.mark, page)
        top = middle - sum(item.height for item in self.status_words) / 2
        for item in self.status_words:
            top = sheet.block(m.margin + 2 * self.mark + 2.5, top, item)
        x = m.margin + self.outer + self.gap
        top = y
        for item in self.signature:
            top = sheet.block(x, top, item, "center", self.side_room)
        top += self.stamp
        for item in self.signer:
            top = sheet.block(x, top, item, "center", self.side_room)
        top += m.space(2)
        dash = "" if page.code and page.code_kind == "national" else "1 0.7"
        sheet.box(x, top, self.side_room, self.box_height, kit.WHITE, self.box_color, 0.3, 1, dash)
        inner = top + 2
        for item in self.box_text:
            inner = sheet.block(x + 2.5, inner, item)
        top += self.box_height + m.space(1.2)
        for item in self.notes:
            top = sheet.block(x, top, item)
