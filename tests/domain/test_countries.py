"""Nationalities have names in both languages; a code of no country is shown as it is."""

from __future__ import annotations

import pytest

from vaxdesk.domain.countries import countries, country_name


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("VNM", "vi", "Việt Nam"),
        ("VNM", "en", "Viet Nam"),
        ("LAO", "vi", "Lào"),
        ("KOR", "vi", "Hàn Quốc"),
        ("KHM", "en", "Cambodia"),
        ("XXX", "vi", "XXX"),
    ],
)
def test_a_country_by_its_code(code: str, language: str, name: str) -> None:
    assert country_name(code, language) == name


def test_every_country_has_a_name_of_its_own() -> None:
    assert len(countries()) == 249
    for language in ("vi", "en"):
        names = [named[language] for named in countries().values()]
        assert all(names)
        assert len(set(names)) == len(names)
