"""An organisation's list: a table that was pasted or uploaded, row by row accepted, doubtful or refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vaxdesk.domain import names
from vaxdesk.domain.problems import FieldProblem, block, warn
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_
from vaxdesk.portal.public.registering import Wish, read_person
from vaxdesk.portal.stations import StationFacts

Verdict = Literal["accepted", "doubtful", "refused"]
#: Headings as people write them, without accents, and the field they mean.
HEADINGS: Mapping[str, str] = {
    "ho va ten": "full_name",
    "ho ten": "full_name",
    "ten": "full_name",
    "ngay sinh": "birth",
    "ngay thang nam sinh": "birth",
    "nam sinh": "birth",
    "gioi tinh": "sex",
    "gioi": "sex",
    "so dien thoai": "phone",
    "dien thoai": "phone",
    "sdt": "phone",
    "so cccd": "national_id",
    "cccd": "national_id",
    "so cccd cmnd": "national_id",
    "cccd cmnd": "national_id",
    "can cuoc cong dan": "national_id",
    "so dinh danh": "national_id",
    "so dinh danh ca nhan": "national_id",
    "bhyt": "insurance_no",
    "so bhyt": "insurance_no",
    "so the bhyt": "insurance_no",
    "dia chi": "village",
    "thon ban": "village",
    "to dan pho": "village",
    "xa phuong": "commune",
    "xa": "commune",
    "tinh": "province",
    "tinh thanh pho": "province",
    "nghe nghiep": "occupation",
    "nhom uu tien": "group",
    "ma nhom": "group",
    "nhom": "group",
    "stt": "",
}
#: The order where the first row is no heading.
PLAIN_ORDER = ("full_name", "birth", "sex", "phone", "national_id", "insurance_no", "village")
SEXES = {"nam": "male", "male": "male", "m": "male", "nu": "female", "female": "female", "f": "female"}


@dataclass(frozen=True)
class Row:
    """A row of the list as understood. ``number`` counts the rows of people from 1."""

    number: int
    name: str
    birth: str
    verdict: Verdict
    problems: tuple[FieldProblem, ...]
    wish: Wish


def decode(data: bytes) -> str:
    """The text of an uploaded table: UTF-8, UTF-16 with its mark (Excel's "Unicode text"), else refused.

    :raises InputError: another encoding, in which Vietnamese letters would come out wrong.
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                break
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The file is not UTF-8 text. In Excel choose “CSV UTF-8” when saving.") from error


def read(text: str, today: date, station: StationFacts, employer: str, most: int, groups: frozenset[str]) -> list[Row]:
    """Judge each row. ``employer`` is the organisation, ``groups`` the codes of priority groups in force.

    :raises InputError: no rows, or more than ``most``.
    """
    table = [row for row in _rows(text) if any(cell.strip() for cell in row)]
    if not table:
        raise InputError("The list is empty. Paste the table or choose a file.")
    fields = [HEADINGS.get(names.key(cell)) for cell in table[0]]
    if "full_name" in fields:
        table = table[1:]
    else:
        fields = list(PLAIN_ORDER)
    if not table:
        raise InputError("The list is empty. Paste the table or choose a file.")
    if len(table) > most:
        raise InputError("The list has {count} rows; send at most {most} at a time.", count=len(table), most=most)
    rows = [_row(number, cells, fields, today, station, employer, groups) for number, cells in enumerate(table, 1)]
    return _with_twins(rows)


def _rows(text: str) -> list[list[str]]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    head = text.partition("\n")[0]
    delimiter = max("\t;,", key=head.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise InputError("The table cannot be read. Save it as CSV with one person a row.") from error


def _row(
    number: int,
    cells: list[str],
    fields: list[str | None],
    today: date,
    station: StationFacts,
    employer: str,
    groups: frozenset[str],
) -> Row:
    values = {name: cell.strip()[:301] for name, cell in zip(fields, cells, strict=False) if name}
    values["sex"] = SEXES.get(names.key(values.get("sex", "")), values.get("sex", ""))
    values["employer"] = employer
    # Excel drops the zeros in front of numbers.
    for name, length in (("national_id", 12), ("phone", 10)):
        if values.get(name, "").isdigit() and len(values[name]) == length - 1:
            values[name] = "0" + values[name]
    unknown_group = bool(values.get("group")) and values["group"] not in groups
    if unknown_group:
        values["group"] = ""
    details, problems = read_person(values, today, station)
    if unknown_group:
        problems.append(warn("group", "unknown", N_("This priority group is not known.")))
    if not details.phone:
        problems.append(warn("phone", "missing", N_("No telephone number: the station cannot call.")))
    if details.birth is not None and details.birth.age_on(today) < 18:
        problems.append(block("birth", "minor", N_("Children are registered by their parents, one by one.")))
    verdict: Verdict = "accepted"
    if problems:
        verdict = "refused" if any(problem.blocks for problem in problems) else "doubtful"
    shown = values.get("full_name", "")[:80]
    return Row(number, shown, values.get("birth", "")[:30], verdict, tuple(problems), Wish(details))


def _with_twins(rows: list[Row]) -> list[Row]:
    """The same number, or the same name and birth date, twice in the list: the later row is doubtful."""
    seen: dict[tuple[str, str], int] = {}
    judged = []
    for row in rows:
        person = row.wish.person
        keys = [("name", f"{person.name_key} {person.birth}")] if person.birth else []
        keys += [("number", person.national_id)] if person.national_id else []
        first = min((seen[key] for key in keys if key in seen), default=0)
        for key in keys:
            seen.setdefault(key, row.number)
        if first:
            twin = warn("full_name", "twin", N_("Stands in the list already, in row {row}."), row=first)
            verdict: Verdict = "refused" if row.verdict == "refused" else "doubtful"
            row = Row(row.number, row.name, row.birth, verdict, (*row.problems, twin), row.wish)
        judged.append(row)
    return judged
