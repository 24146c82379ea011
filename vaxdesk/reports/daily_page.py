"""The daily report as a page: A4 across, the columns and wording of the official form."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.documents import kit
from vaxdesk.documents.kit import Run, Sheet, block, fitted
from vaxdesk.documents.words import load
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import format_date
from vaxdesk.reports.daily import DailyReport, DailyRow

_MARGIN = 10.0
_LINE = 7.5
_HEAD = 17.0
_ACROSS = 297.0
#: Column and its share of the width; groups share a heading above theirs.
_SHARES = (
    ("number", 8.0),
    ("place", 46.0),
    ("round", 12.0),
    ("product", 30.0),
    ("people", 15.0),
    ("hospital", 15.0),
    ("refused", 16.0),
    ("deferred", 13.0),
    ("contraindicated", 13.0),
    ("dose_1", 11.0),
    ("dose_2", 11.0),
    ("dose_more", 12.0),
    ("dose_additional", 12.0),
    ("dose_booster", 12.0),
    ("used", 13.0),
    ("wasted", 11.0),
    ("ordinary", 15.0),
    ("severe", 13.0),
    ("note", 30.0),
)
_SCALE = (_ACROSS - 2 * _MARGIN) / sum(share for _name, share in _SHARES)
_COLUMNS = tuple((name, share * _SCALE) for name, share in _SHARES)
_GROUPS = {"dose_1": ("given", 5), "used": ("vaccine", 2)}
_NUMBERS = frozenset(name for name, _wide in _COLUMNS) - {"number", "place", "round", "product", "note"}


@dataclass(frozen=True)
class Frame:
    """What stands round the table: who reports, from where, whether it is practice."""

    station: str
    authority: str
    place: str
    signer: str
    practice: bool


def render(report: DailyReport, campaign: Campaign, frame: Frame) -> bytes:
    """The report as a PDF of one or more pages."""
    words = load("daily")
    title = words["title"].vi.format(campaign=campaign.name.vi.upper())
    sheet = Sheet("A4-across", title, frame.station, frame.practice)
    rows = list(enumerate(report.rows, start=1))
    first = True
    while first or rows:
        sheet.open_page()
        y = _head(sheet, report, title, frame) if first else _MARGIN
        y = _titles(sheet, y)
        while rows and y + 2 * _LINE < sheet.height - _MARGIN - (0 if len(rows) > 1 else 34):
            number, row = rows.pop(0)
            y = _row(sheet, y, _cells(row, number, campaign, report))
        if not rows:
            y = _row(sheet, y, _totals(report), bold=True)
            _foot(sheet, y, report, frame)
        sheet.close_page()
        first = False
    return sheet.finish()


def _head(sheet: Sheet, report: DailyReport, title: str, frame: Frame) -> float:
    words = load("daily")
    y = _MARGIN + 3
    if frame.authority:
        sheet.text(_MARGIN, y, frame.authority.upper(), size=9)
        y += 5
    sheet.text(_MARGIN, y, words["unit"].vi.format(station=frame.station), kit.SEMIBOLD, 9.5)
    room = sheet.width - 2 * _MARGIN
    head = fitted(title, kit.SEMIBOLD, 13, room, 2)
    y = sheet.block(_MARGIN, y + 4, head, "center", room) + 1.5
    parts = [words["day"].vi.format(day=format_date(report.day))]
    if report.begun is not None:
        parts.insert(0, words["begun"].vi.format(day=format_date(report.begun)))
    y = sheet.block(_MARGIN, y, block([Run(" · ".join(parts), size=9.5)], room), "center", room)
    return y + 3


def _titles(sheet: Sheet, y: float) -> float:
    words = load("daily")
    sheet.box(_MARGIN, y, sum(wide for _name, wide in _COLUMNS), _HEAD, kit.TINT, kit.INK, 0.25)
    x = _MARGIN
    group_left = 0
    for name, wide in _COLUMNS:
        top = y
        if name in _GROUPS:
            label, count = _GROUPS[name]
            at = [one for one, _wide in _COLUMNS].index(name)
            span = sum(width for _one, width in _COLUMNS[at : at + count])
            _words(sheet, words[label].vi, x, y, span, 6)
            sheet.line(x, y + 6, x + span, y + 6, kit.INK, 0.2)
            sheet.line(x, y, x, y + 6, kit.INK, 0.2)
            group_left = count
        high = _HEAD
        if group_left:
            top, high = y + 6, _HEAD - 6
            group_left -= 1
        _words(sheet, words[name].vi, x, top, wide, high)
        sheet.line(x, top, x, y + _HEAD, kit.INK, 0.2)
        x += wide
    return y + _HEAD


def _words(sheet: Sheet, text: str, x: float, y: float, wide: float, high: float) -> None:
    made = fitted(text, kit.SEMIBOLD, 7, wide - 1.2, 5, 5)
    sheet.block(x + 0.6, y + (high - made.height) / 2, made, "center", wide - 1.2)


def _cells(row: DailyRow, number: int, campaign: Campaign, report: DailyReport) -> dict[str, str]:
    product = campaign.products.get(row.product_code)
    cells = {name: str(row.count(name)) for name in _NUMBERS}
    waiting = row.count("open")
    note = load("daily")["open"].vi.format(count=waiting) if waiting else ""
    day = format_date(report.day)
    place = f"{row.place}, {day}" if row.place else day
    return {
        **cells,
        "number": str(number),
        "place": place,
        "round": "",
        "product": product.label.vi if product is not None else row.product_code,
        "note": note,
    }


def _totals(report: DailyReport) -> dict[str, str]:
    cells = {name: str(report.total(name)) for name in _NUMBERS}
    return {**cells, "number": "", "place": load("daily")["total"].vi, "round": "", "product": "", "note": ""}


def _row(sheet: Sheet, y: float, cells: dict[str, str], bold: bool = False) -> float:
    font = kit.SEMIBOLD if bold else kit.REGULAR
    made = {name: fitted(cells[name], font, 8, wide - 1.6, 3, 5.5) for name, wide in _COLUMNS if cells[name]}
    high = max([_LINE, *(item.height + 2 for item in made.values())])
    x = _MARGIN
    for name, wide in _COLUMNS:
        if name in made:
            align: kit.Align = "left" if name in ("place", "product", "note") else "center"
            item = made[name]
            sheet.block(x + 0.8, y + (high - item.height) / 2, item, align, wide - 1.6)
        sheet.line(x, y, x, y + high, kit.INK, 0.2)
        x += wide
    sheet.line(x, y, x, y + high, kit.INK, 0.2)
    sheet.line(_MARGIN, y + high, x, y + high, kit.INK, 0.2)
    return y + high


def _foot(sheet: Sheet, y: float, report: DailyReport, frame: Frame) -> None:
    words = load("daily")
    left, right = sheet.width * 0.25, sheet.width * 0.78
    day = report.day
    when = words["place_day"].vi.format(place=frame.place, day=day.day, month=day.month, year=day.year)
    sheet.text(right, y + 7, when, size=9, align="center")
    for x, name, signer in ((left, "signer", frame.signer), (right, "head", "")):
        sheet.text(x, y + 12, words[name].vi.upper(), kit.SEMIBOLD, 9, align="center")
        sheet.text(x, y + 16.5, words["sign"].vi, size=8, color=kit.MUTED, align="center")
        if signer:
            sheet.text(x, y + 31, signer, kit.SEMIBOLD, 9, align="center")
