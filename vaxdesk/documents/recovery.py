"""The recovery sheet: the one paper that opens a station's file when every passphrase is lost.

It is made in memory and goes from there to the printer; nothing here writes a file.
"""

from __future__ import annotations

from datetime import date

from vaxdesk.documents import kit
from vaxdesk.documents.kit import Run, Sheet, block, fitted
from vaxdesk.i18n import N_, translate

_STEPS = (
    N_("Print this sheet once. It is stored in no file; close the window after printing."),
    N_("Put it into a sealed envelope, sign over the flap, and lock it away from the computer."),
    N_("The program asks for two of the groups: that proves the sheet was printed and can be read."),
    N_("Whoever holds this sheet can open all data of the station. Never photograph it, never send it."),
    N_("When it was used or a user was removed, a new sheet is printed; destroy this one."),
)
_COLUMNS = 4


def sheet(station: str, code: str, issued_on: date, number: str = "", practice: bool = False) -> bytes:
    """The sheet as a one-page A4 PDF in the user's language.

    ``code`` is the recovery code in groups joined by hyphens, as ``db.keyslots`` makes it; each group is printed with
    its place, so that the program can ask for one by number. ``number`` tells this sheet from earlier ones.
    """
    paper = Sheet("A4", translate(N_("Recovery sheet")), station, practice)
    margin, room = 22.0, paper.width - 44
    paper.open_page()
    y = paper.block(margin, 22, fitted(station, kit.REGULAR, 11, room, 2, color=kit.MUTED))
    y = paper.block(margin, y, fitted(translate(N_("Recovery sheet")), kit.SEMIBOLD, 26, room)) + 1
    facts = [translate(N_("Issued on {date}")).format(date=issued_on.strftime("%d/%m/%Y"))]
    if number:
        facts.append(translate(N_("Sheet {number}")).format(number=number))
    y = paper.block(margin, y, block([Run("  ·  ".join(facts), size=10, color=kit.MUTED)], room)) + 4
    lead = translate(N_("With this code a manager opens the station's file again when all passphrases are lost."))
    y = paper.block(margin, y, block([Run(lead, size=11)], room)) + 6
    y = _groups(paper, margin, y, room, code.split("-")) + 8
    for place, step in enumerate(_STEPS, 1):
        text = block([Run(translate(step), size=10.5)], room - 11)
        middle = y + text.leading / 2
        paper.ring(margin + 3.2, middle, 3.2, kit.TINT, kit.LINE)
        paper.text(margin + 3.2, middle + 10 * 0.35 / kit.MM, str(place), kit.SEMIBOLD, 10, align="center")
        y = paper.block(margin + 11, y, text) + 2.6
    y += 8
    for label in (N_("Locked away at"), N_("By (name, signature, date)")):
        words = translate(label)
        end = paper.text(margin, y, words, size=10.5, color=kit.MUTED)
        paper.line(end + 2, y + 0.6, paper.width - margin, y + 0.6, kit.MUTED, 0.2)
        y += 11
    paper.close_page()
    return paper.finish()


def _groups(paper: Sheet, margin: float, y: float, room: float, groups: list[str]) -> float:
    """The code's groups, each in a box with its number."""
    wide, high, gap = (room - 3 * (_COLUMNS - 1)) / _COLUMNS, 19.0, 3.0
    for index, group in enumerate(groups):
        left = margin + index % _COLUMNS * (wide + gap)
        top = y + index // _COLUMNS * (high + gap)
        paper.box(left, top, wide, high, kit.WHITE, kit.INK, 0.35, 1.5)
        paper.text(left + 2, top + 4.2, str(index + 1), kit.REGULAR, 8.5, kit.MUTED)
        paper.text(left + wide / 2, top + 13.6, group, kit.SEMIBOLD, 23, align="center")
    rows = -(-len(groups) // _COLUMNS)
    return y + rows * (high + gap) - gap
