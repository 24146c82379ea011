"""The official paper forms, filled or blank: screening form and consent form.

The inputs are plain and know no disease: a campaign's pack feeds them (``vaxdesk.documents.form_inputs``). The
official order and wording are kept as given; what is empty becomes a dotted line or an empty box to fill by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vaxdesk.documents import form_layout
from vaxdesk.documents.kit import Sheet
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
#: How dense a form may become before it runs to a second page.
SCALES: Final = (1.15, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.64, 0.58)


@dataclass(frozen=True)
class Tick:
    """A box with its words, ticked or not."""

    words: str
    ticked: bool = False


@dataclass(frozen=True)
class Field:
    """A field of the head: label and value (a dotted line when empty), then boxes. ``share`` of the line's width."""

    label: str
    value: str = ""
    ticks: tuple[Tick, ...] = ()
    share: float = 1.0


@dataclass(frozen=True)
class Reading:
    """A measurement below a question: label with its footnote marks, value, unit."""

    label: str
    unit: str
    value: str = ""
    marks: str = ""


@dataclass(frozen=True)
class QuestionRow:
    """A row of part I. ``answer``: None leaves both boxes empty; a heading has none. ``detail`` is what was written."""

    number: str
    text: str
    answer: bool | None = None
    detail: str = ""
    heading: bool = False
    child: bool = False
    marks: str = ""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class ConclusionRow:
    """A box of part II with its rule."""

    label: str
    rule: str
    ticked: bool = False


@dataclass(frozen=True)
class ScreeningPaper:
    """One screening form.

    ``lines`` are the head's lines of fields, ``parts`` the titles of questions and conclusion, ``readings``
    measurements that belong to no question; ``at`` is (hour, minute, day, month, year) or empty.
    """

    station: str
    title: str
    lines: tuple[tuple[Field, ...], ...]
    parts: tuple[str, str]
    questions: tuple[QuestionRow, ...]
    conclusions: tuple[ConclusionRow, ...]
    reason_label: str
    signature: str
    readings: tuple[Reading, ...] = ()
    reason: str = ""
    footnotes: tuple[tuple[str, str], ...] = ()
    at: tuple[str, ...] = ()
    signer: str = ""
    version: str = ""
    list_number: str = ""
    practice: bool = False


@dataclass(frozen=True)
class ConsentPaper:
    """One consent form. ``agreed``: None leaves both boxes empty; ``declarations`` are further boxes (dated rules)."""

    station: str
    title: str
    statements: tuple[str, ...]
    lead_in: str
    agree: str
    refuse: str
    fields: tuple[Field, ...]
    signature: str
    place: str = ""
    date: tuple[str, ...] = ()
    agreed: bool | None = None
    declarations: tuple[Tick, ...] = ()
    version: str = ""
    list_number: str = ""
    practice: bool = False


def screening(
    papers: Sequence[ScreeningPaper], progress: Progress | None = None, cancelled: Cancelled | None = None
) -> bytes:
    """Screening forms on A4, one page each, in the given order. ``RefusedError`` when the user cancels."""
    sheet = _open("A4", papers)
    for done, paper in enumerate(papers):
        _check(cancelled)
        layout = form_layout.Screening(paper, sheet.width, SCALES[0])
        for scale in SCALES[1:]:
            if layout.height <= sheet.height - 14:
                break
            layout = form_layout.Screening(paper, sheet.width, scale)
        _page(sheet, layout)
        if progress is not None:
            progress(done + 1, len(papers))
    return sheet.finish()


def consent(
    papers: Sequence[ConsentPaper],
    size: str = "A5",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """Consent forms on A5 or A4, one page each, in the given order. ``RefusedError`` when the user cancels."""
    sheet = _open(size, papers)
    grown = 1.3 if size == "A4" else 1.0
    for done, paper in enumerate(papers):
        _check(cancelled)
        layout = form_layout.Consent(paper, sheet.width, grown * SCALES[0])
        for scale in SCALES[1:]:
            if layout.height <= sheet.height - 14:
                break
            layout = form_layout.Consent(paper, sheet.width, grown * scale)
        _page(sheet, layout)
        if progress is not None:
            progress(done + 1, len(papers))
    return sheet.finish()


def _open(size: str, papers: Sequence[ScreeningPaper] | Sequence[ConsentPaper]) -> Sheet:
    if not papers:
        raise ValueError("nothing to print")
    if len({paper.practice for paper in papers}) > 1:
        raise RefusedError(N_("Practice and real forms cannot stand in one print."))
    return Sheet(size, papers[0].title, papers[0].station, papers[0].practice)


def _check(cancelled: Cancelled | None) -> None:
    if cancelled is not None and cancelled():
        raise RefusedError(N_("Printing was cancelled; nothing was printed."))


def _page(sheet: Sheet, layout: form_layout.Screening | form_layout.Consent) -> None:
    sheet.open_page()
    layout.draw(sheet)
    sheet.close_page()
