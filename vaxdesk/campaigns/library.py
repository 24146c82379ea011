"""All packs of a station: those that ship with the program and those that were imported, several versions side by side.

An imported pack lies in ``<folder>/<code>-<version>/``. It is written beside and renamed into place only after it was
verified and read without an error, so a bad pack never replaces a good one, and a power cut leaves no half pack.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vaxdesk.campaigns.bundle import MAX_BUNDLE_BYTES, Verify, unpack
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.load import FILE, PackError, read
from vaxdesk.campaigns.problems import Problem
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.i18n import N_


@dataclass(frozen=True)
class Refused:
    """A folder that holds no usable pack, with what is wrong: shown to the manager."""

    folder: Path
    problems: tuple[Problem, ...]


class Library:
    """The packs in ``shipped`` (one folder a campaign, with the program) and ``imported`` (the station's own)."""

    def __init__(self, shipped: Path, imported: Path | None = None) -> None:
        self._shipped = shipped
        self._imported = imported
        self._packs: dict[str, list[Campaign]] = {}
        self._origins: dict[tuple[str, tuple[int, ...]], Path] = {}
        self.refused: list[Refused] = []
        self.reload()

    def reload(self) -> None:
        """Read all folders anew. A pack with an error is left out and listed in :attr:`refused`."""
        packs: dict[str, list[Campaign]] = {}
        origins: dict[tuple[str, tuple[int, ...]], Path] = {}
        refused: list[Refused] = []
        for folder in self._folders():
            campaign, problems = read(Folder.open(folder))
            if campaign is None:
                refused.append(Refused(folder, tuple(problems)))
            elif (campaign.code, version_key(campaign)) not in origins:
                origins[campaign.code, version_key(campaign)] = folder
                packs.setdefault(campaign.code, []).append(campaign)
        for versions in packs.values():
            versions.sort(key=version_key)
        self._packs, self._origins, self.refused = packs, origins, refused

    @property
    def codes(self) -> Sequence[str]:
        """The campaigns that have a usable pack."""
        return sorted(self._packs)

    def versions(self, code: str) -> Sequence[Campaign]:
        """All versions of a campaign, oldest first."""
        return tuple(self._packs.get(code, ()))

    def newest(self, code: str) -> Campaign:
        """The newest version. Raises KnownError where there is none."""
        versions = self._packs.get(code)
        if not versions:
            raise KnownError(N_("There is no pack for the campaign {code}. Import its file."), code=code)
        return versions[-1]

    def in_force(self, code: str, day: date) -> Campaign:
        """The newest version that is valid on ``day``; the oldest one where none is yet."""
        newest = self.newest(code)
        fitting = [pack for pack in self._packs[code] if pack.valid_from <= day]
        return fitting[-1] if fitting else min(self._packs[code], key=lambda pack: pack.valid_from, default=newest)

    def find(self, code: str, version: str) -> Campaign | None:
        """One version of a campaign."""
        return next((pack for pack in self.versions(code) if pack.version == version), None)

    def import_file(self, path: Path, verify: Verify) -> Campaign:
        """Import a signed bundle from a file; see :meth:`import_bundle`."""
        try:
            if path.stat().st_size > MAX_BUNDLE_BYTES:
                raise InputError(N_("The campaign file is too big."))
            data = path.read_bytes()
        except OSError as error:
            raise InputError(N_("The file {file} cannot be read."), file=path.name) from error
        return self.import_bundle(data, verify)

    def import_bundle(self, data: bytes, verify: Verify) -> Campaign:
        """Verify, read and keep a signed bundle; what was there before stays.

        Raises InputError or PackError for a bad bundle, RefusedError where the same version is already there with
        other content, and whatever ``verify`` raises.
        """
        if self._imported is None:
            raise RefusedError(N_("Campaign files cannot be imported here: the station has no folder for them."))
        bundle = unpack(data, verify)
        campaign = bundle.campaign
        origin = self._origins.get((campaign.code, version_key(campaign)))
        if origin is not None:
            if {path.name: path.read_bytes() for path in origin.glob("*.toml")} != dict(bundle.files):
                raise RefusedError(
                    N_("Version {version} of the campaign {code} is already there with other content."),
                    code=campaign.code,
                    version=campaign.version,
                )
            return self._known(campaign)
        target = self._imported / f"{campaign.code}-{campaign.version}"
        self._keep(bundle.files, target)
        self.reload()
        return self._known(campaign)

    def _known(self, campaign: Campaign) -> Campaign:
        """The library's own object of a version; PackError where the folder just written does not read."""
        for pack in self.versions(campaign.code):
            if version_key(pack) == version_key(campaign):
                return pack
        raise PackError([problem for folder in self.refused for problem in folder.problems])

    def _keep(self, files: Mapping[str, bytes], target: Path) -> None:
        """Write a pack beside its place, flush it, and rename it; a broken pack of that name makes room."""
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        try:
            for name, content in files.items():
                with (beside / name).open("wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
            if target.exists():
                shutil.rmtree(target)
            beside.rename(target)
        except OSError as error:
            raise KnownError(N_("The campaign file could not be stored. Check that the disk has room.")) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _folders(self) -> list[Path]:
        """Every folder that may hold a pack; the program's own first."""
        found: list[Path] = []
        for parent in (self._shipped, self._imported):
            if parent is not None and parent.is_dir():
                found += sorted(
                    folder
                    for folder in parent.iterdir()
                    if folder.is_dir() and not folder.name.startswith(".") and (folder / FILE).is_file()
                )
        return found


def version_key(campaign: Campaign) -> tuple[int, ...]:
    """How versions are ordered: by their numbers, so 2026.10 follows 2026.9."""
    return tuple(int(part) for part in campaign.version.split("."))
