"""A product in a manager's words: every fact of the pack, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vaxdesk import assets, i18n
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.gui import product_words


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return load(assets.resource("campaigns", "covid19"))


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    before = i18n.language()
    yield
    i18n.set_language(before)


def test_a_product_with_all_its_facts(campaign: Campaign) -> None:
    i18n.set_language("vi")
    lines = product_words.of_product(campaign.products["comirnaty-10"])
    assert "1535/BYT-DP (28/03/2022): từ 5 tuổi đến dưới 12 tuổi" in lines
    assert "10 liều mỗi lọ · 0,2 ml mỗi liều" in lines
    assert "Tủ lạnh: 2 đến 8 °C, 10 tuần" in lines
    assert "CVX 218 · EU DCC EU/1/20/1528, ORG-100030215, 1119349007 · ICD-11 XM8NQ0" in lines
    i18n.set_language("en")
    lines = product_words.of_product(campaign.products["spikevax"])
    assert "1535/BYT-DP (28/03/2022): from 6 years of age to under 12 years of age · 0.25 ml a dose" in lines


def test_what_is_not_known_is_not_shown_and_doubts_carry_a_mark(campaign: Campaign) -> None:
    i18n.set_language("en")
    lines = product_words.of_product(campaign.products["abdala"])
    assert "opened vial: use at once" in lines
    assert "EU DCC Abdala (?), CIGB (?), J07BX03" in lines
    assert not any("CVX" in line for line in lines)


def test_every_product_has_its_line(campaign: Campaign) -> None:
    rows = product_words.rows(campaign)
    assert [row[0] for row in rows] == list(campaign.products)
    assert all(all(row) for row in rows)


@pytest.mark.parametrize(
    ("text", "english", "vietnamese"),
    [
        ("1 day", "1 day", "1 ngày"),
        ("31 days", "31 days", "31 ngày"),
        ("1 week", "1 week", "1 tuần"),
        ("9 months", "9 months", "9 tháng"),
        ("2 years", "2 years", "2 năm"),
        ("16 months 4 weeks", "16 months 28 days", "16 tháng 28 ngày"),
    ],
)
def test_spans(text: str, english: str, vietnamese: str) -> None:
    i18n.set_language("en")
    assert product_words.span(Duration.parse(text)) == english
    i18n.set_language("vi")
    assert product_words.span(Duration.parse(text)) == vietnamese
