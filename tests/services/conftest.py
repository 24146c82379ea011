"""A fresh station for each test, copied from one that was set up once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.station import Template, TestStation, copied_station, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A station that was set up and enrolled."""
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def station(template: Template, tmp_path: Path) -> Iterator[TestStation]:
    """A copy of it, open, with a clock that stands."""
    station = copied_station(template, tmp_path)
    yield station
    station.database.close()
