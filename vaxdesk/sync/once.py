"""One whole exchange: lists, push, campaign files, pull. The worker and ``vaxdesk sync --once`` both run this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from vaxdesk import settings
from vaxdesk.db.audit import ChainFault
from vaxdesk.db.tables import Outbox
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.queries import outbox, owed, signed_lists
from vaxdesk.queries.outbox import SyncStatus
from vaxdesk.services import enrolment, key_renewal, listed_papers, signing
from vaxdesk.services.accounts import as_program
from vaxdesk.services.context import Context, store_setting
from vaxdesk.services.setup import check_portal_url
from vaxdesk.sync import heads, lock, packs
from vaxdesk.sync.client import FhirClient, Profile, SignInNeeded
from vaxdesk.sync.packs import PacksResult
from vaxdesk.sync.pull import Pull, PullResult
from vaxdesk.sync.push import Push, PushResult

log = logging.getLogger(__name__)
#: A revocation list of a million entries has 12 MB.
LARGEST_LIST = 40_000_000
#: How long a confirmed body is kept.
KEPT = timedelta(days=90)


@dataclass
class SyncResult:
    """What an exchange did. ``skew``: seconds that this PC's clock is ahead of the portal's. ``chain_faults``: heads
    of the audit chain that the portal keeps and this file contradicts."""

    pushed: PushResult = field(default_factory=PushResult)
    pulled: PullResult = field(default_factory=PullResult)
    status: SyncStatus | None = None
    skew: float = 0.0
    chain_faults: tuple[ChainFault, ...] = ()
    packs: PacksResult = field(default_factory=PacksResult)


def sync_once(ctx: Context, cancelled: Callable[[], bool] | None = None, wait: float = 0.0) -> SyncResult:
    """Exchange with the portal until nothing is due and nothing new is there.

    :param wait: seconds to wait for an exchange that another process has under way.
    :raises RefusedError: the station is not enrolled, practice and real would meet, or another exchange is under way.
    :raises Offline: the line or the portal failed; everything is kept. :raises SignInNeeded: the key was withdrawn.
    :raises Stopped: the portal does not let this station send or read.
    """
    program = as_program(ctx)
    url, token = program.setting(settings.PORTAL_URL), program.setting(settings.PORTAL_TOKEN)
    if not url:
        raise RefusedError(N_("No portal is set. Import the authority's answer, or enter its address."))
    if not token:
        raise RefusedError(N_("This station is not enrolled at the portal. Import the authority's answer."))
    check_portal_url(url)
    with lock.exchange(program.paths.data_dir, wait):
        known = Profile.from_json(program.setting(settings.PORTAL_PROFILE))
        return _exchange(program, FhirClient(url, token, known), cancelled)


def _exchange(program: Context, client: FhirClient, cancelled: Callable[[], bool] | None) -> SyncResult:
    result = SyncResult()
    try:
        profile = client.probe()
        if profile.practice != program.station.practice:
            raise RefusedError(
                N_("A practice file and a real portal never meet: nothing was sent.")
                if program.station.practice
                else N_("This portal is for practice: nothing was sent.")
            )
        _keep_profile(program, profile)
        _renew_key(program, client)
        _fetch_lists(program, client)
        result.chain_faults = heads.take(program, client)
        signing.sign_head(program, "sync", send=True)
        push, pull = Push(program, client), Pull(program, client)
        result.pushed, result.pulled = push.result, pull.result
        push.run(cancelled)
        if result.pushed.accepted:
            _fetch_lists(program, client)  # what was withdrawn just now stands on the list already
        result.packs = packs.take(program, client, cancelled)  # before the pull: what comes may need newer rules
        pull.run(cancelled)
        listed_papers.revoke_listed(program)  # after the pull: what it says of a paper is followed first
        _forget_bodies(program)
    finally:
        if client.server_time is not None:
            result.skew = (program.now() - client.server_time).total_seconds()
        if client.profile is not None:
            _keep_profile(program, client.profile)
        client.close()
        with program.database.reader() as conn:
            result.status = outbox.status(conn)
    return result


def _forget_bodies(ctx: Context) -> None:
    """A body stays until a pull has shown the portal's copy of it, and 90 days more; its hash stays for good."""
    with ctx.database.reader() as conn:
        old = owed.bodies_to_forget(conn, ctx.now() - KEPT)
    for start in range(0, len(old), 200):
        with ctx.write() as uow:
            for seq in old[start : start + 200]:
                row = uow.get(Outbox, seq)
                if row is not None:
                    row.body = None
            uow.commit()


def _keep_profile(ctx: Context, profile: Profile) -> None:
    text = profile.as_json()
    if ctx.setting(settings.PORTAL_PROFILE) != text:
        with ctx.write() as uow:
            store_setting(uow, settings.PORTAL_PROFILE, text)
            uow.commit()


def _fetch_lists(ctx: Context, client: FhirClient) -> None:
    """Take newer signed lists; a list that does not verify is passed over and the held one stays."""
    if signing.root(ctx) is None:
        return
    for kind in (signing.TRUST, signing.REVOCATION):
        with ctx.database.reader() as conn:
            etag = signed_lists.etag_of(conn, kind)
        try:
            found = client.get_binary(f"lists/{kind}", LARGEST_LIST, etag)
            if found is not None:
                enrolment.import_list(ctx, found[0], etag=found[1])
        except KnownError:
            continue


def _renew_key(ctx: Context, client: FhirClient) -> None:
    """Ask for the certificate of a new key where one is due; without an answer the request file waits for a hand."""
    if signing.root(ctx) is None or not key_renewal.prepare_when_due(ctx):
        return
    document = key_renewal.request_document(ctx)
    if document is None:
        return
    try:
        answer = client.post_json("enrol/request", document)
        if answer.status == 200 and isinstance(answer.body, dict):
            enrolment.take_renewal(ctx, answer.body)
    except SignInNeeded:
        raise
    except KnownError as error:
        log.warning("the key was not renewed: %s", error.message_id)


def enrol_by_code(ctx: Context, url: str, code: str) -> None:
    """Enrol for sync with a one-time code that the portal gave.

    :raises RefusedError: no manager acts, or the code is not taken. :raises Offline: the portal cannot be reached.
    """
    ctx.require("manage")
    check_portal_url(url)
    client = FhirClient(url, "")
    try:
        answer = client.post_json("enrol", {"code": code.strip(), "station_id": ctx.station.id})
    finally:
        client.close()
    token = answer.body.get("token") if isinstance(answer.body, dict) else None
    if answer.status != 200 or not isinstance(token, str):
        raise RefusedError(N_("The portal does not take this code. Ask for a new one."))
    with ctx.write() as uow:
        store_setting(uow, settings.PORTAL_URL, url)
        store_setting(uow, settings.PORTAL_TOKEN, token)
        store_setting(uow, settings.PORTAL_STATION, ctx.station.id)
        uow.audit("enrol", "portal", ctx.station.id)
        uow.commit()
