"""Talks HTTP with a FHIR server: one kept connection, gzip where the server takes it, and a plain class for each end.

Nothing is trusted because it parses: an answer counts only when its type is FHIR JSON, its shape is the one asked
for, and it comes from the server's own origin. Redirects are refused, so no body or key reaches another host.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_

CONNECT_SECONDS, READ_SECONDS = 10, 60
#: A page of 200 resources is some hundred kilobytes; beyond this an answer is no answer.
LARGEST_ANSWER = 20_000_000


class Offline(KnownError):
    """No usable answer: nothing is known of what the server did. ``retry_after`` in seconds where it said so."""

    def __init__(self, message_id: str, retry_after: float | None = None, **values: Any) -> None:
        super().__init__(message_id, **values)
        self.retry_after = retry_after


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
        self.session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"})
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
            rest = (body.get("rest") or [{}])[0]
            resources = [item for item in rest.get("resource", []) if isinstance(item, dict)]
            tags = (body.get("meta") or {}).get("tag") or []
            profile = Profile(
                update_create=bool(resources) and all(item.get("updateCreate", False) for item in resources),
                conditional_create=bool(resources) and all(item.get("conditionalCreate", False) for item in resources),
                types=tuple(str(item.get("type")) for item in resources),
                practice=any(
                    isinstance(tag, dict) and (tag.get("system"), tag.get("code")) == ("urn:vaxdesk:mode", "practice")
                    for tag in tags
                ),
            )
            self.profile = replace(profile, gzip=self._takes_gzip())
        return self.profile

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
        url = path if path.startswith(("http://", "https://")) else f"{self.base}/{path}"
        if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
            raise KnownError(N_("The portal sent a link to another host; it was not followed."))
        return self._send("GET", url, params=params)

    def post_bundle(self, bundle: Mapping[str, Any]) -> Answer:
        """POST a Bundle to the base."""
        data = json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/fhir+json; charset=utf-8"}
        if self.profile is not None and self.profile.gzip and len(data) > 1000:
            data = gzip.compress(data, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
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
        response, content = self._raw(method, url, **options)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in ("application/fhir+json", "application/json"):
            raise Offline(N_("There is no real connection to the portal: another page answers (a login page?)."))
        try:
            body = json.loads(content)
        except ValueError as error:
            raise Offline(N_("The portal's answer broke off. It is asked again.")) from error
        return Answer(response.status_code, body, response.headers)

    def _raw(
        self, method: str, url: str, largest: int = LARGEST_ANSWER, **options: Any
    ) -> tuple[requests.Response, bytes]:
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
        except requests.exceptions.SSLError as error:
            raise Offline(
                N_("The portal's certificate does not hold. Check the date of this PC and the portal's address.")
            ) from error
        except requests.exceptions.ProxyError as error:
            raise Offline(N_("The proxy does not let the program through. Check its address and password.")) from error
        except requests.exceptions.ConnectionError as error:
            raise Offline(N_("The portal cannot be reached. Work goes on; it is sent later.")) from error
        except requests.exceptions.Timeout as error:
            raise Offline(N_("The portal does not answer. Work goes on; it is sent later.")) from error
        except requests.exceptions.RequestException as error:
            raise Offline(N_("The portal's answer broke off. It is asked again.")) from error
        self._note_time(response)
        self._judge_status(response)
        return response, bytes(content)

    def _note_time(self, response: requests.Response) -> None:
        try:
            self.server_time = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:
            self.server_time = None

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
                status=status,
            )
        if (300 <= status < 400 and status != 304) or status == 204 or status == 511:
            raise Offline(N_("There is no real connection to the portal: another page answers (a login page?)."))


def retry_after(text: str, now: datetime | None = None) -> float | None:
    """Seconds to wait from a Retry-After header, as seconds or as a date; None for anything else; at most an hour."""
    from datetime import UTC

    text = text.strip()
    if text.isdigit():
        return min(float(text), 3600.0)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return min(max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()), 3600.0)
