"""Classes of music that the documents name, held against the switch's own file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.asterisk.music import music_classes
from tests.flow.conftest import Folder, folder
from tests.whole_command import app

__all__ = ["folder"]

SHIPPED = Path(__file__).parents[2] / "asterisk-conf" / "musiconhold.conf"
QUEUES = (
    "skills: [general, english]\nperson: general\nmusic: [festival]\n"
    "queues: {transport: {}, general: {music: festival}}\n"
)


def check(folder: Folder, music: Path) -> tuple[int, str]:
    said = CliRunner().invoke(app, ["check", str(folder.path), "--music", str(music)])
    return said.exit_code, said.output


def test_given_a_class_that_the_switch_lacks_when_checked_then_it_is_told_with_its_place_and_the_nearest(
    folder: Folder, tmp_path: Path
) -> None:
    folder.write("queues.yaml", QUEUES)
    conf = tmp_path / "musiconhold.conf"
    conf.write_text("[general]\n[ivr-wait]\nmode=files\n[festivals] ; of the parks\n")
    status, said = check(folder, conf)
    assert status == 1
    assert "queues.yaml:3:8: music_not_there: the switch has no such class of music; found 'festival'" in said
    assert "did you mean 'festivals'?" in said
    conf.write_text("[festival]\n")
    assert check(folder, conf)[0] == 0
    assert check(folder, tmp_path / "none.conf")[0] == 2


@pytest.mark.parametrize("include", ["#include music.d/*.conf", '#tryinclude "music.d/ours.conf"', "#include {here}"])
def test_given_files_that_include_each_other_when_read_then_all_their_classes_are_there(
    tmp_path: Path, include: str
) -> None:
    (tmp_path / "music.d").mkdir()
    (tmp_path / "music.d" / "ours.conf").write_text("[festival](+)\n#include musiconhold.conf\n")
    conf = tmp_path / "musiconhold.conf"
    conf.write_text(f"[jazz]\n{include.format(here=tmp_path / 'music.d' / 'ours.conf')}\n; [not_this]\n")
    assert music_classes(conf) == {"jazz", "festival"}


def test_given_the_shipped_file_when_read_then_everybody_s_music_is_in_it() -> None:
    assert music_classes(SHIPPED) == {"ivr-wait"}
