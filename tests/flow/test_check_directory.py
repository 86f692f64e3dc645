"""Codes of the directory that the documents name, held against the directory."""

from pathlib import Path

from typer.testing import CliRunner

from ivr_engine.flow.check_directory import check_entries
from tests.flow.conftest import Folder, folder
from tests.whole_command import app

__all__ = ["folder"]


def test_given_a_transfer_and_an_old_destination_when_the_directory_lacks_them_then_each_is_told_with_its_place(
    folder: Folder,
) -> None:
    folder.flow("  official:\n    transfer: '7001'\n")
    folder.write(
        "numbers.yaml",
        'numbers:\n  "120": {flow: main}\n'
        '  "0200002141": {flow: main, old_destination: "7002", in_service: {from: 2027-01-01}}\n',
    )
    revision = folder.load()
    assert check_entries(revision, {"7001", "7002"}) == ()
    told = [str(one) for one in check_entries(revision, {"7003"})]
    assert [line.split(":")[0] for line in told] == ["flows/main.yaml", "numbers.yaml"]
    assert "unknown_entry: step 'official' leads to an entry that the directory does not have; found '7001'" in told[0]
    assert "did you mean '7003'?" in told[0]
    assert "number 0200002141" in told[1]


def test_given_a_directory_when_check_is_told_its_file_then_an_unknown_entry_is_status_1_and_no_such_file_2(
    folder: Folder, tmp_path: Path
) -> None:
    folder.flow("  official: {transfer: '7001'}\n")
    listed = tmp_path / "directory.csv"
    for code, status in (("7001", 0), ("7003", 1)):
        listed.write_text(f"entry,department,official,duties,number\n{code},roads,Hong,signs,0200007001\n")
        said = CliRunner().invoke(app, ["check", str(folder.path), "--directory", str(listed)])
        assert said.exit_code == status, said.output
        assert ("flows/main.yaml:2:13: unknown_entry" in said.output) == bool(status)
    missing = CliRunner().invoke(app, ["check", str(folder.path), "--directory", str(tmp_path / "none.csv")])
    assert (missing.exit_code, "none.csv" in missing.output) == (2, True)
