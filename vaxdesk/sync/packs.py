"""Campaign files from the portal: one step of an exchange, which never keeps the records from travelling.

The list is asked for with the mark of the last one (ETag), each file by its hash, once. A download that breaks off goes
on where it was, at the next exchange. Whatever the portal says of a file is only a reason to fetch it; what is kept is
what the authority signed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import requests

import vaxdesk
from vaxdesk.db.tables import SyncMark
from vaxdesk.errors import InputError, KnownError
from vaxdesk.i18n import N_
from vaxdesk.services import packs, signing
from vaxdesk.services.context import Context
from vaxdesk.services.packs import ReceivedPack
from vaxdesk.sync.client import Answer, FhirClient, Offline, SignInNeeded, TooLarge
from vaxdesk.sync.fhir import inbound, libraries
from vaxdesk.sync.fhir.libraries import Offer
from vaxdesk.sync.pull import read_page

log = logging.getLogger(__name__)

KIND = "Library"
#: Where it is noted when a portal without campaign files was last asked whether it has some by now.
LOOKED, AGAIN = "metadata", timedelta(days=1)
#: Files of one list that are looked at, and its pages.
MOST, MOST_PAGES = 200, 20
#: How long one exchange fetches files before the records' turn comes; the rest goes on at the next one.
SECONDS = 60.0
CHUNK = 4096
#: A mark that does not fit its column is not kept: the list is then asked for whole.
MARK = 40
SPOILT = N_("The campaign file did not arrive as the portal announced it. It is asked for again tomorrow.")


@dataclass
class PacksResult:
    """What came of it: files that now wait for the manager, how many were refused or withdrawn, and what went wrong."""

    waiting: list[ReceivedPack] = field(default_factory=list)
    refused: int = 0
    withdrawn: int = 0
    error: KnownError | None = None


def take(ctx: Context, client: FhirClient, cancelled: Callable[[], bool] | None = None) -> PacksResult:
    """Ask for campaign files and keep those that verify; a bad one is refused in words and stops nothing.

    ``ctx`` acts as the program. Before the station trusts an authority nothing is asked for.

    :raises SignInNeeded: the portal does not take the station's key any more.
    """
    result = PacksResult()
    root = signing.root(ctx)
    if root is None:
        return result
    # What was refused may be good for another program or under another authority: their list is another one.
    place = f"{KIND} {vaxdesk.__version__} {root.kid.hex()}"[:MARK]
    try:
        if _has_files(ctx, client):
            _Step(ctx, client, result, cancelled or (lambda: False)).run(place)
    except SignInNeeded:
        raise
    except KnownError as error:
        result.error = error
        log.warning("campaign files: %s", error.message_id)
    return result


def _has_files(ctx: Context, client: FhirClient) -> bool:
    """Whether the portal names campaign files at all; one that did not is asked once a day whether it does by now."""
    if client.profile is None or not client.profile.types or KIND in client.profile.types:
        return True
    with ctx.database.reader() as conn:
        asked = conn.get(SyncMark, LOOKED)
        if asked is not None and ctx.now() - asked.saved_at < AGAIN:
            return False
    found = KIND in client.look_again()
    with ctx.write() as uow:
        row = uow.get(SyncMark, LOOKED)
        if row is None:
            uow.add(SyncMark(resource_type=LOOKED, mark="", saved_at=uow.now))
        else:
            row.saved_at = uow.now
        uow.commit()
    return found


class _Step:
    """One run."""

    def __init__(self, ctx: Context, client: FhirClient, result: PacksResult, cancelled: Callable[[], bool]) -> None:
        self.ctx = ctx
        self.client = client
        self.result = result
        self.cancelled = cancelled
        self.folder = ctx.paths.campaigns
        self.until = time.monotonic() + SECONDS

    def run(self, place: str) -> None:
        with self.ctx.database.reader() as conn:
            row = conn.get(SyncMark, place)
            mark = row.mark if row is not None else ""
        answer = self.client.get_newer(KIND, {"_count": str(MOST)}, mark)
        if answer is None:
            return
        offers = self._offers(answer)
        withdrawn = [one.digest for one in offers if not one.offered]
        offered = [one for one in offers if one.offered]
        self.result.withdrawn = packs.note_withdrawn(self.ctx, withdrawn, [one.digest for one in offered])
        self._tidy({one.digest for one in offered})
        done = [self._one(one) for one in offered]
        if all(done) and not packs.tries_again(self.ctx):
            self._keep_mark(place, answer.headers.get("ETag", ""))

    def _offers(self, answer: Answer) -> Sequence[Offer]:
        """What the list names, older versions first; a Library that is no campaign file is passed over."""
        found: dict[str, Offer] = {}
        following: str | None = None
        seen: set[str] = set()
        for _page in range(MOST_PAGES):
            bundle = read_page(answer)
            for entry in inbound.dicts(bundle.get("entry")):
                one = libraries.offer(entry.get("resource"))
                if one is not None:
                    found.setdefault(one.digest, one)
            links = inbound.dicts(bundle.get("link"))
            following = next((str(link.get("url")) for link in links if link.get("relation") == "next"), None)
            if following is None or following in seen or len(found) >= MOST:
                break
            seen.add(following)
            answer = self.client.get(following)
        return sorted(list(found.values())[:MOST], key=lambda one: one.order)

    def _one(self, one: Offer) -> bool:
        """Take one file; True when it needs no further exchange."""
        if not packs.wanted(self.ctx, one.digest):
            return True
        try:
            data = self._fetch(one)
            if data is None:
                return False
            kept = packs.receive(self.ctx, data)
        except SignInNeeded:
            raise
        except (Offline, TooLarge) as error:
            self.result.error = error
            log.warning("campaign file %s %s: %s", one.code, one.version, error.message_id)
            return False
        except KnownError as error:
            self._refuse(one, error, again=error.message_id == SPOILT)
            return True
        self._part(one).unlink(missing_ok=True)
        if kept.state == packs.WAITING:
            self.result.waiting.append(kept)
        return True

    def _refuse(self, one: Offer, error: KnownError, again: bool) -> None:
        log.warning("campaign file %s %s refused: %s", one.code, one.version, error.message_id)
        self._part(one).unlink(missing_ok=True)
        packs.refuse(self.ctx, one.digest, one.code, one.version, error, again)
        self.result.refused += 1

    # Bytes

    def _part(self, one: Offer) -> Path:
        """Where a download lies until it is whole."""
        return self.folder / f"{one.digest}.part"

    def _fetch(self, one: Offer) -> bytes | None:
        """The bytes as their hash names them; None where time is up before they are all here.

        :raises Offline: the line broke; what came is kept. :raises KnownError: they are not what was announced.
        """
        if one.size > packs.LARGEST:
            raise InputError(N_("The campaign file is too big."))
        part = self._part(one)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            data = part.read_bytes() if part.exists() else b""
            held = len(data) if len(data) < (one.size or packs.LARGEST) else 0
            if packs.digest_of(data) != one.digest:
                if not self._download(one, part, held):
                    return None
                data = part.read_bytes()
        except OSError as error:
            raise Offline(N_("The campaign file could not be stored. Check that the disk has room.")) from error
        if packs.digest_of(data) != one.digest:
            part.unlink(missing_ok=True)
            if held:  # a power cut may have spoilt what lay here: once more from the start
                raise Offline(N_("The portal's answer broke off. It is asked again."))
            raise InputError(SPOILT)
        return data

    def _download(self, one: Offer, part: Path, held: int) -> bool:
        """Add to the part what is missing; False where it was left for the next exchange."""
        if self.cancelled() or time.monotonic() > self.until:
            return False
        with self.client.opened(one.url, {"Range": f"bytes={held}-"} if held else {}) as response:
            _judge(response, held)
            limit = one.size or packs.LARGEST
            with part.open("ab" if response.status_code == 206 else "wb") as file:
                begun = file.tell()
                for chunk in response.iter_content(CHUNK):
                    if file.tell() + len(chunk) > limit:
                        raise InputError(SPOILT if one.size else N_("The campaign file is too big."))
                    file.write(chunk)
                    if self.cancelled() or time.monotonic() > self.until:
                        return False
                if file.tell() == begun and begun:
                    raise InputError(SPOILT)  # nothing more comes, and it is not whole
                short = file.tell() < (one.size or 1)
        if short:
            raise Offline(N_("The portal's answer broke off. It is asked again."))
        return True

    def _tidy(self, offered: set[str]) -> None:
        """Parts of files that nobody offers any more go."""
        for part in self.folder.glob("*.part"):
            if part.stem not in offered:
                part.unlink(missing_ok=True)

    def _keep_mark(self, place: str, etag: str) -> None:
        with self.ctx.write() as uow:
            for old in uow.find(SyncMark):
                if old.resource_type.split(" ")[0] == KIND:
                    uow.delete(old)
            uow.session.flush()
            if 0 < len(etag) <= MARK:
                uow.add(SyncMark(resource_type=place, mark=etag, saved_at=uow.now))
            uow.commit()


def _judge(response: requests.Response, held: int) -> None:
    """Whether an answer is the bytes that were asked for.

    :raises Offline: it is another page, or none. :raises InputError: there is no more of the file.
    """
    status = response.status_code
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status == 416:
        raise InputError(SPOILT)
    if status == 206 and not response.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
        raise InputError(SPOILT)
    if status not in (200, 206):
        raise Offline(N_("The portal names a campaign file and does not give it ({status})."), status=status)
    if kind not in (libraries.CONTENT_TYPE, "application/octet-stream"):
        raise Offline(N_("There is no real connection to the portal: another page answers (a login page?)."))
