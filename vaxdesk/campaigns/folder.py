"""A pack's files as they are read: the root tables, what was found wrong, what is uncertain, what was asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vaxdesk.campaigns.problems import Problem
from vaxdesk.campaigns.shapes import Shapes
from vaxdesk.campaigns.tables import UNKNOWN, Table
from vaxdesk.domain.campaign import LegalText, Product, Uncertainty
from vaxdesk.domain.schedule_rules import OtherVaccine
from vaxdesk.i18n import N_

MAX_FILE_BYTES = 1_000_000
MAX_FILES = 64


class Folder:
    """A pack's files. ``problems`` and ``uncertain`` grow while readers read; ``sources``, ``products`` and ``others``
    are filled by the loader before any reader of rules is called."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self.problems: list[Problem] = []
        self.uncertain: list[Uncertainty] = []
        self.sources: dict[str, LegalText] = {}
        self.products: dict[str, Product] = {}
        self.others: dict[str, OtherVaccine] = {}
        #: Lists ("products", "sources") that could not be read: what refers to them is no fault of its own.
        self.lost: set[str] = set()
        #: Tables (their list and name) that are there but could not be read.
        self.spoiled: set[tuple[str, str]] = set()
        self.shapes = Shapes()
        self._texts = dict(texts)
        self._asked: set[str] = set()

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Read the ``.toml`` files of a folder (not below it); a folder that is none is a problem."""
        texts: dict[str, bytes] = {}
        problems: list[Problem] = []
        try:
            files = sorted(path.glob("*.toml")) if path.is_dir() else []
            if not files:
                wrong = N_("The folder holds no campaign pack.")
                problems.append(Problem(str(path), "", "", wrong, N_("Expected a folder with campaign.toml.")))
            for file in files[:MAX_FILES]:
                if not file.is_file():
                    # A folder, a device, a link to nowhere: reading a device might never end.
                    wrong = N_("The file or folder cannot be read.")
                    problems.append(Problem(file.name, "", "", wrong, N_("Expected a file.")))
                elif file.stat().st_size > MAX_FILE_BYTES:
                    problems.append(_too_big(file.name))
                else:
                    texts[file.name] = file.read_bytes()
        except OSError:
            problems.append(Problem(str(path), "", "", N_("The file or folder cannot be read."), ""))
        folder = cls(texts)
        folder.problems += problems
        return folder

    @property
    def names(self) -> Sequence[str]:
        """The names of the files, sorted."""
        return sorted(self._texts)

    def file(self, name: str, *, required: bool = False) -> Table | None:
        """The root table of a file; None where it is missing or broken (a problem is noted where that is one)."""
        self._asked.add(name)
        raw = self._texts.get(name)
        if raw is None:
            if required:
                self.problems.append(Problem(name, "", "", N_("The file is missing."), N_("Expected it in the pack.")))
            return None
        try:
            data = tomllib.loads(raw.decode("utf-8"))
        except UnicodeDecodeError:
            self.problems.append(
                Problem(name, "", "", N_("The file is not UTF-8 text."), N_("Expected TOML in UTF-8."))
            )
            return None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            wrong = N_("The file is not TOML: {detail}.")
            expected = N_("Expected TOML in UTF-8.")
            self.problems.append(Problem(name, "", "", wrong, expected, {"detail": str(error)}))
            return None
        return Table(self, name, "", data)

    def matching(self, prefix: str) -> Iterator[Table]:
        """The root tables of the files ``<prefix>*.toml``, sorted by name."""
        for name in self.names:
            if name.startswith(prefix):
                table = self.file(name)
                if table is not None:
                    yield table

    def finish(self) -> None:
        """Report files that nobody asked for; tell a name that nothing in the pack bears once for each file."""
        self._gather()
        for name in self.names:
            if name not in self._asked:
                self.problems.append(
                    Problem(name, "", "", N_("The file is not part of a campaign pack."), "", {}, "warning")
                )

    def _gather(self) -> None:
        groups: dict[tuple[str, object], list[Problem]] = {}
        for problem in self.problems:
            if problem.wrong == UNKNOWN:
                groups.setdefault((problem.file, problem.values.get("value")), []).append(problem)
        for first, *more in groups.values():
            if more:
                wrong = N_("The value {value} is not known; it stands {count} times in this file.")
                values = {**first.values, "count": 1 + len(more)}
                self.problems[self.problems.index(first)] = replace(first, wrong=wrong, values=values)
                for problem in more:
                    self.problems.remove(problem)


def _too_big(name: str) -> Problem:
    values = {"limit": MAX_FILE_BYTES}
    return Problem(name, "", "", N_("The file is too big."), N_("Expected at most {limit} bytes."), values)
