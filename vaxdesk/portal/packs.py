"""The campaign files that the portal offers: checked before they are published, never changed, withdrawn by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from vaxdesk.campaigns import bundle
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.pack_signature import verify_pack
from vaxdesk.domain.versions import version_key
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.portal.store import Store, Write
from vaxdesk.portal.tables import CampaignFile

#: Files that a portal offers at most, the withdrawn ones counted.
MOST = 500
_ABOUT = [column for column in CampaignFile.__table__.columns if column.name != "body"]


@dataclass(frozen=True)
class Published:
    """A published file, without its bytes; moments in milliseconds since 1970."""

    digest: str
    code: str
    version: str
    valid_from: str
    title: str
    publisher: str
    size: int
    sha1: bytes
    published: int
    withdrawn: int | None

    @property
    def changed(self) -> int:
        """When it was published or withdrawn last."""
        return max(self.published, self.withdrawn or 0)

    @property
    def name(self) -> str:
        """A file name for it."""
        return f"{self.code}-{self.version}{bundle.SUFFIX}"


def sign(folder: Path, out: Path, authority: Authority) -> int:
    """Check a pack's folder, sign it, and write the campaign file; its size in bytes.

    :raises PackError: the pack has an error. :raises KnownError: the file cannot be written.
    """
    data = bundle.pack(folder, authority.sign_pack)
    if len(data) > bundle.MAX_BUNDLE_BYTES:
        raise InputError(N_("The campaign file is too big."))
    try:
        out.write_bytes(data)
    except OSError as error:
        raise KnownError("The file {path} cannot be written.", path=out) from error
    return len(data)


def publish(store: Store, authority: Authority, path: Path) -> Published:
    """Check a signed campaign file (signature, format, examples) and offer it to all stations.

    The same file again changes nothing; one that was withdrawn is offered once more.

    :raises InputError: it cannot be read, or its pack has an error. :raises RefusedError: this authority did not sign
        it, or the same version is published with other content.
    """
    data = bundle.read_file(path)
    opened = bundle.unpack(data, lambda archive, signature: verify_pack(archive, signature, authority.root))
    campaign, digest = opened.campaign, hashlib.sha256(data).hexdigest()
    with store.writing() as write:
        held = find(write.connection, digest)
        if held is not None:
            if held.withdrawn is not None:
                write.next_seq()  # a change like any other: the moment given is no one else's
                same = CampaignFile.digest == digest
                values = {"withdrawn": None, "published": write.updated}
                write.connection.execute(update(CampaignFile).where(same).values(**values))
            return _one(write, digest)
        for other in listed(write.connection, campaign.code):
            if version_key(other.version) == version_key(campaign.version) and other.withdrawn is None:
                raise RefusedError(
                    N_("Version {version} of the campaign {code} is already published with other content."),
                    version=other.version,
                    code=other.code,
                )
        if (write.connection.scalar(select(func.count()).select_from(CampaignFile)) or 0) >= MOST:
            raise RefusedError(N_("This portal holds {count} campaign files; it takes no more."), count=MOST)
        write.next_seq()
        row = {
            "digest": digest,
            "code": campaign.code,
            "version": campaign.version,
            "valid_from": campaign.valid_from.isoformat(),
            "title": campaign.name.vi,
            "publisher": opened.signer,
            "body": data,
            "size": len(data),
            "sha1": hashlib.sha1(data, usedforsecurity=False).digest(),
            "published": write.updated,
        }
        write.connection.execute(insert(CampaignFile).values(**row))
        return _one(write, digest)


def withdraw(store: Store, code: str, version: str) -> Published:
    """Offer a version no longer. Stations that have it waiting drop it; where it is in force they are told.

    :raises InputError: no such version is offered.
    """
    with store.writing() as write:
        try:
            key = version_key(version)
        except ValueError:
            key = ()
        for one in listed(write.connection, code):
            if version_key(one.version) == key and one.withdrawn is None:
                write.next_seq()
                same = CampaignFile.digest == one.digest
                write.connection.execute(update(CampaignFile).where(same).values(withdrawn=write.updated))
                return _one(write, one.digest)
    raise InputError(N_("Version {version} of the campaign {code} is not published here."), version=version, code=code)


def listed(connection: Connection, code: str = "") -> list[Published]:
    """All files ever published, the oldest first; those of one campaign where it is named."""
    statement = select(*_ABOUT).order_by(CampaignFile.published, CampaignFile.digest)
    if code:
        statement = statement.where(CampaignFile.code == code)
    return [_published(row) for row in connection.execute(statement)]


def find(connection: Connection, digest: str) -> Published | None:
    """One file by its hash."""
    row = connection.execute(select(*_ABOUT).where(CampaignFile.digest == digest)).first()
    return _published(row) if row is not None else None


def body(connection: Connection, digest: str) -> bytes | None:
    """The bytes of a file that is offered."""
    where = and_(CampaignFile.digest == digest, CampaignFile.withdrawn.is_(None))
    found = connection.execute(select(CampaignFile.body).where(where)).scalar()
    return bytes(found) if found is not None else None


def _one(write: Write, digest: str) -> Published:
    found = find(write.connection, digest)
    assert found is not None
    return found


def _published(row: Row[Any]) -> Published:
    values: dict[str, Any] = dict(row._mapping)
    return Published(**{**values, "sha1": bytes(values["sha1"])})
