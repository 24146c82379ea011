"""What a portal process is told at its start: limits, places of its files, and whom it listens to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from vaxdesk.clock import Clock, SystemClock
from vaxdesk.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Every bound of the portal; sizes in bytes, rates a second or a minute as named."""

    body_bytes: int = 1_048_576
    inflated_bytes: int = 6_291_456
    bundle_entries: int = 500
    page_count: int = 500
    #: Requests a second that one station may make on end, and how many it may make at once before that counts.
    station_rate: float = 50.0
    station_burst: int = 200
    #: Public page: what one address may do a minute (look-ups, registrations), and wrong tries a code allows an hour.
    address_per_minute: float = 30
    registrations_per_minute: float = 12
    tries_per_code: int = 5
    list_rows: int = 500
    list_bytes: int = 262_144
    check_bytes: int = 4_194_304


@dataclass(frozen=True)
class PortalSettings:
    """One portal. ``authority_dir`` holds the district's keys; without it nothing is signed here."""

    database_url: str
    authority_dir: Path | None = None
    authority_passphrase: str | None = field(default=None, repr=False)
    practice: bool = False
    campaign: str = "covid19"
    limits: Limits = field(default_factory=Limits)
    secure: bool = False
    clock: Clock = field(default_factory=SystemClock)


def is_loopback(host: str) -> bool:
    """True for an address that only programs of this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_protected(host: str, certificate: Path | None, key: Path | None) -> None:
    """Refuse to listen for others without TLS.

    :raises InputError: when ``host`` is not loopback and a certificate or its key is missing.
    """
    if is_loopback(host) and (certificate is None) == (key is None):
        return
    if certificate is None or key is None:
        raise InputError(
            "The portal may listen on {host} only with TLS: give both --tls-cert and --tls-key, or use 127.0.0.1.",
            host=host,
        )
    for path in (certificate, key):
        if not path.is_file():
            raise InputError("The file {path} does not exist.", path=path)
