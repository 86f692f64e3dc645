"""The spool keeps lines in order, forgets what it may, and never gives back half a line."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_engine.storage.errors import SpoolUnusable
from ivr_engine.storage.spool import Position, Spool, SpoolFull


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", segment_bytes=30)
    spool.open()
    yield spool
    spool.close(Position(0, 0))


def lines_of(spool: Spool, after: Position, limit: int = 100) -> list[bytes]:
    return [line for line, _ in spool.read(after, limit)]


def test_given_lines_over_several_segments_when_read_from_any_place_then_they_come_in_order(spool: Spool) -> None:
    lines = [f"line {number}".encode() for number in range(20)]
    places = [spool.append(line) for line in lines]
    assert places == sorted(set(places))
    assert places[-1].segment > 3
    assert lines_of(spool, Position(0, 0)) == lines
    for index, place in enumerate(places):
        assert lines_of(spool, place) == lines[index + 1 :]
    read: list[bytes] = []
    place = Position(0, 0)
    while some := spool.read(place, 3):
        read += [line for line, _ in some]
        place = some[-1][1]
    assert read == lines


def test_given_lines_that_are_stored_when_released_then_their_segments_go_and_no_later_one(
    spool: Spool, tmp_path: Path
) -> None:
    places = [spool.append(f"line {number}".encode()) for number in range(20)]
    before = spool.size_bytes
    spool.release(places[11])
    assert lines_of(spool, places[11]) == [f"line {number}".encode() for number in range(12, 20)]
    files = list((tmp_path / "spool").glob("*.jsonl"))
    assert len(files) < 7
    assert spool.size_bytes == sum(path.stat().st_size for path in files) < before


def test_given_all_is_stored_when_closed_then_the_folder_holds_no_line(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=30)
    spool.open()
    for number in range(20):
        spool.append(f"line {number}".encode())
    spool.close(spool.end)
    assert os.listdir(tmp_path) == ["lock"]


def test_given_lines_left_by_an_earlier_life_when_opened_then_they_stand_before_the_new_ones(tmp_path: Path) -> None:
    first = Spool(tmp_path, segment_bytes=30)
    first.open()
    for number in range(5):
        first.append(f"old {number}".encode())
    first.close(Position(0, 0))
    second = Spool(tmp_path)
    left = second.open()
    second.append(b"new")
    assert lines_of(second, left) == [b"old 0", b"old 1", b"old 2", b"old 3", b"old 4", b"new"]
    second.close(Position(0, 0))


def test_given_a_line_cut_by_a_power_cut_when_read_then_it_is_left_out_and_the_next_segment_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "0000000001.jsonl").write_bytes(b"whole\nhal")
    spool = Spool(tmp_path)
    left = spool.open()
    spool.append(b"new")
    assert lines_of(spool, left) == [b"whole", b"new"]
    spool.close(spool.end)


def test_given_a_full_spool_when_appended_then_it_says_so_and_is_as_it_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=10)
    start = spool.open()
    spool.append(b"12345")
    with pytest.raises(SpoolFull, match="10 bytes"):
        spool.append(b"67890")
    spool.append(b"678")
    assert lines_of(spool, start) == [b"12345", b"678"]
    spool.close(spool.end)


def test_given_a_full_disk_when_appended_then_it_says_so() -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.fail("/dev/full stands for a full disk here, and this system has none")
    spool = Spool(Path("unused"))
    spool._sizes = {1: 0}
    spool._current = 1
    spool._descriptor = os.open(full, os.O_WRONLY)
    with pytest.raises(SpoolFull, match="No space left"):
        spool.append(b"line")
    os.close(spool._descriptor)


def test_given_a_folder_in_use_when_opened_then_the_second_engine_is_refused(tmp_path: Path) -> None:
    first, second = Spool(tmp_path), Spool(tmp_path)
    first.open()
    with pytest.raises(SpoolUnusable, match="another engine"):
        second.open()
    first.close(first.end)
    second.open()
    second.close(second.end)


def test_given_a_file_where_the_folder_should_be_when_opened_then_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(SpoolUnusable, match="must be a writable folder"):
        Spool(tmp_path / "spool").open()
