"""Follows the authority's revocation list where it names papers of this station: they are revoked here too."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from vaxdesk.certificates.lists import RevocationKind, identifier_hash
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Certificate
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import withdrawn
from vaxdesk.services import signing
from vaxdesk.services.context import Context

#: Kept in the record, in Vietnamese whatever the window's language.
LISTED = N_("The authority put the code on the revocation list.")
#: Papers revoked in one short transaction.
CHUNK = 50

#: The number of the list that was gone through last, of each open file.
_gone_through: WeakKeyDictionary[Database, int] = WeakKeyDictionary()


def revoke_listed(ctx: Context) -> int:
    """Revoke the standing papers whose code the list held names as revoked; how many.

    Their people then stand on the list for a new paper. A code that was only replaced stays as it is. To be called
    after lists were taken; a list that was gone through already costs nothing.
    """
    trust = signing.trust(ctx)
    listed = trust.revocation_list if trust is not None else None
    if listed is None or _gone_through.get(ctx.database) == listed.head.number:
        return 0
    with ctx.database.reader() as conn:
        standing = withdrawn.standing_codes(conn)
    found = []
    for certificate_id, identifier in standing:
        entry = listed.find([identifier_hash(identifier)])
        if entry is not None and entry.kind is RevocationKind.REVOKED:
            found.append(certificate_id)
    done = 0
    for start in range(0, len(found), CHUNK):
        with ctx.write() as uow:
            for certificate_id in found[start : start + CHUNK]:
                row = uow.get(Certificate, certificate_id)
                if row is None or row.revoked_at is not None:
                    continue
                row.revoked_at, row.revoked_reason = uow.now, translate(LISTED, "vi")
                uow.audit("revoke", "certificate", row.id, {"number": row.number}, origin="portal")
                if row.kind != "national":
                    uow.send("DocumentReference", row.id, version=3, person_id=row.person_id, at_once=True)
                done += 1
            uow.commit()
    _gone_through[ctx.database] = listed.head.number
    return done
