"""Packs side by side, signed bundles, and what does not get in."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.campaigns import PackError
from vaxdesk.campaigns.bundle import MAGIC, MAX_BUNDLE_BYTES, contents, pack, read_file, split, unpack
from vaxdesk.campaigns.library import Library
from vaxdesk.errors import InputError, KnownError, RefusedError

PACKS = Path(__file__).parent / "packs"
GOOD = PACKS / "two-dose-grace"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def verify(archive: bytes, signature: bytes) -> str:
    """Who signed; stands for the authority's own check."""
    try:
        KEY.public_key().verify(signature, archive)
    except InvalidSignature as error:
        raise RefusedError("The signature does not hold.") from error
    return "authority"


def version(tmp_path: Path, number: str, valid_from: str = "2021-06-01", extra: str = "") -> Path:
    """A copy of the good pack with another version."""
    folder = Path(shutil.copytree(GOOD, tmp_path / f"source-{number}{len(extra)}"))
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    text = text.replace('version = "1.2"', f'version = "{number}"').replace(
        "2020-12-11\n\n[disease]", f"{valid_from}\n\n[disease]"
    )
    (folder / "campaign.toml").write_text(text + extra, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Library:
    shipped = tmp_path / "shipped"
    shutil.copytree(PACKS, shipped)
    return Library(shipped)


def received(folder: Path) -> tuple[str, dict[str, bytes]]:
    """A pack as a station takes it out of its file: packed, signed, and opened again."""
    return folder.name, contents(pack(folder, KEY.sign))


def test_the_shipped_packs(library: Library) -> None:
    assert library.codes == ["measles-rubella", "two-dose-grace"]
    assert [campaign.version for campaign in library.versions("two-dose-grace")] == ["1.2"]
    assert library.refused == []
    with pytest.raises(KnownError):
        library.on("polio", date(2022, 1, 1))


def test_versions_side_by_side(library: Library, tmp_path: Path) -> None:
    more = [("1.10", "2022-01-01"), ("1.9", "2021-06-01")]
    both = library.with_received(received(version(tmp_path, number, day)) for number, day in more)
    assert [campaign.version for campaign in both.versions("two-dose-grace")] == ["1.2", "1.9", "1.10"]
    assert [held.shipped for held in both.held("two-dose-grace")] == [True, False, False]
    for day, number in (
        (date(2020, 1, 1), "1.2"),
        (date(2021, 1, 1), "1.2"),
        (date(2021, 6, 1), "1.9"),
        (date(2021, 12, 31), "1.9"),
        (date(2022, 1, 1), "1.10"),
    ):
        assert both.in_force("two-dose-grace", day).version == number
        assert both.on("two-dose-grace", day).version == number
        assert both.on("two-dose-grace", day) is both.on("two-dose-grace", day)
    # What ships stays as it is for those who have received nothing.
    assert library.on("two-dose-grace", date(2022, 1, 1)) is library.versions("two-dose-grace")[0]


def test_a_bundle_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = pack(GOOD, KEY.sign)
    copied = Path(shutil.copytree(GOOD, tmp_path / "copy", copy_function=shutil.copyfile))
    assert pack(copied, KEY.sign) == first
    opened = unpack(first, verify)
    assert opened.signer == "authority"
    assert opened.campaign.version == "1.2"
    assert set(opened.files) == {path.name for path in GOOD.glob("*.toml")}


def test_no_version_is_overwritten(library: Library, tmp_path: Path) -> None:
    opened = unpack(pack(version(tmp_path, "1.3"), KEY.sign), verify)
    assert not library.has(opened)
    both = library.with_received([("1.3", opened.files)])
    assert both.has(opened)
    other = unpack(pack(version(tmp_path, "1.3", extra="\n# other\n"), KEY.sign), verify)
    with pytest.raises(RefusedError):
        both.has(other)
    # Nor can a file take the place of what ships with the program.
    changed = unpack(pack(version(tmp_path, "1.2", extra="\n# other\n"), KEY.sign), verify)
    with pytest.raises(RefusedError):
        library.has(changed)
    held = library.with_received([("1.2", changed.files)]).find("two-dose-grace", "1.2")
    assert held is not None
    assert held.shipped
    with pytest.raises(InputError):
        read_file(tmp_path / "nowhere.vaxpack")
    big = tmp_path / "big.vaxpack"
    big.write_bytes(MAGIC + bytes(MAX_BUNDLE_BYTES))
    with pytest.raises(InputError):
        read_file(big)


def test_a_bad_pack_never_replaces_a_good_one(library: Library, tmp_path: Path) -> None:
    broken = version(tmp_path, "9.9")
    text = (broken / "schedule.toml").read_text(encoding="utf-8").replace('interval = "14 days"', 'interval = "soon"')
    (broken / "schedule.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError):
        pack(broken, KEY.sign)
    files = {path.name: path.read_bytes() for path in broken.glob("*.toml")}
    with pytest.raises(PackError) as caught:
        unpack(bundle(files), verify)
    assert caught.value.problems[0].file == "schedule.toml"
    both = library.with_received([("9.9", files)])
    assert both.on("two-dose-grace", date(2030, 1, 1)).version == "1.2"
    assert [entry.name for entry in both.refused] == ["9.9"]


def bundle(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return signed(out.getvalue())


def signed(archive: bytes) -> bytes:
    signature = KEY.sign(archive)
    return MAGIC + len(signature).to_bytes(4, "big") + signature + archive


def test_a_changed_byte_is_refused_before_anything_is_unpacked() -> None:
    data = bytearray(pack(GOOD, KEY.sign))
    data[-30] ^= 1
    with pytest.raises(RefusedError):
        unpack(bytes(data), verify)


@pytest.mark.parametrize(
    "files",
    [
        {"../campaign.toml": b""},
        {"/etc/campaign.toml": b""},
        {"folder/campaign.toml": b""},
        {"CAMPAIGN.TOML": b""},
        {"run.py": b""},
        {f"f{number}.toml": b"" for number in range(70)},
        {"campaign.toml": b" " * 1_000_001},
        {f"f{number}.toml": b" " * 900_000 for number in range(12)},
    ],
)
def test_what_does_not_belong_in_a_bundle(files: dict[str, bytes]) -> None:
    with pytest.raises(InputError) as caught:
        unpack(bundle(files), verify)
    assert not isinstance(caught.value, PackError)


def test_damaged_bundles() -> None:
    good = pack(GOOD, KEY.sign)
    archive, signature = split(good)
    for data in (b"", b"PK", MAGIC, MAGIC + b"\0\0\0\0", good[:40], MAGIC + b"\xff\xff\xff\xff" + archive, signature):
        with pytest.raises(InputError):
            unpack(data, verify)
    with pytest.raises(InputError):
        unpack(MAGIC + b"\0" * MAX_BUNDLE_BYTES, verify)
    with pytest.raises(InputError):
        unpack(signed(b"no archive"), verify)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=4))
def test_no_archive_breaks_the_reader(place: int, junk: bytes) -> None:
    """Even correctly signed junk is told as a bad file."""
    archive, _signature = split(pack(GOOD, KEY.sign))
    place %= len(archive)
    spoiled = archive[:place] + junk + archive[place + len(junk) :]
    try:
        opened = unpack(signed(spoiled), verify)
    except InputError:
        return
    assert opened.campaign.code == "two-dose-grace"
