"""Certificate pages: what a page shows, and ``render`` for A4, A5 and card.

A page says exactly what it is given: nothing is shortened, reordered or guessed. What cannot be true on a
certificate (no dose, two doses with the same label, a code together with reasons for having none) is refused
here, so that no caller can print it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vaxdesk.documents import marks
from vaxdesk.documents.typesetting import grouped
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_

#: ``cards`` puts four cards on an A4 sheet.
Size = Literal["A4", "A5", "card", "cards"]
#: What a form can say of the person, in the order of 43/QĐ-BYT with the nationality of 5772/QĐ-BYT.
FIELDS = ("name", "birth", "nationality", "identity", "guardian", "phone", "address")
DoseKind = Literal["primary", "additional", "booster"]
Status = Literal["none", "begun", "complete"]
CodeKind = Literal["station", "national", "personal"]

#: Called with (pages done, pages in all).
Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class Cancel(RefusedError):
    """The user stopped the printing: nothing was made."""

    def __init__(self) -> None:
        super().__init__(N_("Printing was cancelled; nothing was printed."))


@dataclass(frozen=True)
class DoseRow:
    """One dose as the page shows it.

    ``number`` counts inside the kind: primary 1 to 3, additional 1, booster 1 to 3. ``vaccine`` is the kind of
    vaccine (field 8 of the national form), ``product`` its licensed name (9), ``maker`` field 10. ``counts`` is
    false for a recorded dose that the schedule does not count; ``note`` then says why.
    """

    kind: DoseKind
    number: int
    day: date
    product: str
    maker: str = ""
    vaccine: str = ""
    lot: str = ""
    unit: str = ""
    counts: bool = True
    note: str = ""


@dataclass(frozen=True)
class CertificatePage:
    """Everything that one certificate shows, as plain text and dates.

    ``name`` is printed letter by letter as given. ``code`` is the text of the QR symbol: an ``HC1:`` text signed by
    the station or by the Ministry, or the personal code where the campaign has no signed code. Without a code,
    ``no_code_reasons`` say which field or fact is in the way, one plain sentence each.
    ``statement_vi`` and ``statement_en`` are the form's sentence above the doses, ``fields`` the lines it has about
    the person, some of :data:`FIELDS`; ``code_note_vi`` and ``code_note_en`` say why a personal code stands there.
    ``colour`` and ``shape`` are the campaign's for the status (``marks.COLOURS``); empty means the usual ones.
    ``doses_received`` is the number that stands in the status mark; left out, it is the number of doses that count.
    """

    head_lines: tuple[str, ...]
    number: str
    title_vi: str
    title_en: str
    disease: str
    name: str
    birth: PartialDate
    doses: tuple[DoseRow, ...]
    status: Status
    status_vi: str
    status_en: str
    place: str
    issued_on: date
    nationality: str = "Việt Nam"
    identity: str = ""
    phone: str = ""
    address: str = ""
    guardian: str = ""
    statement_vi: str = ""
    statement_en: str = ""
    fields: tuple[str, ...] = ("name", "birth", "nationality", "identity", "phone", "address")
    doses_received: int | None = None
    code: str | None = None
    code_kind: CodeKind = "station"
    code_valid_until: date | None = None
    no_code_reasons: tuple[str, ...] = ()
    code_note_vi: str = ""
    code_note_en: str = ""
    uvci: str = ""
    signer_title: str = "Cơ sở tiêm chủng"
    signer: str = ""
    replaces: str = ""
    replaced_on: date | None = None
    replaced_by: str = ""
    colour: str = ""
    shape: str = ""
    practice: bool = False

    def __post_init__(self) -> None:
        if not self.doses:
            raise RefusedError(N_("A certificate needs at least one recorded dose; record the dose first."))
        labels = {(dose.kind, dose.number) for dose in self.doses if dose.counts}
        if len(labels) < sum(dose.counts for dose in self.doses):
            raise RefusedError(N_("Two doses of this person carry the same number; correct the doses first."))
        if not self.name.strip():
            raise RefusedError(N_("A certificate needs the person's name; complete the person first."))
        if self.code is None and not self.no_code_reasons:
            raise ValueError("a certificate without a code says why")
        if self.code is not None and self.no_code_reasons:
            raise ValueError("a certificate with reasons against a code carries none")
        if self.code is not None and self.code_kind == "personal" and self.code.startswith("HC1:"):
            raise ValueError("a personal code is no HC1 text")
        if self.code is not None and self.code_kind != "personal" and self.code_valid_until is None:
            raise ValueError("a signed code says until when")

    @property
    def frame_colour(self) -> str:
        """The name of the frame's colour."""
        return self.colour or marks.USUAL[self.status][0]

    @property
    def mark_shape(self) -> str:
        """The name of the status mark's shape."""
        return self.shape or marks.USUAL[self.status][1]

    @property
    def certificate_number(self) -> str:
        """Field 11 of the national form: the code's identifier, or the paper's own number where it has none."""
        return self.uvci or self.number

    def said(self, field: str) -> str:
        """What a line about the person says, as it is printed; empty where nothing is known."""
        if field == "birth":
            return self.birth.vietnamese()
        if field == "identity":
            return grouped(self.identity)
        return str(getattr(self, field))

    @property
    def received(self) -> int:
        """The number of doses that count: the numeral of the status mark."""
        return sum(dose.counts for dose in self.doses) if self.doses_received is None else self.doses_received


def render(
    pages: Sequence[CertificatePage],
    size: Size = "A5",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """One PDF with a page for each certificate (``cards``: four on a page), in the given order.

    ``progress`` is called after each page with (done, all); ``cancelled`` is asked before each page, and when it
    answers yes, :class:`Cancel` is raised. Codes are vectors: modules of 0.43 mm (A5, card) and 0.5 mm (A4), four
    white modules around. Raises ``ValueError`` for no pages and ``RefusedError`` for practice and real pages mixed.
    """
    from vaxdesk.certificates import pages_card, pages_sheet
    from vaxdesk.documents.kit import Sheet

    if not pages:
        raise ValueError("nothing to render")
    if len({page.practice for page in pages}) > 1:
        raise RefusedError(N_("Practice and real certificates cannot stand in one print."))
    author = pages[0].head_lines[-1] if pages[0].head_lines else "VaxDesk"
    sheet = Sheet("A4" if size == "cards" else size, pages[0].title_vi, author, practice=pages[0].practice)
    step = pages_card.PER_SHEET if size == "cards" else 1
    for start in range(0, len(pages), step):
        if cancelled is not None and cancelled():
            raise Cancel
        group = pages[start : start + step]
        if size == "cards":
            pages_card.draw_sheet(sheet, group)
        elif size == "card":
            pages_card.draw(sheet, group[0])
        else:
            pages_sheet.draw(sheet, group[0])
        if progress is not None:
            progress(start + len(group), len(pages))
    return sheet.finish()
