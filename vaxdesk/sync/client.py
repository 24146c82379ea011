"""Talks HTTP with a FHIR server: one kept connection, gzip where the server takes it, and a plain class for each end.

Nothing is trusted because it parses: an answer counts only when its type is FHIR JSON, its shape is the one asked
for, and it comes from the server's own origin. Redirects are refused, so no body or key reaches another host.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_
from vaxdesk.sync.fhir import inbound

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
#: A whole answer, however slowly it drips.
TOTAL_SECONDS = 300.0
#: A page of 200 resources is some hundred kilobytes; beyond this an answer is no answer.
LARGEST_ANSWER = 20_000_000


class Offline(KnownError):
    """No usable answer.

    ``retry_after`` in seconds where the server said so. ``sent``: the request may have been done all the same, so
    nothing is known; else it certainly was not. ``blame``: what was sent may itself be the cause (the server failed on
    it, or did not get through it in time), and not only the line or the server as a whole.
    """

    def __init__(
        self,
        message_id: str,
        retry_after: float | None = None,
        *,
        sent: bool = True,
        blame: bool = False,
        **values: Any,
    ) -> None:
        super().__init__(message_id, **values)
        self.retry_after = retry_after
        self.sent = sent
        self.blame = blame


class Stopped(KnownError):
    """The server lets this station not in, or is no FHIR server at this address: no record is at fault."""


class SignInNeeded(KnownError):
    """The server does not take the station's key any more; the queue stays."""


class TooLarge(KnownError):
    """The server refuses the size of what was sent: halve it."""


@dataclass(frozen=True)
class Profile:
    """What a server can do, from its CapabilityStatement; chosen once and kept."""

    update_create: bool = True
    conditional_create: bool = False
    gzip: bool = False
    types: tuple[str, ...] = ()
    practice: bool = False
    #: How many visits travel together: it shrinks where the line or the server does not bear more.
    visits: int = 20

    def as_json(self) -> str:
        """For the station's file."""
        return json.dumps(self.__dict__)

    @classmethod
    def from_json(cls, text: str) -> Profile | None:
        """Back from the file; None for what is no profile."""
        try:
            data = json.loads(text)
            return cls(**{**data, "types": tuple(data["types"])})
        except (ValueError, KeyError, TypeError):
            return None


class _Bearer(AuthBase):
    """The station's key. As an ``auth`` object it is not replaced by what stands in a .netrc file."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class Answer:
    """A FHIR JSON answer."""

    status: int
    body: Any
    headers: Mapping[str, str]


class FhirClient:
    """One station's connection to one server.

    :param base_url: the portal's address; ``/fhir`` is added where it is missing.
    """

    def __init__(self, base_url: str, token: str, profile: Profile | None = None) -> None:
        base = base_url.rstrip("/")
        self.base = base if base.endswith("/fhir") else base + "/fhir"
        self.profile = profile
        self.session = requests.Session()
        self.session.auth = _Bearer(token)
        self.session.headers.update({"Accept": "application/fhir+json", "User-Agent": "VaxDesk"})
        self.server_time: datetime | None = None

    def close(self) -> None:
        """Drop the connection."""
        self.session.close()

    def probe(self) -> Profile:
        """Ask what the server can do, once."""
        if self.profile is None:
            body = self.get("metadata").body
            if not isinstance(body, dict) or body.get("resourceType") != "CapabilityStatement":
                raise Offline(N_("The portal's address answers, but not as a portal. Check the address."))
            resources = inbound.dicts(inbound.first(body.get("rest")).get("resource"))
            tags = inbound.dicts(inbound.first(body.get("meta")).get("tag"))
            written = [item for item in resources if _writable(item)]
            profile = Profile(
                update_create=bool(written) and all(item.get("updateCreate", False) for item in written),
                conditional_create=bool(written) and all(item.get("conditionalCreate", False) for item in written),
                types=tuple(str(item.get("type")) for item in resources),
                practice=any((tag.get("system"), tag.get("code")) == ("urn:vaxdesk:mode", "practice") for tag in tags),
            )
            self.profile = replace(profile, gzip=self._takes_gzip())
        return self.profile

    def look_again(self) -> tuple[str, ...]:
        """Ask which types the server has by now; how it is written to stays as it was chosen.

        :raises Offline: no usable answer.
        """
        body = self.get("metadata").body
        rest = inbound.first(body.get("rest")) if isinstance(body, dict) else {}
        types = tuple(str(item.get("type")) for item in inbound.dicts(rest.get("resource")))
        if self.profile is not None and types:
            self.profile = replace(self.profile, types=types)
        return types

    def _takes_gzip(self) -> bool:
        """No statement says it, so an empty compressed batch asks; a server that fails on it gets plain bodies."""
        empty = gzip.compress(b'{"resourceType":"Bundle","type":"batch"}', 6, mtime=0)
        headers = {"Content-Type": "application/fhir+json; charset=utf-8", "Content-Encoding": "gzip"}
        try:
            return self._send("POST", self.base, data=empty, headers=headers).status == 200
        except (Offline, TooLarge):
            return False

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """GET below the base, or a ``next`` link of the same origin.

        :raises Offline: no usable answer. :raises SignInNeeded: 401. :raises KnownError: the link leads elsewhere.
        """
        return self._send("GET", self._own(path), params=params)

    def get_newer(self, path: str, params: Mapping[str, str], etag: str) -> Answer | None:
        """:meth:`get`; None where what was got with the mark ``etag`` still holds."""
        headers = {"If-None-Match": etag} if etag else {}
        response, content = self._raw("GET", self._own(path), params=params, headers=headers)
        return None if response.status_code == 304 else _json(response, content)

    @contextmanager
    def opened(self, path: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """A GET below the base whose bytes the caller takes as they come (``iter_content``), never compressed.

        :raises Offline: no usable answer, also while the bytes come.
        """
        plain = {**headers, "Accept": "*/*", "Accept-Encoding": "identity"}
        options: dict[str, Any] = {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False}
        try:
            with self.session.get(self._own(path), headers=plain, stream=True, **options) as response:
                self._judge_status(response)
                if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
                    raise Offline(N_("The portal's answer could not be read; nothing of it was taken."))
                yield response
        except requests.exceptions.RequestException as error:
            raise _offline(error) from error

    def _own(self, path: str) -> str:
        """The address of a path below the base, or of a link, which must be the server's own.

        :raises KnownError: it leads elsewhere.
        """
        url = urljoin(self.base + "/", path)
        if _origin(url) != _origin(self.base):
            raise KnownError(N_("The portal sent a link to another host; it was not followed."))
        return url

    def post_bundle(self, data: bytes) -> Answer:
        """POST a Bundle, as it is, to the base; compressed where the server takes that."""
        headers = {"Content-Type": "application/fhir+json; charset=utf-8"}
        if self.profile is not None and self.profile.gzip and len(data) > 1000:
            packed = {**headers, "Content-Encoding": "gzip"}
            answer = self._send("POST", self.base, data=gzip.compress(data, 6, mtime=0), headers=packed)
            if answer.status != 415:
                return answer
            self.profile = replace(self.profile, gzip=False)
        return self._send("POST", self.base, data=data, headers=headers)

    def get_binary(self, path: str, largest: int, etag: str = "") -> tuple[bytes, str] | None:
        """A signed list beside the FHIR base (``lists/trust``) and its mark (ETag); None where ``etag`` still holds.

        :raises Offline: no usable answer.
        """
        url = urljoin(self.base + "/", "../" + path)
        headers = {"If-None-Match": etag} if etag else {}
        response, content = self._raw("GET", url, largest=largest, headers=headers)
        if response.status_code == 304:
            return None
        if response.status_code != 200:
            raise Offline(N_("The portal has no signed lists."))
        return content, response.headers.get("ETag", "")

    def post_json(self, path: str, content: Mapping[str, Any]) -> Answer:
        """POST plain JSON beside the FHIR base (enrolment)."""
        url = urljoin(self.base + "/", "../" + path)
        return self._send("POST", url, data=json.dumps(content).encode(), headers={"Content-Type": "application/json"})

    def _send(self, method: str, url: str, **options: Any) -> Answer:
        return _json(*self._raw(method, url, **options))

    def _raw(
        self, method: str, url: str, largest: int = LARGEST_ANSWER, **options: Any
    ) -> tuple[requests.Response, bytes]:
        began = time.monotonic()
        try:
            response = self.session.request(
                method,
                url,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **options,
            )
            with response:
                content = bytearray()
                for chunk in response.iter_content(65536):
                    content += chunk
                    if len(content) > largest:
                        raise Offline(N_("The portal's answer is too large to be one. It is asked again."))
                    if time.monotonic() - began > TOTAL_SECONDS:
                        raise requests.exceptions.ReadTimeout
        except requests.exceptions.RequestException as error:
            raise _offline(error) from error
        self._note_time(response)
        self._judge_status(response)
        return response, bytes(content)

    def _note_time(self, response: requests.Response) -> None:
        try:
            told = parsedate_to_datetime(response.headers.get("Date", ""))
        except (ValueError, TypeError, OverflowError):
            self.server_time = None
        else:
            self.server_time = told if told.tzinfo else told.replace(tzinfo=UTC)

    @staticmethod
    def _judge_status(response: requests.Response) -> None:
        status = response.status_code
        if status == 401:
            raise SignInNeeded(N_("The portal no longer takes this station's key. Import a new answer file."))
        if status == 413:
            raise TooLarge(N_("The portal does not take so much at once."))
        if status in (408, 425, 429) or status >= 500:
            raise Offline(
                N_("The portal is overloaded or down ({status}). Work goes on; it is sent later."),
                retry_after=retry_after(response.headers.get("Retry-After", "")),
                sent=status != 429,
                blame=status in (500, 504, 408),
                status=status,
            )
        if (300 <= status < 400 and status != 304) or status == 204 or status == 511:
            raise Offline(N_("There is no real connection to the portal: another page answers (a login page?)."))


def _json(response: requests.Response, content: bytes) -> Answer:
    """An answer in FHIR JSON. :raises Offline: it is none."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("application/fhir+json", "application/json"):
        raise Offline(N_("There is no real connection to the portal: another page answers (a login page?)."))
    try:
        if content.startswith(b"\xef\xbb\xbf"):
            raise ValueError("byte order mark")
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Offline(N_("The portal's answer broke off. It is asked again."), blame=True) from error
    return Answer(response.status_code, body, response.headers)


def _writable(resource: Mapping[str, Any]) -> bool:
    """Whether a server takes a type of records, and does not only give it; a statement may be silent on that."""
    codes = {item.get("code") for item in inbound.dicts(resource.get("interaction"))}
    return not codes or bool(codes & {"create", "update"})


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port as they are compared."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        port = -1
    if "@" in parts.netloc:
        port = -1
    return parts.scheme, (parts.hostname or "").lower(), port


def _offline(error: requests.exceptions.RequestException) -> Offline:
    """The words for a request that came to no answer, and whether the server may have done it."""
    kinds = requests.exceptions
    # The reason is an error of the library below requests, which is no dependency of ours: known by its name.
    reason = type(getattr(error.args[0], "reason", error.args[0])).__name__ if error.args else ""
    if isinstance(error, kinds.SSLError):
        words = N_("The portal's certificate does not hold. Check the date of this PC and the portal's address.")
        return Offline(words, sent=False)
    if isinstance(error, kinds.ProxyError):
        words = N_("The proxy does not let the program through. Check its address and password.")
        return Offline(words, sent=False)
    if reason == "NameResolutionError":
        words = N_("The portal's name is not found: there is no internet, or the address is wrong. Work goes on.")
        return Offline(words, sent=False)
    if isinstance(error, kinds.Timeout) or reason == "ReadTimeoutError":
        never = isinstance(error, kinds.ConnectTimeout)
        words = N_("The portal does not answer. Work goes on; it is sent later.")
        return Offline(words, sent=not never, blame=not never)
    if isinstance(error, kinds.ConnectionError):
        never = reason == "NewConnectionError"
        return Offline(N_("The portal cannot be reached. Work goes on; it is sent later."), sent=not never)
    return Offline(N_("The portal's answer broke off. It is asked again."))


def retry_after(text: str, now: datetime | None = None) -> float | None:
    """Seconds to wait from a Retry-After header, as seconds or as a date; None for anything else; at most an hour."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 3600.0)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()), 3600.0)
