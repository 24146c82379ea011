"""The heads of the audit chain that the portal keeps: pulled at each exchange and compared with the chain here.

Whoever can write the station's file can also change the heads in it; the portal's he cannot.
"""

from __future__ import annotations

import logging

from vaxdesk.db.audit import ChainFault
from vaxdesk.queries import chain
from vaxdesk.services.context import Context
from vaxdesk.sync import copies
from vaxdesk.sync.client import FhirClient
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.pull import read_page

log = logging.getLogger(__name__)
#: The newest heads say all: a chain rewritten further back has other hashes from there on.
COUNT = 20


def take(ctx: Context, client: FhirClient) -> tuple[ChainFault, ...]:
    """Keep the newest heads that the portal holds of this station's desks, and name those that the chain contradicts.

    :raises Offline: no usable answer.
    """
    if client.profile is not None and client.profile.types and "Provenance" not in client.profile.types:
        return ()
    page = read_page(client.get("Provenance", {"_sort": "-_lastUpdated", "_count": str(COUNT)}))
    found = [
        item
        for entry in inbound.dicts(page.get("entry"))
        for item in inbound.dicts([entry.get("resource")])
        if item.get("resourceType") == "Provenance" and item.get("id") and chain.head_in(item) is not None
    ]
    with ctx.database.reader() as conn:
        known = set(chain.portal_heads(conn))
    if any(chain.head_in(item) not in known for item in found):
        with ctx.write() as uow:
            for item in found:
                copies.remember(uow, item)
            uow.commit()
    return faults(ctx)


def faults(ctx: Context) -> tuple[ChainFault, ...]:
    """The first head of each desk that the portal holds and the chain does not contain."""
    found: dict[str, ChainFault] = {}
    with ctx.database.reader() as conn:
        for desk, number, digest in sorted(chain.portal_heads(conn)):
            held = chain.hash_at(conn, desk, number)
            if held != digest and desk not in found:
                found[desk] = ChainFault(desk, number, "rewritten" if held else "cut")
    for fault in found.values():
        log.error("audit chain of desk %s: entry %s is %s", fault.desk, fault.number, fault.what)
    return tuple(found.values())
