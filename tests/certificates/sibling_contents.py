"""Vectors of our own about what is signed (versions, fields, codes) and who may sign which kind."""

from __future__ import annotations

from typing import Any

from making import content
from sibling_parts import GOOD, NO_CODES, NO_SCHEMA, NO_USAGE, NOT, STRANGE, VALID, Case, Keys

TEST = {
    "tg": "840539006",
    "tt": "LP6464-4",
    "nm": "Roche LightCycler qPCR",
    "sc": "2026-11-19T08:15:00+07:00",
    "tr": "260415000",
    "tc": "Bệnh viện Trung ương Huế",
    "co": "VN",
    "is": "Bộ Y tế",
    "ci": "URN:UVCI:01:VN:TEST/ABCDEFGH#A",
}
RAPID = {key: value for key, value in TEST.items() if key != "nm"} | {"tt": "LP217198-3", "ma": "1232"}
RECOVERY = {
    "tg": "840539006",
    "fr": "2026-06-01",
    "co": "VN",
    "is": "Bộ Y tế",
    "df": "2026-06-12",
    "du": "2026-12-01",
    "ci": "URN:UVCI:01:VN:RECOVERY/ABCDEFGH#B",
}


_MAY_SIGN = {"t": "t", "v": "v", "r": "r", "old t": "t", "old v": "v", "old r": "r", "t and r": "tr"} | {
    "t and old v": "tv"
}


def contents(keys: Keys) -> dict[str, Case]:
    dose = content()["v"][0]
    person = {key: value for key, value in content().items() if key != "v"}

    def of(certificate: Any) -> str:
        return keys.main.text(certificate)

    def dosed(**changes: Any) -> str:
        return of(content(v=[{key: value for key, value in (dose | changes).items() if value is not None}]))

    good: dict[str, Any] = {
        "a test": person | {"t": [TEST]},
        "a rapid test": person | {"t": [RAPID]},
        "a recovery": person | {"r": [RECOVERY]},
        "an unknown version": content(ver="1.3.9"),
        "an unknown field": content(x={"note": 1}),
        "a year of birth": content(dob="1956"),
        "a month of birth": content(dob="1956-07"),
        "no date of birth known": content(dob=""),
        "a month 13, which the schema lets pass": content(dob="1956-13-01"),
        "a name of 80 letters with their marks apart": content(nam={"fn": "e\u0302\u0301" * 80, "fnt": "E"}),
        "a float that is whole": content(v=[dose | {"dn": 2.0}]),
        "three doses of two": content(v=[dose | {"dn": 3, "sd": 2}]),
        "an organisation for a country": content(v=[dose | {"co": "UNHCR"}]),
    }
    good |= {f"version {version}": content(ver=version) for version in ("1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.2.1")}
    good |= {f"version {version}": content(ver=version) for version in ("1.3.0", "1.3.3")}
    wrong: dict[str, Any] = {
        "no version": {key: value for key, value in content().items() if key != "ver"},
        "a version that is a number": content(ver=1.3),
        "no name": {key: value for key, value in content().items() if key != "nam"},
        "no machine-readable name": content(nam={"fn": "Đào"}),
        "a name of 81 letters": content(nam={"fn": "ế" * 81, "fnt": "E"}),
        "small letters in the machine-readable name": content(nam={"fnt": "dao"}),
        "no date of birth": {key: value for key, value in content().items() if key != "dob"},
        "a day of three digits": content(dob="1956-01-011"),
        "an empty list of tests beside": content(t=[]),
        "country in small letters": content(v=[dose | {"co": "vn"}]),
        "nothing about an event": person,
        "two doses": content(v=[dose, dose]),
        "a dose and a test": content(t=[TEST]),
        "a dose and a recovery": content(r=[RECOVERY]),
        "a dose that is no map": content(v=["x"]),
        "doses that are no list": content(v=dose),
        "null for tests": content(t=None),
        "dose 0": content(v=[dose | {"dn": 0}]),
        "dose one and a half": content(v=[dose | {"dn": 1.5}]),
        "dose as a text": content(v=[dose | {"dn": "2"}]),
        "an identifier of 81 characters": content(v=[dose | {"ci": "U" * 81}]),
        "a test without a sample's time": person | {"t": [{key: TEST[key] for key in TEST if key != "sc"}]},
        "a recovery without its end": person | {"r": [{key: RECOVERY[key] for key in RECOVERY if key != "du"}]},
    }
    unknown: dict[str, str] = {
        "disease": dosed(tg="840539007"),
        "prophylaxis": dosed(vp="J07BX99"),
        "product": dosed(mp="EU/1/99/9999"),
        "maker": dosed(ma="ORG-999999999"),
        "country": dosed(co="XX"),
        "number of a dose": dosed(dn=10),
        "country of three letters": dosed(co="VNM"),
        "product in small letters": dosed(mp="eu/1/20/1528"),
        "product with a blank": dosed(mp="EU/1/20/1528 "),
        "kind of test": of(person | {"t": [TEST | {"tt": "LP0000-0"}]}),
        "result": of(person | {"t": [TEST | {"tr": "1"}]}),
        "country of a test": of(person | {"t": [TEST | {"co": "ZZ"}]}),
        "country of a recovery": of(person | {"r": [RECOVERY | {"co": "EU"}]}),
        "disease of a recovery": of(person | {"r": [RECOVERY | {"tg": "1"}]}),
    }
    found = {f"content: {name}": Case(of(certificate), GOOD, VALID) for name, certificate in good.items()}
    found |= {f"content: {name}": Case(of(certificate), NOT, NO_SCHEMA) for name, certificate in wrong.items()}
    found |= {f"unknown {name}": Case(text, NOT, NO_CODES) for name, text in unknown.items()}
    return found


def usages(keys: Keys) -> dict[str, Case]:
    """Each restriction of a key with each kind of certificate."""
    person = {key: value for key, value in content().items() if key != "v"}
    kinds = {"v": content(), "t": person | {"t": [TEST]}, "r": person | {"r": [RECOVERY]}}
    found = {}
    for usage, maker in keys.by_usage.items():
        for kind, certificate in kinds.items():
            may = kind in _MAY_SIGN.get(usage, "vtr")
            case = (
                Case(maker.text(certificate), GOOD, VALID) if may else Case(maker.text(certificate), STRANGE, NO_USAGE)
            )
            found[f"usage {usage}: {kind}"] = case
    found["usage v: neither kind"] = Case(keys.by_usage["v"].text(person), NOT, "-ooooox" + "ox-o")
    return found
