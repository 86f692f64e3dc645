"""Recorded talks over HTTP: a list, the sound, and who listened."""

import json
from pathlib import Path

from ivr_engine.kept_talks.folder import TalkFolder
from tests.api.conftest import BEARER, Office
from tests.api.test_resources import get, send

NAME = "1-1-e1-1.30d"


def with_talk(office: Office, folder: Path) -> None:
    (folder / "tax").mkdir()
    (folder / "tax" / f"{NAME}.wav").write_bytes(b"sound")
    office.talks = TalkFolder(folder, lambda: 1_800_000_000_000)


def history(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in folder.glob("history-*") for line in file.read_text().splitlines()]


async def test_given_a_talk_when_listed_and_heard_then_the_token_is_written_down(
    office: Office, tmp_path: Path
) -> None:
    with_talk(office, tmp_path)
    client = await office.open()
    try:
        told = await get(client, "/v1/contacts/1.1/recordings")
        [one] = told["recordings"]
        assert (one["queue"], one["name"], one["keep_days"], one["size_bytes"]) == ("tax", NAME, 30, 5)
        answer = await client.get(f"/v1/contacts/1.1/recordings/tax/{NAME}", headers=BEARER)
        assert (answer.status, answer.content_type, await answer.read()) == (200, "audio/wav", b"sound")
    finally:
        await client.close()
    [line] = history(tmp_path)
    assert (line["who"], line["did"]) == ("desk", "listened")
    assert office.audit.looks == [
        ("desk", "recordings_listed", "1.1"),
        ("desk", "recording_heard", f"1.1 tax/{NAME}"),
    ]


async def test_given_an_audit_that_is_full_when_somebody_listens_then_nothing_is_heard(
    office: Office, tmp_path: Path
) -> None:
    with_talk(office, tmp_path)
    office.audit.full = True
    client = await office.open()
    try:
        for path in ("recordings", f"recordings/tax/{NAME}"):
            problem = await send(client, "GET", f"/v1/contacts/1.1/{path}", 503)
            assert problem["code"] == "audit_full"
    finally:
        await client.close()


async def test_given_another_contact_when_it_is_asked_for_the_talk_then_404_and_nobody_hears_it(
    office: Office, tmp_path: Path
) -> None:
    with_talk(office, tmp_path)
    client = await office.open()
    try:
        problem = await send(client, "GET", f"/v1/contacts/1.2/recordings/tax/{NAME}", 404)
        assert problem["code"] == "unknown_recording"
    finally:
        await client.close()


async def test_given_no_folder_when_asked_then_503_says_what_to_set(office: Office, tmp_path: Path) -> None:
    office.talks = TalkFolder(tmp_path / "nowhere", lambda: 0)
    client = await office.open()
    try:
        problem = await send(client, "GET", "/v1/contacts/1.1/recordings", 503)
        assert (problem["code"], "IVR_TALKS" in problem["hint"]) == ("talks_away", True)
    finally:
        await client.close()
