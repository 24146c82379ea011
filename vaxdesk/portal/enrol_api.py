"""Enrolment and signed lists over HTTP: one-time codes, renewal of a station's key, trust and revocation lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vaxdesk.errors import KnownError
from vaxdesk.portal import stations
from vaxdesk.portal.authority_desk import AuthorityDesk
from vaxdesk.portal.fhir_api import FhirApi, base_of, guarded
from vaxdesk.portal.inbound import answer, body_of
from vaxdesk.portal.limits import Buckets, address_group
from vaxdesk.portal.outcomes import FhirProblem, bad_request
from vaxdesk.portal.rules import parse_json
from vaxdesk.portal.store import Store

LIST_TYPE = "application/cose"


class EnrolApi:
    """Handlers of one portal; ``desk`` is None where it has no authority."""

    def __init__(self, store: Store, api: FhirApi, desk: AuthorityDesk | None) -> None:
        self.store = store
        self.api = api
        self.desk = desk
        self._tries = Buckets(5 / 60, 10)
        self._lists = Buckets(20, 400)

    def routes(self) -> list[Route]:
        """``/enrol``, ``/enrol/request`` and ``/lists``."""
        return [
            Route("/enrol", guarded(self.redeem), methods=["POST"]),
            Route("/enrol/request", guarded(self.renew), methods=["POST"]),
            Route("/lists/{kind}", guarded(self.signed_list), methods=["GET"]),
        ]

    async def redeem(self, request: Request) -> Response:
        """``POST /enrol`` with ``{"code", "station_id"}``: the token, once."""
        self._count(self._tries, request)
        found = parse_json(await body_of(request, 4096, 4096))
        code, station = (found.get("code"), found.get("station_id")) if isinstance(found, dict) else (None, None)
        if not isinstance(code, str) or not isinstance(station, str):
            raise bad_request("code and station_id are needed.", "required")
        token = await run_in_threadpool(stations.redeem, self.store, station, code)
        if token is None:
            raise FhirProblem.one(403, "forbidden", "The code is not valid for this station, or has been used.")
        return answer(request, 200, json.dumps({"token": token, "station_id": station}))

    def _count(self, buckets: Buckets, request: Request) -> None:
        wait = buckets.take(address_group(request.client.host if request.client else ""))
        if wait:
            raise FhirProblem.one(429, "throttled", "Too many requests.", headers={"Retry-After": str(wait)})

    async def renew(self, request: Request) -> Response:
        """``POST /enrol/request`` with a station's own request file: the answer file, without a new token."""
        station = await self.api.station_of(request)
        desk = self._desk()
        found = parse_json(await body_of(request, 65_536, 65_536))
        if not isinstance(found, dict):
            raise bad_request("A station's request file is expected.", "structure")
        url = base_of(request).removesuffix("/fhir")
        return await self._known(request, lambda: desk.answer(found, url, expect_station=station))

    async def _known(self, request: Request, work: Callable[[], object]) -> Response:
        try:
            done = await run_in_threadpool(work)
        except KnownError as error:
            raise FhirProblem.one(422, "business-rule", error.words()) from error
        return answer(request, 200, json.dumps(done, ensure_ascii=False))

    async def signed_list(self, request: Request) -> Response:
        """``GET /lists/trust`` and ``GET /lists/revocation``: open to all, they prove themselves."""
        kind = request.path_params["kind"]
        if kind not in ("trust", "revocation"):
            raise FhirProblem.one(404, "not-found", "There are the lists trust and revocation.")
        self._count(self._lists, request)
        data = await run_in_threadpool(self._desk().signed_list, kind)
        etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type=LIST_TYPE)

    def _desk(self) -> AuthorityDesk:
        if self.desk is None:
            raise FhirProblem.one(404, "not-supported", "This portal has no authority.")
        return self.desk
