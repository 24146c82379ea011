"""Campaign files as FHIR ``Library`` resources: what the portal writes and a station reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vaxdesk.domain.versions import version_key
from vaxdesk.sync.fhir import inbound

CONTENT_TYPE = "application/vnd.vaxdesk.campaign"
#: Identifier whose value is the SHA-256 of the bytes, and what stands before the campaign's code in ``url``.
FILE_SYSTEM, CAMPAIGN = "urn:vaxdesk:campaign-file", "urn:vaxdesk:campaign:"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}")


@dataclass(frozen=True)
class Offer:
    """A campaign file that a portal names. ``size`` in bytes, 0 where it is not said; ``offered``: not withdrawn.

    Nothing here is believed: what counts is the signed file.
    """

    digest: str
    code: str
    version: str
    size: int
    url: str
    offered: bool

    @property
    def order(self) -> tuple[str, tuple[int, ...], str]:
        """Older versions first."""
        return self.code, version_key(self.version), self.digest


def offer(resource: Any) -> Offer | None:
    """The offer in a Library; None for a Library of another kind, or one that cannot be read."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Library":
        return None
    digest = next(
        (
            str(item.get("value"))
            for item in inbound.dicts(resource.get("identifier"))
            if item.get("system") == FILE_SYSTEM
        ),
        "",
    )
    code, version = str(resource.get("url", "")).removeprefix(CAMPAIGN), str(resource.get("version", ""))
    fits = _DIGEST.fullmatch(digest) and _CODE.fullmatch(code) and _VERSION.fullmatch(version)
    if not fits or resource.get("status") not in ("active", "retired"):
        return None
    content = next(
        (item for item in inbound.dicts(resource.get("content")) if item.get("contentType") == CONTENT_TYPE), None
    )
    offered = resource["status"] == "active"
    if content is None or (offered and not isinstance(content.get("url"), str)):
        return None
    told = content.get("size")
    size = max(told, 0) if isinstance(told, int) else 0
    return Offer(digest, code, version, size, str(content.get("url", "")), offered)
