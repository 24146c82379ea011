"""Lists on A4: a head with the order that the list stands in, a table that repeats its headings, boxes to tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vaxdesk.documents import kit
from vaxdesk.documents.kit import Block, Run, Sheet, block, fitted
from vaxdesk.documents.words import load
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_MARGIN = 12.0
_FOOT = 14.0
_LEAST = 7.0


@dataclass(frozen=True)
class Column:
    """A column: heading, share of the width, how its cells stand, type size in points. ``tick`` draws an empty box."""

    title: str
    width: float
    align: kit.Align = "left"
    bold: bool = False
    tick: bool = False
    size: float = 9.5


@dataclass(frozen=True)
class ListPaper:
    """What a list says. ``order`` is the sentence that tells how it is ordered; ``shade`` are rows below the line of
    those who have a place (their indexes), drawn on a ground."""

    station: str
    title: str
    lines: tuple[str, ...]
    order: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    printed: str = ""
    shade: frozenset[int] = frozenset()
    practice: bool = False


def render(paper: ListPaper, progress: Progress | None = None, cancelled: Cancelled | None = None) -> tuple[bytes, int]:
    """The list's pages and how many they are.

    :raises RefusedError: cancelled, or there is no row.
    """
    if not paper.rows:
        raise RefusedError(N_("There is nobody to print on this list."))
    sheet = Sheet("A4", paper.title, paper.station, paper.practice)
    room = sheet.width - 2 * _MARGIN
    scale = room / sum(column.width for column in paper.columns)
    widths = [column.width * scale for column in paper.columns]
    head = _head(paper, room)
    cells = [_cells(paper.columns, widths, row) for row in paper.rows]
    pages = _paginate(sheet, head, cells)
    done = 0
    for number, (first, last) in enumerate(pages, 1):
        if cancelled is not None and cancelled():
            raise RefusedError(N_("Printing was cancelled; nothing was printed."))
        sheet.open_page()
        y = _draw_head(sheet, head, room) if number == 1 else 10.0
        y = _draw_titles(sheet, paper.columns, widths, y)
        for index in range(first, last):
            y = _draw_row(sheet, paper.columns, widths, cells[index], y, index in paper.shade)
        _draw_foot(sheet, paper, number, len(pages))
        sheet.close_page()
        done += last - first
        if progress is not None:
            progress(done, len(cells))
    return sheet.finish(), len(pages)


def _head(paper: ListPaper, room: float) -> tuple[tuple[Block, kit.Align, float], ...]:
    parts: list[tuple[Block, kit.Align, float]] = [
        (fitted(paper.station.upper(), kit.SEMIBOLD, 9.5, room, 2), "left", 2.0),
        (fitted(paper.title, kit.SEMIBOLD, 15, room, 2), "center", 1.0),
    ]
    parts += [(block([Run(line, size=10)], room), "center", 0.3) for line in paper.lines]
    parts.append((block([Run(paper.order, kit.SEMIBOLD, 9.5)], room), "center", 3.0))
    return tuple(parts)


def _draw_head(sheet: Sheet, head: Sequence[tuple[Block, kit.Align, float]], room: float) -> float:
    y = 10.0
    for item, align, gap in head:
        y = sheet.block(_MARGIN, y, item, align, room) + gap
    return y


def _cells(columns: Sequence[Column], widths: Sequence[float], row: Sequence[str]) -> tuple[Block, ...]:
    return tuple(
        block([Run(text, kit.SEMIBOLD if column.bold else kit.REGULAR, column.size)], width - 2.4, 1.25)
        for column, width, text in zip(columns, widths, row, strict=True)
    )


def _height(cells: Sequence[Block]) -> float:
    return max(_LEAST, max(cell.height for cell in cells) + 1.6)


def _paginate(
    sheet: Sheet, head: Sequence[tuple[Block, kit.Align, float]], cells: Sequence[Sequence[Block]]
) -> list[tuple[int, int]]:
    """Which rows stand on which page: (first, one past the last)."""
    top = 10.0 + sum(item.height + gap for item, _align, gap in head)
    pages, first, y = [], 0, top + _TITLES
    for index, row in enumerate(cells):
        if y + _height(row) > sheet.height - _FOOT and index > first:
            pages.append((first, index))
            first, y = index, 10.0 + _TITLES
        y += _height(row)
    pages.append((first, len(cells)))
    return pages


_TITLES = 9.0


def _draw_titles(sheet: Sheet, columns: Sequence[Column], widths: Sequence[float], y: float) -> float:
    sheet.box(_MARGIN, y, sum(widths), _TITLES, kit.TINT, kit.INK, 0.25)
    x = _MARGIN
    for column, width in zip(columns, widths, strict=True):
        words = fitted(column.title, kit.SEMIBOLD, 8.5, width - 2, 2, 6.5)
        align: kit.Align = "center" if column.tick else column.align
        sheet.block(x + 1.2, y + (_TITLES - words.height) / 2, words, align, width - 2.4)
        x += width
    return y + _TITLES


def _draw_row(
    sheet: Sheet, columns: Sequence[Column], widths: Sequence[float], cells: Sequence[Block], y: float, shade: bool
) -> float:
    high = _height(cells)
    if shade:
        sheet.box(_MARGIN, y, sum(widths), high, kit.TINT)
    x = _MARGIN
    for column, width, cell in zip(columns, widths, cells, strict=True):
        if column.tick:
            sheet.box(x + (width - 4) / 2, y + (high - 4) / 2, 4, 4, kit.WHITE, kit.INK, 0.3)
        else:
            sheet.block(x + 1.2, y + (high - cell.height) / 2, cell, column.align, width - 2.4)
        sheet.line(x, y, x, y + high, weight=0.2)
        x += width
    sheet.line(x, y, x, y + high, weight=0.2)
    sheet.line(_MARGIN, y + high, x, y + high, weight=0.2)
    return y + high


def _draw_foot(sheet: Sheet, paper: ListPaper, page: int, pages: int) -> None:
    words = load("lists")
    y = sheet.height - 7
    sheet.text(
        _MARGIN, y, f"{paper.title} · {paper.printed}" if paper.printed else paper.title, size=7.5, color=kit.MUTED
    )
    sheet.text(
        sheet.width - _MARGIN,
        y,
        words["page"].vi.format(page=page, pages=pages),
        size=7.5,
        color=kit.MUTED,
        align="right",
    )
