"""Things made once: whole or not at all, by one of those who want them."""

import threading
from io import StringIO
from pathlib import Path

import pytest

from sandbox.cache import cache_root, made_once
from sandbox.progress import Progress

DEADLINE_SECONDS = 10.0


def _quiet() -> Progress:
    return Progress(StringIO())


def test_given_nothing_when_a_folder_is_made_then_it_is_filled_and_only_the_first_time(tmp_path: Path) -> None:
    folder, made = tmp_path / "deep/tree", []

    def make(part: Path) -> None:
        made.append(part)
        (part / "file").write_text("whole")

    assert made_once(folder, make, _quiet()) == folder
    assert made_once(folder, make, _quiet()) == folder
    assert (folder / "file").read_text() == "whole"
    assert len(made) == 1


def test_given_a_maker_that_fails_when_a_folder_is_made_then_its_name_stays_free_and_the_next_try_is_clean(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "tree"

    def fail(part: Path) -> None:
        (part / "half").touch()
        raise ValueError("the check did not pass")

    with pytest.raises(ValueError, match="did not pass"):
        made_once(folder, fail, _quiet())
    assert not folder.exists()
    made_once(folder, lambda part: (part / "file").touch(), _quiet())
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_given_a_maker_at_work_when_another_wants_the_same_then_it_waits_and_says_so(
    tmp_path: Path,
) -> None:
    folder, at_work, go_on, waiting = tmp_path / "tree", threading.Event(), threading.Event(), threading.Event()
    made = []

    class Heard(StringIO):
        def write(self, text: str) -> int:
            if "waiting" in text:
                waiting.set()
            return super().write(text)

    def slow(part: Path) -> None:
        made.append("first")
        at_work.set()
        assert go_on.wait(DEADLINE_SECONDS)

    heard = Heard()
    first = threading.Thread(target=made_once, args=(folder, slow, _quiet()))
    first.start()
    assert at_work.wait(DEADLINE_SECONDS)
    second = threading.Thread(target=made_once, args=(folder, lambda part: made.append("second"), Progress(heard)))
    second.start()
    assert waiting.wait(DEADLINE_SECONDS)
    assert not folder.exists()
    go_on.set()
    first.join(DEADLINE_SECONDS)
    second.join(DEADLINE_SECONDS)
    assert made == ["first"]
    assert folder.is_dir()
    assert "tree" in heard.getvalue()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"IVR_CACHE": "/a/b", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/a/b"),
        ({"IVR_CACHE": "", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/ivr-engine"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/ivr-engine"),
    ],
)
def test_given_an_environment_when_the_cache_is_asked_for_then_the_nearest_setting_wins(
    environment: dict[str, str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IVR_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_root() == Path(wanted)
