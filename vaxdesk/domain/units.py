"""Provinces and communes: finding them by name, and from an old address to where it lies now.

Since 1 July 2025 there are 34 provinces, communes directly below them, and no districts; cards and papers of before
carry the old three levels. Old communes were joined, and some divided: a suggestion says whether it is certain.

The tables are replaceable files (``resources/units``, see its README) and are read when they are first asked for.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import starmap
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from vaxdesk import assets
from vaxdesk.domain import names

_KIND = re.compile(
    r"^(?:tỉnh|thành phố|thị xã|thị trấn|đặc khu|quận|huyện|phường|xã|tp|tx|tt|[qhpx](?=\.|\s*\d))[\s.]*", re.IGNORECASE
)
#: What people write for provinces, besides their names.
_PROVINCE_ALIASES = {
    **{"hcm": "hochiminh", "saigon": "hochiminh", "hn": "hanoi", "thuathienhue": "hue", "brvt": "bariavungtau"},
    **{"vungtau": "bariavungtau", "daclac": "daklak", "darlac": "daklak", "dacnong": "daknong"},
}


@dataclass(frozen=True)
class Province:
    """A province of today: 2-digit code and full name (``Tỉnh Sơn La``)."""

    code: str
    name: str

    @property
    def short(self) -> str:
        """The name without its kind: ``Sơn La``."""
        return short_name(self.name)


@dataclass(frozen=True)
class Commune:
    """A commune of today: 5-digit code, full name (``Xã Mường Lạn``) and its province."""

    code: str
    name: str
    province_code: str
    province_name: str

    @property
    def short(self) -> str:
        """The name without its kind: ``Mường Lạn``."""
        return short_name(self.name)


@dataclass(frozen=True)
class OldCommune:
    """A commune of before 1 July 2025; ``new_codes`` are today's communes that hold it, the main one first."""

    code: str
    name: str
    district_name: str
    province_name: str
    new_codes: tuple[str, ...]


@dataclass(frozen=True)
class AddressSuggestion:
    """What an address in words says: the village, and today's commune where it can be told.

    ``commune`` is the best answer or None; ``candidates`` are all that are possible. ``certain`` is False when an old
    commune was divided or a name fits several: then the clerk chooses. ``province`` is set even when no commune was
    found. ``old`` is the old commune that an old address names.
    """

    village: str
    province: Province | None = None
    commune: Commune | None = None
    candidates: tuple[Commune, ...] = ()
    certain: bool = False
    old: OldCommune | None = None


class _Old(NamedTuple):
    """A line of an old table; ``new`` and ``aliases`` hold several with a blank between."""

    code: str
    parent: str
    name: str
    new: str
    aliases: str

    def is_called(self, wanted: str) -> bool:
        return matching_key(self.name) == wanted or self.is_alias(wanted)

    def is_alias(self, wanted: str) -> bool:
        return bool(self.aliases) and wanted in self.aliases.split()


def short_name(name: str) -> str:
    """The name without its kind: ``Phường 1`` stays ``1``, ``TP. Hồ Chí Minh`` is ``Hồ Chí Minh``."""
    tidy = names.tidy(name)
    return _KIND.sub("", tidy) or tidy


def matching_key(name: str) -> str:
    """Accent-free letters without kind and blanks; numbers without leading zeros (``Phường 01`` is ``1``)."""
    joined = names.key(short_name(name)).replace(" ", "")
    return joined.lstrip("0") or joined


class Units:
    """The tables of one state of the map. ``folder`` is one folder of ``resources/units``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def about(self) -> dict[str, str]:
        """``valid_from``, ``data_of``, ``source`` and ``licence`` of the tables."""
        content: dict[str, str] = json.loads((self._folder / "about.json").read_text(encoding="utf-8"))
        return content

    @property
    def valid_from(self) -> date:
        """The first day of this state of the map; the old tables hold until the day before."""
        return date.fromisoformat(self.about["valid_from"])

    @cached_property
    def provinces(self) -> tuple[Province, ...]:
        """Today's provinces, by code."""
        return tuple(Province(code, name) for code, name in self._rows("provinces", "code", "name"))

    @cached_property
    def communes(self) -> tuple[Commune, ...]:
        """Today's communes, by province and code."""
        by_code = {province.code: province.name for province in self.provinces}
        rows = self._rows("communes", "code", "name", "province")
        return tuple(Commune(code, name, province, by_code[province]) for code, name, province in rows)

    def province(self, code: str) -> Province | None:
        """Today's province of a code."""
        return self._province_by_code.get(code)

    def commune(self, code: str) -> Commune | None:
        """Today's commune of a 5-digit code."""
        return self._commune_by_code.get(code)

    def communes_of(self, province_code: str) -> tuple[Commune, ...]:
        """The communes of a province in the order of the Vietnamese alphabet."""
        found = [commune for commune in self.communes if commune.province_code == province_code]
        return tuple(sorted(found, key=lambda commune: _alphabetical(commune.short)))

    def province_name_on(self, code: str, day: date) -> str:
        """Whose code it was on a day: some codes changed their owner. Empty for none.

        15 was Yên Bái until 30/06/2025 and is Lào Cai since.
        """
        if day >= self.valid_from:
            province = self.province(code)
            return province.name if province else ""
        return next((row.name for row in self._old_provinces if row.code == code), "")

    def codes_with_another_owner(self) -> dict[str, tuple[str, str]]:
        """Province codes that mean another province than before: code to (old name, new name)."""
        return {
            old.code: (old.name, now.name)
            for old in self._old_provinces
            if (now := self.province(old.code)) is not None and matching_key(old.name) != matching_key(now.name)
        }

    def find_communes(self, text: str, province_code: str = "", limit: int = 20) -> list[Commune]:
        """Communes by beginnings of words, without accents, in any order: ``lan muong``, ``muong lan son la``.

        Exact names come first, then names that begin so. ``province_code`` keeps to one province.
        """
        words = names.key(short_name(text)).split()
        if not words:
            return []
        whole = "".join(words)
        found = []
        for commune, key, tokens in self._search_index:
            if province_code and commune.province_code != province_code:
                continue
            if all(any(token.startswith(word) for token in tokens) for word in words):
                rank = (key != whole, not key.startswith(whole), key, commune.province_code)
                found.append((rank, commune))
        found.sort(key=lambda entry: entry[0])
        return [commune for _rank, commune in found[:limit]]

    def now(self, old_commune_code: str) -> tuple[Commune, ...]:
        """Today's communes that hold an old one (5-digit code), the main one first; empty for an unknown code."""
        row = self._old_by_code.get(old_commune_code)
        return self._as_communes(row.new) if row else ()

    def suggest(self, address: str) -> AddressSuggestion:
        """Read an address in words, old (village, commune, district, province) or new (village, commune, province)."""
        parts = [part for part in (names.tidy(part) for part in re.split(r"[,;]", address)) if part]
        if parts and names.key(parts[-1]) == "viet nam":
            parts.pop()
        if len(parts) < 2:
            return AddressSuggestion(village=", ".join(parts))
        return self._old_address(parts) or self._new_address(parts) or AddressSuggestion(village=", ".join(parts))

    def _old_address(self, parts: list[str]) -> AddressSuggestion | None:
        province = self._named(self._old_provinces, parts[-1])
        if province is None or len(parts) < 3:
            return None
        for district in self._old_districts:
            if district.parent != province.code or not district.is_called(matching_key(parts[-2])):
                continue
            rows = self._old_communes_by_district.get(district.code, [])
            fitting = _best(rows, parts[-3])
            if not fitting:
                continue
            codes = " ".join(dict.fromkeys(code for row in fitting for code in row.new.split()))
            candidates = self._as_communes(codes)
            row = fitting[0]
            old = OldCommune(row.code, row.name, district.name, province.name, tuple(row.new.split()))
            return AddressSuggestion(
                village=", ".join(parts[:-3]),
                province=self.province(candidates[0].province_code),
                commune=candidates[0],
                candidates=candidates,
                certain=len(candidates) == 1,
                old=old if len(fitting) == 1 else None,
            )
        return None

    def _new_address(self, parts: list[str]) -> AddressSuggestion | None:
        wanted = _province_key(parts[-1])
        province = next((p for p in self.provinces if matching_key(p.name) == wanted), None)
        if province is None:
            old = self._named(self._old_provinces, parts[-1])
            province = self.province(old.new) if old else None
        if province is None:
            return None
        communes = [c for c in self.communes if c.province_code == province.code]
        fitting = [c for c in communes if matching_key(c.name) == matching_key(parts[-2])]
        exact = [c for c in fitting if c.short.casefold() == short_name(parts[-2]).casefold()]
        of_kind = [c for c in exact or fitting if names.key(c.name) == names.key(parts[-2])]
        fitting = of_kind or exact or fitting
        return AddressSuggestion(
            village=", ".join(parts[:-2] if fitting else parts[:-1]),
            province=province,
            commune=fitting[0] if fitting else None,
            candidates=tuple(fitting),
            certain=len(fitting) == 1,
        )

    def _rows(self, table: str, *columns: str) -> Iterator[tuple[str, ...]]:
        """The named columns of a table, wherever they stand in it."""
        with (self._folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            heading = next(reader)
            yield from map(itemgetter(*(heading.index(column) for column in columns)), reader)

    def _as_communes(self, codes: str) -> tuple[Commune, ...]:
        found = (self.commune(code) for code in codes.split())
        return tuple(commune for commune in found if commune is not None)

    @staticmethod
    def _named(rows: tuple[_Old, ...], text: str) -> _Old | None:
        wanted = _province_key(text)
        return next((row for row in rows if matching_key(row.name) == wanted), None)

    @cached_property
    def _province_by_code(self) -> dict[str, Province]:
        return {province.code: province for province in self.provinces}

    @cached_property
    def _commune_by_code(self) -> dict[str, Commune]:
        return {commune.code: commune for commune in self.communes}

    @cached_property
    def _search_index(self) -> list[tuple[Commune, str, list[str]]]:
        by_province = {province.code: names.key(province.short).split() for province in self.provinces}
        index = []
        for commune in self.communes:
            words = names.key(commune.short).split()
            index.append((commune, "".join(words), [*words, *by_province[commune.province_code]]))
        return index

    @cached_property
    def _old_provinces(self) -> tuple[_Old, ...]:
        return tuple(
            _Old(code, "", name, new, "") for code, name, new in self._rows("old_provinces", "code", "name", "new")
        )

    @cached_property
    def _old_districts(self) -> tuple[_Old, ...]:
        rows = self._rows("old_districts", "code", "province", "name", "aliases")
        return tuple(_Old(code, province, name, "", aliases) for code, province, name, aliases in rows)

    @cached_property
    def _old_communes(self) -> tuple[_Old, ...]:
        return tuple(starmap(_Old, self._rows("old_communes", "code", "district", "name", "new", "aliases")))

    @cached_property
    def _old_by_code(self) -> dict[str, _Old]:
        return {row.code: row for row in self._old_communes if row.code}

    @cached_property
    def _old_communes_by_district(self) -> dict[str, list[_Old]]:
        grouped: dict[str, list[_Old]] = {}
        for row in self._old_communes:
            grouped.setdefault(row.parent, []).append(row)
        return grouped


@cache
def units() -> Units:
    """The newest tables that ship with the program. Nothing is read before it is asked for."""
    folders = [folder for folder in assets.resource("units").iterdir() if (folder / "about.json").is_file()]
    return Units(max(folders, key=lambda folder: folder.name))


def _best(rows: list[_Old], text: str) -> list[_Old]:
    """The rows of that name: those with the same accents and kind if there are any, by alias only if no name fits."""
    wanted = matching_key(text)
    named = [row for row in rows if row.name and matching_key(row.name) == wanted]
    exact = [row for row in named if short_name(row.name).casefold() == short_name(text).casefold()]
    of_kind = [row for row in exact or named if names.key(row.name) == names.key(text)]
    return of_kind or exact or named or [row for row in rows if row.is_alias(wanted)]


def _province_key(text: str) -> str:
    key = matching_key(text)
    return _PROVINCE_ALIASES.get(key, key)


def _alphabetical(short: str) -> tuple[str, str]:
    # Place names sort by their first word, persons by their last: the key of persons is used word by word.
    return ("\x00".join(names.sort_key(word).split("\x01")[0] for word in short.split()), names.sort_key(short))
