"""What is known of the server's versions: the copy last seen, and the version that the next change builds on.

The copy of a person is the base of a three-way merge, so it stays at the version that this station has taken in:
while a conflict waits, the newer version stands in the conflict, not here.
"""

from __future__ import annotations

import json
from typing import Any

from vaxdesk.db.tables import Outbox, PortalCopy
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.sync.wire import version_in, version_of, weak


def remember(uow: UnitOfWork, resource: dict[str, Any]) -> None:
    """Keep the server's copy, whole."""
    meta = resource.get("meta") or {}
    key = (str(resource["resourceType"]), str(resource["id"]))
    row = uow.get(PortalCopy, key)
    values = {
        "version_id": version_of(resource),
        "last_updated": str(meta.get("lastUpdated", "")),
        "body": resource,
        "seen_at": uow.now,
    }
    if row is None:
        uow.add(PortalCopy(resource_type=key[0], resource_id=key[1], **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)


def accepted(uow: UnitOfWork, entry: Outbox, etag: str) -> None:
    """What the server took is its version now: an older copy of it gives way."""
    row = uow.get(PortalCopy, (entry.resource_type, entry.resource_id))
    if row is None or entry.body is None:
        return
    row.body, row.version_id, row.seen_at = json.loads(entry.body), version_in(etag), uow.now


def base(uow: UnitOfWork, kind: str, ident: str) -> dict[str, Any] | None:
    """The last version that both sides had: the copy seen, or what was accepted last."""
    row = uow.get(PortalCopy, (kind, ident))
    if row is not None:
        return row.body if isinstance(row.body, dict) else None
    last = _last_accepted(uow, kind, ident)
    found = json.loads(last.body) if last is not None and last.body else None
    return found if isinstance(found, dict) else None


def if_match(uow: UnitOfWork, kind: str, ident: str) -> str:
    """The ETag that a change of this record builds on; empty where no version is known."""
    row = uow.get(PortalCopy, (kind, ident))
    if row is not None:
        return weak(row.version_id)
    last = _last_accepted(uow, kind, ident)
    return last.base_version if last is not None else ""


def _last_accepted(uow: UnitOfWork, kind: str, ident: str) -> Outbox | None:
    return uow.first(Outbox, Outbox.seq.desc(), resource_type=kind, resource_id=ident, state="accepted")
