"""How the official forms are set: every part is measured first, then drawn from the top."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vaxdesk.documents import kit
from vaxdesk.documents.kit import Block, Run, Sheet, block, fitted
from vaxdesk.documents.words import load

if TYPE_CHECKING:
    from vaxdesk.documents.forms import ConsentPaper, Field, QuestionRow, Reading, ScreeningPaper, Tick

_DOTS = "0.3 0.75"
#: A part of a form: its height, and what draws it at a given top.
Band = tuple[float, Callable[[Sheet, float], None]]


class _Form:
    """What both forms share: margins, head, fields, boxes. ``scale`` sizes type and space."""

    def __init__(self, width: float, scale: float) -> None:
        self.width, self.scale = width, scale
        self.margin = 15.0 if width > 200 else 11.0
        self.room = width - 2 * self.margin
        self.words = load("forms")
        self.bands: list[Band] = []

    @property
    def height(self) -> float:
        """The height of all bands in millimetres, top margin included."""
        return 9 + sum(high for high, _ in self.bands)

    def draw(self, sheet: Sheet) -> None:
        """Draw the bands one below the other."""
        y = 9.0
        for high, paint in self.bands:
            paint(sheet, y)
            y += high

    def pt(self, points: float) -> float:
        """A scaled type size."""
        return round(points * self.scale, 2)

    def add(self, item: Block, after: float = 0, x: float = 0, align: kit.Align = "left", room: float = 0) -> None:
        """A band that is one block of text."""
        wide = room or self.room

        def paint(sheet: Sheet, y: float) -> None:
            sheet.block(self.margin + x, y, item, align, wide)

        self.bands.append((item.height + after * self.scale, paint))

    def head(self, station: str, title: str, list_number: str, title_size: float) -> None:
        """Station left, nation right, title below."""
        common, half = load("common"), self.room / 2
        size = self.pt(8.4 if self.width > 200 else 7.2)
        left = [fitted(self.words["unit"].vi, kit.REGULAR, size, half - 4)]
        left.append(fitted(station.upper() or "." * 40, kit.SEMIBOLD, size, half - 4, 2))
        right = [
            fitted(common["nation"].vi, kit.SEMIBOLD, size, half),
            fitted(common["motto"].vi, kit.SEMIBOLD, size, half),
        ]

        def paint(sheet: Sheet, y: float) -> None:
            top = y
            for item in left:
                top = sheet.block(self.margin, top, item, "center", half - 4)
            if list_number:
                text = self.words["list_number"].vi.format(number=list_number)
                sheet.block(self.margin, top, fitted(text, kit.REGULAR, size * 0.88, half - 4), "center", half - 4)
            top = y
            for item in right:
                top = sheet.block(self.margin + half, top, item, "center", half)
            middle = self.margin + half * 1.5
            sheet.line(middle - 16 * self.scale, top + 0.8, middle + 16 * self.scale, top + 0.8, kit.INK)

        high = max(sum(b.height for b in left) + (4 if list_number else 0), sum(b.height for b in right))
        self.bands.append((high + 4 * self.scale, paint))
        self.add(block([Run(title, kit.SEMIBOLD, self.pt(title_size))], self.room, 1.28), 3, align="center")

    def field_line(self, fields: tuple[Field, ...], size: float) -> None:
        """Fields side by side; an empty value is a dotted line."""
        placed, x = [], 0.0
        total = sum(field.share for field in fields)
        for field in fields:
            room = self.room * field.share / total
            placed.append((x, room, self._field(field, room - 2, size)))
            x += room
        high = max(item.height for _x, _room, (item, _free, _ticks) in placed)

        def paint(sheet: Sheet, y: float) -> None:
            for left, room, (item, free, ticks) in placed:
                sheet.block(self.margin + left, y, item)
                end = self.margin + left + room - 2
                at = self.margin + left + free
                low = y + item.height - item.leading * 0.22
                for tick in ticks:
                    at = self.tick(sheet, at + 1.5, y + item.height - item.leading / 2, tick, size) + 2.5
                if not ticks and free < room - 6:
                    sheet.line(at + 0.8, low, end, low, kit.MUTED, 0.22, _DOTS)

        self.bands.append((high + 1.1 * self.scale, paint))

    def _field(self, field: Field, room: float, size: float) -> tuple[Block, float, tuple[Tick, ...]]:
        runs = [Run(f"{field.label}:" if field.label else "", kit.REGULAR, size)]
        if field.value:
            runs.append(Run(f" {field.value}", kit.SEMIBOLD, size))
        item = block(runs, room, 1.45)
        last = item.lines[-1] if item.lines else []
        used = sum(kit.width(run.text, run.font, run.size) for run in last)
        # A filled field needs no line; an open one gets it from the label's end.
        return item, (room + 2 if field.value and not field.ticks else used), field.ticks

    def tick(self, sheet: Sheet, x: float, middle: float, tick: Tick, size: float) -> float:
        """A box with its words after it; the end's x comes back."""
        self.square(sheet, x, middle, tick.ticked, size)
        side = size * 0.9 / kit.MM
        font = kit.SEMIBOLD if tick.ticked else kit.REGULAR
        return sheet.text(x + side + 1, middle + size * 0.35 / kit.MM, tick.words, font, size)

    def square(self, sheet: Sheet, x: float, middle: float, ticked: bool, size: float) -> None:
        """An empty or ticked box whose left middle is (x, middle)."""
        side = size * 0.9 / kit.MM
        top = middle - side / 2
        sheet.box(x, top, side, side, kit.WHITE, kit.INK, 0.25)
        if ticked:
            sheet.line(x + side * 0.16, top + side * 0.52, x + side * 0.42, top + side * 0.82, kit.INK, 0.45)
            sheet.line(x + side * 0.42, top + side * 0.82, x + side * 0.98, top + side * 0.02, kit.INK, 0.45)

    def readings(
        self, sheet: Sheet, y: float, readings: tuple[Reading, ...], left: float, size: float, room: float
    ) -> None:
        """Measurements in columns, each with a dotted line or its value before the unit."""
        columns = min(len(readings), 2 if self.width < 200 else 4)
        wide = room / columns
        for index, reading in enumerate(readings):
            x = left + index % columns * wide
            base = y + (index // columns + 0.5) * size * 1.6 / kit.MM + size * 0.35 / kit.MM
            end = sheet.text(x, base, reading.label, kit.REGULAR, size)
            if reading.marks:
                end = sheet.text(end + 0.3, base - 0.35 * size / kit.MM, reading.marks, kit.REGULAR, size * 0.7)
            end = sheet.text(end, base, ":", kit.REGULAR, size) + 0.8
            if reading.value:
                end = sheet.text(end, base, reading.value, kit.SEMIBOLD, size)
            else:
                unit = kit.width(reading.unit, kit.REGULAR, size)
                stop = max(end + 3, x + wide - unit - 4)
                sheet.line(end, base + 0.4, stop, base + 0.4, kit.MUTED, 0.22, _DOTS)
                end = stop
            sheet.text(end + 0.8, base, reading.unit, kit.REGULAR, size)

    def readings_height(self, readings: tuple[Reading, ...], size: float) -> float:
        """The height that :meth:`readings` takes."""
        columns = min(len(readings), 2 if self.width < 200 else 4)
        return -(-len(readings) // columns) * size * 1.6 / kit.MM if readings else 0.0


class Screening(_Form):
    """A screening form on A4."""

    def __init__(self, paper: ScreeningPaper, width: float, scale: float) -> None:
        super().__init__(width, scale)
        self.paper = paper
        self.size = self.pt(9.6)
        self.answers = 30.0
        self.head(paper.station, paper.title, paper.list_number, 13)
        for line in paper.lines:
            self.field_line(line, self.size)
        self._part(paper.parts[0], with_columns=True)
        if paper.readings:
            self._loose_readings(paper.readings)
        for number, row in enumerate(paper.questions):
            self._question(row, number)
        self._part(paper.parts[1], with_columns=False)
        for conclusion in paper.conclusions:
            self._conclusion(conclusion.label, conclusion.rule, conclusion.ticked)
        self._reason()
        self._signature()
        for mark, text in paper.footnotes:
            self.add(block([Run(f"({mark}) ", kit.SEMIBOLD, self.pt(7)), Run(text, size=self.pt(7))], self.room, 1.25))
        if paper.version:
            self.add(block([Run(paper.version, size=self.pt(6.5), color=kit.MUTED)], self.room), align="right")

    def _part(self, title: str, with_columns: bool) -> None:
        item = block([Run(title, kit.SEMIBOLD, self.pt(10.4))], self.room)
        gap = 2.0 * self.scale

        def paint(sheet: Sheet, y: float) -> None:
            sheet.block(self.margin, y + gap, item)
            if with_columns:
                base = y + gap + item.height / 2 + self.size * 0.35 / kit.MM
                right = self.width - self.margin
                for words, x in (
                    (self.words["no"].vi, right - self.answers * 0.75),
                    (self.words["yes"].vi, right - self.answers * 0.25),
                ):
                    sheet.text(x, base, words, kit.SEMIBOLD, self.size, align="center")

        self.bands.append((item.height + gap + 1 * self.scale, paint))

    def _loose_readings(self, readings: tuple[Reading, ...]) -> None:
        high = self.readings_height(readings, self.size)

        def paint(sheet: Sheet, y: float) -> None:
            self.readings(sheet, y, readings, self.margin, self.size, self.room)

        self.bands.append((high + 1, paint))

    def _question(self, row: QuestionRow, place: int) -> None:
        indent = 7.0 * self.scale + (5.0 * self.scale if row.child else 0)
        room = self.room - self.answers - indent - 2
        runs = [Run(row.text, kit.SEMIBOLD if row.heading else kit.REGULAR, self.size)]
        if row.marks:
            runs.append(Run(f" {row.marks}", kit.REGULAR, self.size * 0.78))
        if row.detail:
            runs.append(Run(f"  {row.detail}", kit.SEMIBOLD, self.size))
        item = block(runs, room, 1.3)
        readings = self.readings_height(row.readings, self.pt(9))
        pad = 0.95 * self.scale

        def paint(sheet: Sheet, y: float) -> None:
            right = self.width - self.margin
            sheet.line(self.margin, y, right, y, kit.LINE, 0.15)
            base = y + pad + item.leading / 2 + self.size * 0.35 / kit.MM
            sheet.text(self.margin + indent - 7 * self.scale, base, f"{row.number}.", kit.REGULAR, self.size)
            sheet.block(self.margin + indent, y + pad, item)
            if not row.heading:
                middle = y + pad + item.height / 2
                side = self.size * 0.9 / kit.MM
                for x, ticked in ((0.75, row.answer is False), (0.25, row.answer is True)):
                    self.square(sheet, right - self.answers * x - side / 2, middle, ticked, self.size)
            if row.readings:
                left = self.margin + indent
                self.readings(sheet, y + pad + item.height, row.readings, left, self.pt(9), self.room - indent)

        self.bands.append((item.height + readings + 2 * pad, paint))

    def _conclusion(self, label: str, rule: str, ticked: bool) -> None:
        indent = 6.0 * self.scale
        runs = [Run(label, kit.SEMIBOLD, self.size), Run(f": {rule}" if rule else "", kit.REGULAR, self.size)]
        item = block(runs, self.room - indent, 1.3)

        def paint(sheet: Sheet, y: float) -> None:
            self.square(sheet, self.margin, y + item.leading / 2, ticked, self.size)
            sheet.block(self.margin + indent, y, item)

        self.bands.append((item.height + 1.1 * self.scale, paint))

    def _reason(self) -> None:
        paper = self.paper
        runs = [Run(f"{paper.reason_label}:", kit.REGULAR, self.size)]
        if paper.reason:
            runs.append(Run(f" {paper.reason}", kit.SEMIBOLD, self.size))
        item = block(runs, self.room, 1.4)
        free = kit.width(f"{paper.reason_label}:", kit.REGULAR, self.size)

        def paint(sheet: Sheet, y: float) -> None:
            sheet.block(self.margin, y, item)
            if not paper.reason:
                low = y + item.height - 0.8
                sheet.line(self.margin + free + 1, low, self.width - self.margin, low, kit.MUTED, 0.22, _DOTS)

        self.bands.append((item.height + 1.5 * self.scale, paint))

    def _signature(self) -> None:
        paper = self.paper
        blanks = ("……", "……", "……", "……", "……")
        values = dict(zip(("hour", "minute", "day", "month", "year"), paper.at or blanks, strict=True))
        wide = self.room * 0.55
        items = [
            fitted(self.words["time"].vi.format(**values), kit.REGULAR, self.size, wide, 1, self.pt(8)),
            fitted(paper.signature, kit.SEMIBOLD, self.size, wide, 2, self.pt(8)),
        ]
        stamp = 17 * self.scale

        def paint(sheet: Sheet, y: float) -> None:
            left = self.margin + self.room - wide
            top = y
            for item in items:
                top = sheet.block(left, top, item, "center", wide)
            if paper.signer:
                signer = fitted(paper.signer, kit.SEMIBOLD, self.size, wide)
                sheet.block(left, top + stamp - signer.height, signer, "center", wide)

        self.bands.append((sum(item.height for item in items) + stamp + 1.5, paint))


class Consent(_Form):
    """A consent form on A5 or A4."""

    def __init__(self, paper: ConsentPaper, width: float, scale: float) -> None:
        super().__init__(width, scale)
        size = self.pt(9)
        self.head(paper.station, paper.title, paper.list_number, 12.5)
        for number, statement in enumerate(paper.statements, 1):
            self._numbered(f"{number}.", statement, size)
        self.add(block([Run(paper.lead_in, kit.REGULAR, size)], self.room, 1.4), 1)
        choices = ((paper.agree, paper.agreed is True), (paper.refuse, paper.agreed is False))
        for words, ticked in (*choices, *((tick.words, tick.ticked) for tick in paper.declarations)):
            self._choice(words, ticked, size * 1.06)
        self.bands.append((1.5 * self.scale, lambda _sheet, _y: None))
        for field in paper.fields:
            self.field_line((field,), size * 1.06)
        self._signature(paper, size)
        if paper.version:
            self.add(block([Run(paper.version, size=self.pt(6.2), color=kit.MUTED)], self.room))

    def _numbered(self, number: str, text: str, size: float) -> None:
        indent = 5.5 * self.scale
        item = block([Run(text, kit.REGULAR, size)], self.room - indent, 1.4)

        def paint(sheet: Sheet, y: float) -> None:
            sheet.text(self.margin, y + item.leading / 2 + size * 0.35 / kit.MM, number, kit.REGULAR, size)
            sheet.block(self.margin + indent, y, item)

        self.bands.append((item.height + 1.4 * self.scale, paint))

    def _choice(self, words: str, ticked: bool, size: float) -> None:
        indent = 7.0 * self.scale
        item = block([Run(words, kit.SEMIBOLD, size)], self.room - indent - 6, 1.35)

        def paint(sheet: Sheet, y: float) -> None:
            self.square(sheet, self.margin + 6, y + item.leading / 2, ticked, size * 1.1)
            sheet.block(self.margin + 6 + indent, y, item)

        self.bands.append((item.height + 1.6 * self.scale, paint))

    def _signature(self, paper: ConsentPaper, size: float) -> None:
        wide = self.room * 0.6
        blanks = ("……", "……", "……")
        values = dict(zip(("day", "month", "year"), paper.date or blanks, strict=True))
        words = self.words["place_and_date"].vi.format(place=paper.place or "…………", **values)
        items = [
            fitted(words, kit.REGULAR, size, wide, 1, self.pt(7)),
            fitted(paper.signature, kit.SEMIBOLD, size, wide, 2, self.pt(7.4)),
        ]

        def paint(sheet: Sheet, y: float) -> None:
            top = y + 2 * self.scale
            for item in items:
                top = sheet.block(self.margin + self.room - wide, top, item, "center", wide)

        self.bands.append((sum(item.height for item in items) + 24 * self.scale, paint))
