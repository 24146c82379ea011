"""Every dependency that ships with VaxDesk has a licence that Apache-2.0 can stand beside."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import house_sources as sources
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

#: SPDX names that may ship. LGPL: Qt and its binding are separate, replaceable libraries.
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "HPND"),
        *("LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0", "PSF-2.0"),
        *("Python-2.0", "Unlicense", "Zlib"),
    }
)
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "zlib/libpng License": "Zlib",
}
#: Says nothing in its metadata; the licence file in the wheel is the zlib licence.
BY_LICENCE_FILE = {"sqlcipher3": ("Zlib", "Altered source versions must be plainly marked as such")}
#: Free text of the old ``License`` field where neither an expression nor a classifier says it.
WORDS = {
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "BSD": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
}


def runtime() -> list[metadata.Distribution]:
    """Every distribution installed for the program and the portal, found by walking the declared dependencies."""
    project = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(t) for t in project["dependencies"] + project["optional-dependencies"]["portal"]]
    found: dict[tuple[str, frozenset[str]], metadata.Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        extras = frozenset(wanted.extras)
        if wanted.marker is not None and not applies(wanted, frozenset()):
            continue
        key = (wanted.name.lower(), extras)
        if key in found:
            continue
        found[key] = metadata.distribution(wanted.name)
        for text in found[key].requires or []:
            inner = Requirement(text)
            if applies(inner, extras):
                inner.marker = None
                waiting.append(inner)
    return list({d.name: d for d in found.values()}.values())


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement counts here, for any of the asked extras."""
    if requirement.marker is None:
        return True
    here = {key: str(value) for key, value in default_environment().items()}
    return any(requirement.marker.evaluate({**here, "extra": extra}) for extra in {"", *extras})


def expression(distribution: metadata.Distribution) -> str:
    """The licence of a distribution as an SPDX expression, "" where it says none that we know."""
    about = distribution.metadata
    if about.get("License-Expression"):
        return str(about["License-Expression"])
    declared = str(about.get("License") or "").strip()
    classifiers = [c.split(" :: ")[-1] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    known = [CLASSIFIERS[c] for c in classifiers if c in CLASSIFIERS]
    if re.fullmatch(r"[\w.+-]+(?: (?:OR|AND) [\w.+-]+)*", declared) and permitted(declared):
        return declared
    if known:
        return " AND ".join(known)
    if distribution.name in BY_LICENCE_FILE:
        name, sentence = BY_LICENCE_FILE[distribution.name]
        files = [f for f in distribution.files or [] if "LICENSE" in f.name.upper()]
        if any(sentence in " ".join(f.read_text().split()) for f in files):
            return name
    return WORDS.get(declared, declared.split("\n")[0])


def permitted(text: str) -> bool:
    """Whether an SPDX expression can be met: one arm of each OR, every arm of each AND."""
    plain = text.replace("(", " ").replace(")", " ")
    return any(all(name.strip() in ALLOWED for name in arm.split(" AND ")) for arm in plain.split(" OR "))


def test_every_runtime_dependency_has_a_licence_that_may_ship() -> None:
    wrong = [f"{d.name} {d.version}: {expression(d)!r}" for d in runtime() if not permitted(expression(d))]
    assert not wrong, "\n".join(wrong)


def test_the_walk_is_recursive() -> None:
    names = {d.name.lower() for d in runtime()}
    assert {"shiboken6", "mako", "cffi", "urllib3", "h11"} <= names


@pytest.mark.parametrize("text", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "", "Proprietary"])
def test_what_may_not_ship_is_refused(text: str) -> None:
    assert not permitted(text)


@pytest.mark.parametrize("text", ["LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", "MIT", "BSD-3-Clause AND MIT"])
def test_what_may_ship_is_taken(text: str) -> None:
    assert permitted(text)
