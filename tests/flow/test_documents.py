"""A folder split in any way means the same; what two files say twice, and what is no document of ours, is told."""

import os
from pathlib import Path

import pytest

from ivr_engine.flow import documents
from ivr_engine.flow.revision import load
from tests.flow.conftest import DOCUMENTS, Folder


def beginnings(folder: Folder) -> list[str]:
    """Place and code of each mistake."""
    return [": ".join(line.split(": ")[:2]) for line in folder.mistakes()]


def test_given_everything_in_one_file_when_loaded_then_it_means_the_same(folder: Folder) -> None:
    split = folder.load()
    whole = "".join(text for file, text in DOCUMENTS.items() if not file.startswith("flows/"))
    for file in DOCUMENTS:
        (folder.path / file).unlink()
    folder.write("all.yaml", whole + "flows:\n  main: {steps: {greeting: {play: greeting}}}\n")
    one = folder.load()
    assert (one.flows, one.numbers, one.queues, one.manifest) == (
        split.flows,
        split.numbers,
        split.queues,
        split.manifest,
    )


@pytest.mark.parametrize("other", ["emergency:\n", "emergency: []\n", "emergency: {%s}\n", "emergency: [{%s}]\n"])
def test_given_an_emergency_in_a_file_of_its_own_when_another_has_the_section_too_then_they_add_to_each_other(
    folder: Folder, other: str
) -> None:
    written = "message: greeting, until: 2040-05-18 12:00"
    folder.write("surge.yaml", other.replace("%s", written))
    folder.write("emergency.yaml", f"emergency: {{{written}}}\n")
    folder.write("skills.yaml", "skills: mapo\n")
    folder.write("hours.yaml", "hours: {desk: {week: always}}\n")
    revision = folder.load()
    (desk,) = revision.hours.calendars.values()
    assert len(desk.closings) == 1 + ("%s" in other)
    assert "mapo" in revision.skills


def test_given_one_section_in_three_files_and_folders_when_loaded_then_it_is_one(folder: Folder) -> None:
    folder.write("districts/mapo.yaml", 'numbers:\n  "0200002142": {flow: mapo, agency: mapo}\n')
    folder.write("districts/flows/mapo.yaml", "steps: {a: {play: mapo_hello}}\n")
    folder.write(
        "districts/more/prompts.yaml", "prompts: {mapo_hello: {file: greeting, milliseconds: 1000, text: {ko: 마포}}}\n"
    )
    folder.write("desks.yaml", "skills: [mapo]\nqueues: {mapo: {requirement: mapo}}\n")
    revision = folder.load()
    assert [entry.number for entry in revision.numbers] == ["0200002142", "120", "0200002141"]
    assert {queue.id for queue in revision.queues} == {"general", "transport", "mapo"}
    assert set(revision.flows) == {"main", "mapo"}


def test_given_a_flow_outside_of_flows_when_it_has_steps_then_it_is_named_by_its_file(folder: Folder) -> None:
    folder.write("mapo.yaml", "title: 마포\nsteps: {a: {play: greeting}}\nskills: [mapo]\n")
    assert set(folder.load().flows) == {"main", "mapo"}


def test_given_the_same_thing_in_two_files_when_loaded_then_the_second_is_told_with_the_first(folder: Folder) -> None:
    folder.write("a/flows/main.yaml", "steps: {a: {play: greeting}}\n")
    folder.write("zz.yaml", 'person: general\nnumbers:\n  "120": {flow: main}\nflows: {main: {}, "Ä": {}}\n')
    assert folder.mistakes() == [
        "flows/main.yaml:1:1: doubled_key: flow 'main' stands already in a/flows/main.yaml:1:1; "
        "only one of the two can be meant",
        "zz.yaml:1:1: doubled_key: 'person' stands already in queues.yaml:2:1; "
        "only mappings and lists may be split over files",
        "zz.yaml:3:3: doubled_key: this key of 'numbers' stands already in numbers.yaml:4:3; found '120'; "
        "only one of the two can be meant",
        "zz.yaml:4:9: doubled_key: flow 'main' stands already in a/flows/main.yaml:1:1; "
        "only one of the two can be meant",
        "zz.yaml:4:19: name: this is not a name; found 'Ä'; names are small letters a-z, digits and _, "
        "begin with a letter, and have at most 32",
    ]


def test_given_a_section_that_is_none_when_loaded_then_the_nearest_is_named_and_not_missed(folder: Folder) -> None:
    folder.write("numbers.yaml", 'numbrs:\n  "120": {flow: main}\n')
    [told] = folder.mistakes()
    assert told.startswith("numbers.yaml:1:1: unknown_section: no such section in numbers.yaml; found 'numbrs'; ")
    assert "did you mean 'numbers'?" in told


def test_given_a_broken_file_of_any_name_when_others_use_what_it_may_define_then_it_is_told_once(
    folder: Folder,
) -> None:
    (folder.path / "prompts.yaml").rename(folder.path / "sentences.yaml")
    folder.write("sentences.yaml", "prompts: [")
    assert beginnings(folder) == ["sentences.yaml:2:1: syntax"]


def test_given_files_that_are_no_documents_when_loaded_then_only_yaml_is_complained_of(folder: Folder) -> None:
    folder.write("README.md", "how to")
    folder.write(".secret.yaml", b"\xff")
    folder.write("..data/queues.yaml", b"\xff")
    folder.write("night.scenario.yaml", "title: x")
    folder.write("night.fragment.yaml", "title: x")
    folder.write("compose.yaml", "services: {}")
    folder.write("extra.yml", "queues: {}")
    folder.write("list.yaml", "- a")
    folder.write("bad.yaml", b"numbers: \xb0\xa1")
    assert beginnings(folder) == [
        "bad.yaml:1:10: encoding",
        "compose.yaml:1:1: unknown_section",
        "extra.yml:1:1: name",
        "list.yaml:1:1: not_a_mapping",
    ]


def test_given_too_many_files_when_loaded_then_none_is_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "FILES", 6)
    for number in range(3):
        folder.write(f"f{number}.yaml", "skills: [")
    assert folder.mistakes() == [".:1:1: too_many_files: more than 6 documents are in this folder"]


def test_given_documents_that_are_too_large_together_when_loaded_then_reading_ends(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "FOLDER_BYTES", 100)
    assert ": too_large: " in folder.mistakes()[0]


def test_given_folders_without_end_when_loaded_then_it_is_told_how_deep_is_read(folder: Folder) -> None:
    folder.write("a/b/c/d/e/f/g/numbers.yaml", "numbers: {}")
    assert folder.mistakes() == ["a/b/c/d/e/f/g:1:1: too_deep: folders inside folders are read down to 6"]


def test_given_links_when_they_stay_inside_then_they_are_read_and_else_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("skills: [secret]\n")
    folder = Folder(tmp_path / "site")
    for file, text in DOCUMENTS.items():
        folder.write(file, text)
    (folder.path / "numbers.yaml").rename(folder.path / ".numbers-of-may")
    (folder.path / "numbers.yaml").symlink_to(".numbers-of-may")
    (folder.path / "stolen.yaml").symlink_to(outside / "secret.yaml")
    (folder.path / "others").symlink_to(outside)
    (folder.path / "loop").symlink_to(".")
    (folder.path / "circle.yaml").symlink_to("circle.yaml")
    told = beginnings(folder)
    assert "stolen.yaml:1:1: outside" in told
    assert "others:1:1: outside" in told
    assert any(line.startswith("circle.yaml:1:1: ") for line in told)
    assert not any(line.startswith("numbers.yaml") for line in told)


def test_given_something_else_with_the_name_of_a_document_when_loaded_then_it_is_said(folder: Folder) -> None:
    (folder.path / "desks.yaml").mkdir()
    os.mkfifo(folder.path / "pipe.yaml")
    assert folder.mistakes() == [
        "desks.yaml:1:1: unreadable: this is not a file",
        "pipe.yaml:1:1: unreadable: this is not a file",
    ]


def test_given_a_name_with_strange_bytes_when_loaded_then_it_is_told_in_letters(folder: Folder) -> None:
    (folder.path / os.fsdecode(b"odd\xff.yaml")).write_text("- a")
    with_bytes = folder.mistakes()
    assert all(line.isprintable() and line.encode() for line in with_bytes)
    assert with_bytes[0].startswith("odd\\udcff.yaml:1:1: ")


def test_given_the_same_content_when_a_file_has_another_name_then_the_revision_has_another_name(folder: Folder) -> None:
    before = load(folder.path).id
    (folder.path / "queues.yaml").rename(folder.path / "desks.yaml")
    assert load(folder.path).id != before
