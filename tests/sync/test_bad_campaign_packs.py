"""Campaign files that must not get in: refused in words, once, and nothing else is kept from coming."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from datetime import timedelta

import pytest
from support import campaign_files
from support.pack_line import CODE, Line

import vaxdesk
from vaxdesk.campaigns.bundle import MAX_BUNDLE_BYTES
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import AuditEntry, CampaignPack
from vaxdesk.services import packs


def bad_files(line: Line) -> dict[str, tuple[bytes, str]]:
    """Files that must not get in, with the words that say why."""
    good = line.pack("1.5")
    data = good.read_bytes()
    archive = data[12 + int.from_bytes(data[8:12], "big") :]
    stranger = Authority.create(line.folder / "stranger", "Ai đó")
    practice = Authority.create(line.folder / "practice", "Tập huấn", practice=True)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        target.writestr("campaign.toml", b" " * 300_000_000)
    flipped = bytearray(data)
    flipped[-40] ^= 1
    signature = bytearray(data)
    signature[40] ^= 1
    return {
        "altered content": (bytes(flipped), "not signed by the authority"),
        "altered signature": (bytes(signature), "not signed by the authority"),
        "unknown signer": (campaign_files.around(archive, stranger), "not signed by the authority"),
        "practice signer": (campaign_files.around(archive, practice), "not signed by the authority"),
        "no archive": (campaign_files.around(b"x" * 500, line.authority), "damaged"),
        "no pack": (campaign_files.around(_zip({"campaign.toml": b"x = 1"}), line.authority), "errors"),
        "bomb": (campaign_files.around(bomb.getvalue(), line.authority), "too big"),
        "nonsense": (b"<html>hello</html>", "not a campaign file"),
    }


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return out.getvalue()


def test_bad_files_are_refused_in_words_once_and_the_good_one_beside_them_comes(line: Line) -> None:
    wanted = {line.force(data, f"1.{n}"): words for n, (data, words) in enumerate(bad_files(line).values(), 20)}
    good = line.publish(line.pack("1.99", "2026-12-01"))
    line.station.person(national_id="")
    line.station.clock.advance(timedelta(seconds=11))
    result = line.sync()
    assert result.packs.refused == len(wanted)
    assert [one.version for one in result.packs.waiting] == ["1.99"]
    assert line.all_sent()
    for digest, words in wanted.items():
        row = line.row(digest)
        assert (row.state, row.body) == ("refused", None)
        assert words in row.details["words"]
    assert line.row(good).state == "waiting"
    refusals = line.station.rows(AuditEntry, action="refuse", entity="campaign")
    assert {entry.detail["sha256"] for entry in refusals} == set(wanted)
    assert not any(entry.user_id != "program" for entry in refusals)
    assert list(line.station.ctx.paths.campaigns.glob("*")) == []
    line.asked()
    line.sync()
    line.station.clock.advance(timedelta(days=3))
    line.sync()
    assert line.asked() == [], "never asked for again and again"


def test_what_another_program_may_understand_is_asked_for_once_more(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = line.force(campaign_files.around(_zip({"campaign.toml": b"x = 1"}), line.authority), "1.20")
    line.sync()
    line.asked()
    monkeypatch.setattr(vaxdesk, "__version__", "99.0")
    line.sync()
    assert len(line.asked()) == 1
    line.sync()
    assert line.asked() == []
    assert line.row(digest).details["program"] == "99.0"


def test_sizes_are_bounded_before_and_while_a_file_comes(line: Line) -> None:
    huge = line.force(b"x", "1.20", size=MAX_BUNDLE_BYTES + 1)
    longer = line.force(os.urandom(50_000), "1.21", size=20_000)
    result = line.sync()
    assert result.packs.refused == 2
    assert [seen.path.rpartition("/")[2] for seen in line.asked()] == [longer], "the huge one was not even asked for"
    assert "too big" in line.row(huge).details["words"]
    assert "tomorrow" in line.row(longer).details["words"]
    line.sync()
    assert line.asked() == []
    line.station.clock.advance(timedelta(days=1, minutes=1))
    line.sync()
    assert len(line.asked()) == 1
    assert list(line.station.ctx.paths.campaigns.glob("*")) == []


def test_a_file_that_is_shorter_than_announced_ends_as_refused(line: Line) -> None:
    digest = line.force(b"VAXPACK1 and no more", "1.20", size=5000, digest="ab" * 32)
    assert line.sync().packs.error is not None
    assert line.sync().packs.refused == 1
    assert "tomorrow" in line.row(digest).details["words"]
    line.asked()
    line.sync()
    assert line.asked() == []


def test_other_bytes_than_the_hash_names_are_not_taken(line: Line) -> None:
    good = line.pack("1.3").read_bytes()
    other = line.pack("1.4").read_bytes()
    digest = line.force(other, "1.3", digest=hashlib.sha256(good).hexdigest())
    assert line.sync().packs.refused == 1
    assert line.row(digest).state == "refused"


def test_the_same_version_with_other_content_is_refused_and_the_held_one_stays(line: Line) -> None:
    held = line.pack("1.3")
    packs.import_pack(line.station.ctx, held)
    other = line.pack("1.3", extra="\n# other\n")
    digest = line.force(other.read_bytes(), "1.3")
    shipped = line.station.ctx.campaign("covid19").version
    same_as_shipped = line.pack(shipped, "2021-02-01", "covid19", extra="\n# other\n")
    second = line.force(same_as_shipped.read_bytes(), shipped, code="covid19")
    assert line.sync().packs.refused == 2
    for one in (digest, second):
        assert "already there with other content" in line.row(one).details["words"]
    assert line.station.row(CampaignPack, state="in-force").body == held.read_bytes()
    assert line.station.ctx.campaign(CODE).version == "1.3"
