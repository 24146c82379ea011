"""Campaign files over HTTP: ``Library`` resources that say what there is, and the signed bytes beside the FHIR base.

Read only: files are published and withdrawn by the administrator's command beside the portal, never over the network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vaxdesk.portal import packs
from vaxdesk.portal.capability import MODE_SYSTEM
from vaxdesk.portal.fhir_api import FhirApi, base_of, guarded
from vaxdesk.portal.inbound import answer, check_accept
from vaxdesk.portal.outcomes import FhirProblem, bad_request, not_found
from vaxdesk.portal.packs import Published
from vaxdesk.portal.store import Store, instant
from vaxdesk.sync.fhir.libraries import CAMPAIGN, CONTENT_TYPE, FILE_SYSTEM

#: What may be asked; ``_count`` and ``_sort`` are taken and change nothing, since all fit on one page.
PARAMETERS = frozenset({"_id", "url", "version", "status", "identifier", "_count", "_sort"})
_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{1,9})?\Z")


class PacksApi:
    """Handlers of one portal. A station's token is needed, as for everything that is not a public page."""

    def __init__(self, store: Store, api: FhirApi, practice: bool) -> None:
        self.store = store
        self.api = api
        self.mode = "practice" if practice else "real"

    def routes(self) -> list[Route]:
        """``/fhir/Library`` and ``/packs``; they stand before the general addresses below ``/fhir``."""
        closed = guarded(self.closed)
        writing = ["POST", "PUT", "PATCH", "DELETE"]
        return [
            Route("/fhir/Library", guarded(self.search), methods=["GET"]),
            Route("/fhir/Library/{digest}", guarded(self.one), methods=["GET"]),
            Route("/fhir/Library", closed, methods=writing),
            Route("/fhir/Library/{rest:path}", closed, methods=writing),
            Route("/packs/{digest}", guarded(self.content), methods=["GET"]),
        ]

    async def search(self, request: Request) -> Response:
        """``GET /fhir/Library``: every file, the withdrawn ones as ``retired``; 304 where the ETag still holds."""
        check_accept(request)
        await self.api.station_of(request)
        wanted = _parameters(request)
        base = base_of(request)
        found = await run_in_threadpool(self._listed)
        rows = [self._resource(one, base) for one in found]
        rows = [row for row in rows if _fits(row, wanted)]
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(rows),
            "link": [{"relation": "self", "url": str(request.url)}],
            "entry": [
                {"fullUrl": f"{base}/Library/{row['id']}", "resource": row, "search": {"mode": "match"}} for row in rows
            ],
        }
        text = json.dumps(bundle, ensure_ascii=False)
        headers = {"ETag": f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return answer(request, 200, text, headers)

    async def one(self, request: Request) -> Response:
        """``GET /fhir/Library/[id]``."""
        check_accept(request)
        await self.api.station_of(request)
        found = await run_in_threadpool(self._find, request.path_params["digest"])
        return answer(request, 200, json.dumps(self._resource(found, base_of(request)), ensure_ascii=False))

    async def content(self, request: Request) -> Response:
        """``GET /packs/[id]``: the signed bytes, whole or from a place on (``Range``, ``If-Range``)."""
        await self.api.station_of(request)
        digest = request.path_params["digest"]
        etag = f'"{digest}"'
        headers = {
            "ETag": etag,
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        data = await run_in_threadpool(self._body, digest)
        part = _RANGE.match(request.headers.get("range", ""))
        if part is None or request.headers.get("if-range", etag) != etag:
            return Response(data, headers=headers, media_type=CONTENT_TYPE)
        first, last = int(part[1]), min(int(part[2] or len(data)), len(data) - 1)
        if first > last:
            ends = {"Content-Range": f"bytes */{len(data)}"}
            raise FhirProblem.one(416, "not-found", "The file ends before.", headers=ends)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Response(data[first : last + 1], 206, headers, media_type=CONTENT_TYPE)

    async def closed(self, request: Request) -> Response:
        """Nobody writes a campaign file over the network."""
        await self.api.station_of(request)
        words = "Campaign files are published by the portal's administrator, not over the network."
        raise FhirProblem.one(405, "not-supported", words, headers={"Allow": "GET"})

    def _listed(self) -> list[Published]:
        with self.store.reading() as connection:
            return packs.listed(connection)

    def _find(self, digest: str) -> Published:
        with self.store.reading() as connection:
            found = packs.find(connection, digest)
        if found is None:
            raise not_found("There is no such campaign file.")
        return found

    def _body(self, digest: str) -> bytes:
        with self.store.reading() as connection:
            found = packs.body(connection, digest)
        if found is None:
            raise not_found("There is no such campaign file.")
        return found

    def _resource(self, one: Published, base: str) -> dict[str, Any]:
        offered = one.withdrawn is None
        content: dict[str, Any] = {
            "contentType": CONTENT_TYPE,
            "size": one.size,
            "hash": base64.b64encode(one.sha1).decode(),
            "title": one.name,
        }
        if offered:
            content["url"] = f"{base.removesuffix('/fhir')}/packs/{one.digest}"
        return {
            "resourceType": "Library",
            "id": one.digest,
            "meta": {
                "lastUpdated": instant(one.changed),
                "tag": [{"system": MODE_SYSTEM, "code": self.mode}],
            },
            "identifier": [{"system": FILE_SYSTEM, "value": one.digest}],
            "url": CAMPAIGN + one.code,
            "version": one.version,
            "name": one.code,
            "title": one.title,
            "status": "active" if offered else "retired",
            "type": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "asset-collection"}]
            },
            "date": instant(one.published),
            "publisher": one.publisher,
            "effectivePeriod": {"start": one.valid_from},
            "content": [content],
        }


def _parameters(request: Request) -> dict[str, str]:
    """What is asked, each parameter once. :raises FhirProblem: 400 for unknown or empty ones."""
    wanted: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in PARAMETERS or not value or name in wanted:
            raise bad_request(f"The parameter {name[:40]} is unknown, empty or repeated.", "invalid")
        wanted[name] = value
    return wanted


def _fits(row: dict[str, Any], wanted: dict[str, str]) -> bool:
    values = {
        "_id": row["id"],
        "url": row["url"],
        "version": row["version"],
        "status": row["status"],
    }
    if any(values[name] not in value.split(",") for name, value in wanted.items() if name in values):
        return False
    identifier = wanted.get("identifier", "")
    return identifier in ("", row["id"], f"{FILE_SYSTEM}|{row['id']}")
