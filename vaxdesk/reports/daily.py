"""The daily report (annex 5 of 3588/QĐ-BYT as revised by 43/QĐ-BYT 2022): its cells, each with its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from vaxdesk.queries.daily import DayPerson

#: The columns that count people, in the form's order: those of the day, the ends, the doses, the reactions.
PEOPLE_COLUMNS = (
    "people",
    "hospital",
    "refused",
    "deferred",
    "contraindicated",
    "dose_1",
    "dose_2",
    "dose_more",
    "dose_additional",
    "dose_booster",
    "ordinary",
    "severe",
    "open",
)
#: The columns that count doses.
DOSE_COLUMNS = ("used", "wasted")


@dataclass(frozen=True)
class DailyRow:
    """One line: a place and a product. ``cells`` hold the people behind each number."""

    place: str
    product_code: str
    cells: Mapping[str, tuple[DayPerson, ...]]
    used: int
    wasted: int

    def count(self, column: str) -> int:
        """The number in a column."""
        return getattr(self, column) if column in DOSE_COLUMNS else len(self.cells[column])


@dataclass(frozen=True)
class DailyReport:
    """The report of one day."""

    day: date
    begun: date | None
    rows: tuple[DailyRow, ...]

    def total(self, column: str) -> int:
        """The sum of a column."""
        return sum(row.count(column) for row in self.rows)

    def people(self, column: str) -> tuple[DayPerson, ...]:
        """The people behind a column's sum."""
        return tuple(person for row in self.rows for person in row.cells[column])

    @property
    def injected(self) -> int:
        """Everybody who was injected, whichever dose."""
        return sum(self.total(column) for column in PEOPLE_COLUMNS if column.startswith("dose_"))

    @property
    def agrees(self) -> bool:
        """Whether everybody ended in exactly one place and the doses used are those of the injected."""
        ended = sum(self.total(name) for name in ("hospital", "refused", "deferred", "contraindicated", "open"))
        return self.total("people") == self.injected + ended and self.total("used") == self.injected


def build(
    day: date,
    begun: date | None,
    people: Sequence[DayPerson],
    stock: Mapping[str, tuple[int, int]],
) -> DailyReport:
    """The report from the people of the day and the stock's movements by product.

    Doses destroyed are a product's, not a place's: they stand in the product's first line.
    """
    keys: dict[tuple[str, str], list[DayPerson]] = {}
    for person in people:
        keys.setdefault((person.place, person.product_code), []).append(person)
    left = dict(stock)
    rows = []
    for (place, product), those in keys.items():
        given = sum(person.end == "given" for person in those)
        used, wasted = left.get(product, (given, 0))
        left[product] = (used - given, 0)
        rows.append(DailyRow(place, product, _cells(those), given, wasted))
    rows = [_with_rest(row, left) for row in rows]
    for product, (used, wasted) in left.items():
        if (used or wasted) and not any(row.product_code == product for row in rows):
            rows.append(DailyRow("", product, _cells(()), used, wasted))
    return DailyReport(day, begun, tuple(rows))


def _with_rest(row: DailyRow, left: dict[str, tuple[int, int]]) -> DailyRow:
    """What the stock says was used beyond the doses recorded stands in the product's first line: it must be seen."""
    rest, wasted = left.get(row.product_code, (0, 0))
    if not rest:
        return row
    left[row.product_code] = (0, wasted)
    return DailyRow(row.place, row.product_code, row.cells, row.used + rest, row.wasted)


def _cells(people: Iterable[DayPerson]) -> dict[str, tuple[DayPerson, ...]]:
    those = tuple(people)
    cells = {column: tuple(person for person in those if _in(person, column)) for column in PEOPLE_COLUMNS}
    return cells


def _in(person: DayPerson, column: str) -> bool:
    if column == "people":
        return True
    if column in ("ordinary", "severe"):
        return person.reaction == column
    if column.startswith("dose_"):
        return person.end == "given" and _dose(person.dose) == column
    return person.end == column


def _dose(dose: str) -> str:
    if dose in ("1", "2", "additional", "booster"):
        return f"dose_{dose}"
    return "dose_more"
