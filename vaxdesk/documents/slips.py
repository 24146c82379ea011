"""Slips that a person takes home: the appointment with the personal code, and the advice after the injection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vaxdesk.documents import kit, marks, qr
from vaxdesk.documents.kit import Block, Run, Sheet, block, fitted
from vaxdesk.documents.words import load

_RED = "#A3201A"
_RED_TINT = "#FCE8E6"
_ACCENT = "#0B6A73"


@dataclass(frozen=True)
class AppointmentSlip:
    """What an appointment slip says.

    ``code`` is the personal code, never an HC1 text; ``status_words`` stand beside it. ``next_step`` is the
    appointment in words ("Mũi 2: từ 19/11/2026, hẹn 21/11/2026, 8 giờ"); ``phones`` are pairs of (whom, number).
    """

    station: str
    name: str
    birth: str
    code: str
    status_words: str
    next_step: str
    colour: str = "black"
    shape: str = "ring"
    doses: int = 0
    place: str = ""
    phone: str = ""
    bring: str = ""
    phones: tuple[tuple[str, str], ...] = ()
    printed_on: str = ""
    practice: bool = False

    def __post_init__(self) -> None:
        if self.code.startswith("HC1:"):
            raise ValueError("a slip carries the personal code, never a certificate")


@dataclass(frozen=True)
class AdviceSlip:
    """What the advice slip says, taken from the campaign's pack with its numbers filled in.

    ``signs`` are pairs of (where in the body, what is seen); ``paragraphs`` stand before them, the last one leads into
    them; ``phones`` are pairs of (whom, number).
    """

    station: str
    title: str
    paragraphs: tuple[str, ...]
    signs: tuple[tuple[str, str], ...]
    phones: tuple[tuple[str, str], ...]
    name: str = ""
    injected: str = ""
    stay_until: str = ""
    ordinary: tuple[str, ...] = ()
    next_step: str = ""
    practice: bool = False


def appointments(slips: Sequence[AppointmentSlip], progress: Callable[[int, int], None] | None = None) -> bytes:
    """One A6 page a slip, in the given order."""
    sheet = _sheet("A6", [slip.practice for slip in slips], load("slips")["appointment"].vi, slips[0].station)
    for done, slip in enumerate(slips):
        sheet.open_page()
        _appointment(sheet, slip)
        sheet.close_page()
        if progress is not None:
            progress(done + 1, len(slips))
    return sheet.finish()


def advice(slips: Sequence[AdviceSlip], progress: Callable[[int, int], None] | None = None) -> bytes:
    """One A5 page a slip, in the given order."""
    sheet = _sheet("A5", [slip.practice for slip in slips], slips[0].title, slips[0].station)
    for done, slip in enumerate(slips):
        sheet.open_page()
        for scale in (1.14, 1.07, 1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.6):
            layout = _advice_layout(slip, sheet.width - 20, scale)
            if layout.height <= sheet.height - 18:
                break
        layout.draw(sheet)
        sheet.close_page()
        if progress is not None:
            progress(done + 1, len(slips))
    return sheet.finish()


def _sheet(paper: str, practice: list[bool], title: str, author: str) -> Sheet:
    if len(set(practice)) > 1:
        raise ValueError("practice and real slips in one print")
    return Sheet(paper, title, author, practice[0])


def _appointment(sheet: Sheet, slip: AppointmentSlip) -> None:
    words = load("slips")
    margin, room = 8.0, sheet.width - 16
    y = sheet.block(margin, 7, fitted(slip.station.upper(), kit.SEMIBOLD, 8, room, 2), "center", room)
    y = sheet.block(margin, y, fitted(words["appointment"].vi, kit.SEMIBOLD, 15, room), "center", room) + 1.5
    symbol = qr.matrix(slip.code)
    outer = marks.frame_side(26, symbol.size, 2.2)
    marks.framed_code(sheet, margin, y, outer, slip.colour, symbol, frame=2.2)
    x = margin + outer + 5
    side = sheet.width - margin - x
    top = sheet.block(x, y, fitted(slip.name, kit.SEMIBOLD, 14, side, 3, 9)) + 0.6
    top = sheet.block(x, top, block([Run(f"{words['birth'].vi}: ", size=8.5, color=kit.MUTED), Run(slip.birth)], side))
    if slip.phone:
        runs = [Run(f"{words['phone'].vi}: ", size=8.5, color=kit.MUTED), Run(kit.unbroken(slip.phone))]
        top = sheet.block(x, top, block(runs, side))
    status = fitted(slip.status_words, kit.SEMIBOLD, 9.5, side - 10, 2, 7.5)
    top = max(top + 1.5, y + outer - max(8.0, status.height))
    marks.status_mark(sheet, x + 3.9, top + max(8.0, status.height) / 2, 3.8, slip.colour, slip.shape, slip.doses)
    sheet.block(x + 10, top + (max(8.0, status.height) - status.height) / 2, status)
    y = max(y + outer, top + max(8.0, status.height)) + 2
    code = [
        Run(f"{words['personal_code'].vi}  ", size=8, color=kit.MUTED),
        Run(kit.unbroken(slip.code), kit.SEMIBOLD, 13),
    ]
    y = sheet.block(margin, y, block(code, room)) + 0.3
    y = sheet.block(margin, y, block([Run(words["code_use"].vi, size=7, color=kit.MUTED)], room)) + 2.2
    step = fitted(slip.next_step, kit.SEMIBOLD, 12, room - 8, 2, 8.5)
    head = block([Run(words["next"].vi, kit.SEMIBOLD, 8, _ACCENT)], room - 8)
    sheet.box(margin, y, room, step.height + head.height + 4.6, "#E3F2F3", radius=1.2)
    inner = sheet.block(margin + 4, y + 2, head)
    y = sheet.block(margin + 4, inner, step) + 4.6
    for label, value in (
        (words["place"].vi, slip.place),
        (words["bring"].vi, slip.bring or words["bring_usual"].vi),
    ):
        if value:
            runs = [Run(f"{label}: ", kit.SEMIBOLD, 8.5), Run(value, size=8.5)]
            y = sheet.block(margin, y, block(runs, room)) + 1
    for whom, number in slip.phones:
        runs = [Run(f"{words['contact'].vi} {whom}: ", size=8.5), Run(kit.unbroken(number), kit.SEMIBOLD, 11)]
        y = sheet.block(margin, y, block(runs, room)) + 0.4
    if slip.printed_on:
        text = words["printed"].vi.format(date=slip.printed_on)
        sheet.text(sheet.width - margin, sheet.height - 5.5, text, size=6.5, color=kit.MUTED, align="right")


@dataclass(frozen=True)
class _Placed:
    item: Block
    x: float
    gap: float
    align: kit.Align = "left"


@dataclass(frozen=True)
class _AdviceLayout:
    head: tuple[_Placed, ...]
    lead: Block
    signs: tuple[tuple[Block, Block], ...]
    phones: tuple[tuple[Block, Block], ...]
    tail: tuple[_Placed, ...]
    room: float
    scale: float

    @property
    def box_height(self) -> float:
        signs = sum(max(place.height, text.height) + 1.5 * self.scale for place, text in self.signs)
        return self.lead.height + signs + 5.5

    @property
    def phone_height(self) -> float:
        rows = sum(max(whom.height, number.height) for whom, number in self.phones)
        return rows + 4 + 4.5 * self.scale if self.phones else 0.0

    @property
    def height(self) -> float:
        placed = sum(part.item.height + part.gap for part in (*self.head, *self.tail))
        return placed + self.box_height + self.phone_height + 4 * self.scale

    def draw(self, sheet: Sheet) -> None:
        y = 9.0
        for part in self.head:
            y = sheet.block(10 + part.x, y, part.item, part.align, self.room) + part.gap
        sheet.box(10, y, self.room, self.box_height, _RED_TINT, _RED, 0.4, 1.5)
        top = sheet.block(14, y + 2.5, self.lead) + 1.5
        for number, (place, text) in enumerate(self.signs, 1):
            high = max(place.height, text.height)
            size = 8.5 * self.scale
            sheet.ring(16.6, top + high / 2, 2.5 * self.scale, kit.WHITE, _RED, 0.3)
            middle = top + high / 2 + size * 0.35 / kit.MM
            sheet.text(16.6, middle, str(number), kit.SEMIBOLD, size, _RED, "center")
            sheet.block(21, top + (high - place.height) / 2, place)
            sheet.block(47, top + (high - text.height) / 2, text)
            top += high + 1.5 * self.scale
        y += self.box_height + 2 * self.scale
        if self.phones:
            y = self._draw_phones(sheet, y)
        for part in self.tail:
            y = sheet.block(10 + part.x, y, part.item, part.align, self.room) + part.gap

    def _draw_phones(self, sheet: Sheet, y: float) -> float:
        high = self.phone_height - 2 * self.scale
        sheet.box(10, y, self.room, high, kit.WHITE, kit.INK, 0.4, 1.5)
        top = y + 2
        title = load("slips")["danger_call"].vi
        sheet.text(14, top + 2.6 * self.scale, title, kit.SEMIBOLD, 8.5 * self.scale, _RED)
        top += 4.5 * self.scale - 1
        for whom, number in self.phones:
            row = max(whom.height, number.height)
            sheet.block(14, top + (row - whom.height) / 2, whom)
            sheet.block(14, top + (row - number.height) / 2, number, "right", self.room - 8)
            top += row
        return y + high + 3 * self.scale


def _advice_layout(slip: AdviceSlip, room: float, scale: float) -> _AdviceLayout:
    words = load("slips")
    body = 8.8 * scale
    head = [
        _Placed(fitted(slip.station.upper(), kit.SEMIBOLD, 8 * scale, room, 2), 0, 0.5, "center"),
        _Placed(fitted(slip.title, kit.SEMIBOLD, 14 * scale, room, 2, 9), 0, 2.5 * scale, "center"),
    ]
    facts = [
        (words["name"].vi, slip.name),
        (words["injected"].vi, slip.injected),
        (words["stay_until"].vi, slip.stay_until),
    ]
    for label, value in facts:
        if value:
            runs = [Run(f"{label}: ", size=body, color=kit.MUTED), Run(value, kit.SEMIBOLD, body * 1.12)]
            head.append(_Placed(block(runs, room), 0, 0.4))
    head += [_Placed(block([Run("", size=3)], room), 0, 0)]
    head += [_Placed(block([Run(text, size=body)], room), 0, 1.2 * scale) for text in slip.paragraphs[:-1]]
    lead = slip.paragraphs[-1] if slip.paragraphs else words["danger"].vi
    signs = tuple(
        (
            block([Run(place, kit.SEMIBOLD, body)], 25),
            block([Run(text, size=body)], room - 37 - 3),
        )
        for place, text in slip.signs
    )
    phones = tuple(
        (
            block([Run(whom, size=body)], room * 0.62),
            block([Run(kit.unbroken(number), kit.SEMIBOLD, 14 * scale)], room * 0.36),
        )
        for whom, number in slip.phones
    )
    tail = []
    if slip.ordinary:
        text = ", ".join(slip.ordinary)
        runs = [Run(f"{words['ordinary'].vi}: ", kit.SEMIBOLD, body), Run(f"{text}.", size=body)]
        tail.append(_Placed(block(runs, room), 0, 1.5 * scale))
    if slip.next_step:
        runs = [Run(f"{words['next'].vi}: ", kit.SEMIBOLD, body), Run(slip.next_step, kit.SEMIBOLD, body, _ACCENT)]
        tail.append(_Placed(block(runs, room), 0, 0))
    return _AdviceLayout(
        tuple(head), block([Run(lead, kit.SEMIBOLD, body, _RED)], room - 8), signs, phones, tuple(tail), room, scale
    )
