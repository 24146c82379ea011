"""Invented people and papers for the tests of prints."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

from vaxdesk.certificates.pages import CertificatePage, DoseRow
from vaxdesk.domain.dates import PartialDate

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def hc1(seed: int = 1, length: int = 606) -> str:
    """A text of a certificate's length and alphabet."""
    return "HC1:6BF" + "".join(random.Random(seed).choices(ALPHANUMERIC, k=length - 7))


def dose(number: int, kind: str = "primary", day: date = date(2026, 9, 24), **changes: Any) -> DoseRow:
    """A dose of AstraZeneca at the sample station."""
    row = DoseRow(
        kind=kind,  # type: ignore[arg-type]  # a parametrised test passes a plain str
        number=number,
        day=day,
        product="COVID-19 Vaccine AstraZeneca",
        maker="AstraZeneca AB",
        vaccine="Vắc xin véc tơ vi rút",
        lot="ABX2045",
        unit="Trạm Y tế xã Mường Lạn",
    )
    return replace(row, **changes)


def page(**changes: Any) -> CertificatePage:
    """A complete certificate of an invented person."""
    base = CertificatePage(
        head_lines=("UBND xã Mường Lạn", "Trạm Y tế xã Mường Lạn"),
        number="118-01/2026/000482",
        title_vi="Giấy xác nhận đã tiêm vắc xin COVID-19",
        title_en="Certificate of COVID-19 vaccination",
        disease="COVID-19",
        name="Giàng A Pó",
        birth=PartialDate(1956),
        doses=(dose(1), dose(2, day=date(2026, 11, 21), lot="ABX3107")),
        status="complete",
        status_vi="Đã tiêm đủ 2 mũi",
        status_en="Primary course complete",
        place="Mường Lạn",
        issued_on=date(2026, 11, 21),
        identity="014056001234",
        address="Bản Pá Kạch, xã Mường Lạn, tỉnh Sơn La",
        code=hc1(),
        code_valid_until=date(2027, 5, 20),
        uvci="URN:UVCI:01:VN:118/01/7K2M9QX4#F",
        signer="Lò Thị Ánh",
        signer_title="Trưởng trạm",
    )
    return replace(base, **changes)


SEVEN = (
    dose(1, day=date(2021, 7, 5)),
    dose(2, day=date(2021, 9, 6), product="Comirnaty", maker="BioNTech Manufacturing GmbH", vaccine="Vắc xin mRNA"),
    dose(3, day=date(2021, 11, 6), product="Abdala", maker="CIGB", vaccine="Vắc xin tiểu đơn vị protein"),
    dose(1, "additional", day=date(2021, 12, 30)),
    dose(1, "booster", day=date(2022, 4, 1), product="Spikevax", maker="Moderna Biotech Spain, S.L."),
    dose(2, "booster", day=date(2022, 9, 1)),
    dose(3, "booster", day=date(2026, 11, 21), unit="Trung tâm Y tế khu vực Sốp Cộp, tỉnh Sơn La"),
)
