"""The line between a station and a portal that offers campaign files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.pack_line import Line, enrolled_station, pack_line, portal_with_authority
from support.portal import PortalProcess
from support.station import Template


@pytest.fixture(scope="module")
def pack_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with portal_with_authority(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory, pack_portal: PortalProcess) -> Template:
    return enrolled_station(tmp_path_factory.mktemp("station"), pack_portal)


@pytest.fixture
def line(tmp_path: Path, pack_portal: PortalProcess, enrolled: Template) -> Iterator[Line]:
    with pack_line(tmp_path, pack_portal, enrolled) as line:
        yield line
