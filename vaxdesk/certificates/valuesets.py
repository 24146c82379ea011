"""The value sets of the health certificate: which codes exist, and their names.

Sets of eHealth Network release 2.12.0 (Decision 5772/QĐ-BYT refers to them). A code that is marked inactive was
valid once and stays known. Codes of rapid tests have no set here and are not checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from vaxdesk import assets
from vaxdesk.certificates.schema import is_integer

#: Field to set, by group. A missing field is the schema's matter.
_FIELDS: dict[str, dict[str, str]] = {
    "v": {
        "tg": "disease-agent-targeted",
        "vp": "vaccine-prophylaxis",
        "mp": "vaccine-medicinal-product",
        "ma": "vaccine-mah-manf",
        "co": "country-2-codes",
    },
    "t": {
        "tg": "disease-agent-targeted",
        "tt": "test-type",
        "tr": "test-result",
        "co": "country-2-codes",
    },
    "r": {"tg": "disease-agent-targeted", "co": "country-2-codes"},
}
#: The schema lets an international organisation stand for the country of the event.
_ORGANISATIONS = frozenset(("UNHCR", "WHO"))
_MAX_DOSES = 9


@cache
def codes(name: str) -> Mapping[str, str]:
    """Code to English name of one set."""
    document = json.loads(assets.resource("certificates", "valuesets", f"{name}.json").read_text(encoding="utf-8"))
    return {code: str(entry.get("display", code)) for code, entry in document["valueSetValues"].items()}


def display(field: str, code: str) -> str:
    """The English name of a code of a vaccination entry's field, the code itself where it is unknown."""
    name = _FIELDS["v"].get(field)
    return codes(name).get(code, code) if name else code


def problem(certificate: Mapping[str, Any], group: str) -> str | None:
    """The first field of the certificate whose code is in no set (field only, no content), or None."""
    for index, entry in enumerate(certificate.get(group) or ()):
        for field, name in _FIELDS[group].items():
            code = entry.get(field)
            if code is None or (field == "co" and code in _ORGANISATIONS):
                continue
            if not isinstance(code, str) or code not in codes(name):
                return f"/{group}/{index}/{field}: not in the value set {name}"
        for field in ("dn", "sd") if group == "v" else ():
            number = entry.get(field)
            if not is_integer(number) or not 1 <= number <= _MAX_DOSES:
                return f"/v/{index}/{field}: not a number of 1 to {_MAX_DOSES}"
    return None
