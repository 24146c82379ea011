"""Renews the station's signing key: the new key is made and its request lies ready before the old one ends.

Both keys hold for a while: codes of the old one stay good, new codes are signed with the new one as soon as the
authority's answer is there. A restored station, which has no key file, asks in the same way.
"""

from __future__ import annotations

from typing import Any

from vaxdesk.certificates.keys import KeyFileError, StationKey, StationKeyRing
from vaxdesk.clock import VIET_NAM
from vaxdesk.errors import KnownError
from vaxdesk.services import setup, signing
from vaxdesk.services.context import Context


def prepare_when_due(ctx: Context) -> bool:
    """Make a new key and write its request file where the newest key ends soon or there is none.

    The program calls it when a user signs in and with each exchange. True when a request is owed to the authority:
    one that was written now, or one whose answer has not come yet. A key file that does not open is laid aside.

    :raises KnownError: the folder cannot be written.
    """
    try:
        held = signing.ring(ctx)
    except KeyFileError:
        _lay_aside(ctx)
        held = StationKeyRing()
    if held.waiting is not None:
        if not ctx.paths.key_request.exists():
            setup.write_key_request(ctx, held.waiting)
        return True
    if not held.renewal_due(ctx.now()):
        return False
    make_request(ctx)
    return True


def make_request(ctx: Context) -> StationKey:
    """Make a key (or take the one that waits) and write the request file for the authority."""
    key = signing.add_key(ctx)
    setup.write_key_request(ctx, key)
    with ctx.write() as uow:
        uow.audit("key-request", "station", ctx.station.id, {"request": ctx.paths.key_request.name})
        uow.commit()
    return key


def request_document(ctx: Context) -> dict[str, Any] | None:
    """The request of the key that waits, as it goes to the authority by sync; None where no key waits."""
    waiting = signing.ring(ctx).waiting
    return signing.request_of(ctx, waiting) if waiting is not None else None


def _lay_aside(ctx: Context) -> None:
    target = ctx.paths.signing_key.with_name(f"signing-{ctx.now().astimezone(VIET_NAM):%Y%m%d-%H%M%S}.damaged")
    try:
        ctx.paths.signing_key.replace(target)
    except OSError as error:
        raise KnownError("The folder {name} cannot be written.", name=ctx.paths.data_dir.name) from error
