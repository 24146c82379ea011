"""Signers of other countries and authorities that an authority vouches for: its trust list names them as such.

They are taken from a certificate, a folder of certificates, or a published trust list, and kept as one signed list
beside the authority's keys. None of them becomes a station or the national signer here, whatever it says of itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from vaxdesk.certificates import lists, sealed
from vaxdesk.certificates.cose import Signer
from vaxdesk.certificates.lists import TrustedKey
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.x509 import Certificate

_FILE = "others.cbor"


def load(path: Path) -> tuple[TrustedKey, ...]:
    """The signers of a file or folder. Raises TrustError or ListError where there is nothing to trust."""
    trust = Trust.load(path)
    keys = list(trust.given())
    if trust.trust_list is not None:
        keys += trust.trust_list.all_keys()
    return tuple(replace(key, signer="other", station="") for key in keys)


def keep(keys: tuple[TrustedKey, ...], folder: Path, signer: Signer, root: Certificate, at: datetime) -> None:
    """Keep these signers in the authority's folder, in place of those kept before."""
    data = lists.sign_trust_list(keys, signer=signer, root=root, number=1, at=at, code_life_days=1)
    sealed.write_file(folder / _FILE, data, mode=0o644)


def kept(folder: Path, root: Certificate) -> tuple[TrustedKey, ...]:
    """The signers kept; none where none were taken. Raises ListError where the file was changed."""
    path = folder / _FILE
    if not path.exists():
        return ()
    held = lists.open_list(path.read_bytes(), root)
    return tuple(held.all_keys()) if isinstance(held, lists.TrustList) else ()
