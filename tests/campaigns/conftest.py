"""A good pack to be spoiled, and words in English."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.spoilt_packs import GOOD

from vaxdesk import i18n


@pytest.fixture
def english() -> Iterator[None]:
    """The words of faults in English."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of a good pack, to be spoiled."""
    return Path(shutil.copytree(GOOD, tmp_path / "pack"))
