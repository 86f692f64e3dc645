"""Whether somebody saved a document: what counts as a change."""

from pathlib import Path

from ivr_engine.loading.watch import stamp, words


def test_given_a_folder_when_files_are_only_touched_then_its_words_are_the_same(tmp_path: Path) -> None:
    document = tmp_path / "numbers.yaml"
    document.write_text("a")
    before, stamped = words(tmp_path), stamp(tmp_path)
    document.write_text("a")
    (tmp_path / "notes.txt").write_text("not looked at")
    assert words(tmp_path) == before
    assert [name for name, _, _ in stamped] == [str(document)]
    document.write_text("b")
    assert words(tmp_path) != before
