"""A portal process for the whole file, and sessions of stations with it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
import requests
from support.citizen import Citizen
from support.portal import PortalProcess, running_portal

from vaxdesk.certificates.authority import Authority

_numbers = itertools.count(1)


class StationClient(requests.Session):
    """A station's connection: paths are below the FHIR base."""

    def __init__(self, portal: PortalProcess, code: str, token: str) -> None:
        super().__init__()
        self.portal = portal
        self.code = code
        self.headers["Authorization"] = f"Bearer {token}"
        self.headers["Accept"] = "application/fhir+json"

    def request(self, method, url, **options):  # type: ignore[no-untyped-def, override]
        """As in requests; a relative ``url`` goes to the FHIR base."""
        if not url.startswith("http"):
            url = f"{self.portal.fhir}/{url}".rstrip("/")
        options.setdefault("timeout", 20)
        return super().request(method, url, **options)


@pytest.fixture(scope="session")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    """A real portal over HTTP on a free port, with its own SQLite file (or the database that the environment names)."""
    database = os.environ.get("VAXDESK_TEST_PORTAL_DATABASE")
    options = ("--rate", "5000", "--public-rate", "300")
    with running_portal(tmp_path_factory.mktemp("portal"), *options, database=database) as portal:
        yield portal


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    """A portal with an authority of its own."""
    folder = tmp_path_factory.mktemp("district")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", "--public-rate", "600", authority=folder / "keys") as portal:
        yield portal


@pytest.fixture
def new_station(portal_process: PortalProcess) -> Iterator[Callable[[], StationClient]]:
    """Makes further stations, each with its own token."""
    made: list[StationClient] = []

    def make() -> StationClient:
        code = f"14{next(_numbers):03d}"
        made.append(StationClient(portal_process, code, portal_process.station(code)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def station(new_station: Callable[[], StationClient]) -> StationClient:
    """One enrolled station's connection."""
    return new_station()


@pytest.fixture
def citizen(portal_process: PortalProcess) -> Iterator[Citizen]:
    """Somebody at the public page."""
    made = Citizen(portal_process)
    yield made
    made.close()
