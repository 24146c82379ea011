"""All packs of a station: those that ship with the program and those that it received, several versions side by side.

What was received comes as the contents of the files, verified before by whoever keeps them. A pack with an error is
left out, so a bad pack never replaces a good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vaxdesk.campaigns.bundle import Bundle
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.load import FILE, read
from vaxdesk.campaigns.problems import Problem
from vaxdesk.domain import versions
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.versions import Reign, version_key
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Refused:
    """A pack that cannot be used, with what is wrong: shown to the manager."""

    name: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Held:
    """One version with its files. ``shipped``: it came with the program."""

    campaign: Campaign
    files: Files
    shipped: bool


class Library:
    """The packs in ``shipped`` (one folder a campaign, with the program) and those received."""

    def __init__(self, shipped: Path) -> None:
        self._held: dict[str, list[Held]] = {}
        self._joined: dict[tuple[str, str], Campaign] = {}
        self.refused: list[Refused] = []
        for folder in _folders(shipped):
            self._take(folder.name, {path.name: path.read_bytes() for path in folder.glob("*.toml")}, True)

    def with_received(self, received: Iterable[tuple[str, Files]]) -> Library:
        """The same packs and those received beside them, each with a name for the list of refused ones.

        Of two that are the same version the first holds, and what ships with the program comes first.
        """
        other = copy(self)
        other._held = {code: list(held) for code, held in self._held.items()}
        other._joined = {}
        other.refused = list(self.refused)
        for name, files in received:
            other._take(name, files, False)
        return other

    def _take(self, name: str, files: Files, shipped: bool) -> None:
        campaign, problems = read(Folder(files))
        if campaign is None:
            self.refused.append(Refused(name, tuple(problems)))
        elif self.find(campaign.code, campaign.version) is None:
            held = self._held.setdefault(campaign.code, [])
            held.append(Held(campaign, files, shipped))
            held.sort(key=lambda one: version_key(one.campaign.version))

    @property
    def codes(self) -> Sequence[str]:
        """The campaigns that have a usable pack."""
        return sorted(self._held)

    def held(self, code: str) -> Sequence[Held]:
        """All versions of a campaign with their files, oldest first."""
        return tuple(self._held.get(code, ()))

    def versions(self, code: str) -> Sequence[Campaign]:
        """All versions of a campaign, oldest first."""
        return tuple(one.campaign for one in self._held.get(code, ()))

    def find(self, code: str, version: str) -> Held | None:
        """One version of a campaign; ``1.0`` and ``1.00`` are the same."""
        key = version_key(version)
        return next((one for one in self._held.get(code, ()) if version_key(one.campaign.version) == key), None)

    def reigns(self, code: str) -> Sequence[Reign]:
        """Which version holds when. Raises KnownError where there is none."""
        found = self.versions(code)
        if not found:
            raise KnownError(N_("There is no pack for the campaign {code}. Import its file."), code=code)
        return versions.reigns(found)

    def in_force(self, code: str, day: date) -> Campaign:
        """The newest version that is valid on ``day``; the oldest one where none is yet."""
        return next(reign.campaign for reign in reversed(self.reigns(code)) if reign.start <= day)

    def on(self, code: str, day: date) -> Campaign:
        """The campaign as it stands on ``day``: :func:`versions.joined`, the same object while nothing changes."""
        key = code, self.in_force(code, day).version
        found = self._joined.get(key)
        if found is None:
            found = self._joined[key] = versions.joined(self.versions(code), day)
        return found

    def has(self, bundle: Bundle) -> bool:
        """Whether this version is here already, with the same content.

        Raises RefusedError where it is here with other content: no version is ever overwritten.
        """
        campaign = bundle.campaign
        held = self.find(campaign.code, campaign.version)
        if held is not None and dict(held.files) != dict(bundle.files):
            raise RefusedError(
                N_("Version {version} of the campaign {code} is already there with other content."),
                code=campaign.code,
                version=campaign.version,
            )
        return held is not None


def _folders(parent: Path) -> list[Path]:
    """Every folder that may hold a pack."""
    if not parent.is_dir():
        return []
    return sorted(
        folder
        for folder in parent.iterdir()
        if folder.is_dir() and not folder.name.startswith(".") and (folder / FILE).is_file()
    )
