"""A typed reader of a pack's TOML files that collects problems instead of stopping at the first.

Every problem names file, table, key, what is wrong and what is expected. A reader method that finds a problem notes it
and returns a neutral value, so one check shows everything; ``load`` refuses the pack when anything was noted.

    form = folder.file("consent.toml")          # None where the pack has no such file
    if form is not None:
        for name, table in form.named("consent").items():
            title = table.local("title")
            since = table.source()
            table.finish()                       # keys that nobody asked for are problems
        form.finish()
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from vaxdesk.campaigns.problems import Problem
from vaxdesk.domain.campaign import Duration, LegalText, LocalText, Source, Uncertainty
from vaxdesk.i18n import N_

if TYPE_CHECKING:
    from vaxdesk.campaigns.folder import Folder

CODE = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_NO_LAW = LegalText("", "")
MISSING = N_("The key is missing.")
UNKNOWN = N_("The value {value} is not known.")


class Table:
    """One TOML table. Every read key is remembered; :meth:`finish` reports the rest."""

    def __init__(self, folder: Folder, file: str, path: str, data: Mapping[str, Any], shape: str = "") -> None:
        self.folder = folder
        self.file = file
        self.path = path
        self.shape = shape
        self._data = data
        self._asked: set[str] = set()
        folder.shapes.open(file, shape)

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._data

    def keys(self) -> list[str]:
        """The keys as they stand in the file."""
        return list(self._data)

    def refuse(self, key: str, wrong: str, expected: str = "", /, **values: Any) -> None:
        """Note a problem: ``wrong`` and ``expected`` are English sentences that stand in the catalogue."""
        self.folder.problems.append(Problem(self.file, self.path, key, wrong, expected, values))

    def warn(self, key: str, wrong: str, expected: str = "", /, **values: Any) -> None:
        """Note something that does not forbid the pack."""
        self.folder.problems.append(Problem(self.file, self.path, key, wrong, expected, values, "warning"))

    def _note(self, key: str, kind: str, required: bool, **facts: Any) -> None:
        """Remember what is asked for: the pack's schema is made of it."""
        self.folder.shapes.ask(self.file, self.shape, key, kind, required, facts)

    # ------------------------------------------------------------------ single values

    def _value(self, key: str, kind: type | tuple[type, ...], expected: str, required: bool, **values: Any) -> Any:
        self._asked.add(key)
        if key not in self._data:
            if required:
                self.refuse(key, MISSING, expected, **values)
            return None
        value = self._data[key]
        # bool is an int in Python and datetime a date: neither is meant here.
        if (isinstance(value, bool) and kind is not bool) or isinstance(value, datetime) or not isinstance(value, kind):
            self.refuse(key, N_("The value {value} has the wrong kind."), expected, value=_shown(value), **values)
            return None
        return value

    def text(self, key: str, *, default: str | None = None, pattern: str | None = None, empty: bool = False) -> str:
        """A text in NFC as it stands; required unless ``default`` is given."""
        self._note(key, "text", default is None, pattern=pattern)
        value = self._value(key, str, N_("Expected a text in quotes."), default is None)
        if value is None:
            return default or ""
        if not value.strip() and not empty:
            self.refuse(key, N_("The text is empty."), N_("Expected a text in quotes."))
        elif pattern is not None and re.fullmatch(pattern, value) is None:
            self.refuse(
                key,
                N_("The value {value} does not have the right form."),
                N_("Expected the pattern {pattern}."),
                value=_shown(value),
                pattern=pattern,
            )
        return str(value)

    def code(self, key: str, *, default: str | None = None) -> str:
        """A code: small letters, digits and single ``-``, ``_`` or ``.`` between them."""
        return self.text(key, default=default, pattern=CODE.pattern)

    def choice(self, key: str, choices: Collection[str], *, default: str | None = None) -> str:
        """One of ``choices``."""
        # A tuple is a fixed list of the program; anything else are ids of the same pack.
        self._note(key, "text", default is None, choices=choices if isinstance(choices, tuple) else None)
        listed = ", ".join(choices) or "-"
        value = self._value(key, str, N_("Expected one of: {choices}."), default is None, choices=listed)
        if value is None:
            return default if default is not None else next(iter(choices), "")
        if value not in choices:
            self.refuse(
                key,
                UNKNOWN,
                N_("Expected one of: {choices}."),
                value=_shown(value),
                choices=listed,
            )
        return str(value)

    def whole(self, key: str, *, minimum: int = 0, maximum: int = 1_000_000, default: int | None = None) -> int:
        """A whole number within the limits."""
        found = self.optional_whole(key, minimum=minimum, maximum=maximum, required=default is None)
        return found if found is not None else (default if default is not None else minimum)

    def optional_whole(
        self, key: str, *, minimum: int = 0, maximum: int = 1_000_000, required: bool = False
    ) -> int | None:
        """A whole number within the limits, or None where the key is not there."""
        expected = N_("Expected a whole number from {minimum} to {maximum}.")
        limits = {"minimum": minimum, "maximum": maximum}
        self._note(key, "whole", required, **limits)
        value = self._value(key, int, expected, required, **limits)
        if value is None:
            return None
        if not minimum <= value <= maximum:
            self.refuse(key, N_("The number {value} is out of range."), expected, value=value, **limits)
        return int(value)

    def number(
        self, key: str, *, minimum: float = 0, maximum: float = 1_000_000, default: float | None = None
    ) -> float:
        """A number (whole or with decimals) within the limits."""
        found = self.optional_number(key, minimum=minimum, maximum=maximum, required=default is None)
        return found if found is not None else (default if default is not None else minimum)

    def optional_number(
        self, key: str, *, minimum: float = 0, maximum: float = 1_000_000, required: bool = False
    ) -> float | None:
        """A number within the limits, or None where the key is not there."""
        expected = N_("Expected a number from {minimum} to {maximum}.")
        limits = {"minimum": minimum, "maximum": maximum}
        self._note(key, "number", required, **limits)
        value = self._value(key, (int, float), expected, required, **limits)
        if value is None:
            return None
        if not minimum <= value <= maximum:
            self.refuse(key, N_("The number {value} is out of range."), expected, value=value, **limits)
        return float(value)

    def flag(self, key: str, *, default: bool | None = False) -> bool:
        """``true`` or ``false``; required with ``default=None``."""
        self._note(key, "flag", default is None)
        value = self._value(key, bool, N_("Expected true or false."), default is None)
        return bool(default if value is None else value)

    def day(self, key: str) -> date:
        """A required day, written ``2021-12-17`` without quotes."""
        return self.optional_day(key, required=True) or date.min

    def optional_day(self, key: str, *, required: bool = False) -> date | None:
        """A day, or None where the key is not there."""
        self._note(key, "day", required)
        value = self._value(key, date, N_("Expected a day like 2021-12-17, without quotes."), required)
        return value if isinstance(value, date) else None

    def duration(self, key: str) -> Duration:
        """A required span like ``"8 weeks"``."""
        return self.optional_duration(key, required=True) or Duration(0, "days")

    def optional_duration(self, key: str, *, required: bool = False) -> Duration | None:
        """A span like ``"28 days"``, ``"8 weeks"``, ``"3 months"``, ``"18 years"``, or None."""
        expected = N_('Expected a span like "28 days", "8 weeks", "3 months" or "18 years".')
        self._note(key, "duration", required)
        value = self._value(key, str, expected, required)
        if value is None:
            return None
        try:
            return Duration.parse(value)
        except ValueError:
            wrong = N_("The value {value} does not have the right form.")
            self.refuse(key, wrong, expected, value=_shown(value))
            return None

    def local(self, key: str, *, required: bool = True) -> LocalText:
        """A text in both languages: ``{ vi = "…", en = "…" }``; a plain text stands for both."""
        expected = N_('Expected {{ vi = "…", en = "…" }}.')
        self._note(key, "local", required)
        value = self._value(key, (dict, str), expected, required)
        return LocalText("", "") if value is None else self._both(key, value)

    def local_list(self, key: str, *, required: bool = False) -> tuple[LocalText, ...]:
        """A list of texts in both languages, each written as :meth:`local` reads it."""
        expected = N_('Expected a list of {{ vi = "…", en = "…" }}.')
        self._note(key, "local_list", required)
        value = self._value(key, list, expected, required)
        if value is None:
            return ()
        if not all(isinstance(item, dict | str) for item in value):
            self.refuse(key, N_("The value {value} has the wrong kind."), expected, value=_shown(value))
            return ()
        return tuple(self._both(f"{key}[{place}]", item) for place, item in enumerate(value, start=1))

    def _both(self, key: str, value: dict[str, Any] | str) -> LocalText:
        expected = N_('Expected {{ vi = "…", en = "…" }}.')
        if isinstance(value, str):
            value = {"vi": value, "en": value}
        for language in ("vi", "en"):
            if not isinstance(value.get(language), str) or not value[language].strip():
                self.refuse(
                    key,
                    N_("The text in the language {language} is missing."),
                    expected,
                    language=language,
                )
        for extra in sorted(set(value) - {"vi", "en"}):
            self.refuse(f"{key}.{extra}", N_("The key is not known."), expected)
        return LocalText(str(value.get("vi", "")), str(value.get("en", "")))

    def value(self, key: str) -> Any:
        """A value of any kind as it stands, or None: for cases that are handed on whole (answers of an example)."""
        self._note(key, "any", False)
        self._asked.add(key)
        return self._data.get(key)

    def locals(self, key: str) -> dict[str, LocalText]:
        """A table of texts in both languages with names of the pack's own; empty where it is not there."""
        self._note(key, "locals", False)
        inner = self._inner(key, False, f"{self.shape}.{key}")
        return {} if inner is None else {name: inner.local(name) for name in inner.keys()}  # noqa: SIM118 - no dict

    # ------------------------------------------------------------------ lists

    def texts(self, key: str, *, required: bool = False, choices: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of texts (a single text is a list of one), each one of ``choices`` where given."""
        expected = N_("Expected a list of texts in quotes.")
        self._note(key, "texts", required, choices=choices if isinstance(choices, tuple) else None)
        value = self._value(key, (list, str), expected, required)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not all(isinstance(item, str) for item in items):
            self.refuse(key, N_("The value {value} has the wrong kind."), expected, value=_shown(value))
            return ()
        if choices is not None:
            for item in items:
                if item not in choices:
                    self.refuse(
                        key,
                        UNKNOWN,
                        N_("Expected one of: {choices}."),
                        value=_shown(item),
                        choices=", ".join(choices) or "-",
                    )
        return tuple(items)

    def products(self, key: str, *, required: bool = False, others: bool = False) -> tuple[str, ...]:
        """A list of product codes; a family's name stands for all its products, ``"*"`` for all of the pack.

        ``others``: it may name vaccines against other diseases too.
        """
        known = self.folder.products
        families: dict[str, list[str]] = {}
        for product in known.values():
            families.setdefault(product.family, []).append(product.code)
        names = {code: [code] for code in self.folder.others} if others else {}
        names |= {**families, **{code: [code] for code in known}, "*": list(known)}
        found: list[str] = []
        for item in self.texts(key, required=required, choices=self._known("products", names)):
            found += names.get(item, [])
        return tuple(dict.fromkeys(found))

    def _known(self, kind: str, names: Collection[str]) -> Collection[str] | None:
        """The names that may stand here; None where the pack's list could not be read: no fault of who refers to it."""
        if kind in self.folder.lost:
            return None
        spoiled = [name for where, name in self.folder.spoiled if where == kind]
        return [*names, *spoiled] if spoiled else list(names)

    # ------------------------------------------------------------------ tables

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """The table below ``key``."""
        self._note(key, "table", required)
        return self._inner(key, required, f"{self.shape}.{key}")

    def _inner(self, key: str, required: bool, shape: str) -> Table | None:
        value = self._value(key, dict, N_("Expected a table."), required)
        return None if value is None else Table(self.folder, self.file, self._below(key), value, shape)

    def tables(self, key: str, *, required: bool = False) -> list[Table]:
        """The list of tables ``[[key]]``; its places are named ``key[1]``, ``key[2]`` … with the id beside."""
        expected = N_("Expected a list of tables.")
        self._note(key, "tables", required)
        value = self._value(key, list, expected, required)
        if value is None:
            return []
        if not all(isinstance(item, dict) for item in value):
            self.refuse(key, N_("The value {value} has the wrong kind."), expected, value=_shown(value))
            return []
        found = []
        for place, item in enumerate(value, start=1):
            identifier = item.get("id")
            name = f"{self._below(key)}[{place}]" + (f" {identifier}" if isinstance(identifier, str) else "")
            found.append(Table(self.folder, self.file, name, item, f"{self.shape}.{key}[]"))
        return found

    def named(self, key: str, *, required: bool = False) -> dict[str, Table]:
        """The tables ``[key.name]`` by their names, in the order of the file; names are codes."""
        self._note(key, "named", required)
        outer = self._inner(key, required, f"{self.shape}.{key}")
        if outer is None:
            return {}
        found: dict[str, Table] = {}
        for name in list(outer._data):
            inner = outer._inner(name, True, f"{self.shape}.{key}.*")
            if CODE.fullmatch(name) is None:
                outer.refuse(
                    name,
                    N_("The value {value} does not have the right form."),
                    N_("Expected the pattern {pattern}."),
                    value=_shown(name),
                    pattern=CODE.pattern,
                )
            if inner is None:
                self.folder.spoiled.add((key, name))
            else:
                found[name] = inner
        return found

    def law(self, key: str) -> LegalText:
        """The document of the pack that is named."""
        laws = self.folder.sources
        known = self._known("sources", laws)
        return laws.get(self.text(key) if known is None else self.choice(key, known), _NO_LAW)

    def source(self) -> Source:
        """The legal source and the days of a rule: keys ``source``, ``from``, ``to``, ``announced``,
        ``uncertain`` and ``note``. An uncertain rule is listed in ``folder.uncertain``."""
        law = self.law("source")
        start = self.day("from")
        end = self.optional_day("to")
        if end is not None and end < start:
            self.refuse(
                "to", N_("The last day lies before the first one."), N_("Expected a day from {day} on."), day=start
            )
        uncertain, note = self._doubt(law)
        return Source(law, start, end, uncertain, note, self.optional_day("announced"))

    def doubt(self) -> tuple[bool, LocalText]:
        """Keys ``uncertain`` and ``note`` of a table that is no dated rule; noted for the manager."""
        return self._doubt(_NO_LAW)

    def _doubt(self, law: LegalText) -> tuple[bool, LocalText]:
        uncertain = self.flag("uncertain")
        note = self.local("note", required=False)
        if uncertain and not note.vi:
            self.refuse("note", N_("The key is missing."), N_("Expected a note that says what is uncertain."))
        if uncertain:
            self.folder.uncertain.append(Uncertainty(self.file, self.path, law.reference, note))
        return uncertain, note

    def finish(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._data:
            if key in self._asked:
                continue
            near = difflib.get_close_matches(key.lower(), self._asked, 1)
            if near:
                self._forget_missing(near[0])
                self.refuse(key, N_("The key is not known."), N_("Did you mean {key}?"), key=near[0])
            else:
                known = ", ".join(sorted(self._asked))
                self.refuse(key, N_("The key is not known."), N_("Known keys are: {keys}."), keys=known)

    def _forget_missing(self, key: str) -> None:
        """A misspelt key is one fault, not also a missing one."""
        problems = self.folder.problems
        for problem in problems:
            if (problem.file, problem.table, problem.key) == (self.file, self.path, key) and problem.wrong == MISSING:
                problems.remove(problem)
                return

    def strangers(self, *known: str) -> bool:
        """Whether the table has keys other than these: what it should have may stand under another name."""
        return not set(self._data).issubset(known)

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 60 else text[:57] + "…"
