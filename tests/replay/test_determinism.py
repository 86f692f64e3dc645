"""The same facts at the same times give the same commands: recorded histories, and what is said where one differs."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr_engine.core.commands import StartOffer
from ivr_engine.core.events import ConsultRequested
from ivr_engine.replay.determinism import verify
from ivr_engine.replay.recording import RecordingError, canonical, plain, read, write
from ivr_engine.replay.scrub import Scrub
from ivr_engine.replay.simulator.recovery import Entry
from tests.replay.stage import TalkAct, agent, does, hong, official, perform

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.jsonl.gz"))


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    """A consult transfer, so that most kinds of facts occur."""
    consults = agent(acts=(does(TalkAct.CONSULT, 2_000), does(TalkAct.COMPLETE, 8_000)))
    return perform(hong(), consults, official()).entries


@pytest.fixture
def recording(entries: tuple[Entry, ...], tmp_path: Path) -> Path:
    path = tmp_path / "one.jsonl.gz"
    write(path, entries, engine="0.0", source="a test")
    return path


# ── deciding again ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_recorded_histories_when_looked_for_then_some_are_kept_and_one_is_of_a_real_switch() -> None:
    assert len(HISTORIES) >= 5
    assert any("on_asterisk" in path.name for path in HISTORIES)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.name.split(".")[0])
def test_given_a_recorded_history_when_decided_again_then_byte_for_byte_the_same_is_decided(path: Path) -> None:
    header, found = read(path)
    verified = verify(found)
    assert header.source
    assert verified.entries > 0
    assert not verified.differences, "\n".join(map(str, verified.differences))


def test_given_another_order_of_sets_when_histories_are_decided_then_nothing_changes() -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from ivr_engine.replay.determinism import verify\nfrom ivr_engine.replay.recording import read\n"
        "for name in sys.argv[1:]:\n    assert not verify(read(Path(name))[1]).differences, name\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "120"}
    subprocess.run([sys.executable, "-c", program, *map(str, HISTORIES)], env=environment, check=True, timeout=60)


def test_given_a_command_that_is_decided_otherwise_when_verified_then_the_first_difference_is_named(
    entries: tuple[Entry, ...],
) -> None:
    position = next(at for at, one in enumerate(entries) if any(isinstance(c, StartOffer) for c in one.commands))
    one = entries[position]
    [offer] = one.commands
    assert isinstance(offer, StartOffer)
    changed = list(entries)
    changed[position] = one._replace(commands=(replace(offer, ring_ms=offer.ring_ms + 1),))
    [difference] = verify(changed).differences
    assert (difference.epoch, difference.seq, difference.what) == (one.epoch, one.seq, "commands[0].ring_ms")
    assert str(offer.ring_ms + 1) in str(difference)


@pytest.mark.parametrize("older", [True, False])
def test_given_a_recording_without_a_later_field_when_verified_then_that_field_alone_is_not_compared(
    recording: Path, tmp_path: Path, older: bool
) -> None:
    lines = [json.loads(line) for line in gzip.decompress(recording.read_bytes()).splitlines()]
    changes = [notice for line in lines for notice in line.get("notices", ()) if notice["kind"] == "AgentChanged"]
    at_work = [change for change in changes if change["wrap_up_until_ms"] is not None]
    assert at_work
    for change in at_work:
        if older:
            del change["wrap_up_until_ms"]
        else:
            change["wrap_up_until_ms"] = None
    copy = tmp_path / "older.jsonl.gz"
    copy.write_bytes(gzip.compress(b"".join(canonical(line) + b"\n" for line in lines)))

    differences = verify(read(copy)[1]).differences

    expected = [] if older else ["wrap_up_until_ms"]
    assert [difference.what.rpartition(".")[2] for difference in differences] == expected


def test_given_a_notice_that_is_missing_when_verified_then_the_difference_says_nothing_was_recorded(
    entries: tuple[Entry, ...],
) -> None:
    position = next(at for at, one in enumerate(entries) if one.notices)
    one = entries[position]
    changed = [*entries[:position], one._replace(notices=one.notices[:-1]), *entries[position + 1 :]]
    [difference] = verify(changed).differences
    assert (difference.seq, difference.what) == (one.seq, f"notices[{len(one.notices) - 1}]")
    assert difference.recorded == "nothing"


def test_given_a_lost_decision_when_verified_then_the_gap_is_the_difference(entries: tuple[Entry, ...]) -> None:
    [difference] = verify([*entries[:3], *entries[4:]]).differences
    assert (difference.seq, difference.what, difference.recorded) == (4, "entry", "seq 5")


def test_given_two_lives_when_the_first_differs_then_the_second_is_still_checked(entries: tuple[Entry, ...]) -> None:
    second = [one._replace(epoch=2) for one in entries]
    second[5] = second[5]._replace(notices=second[5].notices[1:])
    assert entries[5].notices, "nothing would be missing"
    verified = verify([*entries[:3], *entries[4:], *second])
    assert verified.epochs == 2
    assert [(one.epoch, one.seq) for one in verified.differences] == [(1, 4), (2, 6)]


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_entries_when_written_and_read_then_they_are_the_same(
    entries: tuple[Entry, ...], recording: Path
) -> None:
    header, found = read(recording)
    assert (header.engine, header.source) == ("0.0", "a test")
    assert tuple(one._replace(said=None) for one in found) == entries


def _unpacked(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def _repacked(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(lines)))


def _with(line: bytes, **changes: Any) -> bytes:
    return canonical({**json.loads(line), **changes}) + b"\n"


@pytest.mark.parametrize(
    ("spoil", "code", "line"),
    [
        (lambda lines: [_with(lines[0], version=2), *lines[1:]], "other_version", 1),
        (lambda lines: [_with(lines[0], recording="music"), *lines[1:]], "no_recording", 1),
        (lambda lines: [], "no_recording", 1),
        (lambda lines: lines[:5], "truncated", 6),
        (lambda lines: [*lines[:5], lines[-1]], "truncated", 6),
        (lambda lines: [*lines[:4], lines[4][:20] + b"\n", *lines[5:]], "corrupt", 5),
        (lambda lines: [*lines[:4], b"[1]\n", *lines[5:]], "corrupt", 5),
        (lambda lines: [*lines[:4], b'{"epoch":1}\n', *lines[5:]], "corrupt", 5),
        (lambda lines: [*lines[:4], _with(lines[4], event={"kind": "Tomorrow"}), *lines[5:]], "foreign", 5),
        (lambda lines: [*lines[:4], _with(lines[4], notices=7), *lines[5:]], "corrupt", 5),
    ],
    ids=["version", "kind", "empty", "cut", "fewer", "half", "list", "lacking", "foreign", "notices"],
)
def test_given_a_spoilt_recording_when_read_then_the_line_is_told(
    recording: Path, spoil: Callable[[list[bytes]], list[bytes]], code: str, line: int
) -> None:
    _repacked(recording, spoil(_unpacked(recording)))
    with pytest.raises(RecordingError) as error:
        list(read(recording)[1])
    found = error.value.diagnostic
    assert (found.code, found.place.line) == (code, line), str(error.value)
    assert found.place.file == str(recording)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_given_a_recording_cut_while_it_was_copied_when_read_then_it_is_truncated(recording: Path, keep: float) -> None:
    whole = recording.read_bytes()
    recording.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(RecordingError) as error:
        list(read(recording)[1])
    assert error.value.diagnostic.code == "truncated"


def test_given_no_gzip_or_no_file_when_read_then_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n")
    for name, code in (("text", "corrupt"), ("absent", "unreadable"), (".", "unreadable")):
        with pytest.raises(RecordingError) as error:
            read(tmp_path / name)
        assert error.value.diagnostic.code == code


# ── scrubbing ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_journal_when_scrubbed_then_nothing_personal_is_left_and_it_is_decided_as_before(
    entries: tuple[Entry, ...],
) -> None:
    callers = {one.event.caller for one in entries if hasattr(one.event, "caller")} - {""}
    officials = {one.event.number for one in entries if isinstance(one.event, ConsultRequested)}
    assert callers
    assert officials
    scrubbed = list(Scrub().entries(entries))
    text = b"\n".join(canonical(plain(one)) for one in scrubbed).decode()
    assert not [number for number in callers | officials if number in text]
    assert "Agent 1001" not in text
    assert not verify(scrubbed).differences


def test_given_who_calls_twice_when_scrubbed_then_the_stand_in_is_the_same_and_nobody_stays_nobody() -> None:
    scrub = Scrub()
    assert scrub.caller("0101234") == scrub.caller("0101234") != scrub.caller("0105678")
    assert scrub.caller("") == ""
