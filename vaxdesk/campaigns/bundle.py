"""A pack as one signed file, to be carried by sync or on a USB stick.

Layout: the eight bytes ``VAXPACK1``, the length of the signature as four bytes (big-endian), the signature, and a zip
archive with the pack's TOML files. The signature is over the archive's bytes. Who may sign is not decided here: the
caller passes a function that signs and one that verifies (COSE_Sign1 with detached payload, or whatever the
authority uses).

The archive is deterministic: sorted names, a fixed time, no extra fields. So two stations that pack the same folder
get the same bytes. Reading is bounded: names, number and sizes of the files are checked before and while unpacking.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vaxdesk.campaigns.folder import MAX_FILE_BYTES, MAX_FILES, Folder
from vaxdesk.campaigns.load import PackError, read
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

MAGIC = b"VAXPACK1"
SUFFIX = ".vaxpack"
MAX_SIGNATURE_BYTES = 16_384
MAX_BUNDLE_BYTES = 4_000_000
MAX_UNPACKED_BYTES = 8_000_000
#: The time that stands in every archive: the first one that a zip can hold.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.toml")

#: Signs the archive's bytes and returns the signature.
Sign = Callable[[bytes], bytes]
#: Checks ``(archive, signature)`` and returns who signed; raises KnownError where the signature does not hold.
Verify = Callable[[bytes, bytes], str]


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: the files, the campaign read from them, and who signed."""

    files: Mapping[str, bytes]
    campaign: Campaign
    signer: str


def pack(folder: Path, sign: Sign) -> bytes:
    """The bundle of a pack's folder. Raises :class:`PackError` where the pack has an error."""
    opened = Folder.open(folder)
    campaign, problems = read(opened)
    if campaign is None:
        raise PackError(problems)
    archive = _archive({name: (folder / name).read_bytes() for name in opened.names})
    signature = sign(archive)
    return MAGIC + len(signature).to_bytes(4, "big") + signature + archive


def read_file(path: Path) -> bytes:
    """The bytes of a bundle's file. Raises InputError where it cannot be read or is too big."""
    try:
        if path.stat().st_size > MAX_BUNDLE_BYTES:
            raise InputError(N_("The campaign file is too big."))
        return path.read_bytes()
    except OSError as error:
        raise InputError(N_("The file {file} cannot be read."), file=path.name) from error


def contents(data: bytes) -> dict[str, bytes]:
    """The files of a bundle that was verified when it came. Raises InputError where it is damaged."""
    return _files(split(data)[0])


def unpack(data: bytes, verify: Verify) -> Bundle:
    """Check and read a bundle; nothing is unpacked before the signature holds.

    Raises InputError where the file is no bundle, PackError where the pack has an error, and whatever ``verify``
    raises.
    """
    archive, signature = split(data)
    signer = verify(archive, signature)
    files = _files(archive)
    campaign, problems = read(Folder(files))
    if campaign is None:
        raise PackError(problems)
    return Bundle(files, campaign, signer)


def split(data: bytes) -> tuple[bytes, bytes]:
    """``(archive, signature)`` of a bundle's bytes."""
    head = len(MAGIC) + 4
    if len(data) > MAX_BUNDLE_BYTES:
        raise InputError(N_("The campaign file is too big."))
    if not data.startswith(MAGIC) or len(data) < head:
        raise InputError(N_("The file is not a campaign file of this program."))
    length = int.from_bytes(data[len(MAGIC) : head], "big")
    if not 0 < length <= MAX_SIGNATURE_BYTES or head + length >= len(data):
        raise InputError(N_("The campaign file is damaged. Ask for it again."))
    return data[head + length :], data[head : head + length]


def _archive(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            target.writestr(entry, files[name], compresslevel=9)
    return out.getvalue()


def _files(archive: bytes) -> dict[str, bytes]:
    """The files of an archive, within the limits; what a header claims is not believed."""
    files: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            entries = source.infolist()
            if len(entries) > MAX_FILES:
                raise InputError(N_("The campaign file holds too many files."))
            for entry in entries:
                if _NAME.fullmatch(entry.filename) is None or entry.filename in files:
                    raise InputError(
                        N_("The campaign file holds a file that does not belong there: {name}."), name=entry.filename
                    )
                with source.open(entry) as stream:
                    files[entry.filename] = stream.read(MAX_FILE_BYTES + 1)
                total += len(files[entry.filename])
                if len(files[entry.filename]) > MAX_FILE_BYTES or total > MAX_UNPACKED_BYTES:
                    raise InputError(N_("The campaign file is too big."))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        # RuntimeError: an encrypted entry, or a compression that nobody packs with here.
        raise InputError(N_("The campaign file is damaged. Ask for it again.")) from error
    return files
