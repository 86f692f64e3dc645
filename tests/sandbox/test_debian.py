"""Reading apt's sources, and a private apt run against a repository of a few made-up packages."""

import hashlib
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest

from sandbox.debian import (
    DebianError,
    PrivateApt,
    Source,
    codename,
    deb822_sources,
    machine_sources,
    one_line_sources,
    own_sources,
    suite_source,
)
from sandbox.progress import Progress

DEB822 = """\
# the mirror of this site
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/of-the-site.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBFxx

Enabled: no
Types: deb
URIs: http://off.example/
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/
Suites: bookworm
Components: main

Types: deb
URIs: https://third.example/node
Suites: nodistro
Components: main
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] http://mirror.example/debian bookworm main contrib # ours
deb http://mirror.example/debian bookworm-updates main
deb [trusted=yes] http://flat.example/packages ./
"""


def test_given_deb822_sources_when_read_then_enabled_binary_ones_come_with_their_trust() -> None:
    site, security, third = deb822_sources(DEB822)
    assert site == Source(
        ("http://mirror.example/debian",),
        ("bookworm", "bookworm-updates"),
        ("main", "contrib"),
        ("Signed-By: /usr/share/keyrings/of-the-site.gpg",),
    )
    assert security.trust == ("Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBFxx",)
    assert third.uris == ("https://third.example/node",)
    assert tuple(deb822_sources(site.stanza() + "\n" + security.stanza())) == (site, security)


def test_given_one_line_sources_when_read_then_comments_and_discs_are_left_out() -> None:
    assert list(one_line_sources(ONE_LINE)) == [
        Source(
            ("http://mirror.example/debian",), ("bookworm",), ("main", "contrib"), ("Signed-By: /k/a.gpg /k/b.gpg",)
        ),
        Source(("http://mirror.example/debian",), ("bookworm-updates",), ("main",)),
        Source(("http://flat.example/packages",), ("./",), (), ("Trusted: yes",)),
    ]


def test_given_both_formats_when_the_machine_is_asked_then_all_are_found_and_backups_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/b.sources").write_text(DEB822)
    (tmp_path / "sources.list.d/a.list").write_text("deb http://two.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/c.list.save").write_text("deb http://old.example/debian bookworm main\n")
    uris = [uri for source in machine_sources(tmp_path) for uri in source.uris]
    assert uris[:3] == ["http://one.example/debian", "http://two.example/debian", "http://mirror.example/debian"]
    assert "http://old.example/debian" not in uris
    assert machine_sources(tmp_path / "nowhere") == ()


def test_given_third_party_sources_when_the_own_suite_is_wanted_then_only_debian_s_are_taken() -> None:
    kept = own_sources(deb822_sources(DEB822), "bookworm")
    assert [source.suites for source in kept] == [("bookworm", "bookworm-updates"), ("bookworm-security",)]


def test_given_another_suite_when_it_is_wanted_then_the_own_one_s_mirror_serves_it() -> None:
    wanted = suite_source(deb822_sources(DEB822), "bookworm", "forky")
    assert wanted.suites == ("forky",)
    assert wanted.uris == ("http://mirror.example/debian",)
    assert wanted.trust == ("Signed-By: /usr/share/keyrings/of-the-site.gpg",)


def test_given_sources_that_do_not_know_the_own_suite_when_another_is_wanted_then_the_error_says_what_to_do() -> None:
    with pytest.raises(DebianError, match="no mirror for this machine's suite") as caught:
        suite_source(deb822_sources(DEB822), "trixie", "forky")
    assert "sources.list" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ID=debian\nVERSION_CODENAME=bookworm\n", "bookworm"),
        ('VERSION_CODENAME="noble"\n', "noble"),
        ("ID=arch\n", ""),
    ],
)
def test_given_an_os_release_when_read_then_the_suite_is_known_or_empty(tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert codename(tmp_path / "os-release") == wanted
    assert codename(tmp_path / "missing") == ""


needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="a private apt needs Debian's or Ubuntu's apt")


def _package(pool: Path, name: str, depends: str = "") -> str:
    """Build a package that holds one file; returns its entry in the repository's index."""
    root = pool / f"{name}.root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / f"usr/share/{name}").mkdir(parents=True)
    (root / f"usr/share/{name}/word").write_text(name)
    (root / f"lib/{name}").mkdir(parents=True)
    (root / f"lib/{name}/old-place").touch()
    control = f"Package: {name}\nVersion: 1:2.0\nArchitecture: all\nMaintainer: nobody <n@example>\nDescription: test\n"
    control += f"Depends: {depends}\n" if depends else ""
    (root / "DEBIAN/control").write_text(control)
    file = pool / f"{name}_2.0_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", root, file], check=True, capture_output=True)
    shutil.rmtree(root)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"{control}Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A flat repository of two packages, `speech` needing `tongue`."""
    pool = tmp_path / "pool"
    pool.mkdir()
    entries = [_package(pool, "tongue"), _package(pool, "speech", "tongue")]
    (pool / "Packages").write_text("\n".join(entries))
    return pool


def _apt(folder: Path, repository: Path, heard: StringIO | None = None) -> PrivateApt:
    source = Source((f"copy:{repository}",), ("./",), (), ("Trusted: yes",))
    return PrivateApt(folder, (source,), machine_status=False, progress=Progress(heard or StringIO()))


INSTALL = ("install", "--download-only", "speech")


@needs_apt
def test_given_a_package_when_it_is_fetched_then_it_and_its_needs_are_unpacked_into_a_merged_usr(
    tmp_path: Path, repository: Path
) -> None:
    heard, tree = StringIO(), tmp_path / "tree"
    apt = _apt(tmp_path / "apt", repository, heard)
    apt.update()
    archives = apt.archives(INSTALL)
    assert sorted(archive.file.split("_")[0] for archive in archives) == ["speech", "tongue"]
    apt.fetch(archives, INSTALL)
    apt.unpack(archives, tree)
    assert (tree / "usr/share/tongue/word").read_text() == "tongue"
    assert (tree / "usr/lib/speech/old-place").is_file()
    assert (tree / "lib").is_symlink()
    assert "fetching 2 packages" in heard.getvalue()
    apt.clear()
    assert not (tmp_path / "apt").exists()


@needs_apt
def test_given_one_package_without_its_needs_when_it_is_fetched_then_it_comes_alone(
    tmp_path: Path, repository: Path
) -> None:
    apt = _apt(tmp_path / "apt", repository)
    apt.update()
    alone = ("download", "speech")
    archives = apt.archives(alone)
    apt.fetch(archives, alone)
    apt.unpack(archives, tmp_path / "tree")
    assert [path.name for path in (tmp_path / "tree/usr/share").iterdir()] == ["speech"]


@needs_apt
def test_given_an_interrupted_run_when_it_is_repeated_then_what_was_fetched_is_not_fetched_again(
    tmp_path: Path, repository: Path
) -> None:
    apt = _apt(tmp_path / "apt", repository)
    apt.update()
    apt.fetch(apt.archives(("download", "tongue")), ("install", "--download-only", "tongue"))
    (repository / "tongue_2.0_all.deb").unlink()
    again = _apt(tmp_path / "apt", repository)
    archives = again.archives(INSTALL)
    assert len(archives) == 2, "what is to be unpacked is named whole, fetched or not"
    again.fetch(archives, INSTALL)
    again.unpack(archives, tmp_path / "tree")
    assert (tmp_path / "tree/usr/share/tongue/word").is_file()


@needs_apt
def test_given_a_package_changed_on_the_way_when_it_is_fetched_then_apt_refuses_it(
    tmp_path: Path, repository: Path
) -> None:
    apt = _apt(tmp_path / "apt", repository)
    apt.update()
    archives = apt.archives(INSTALL)
    path = repository / "tongue_2.0_all.deb"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DebianError, match="tongue"):
        apt.fetch(archives, INSTALL)


@needs_apt
def test_given_a_fetched_file_gone_bad_when_it_is_unpacked_then_it_is_named_and_removed_for_the_next_try(
    tmp_path: Path, repository: Path
) -> None:
    apt = _apt(tmp_path / "apt", repository)
    apt.update()
    archives = apt.archives(INSTALL)
    apt.fetch(archives, INSTALL)
    bad = next((tmp_path / "apt").rglob("tongue_*.deb"))
    bad.write_bytes(bad.read_bytes()[:300])
    with pytest.raises(DebianError, match=r"tongue_.* could not be unpacked"):
        apt.unpack(archives, tmp_path / "tree")
    assert not bad.exists()


@needs_apt
def test_given_a_mirror_that_is_away_when_lists_are_read_then_the_error_names_it(
    tmp_path: Path,
) -> None:
    lists = sorted(Path("/var/lib/apt/lists").glob("*"))
    apt = _apt(tmp_path / "apt", tmp_path / "nowhere")
    with pytest.raises(DebianError, match="apt-get update failed") as caught:
        apt.update()
    assert str(tmp_path / "nowhere") in caught.value.hint
    assert sorted(Path("/var/lib/apt/lists").glob("*")) == lists


@needs_apt
def test_given_a_package_that_is_unknown_when_it_is_wanted_then_apt_s_own_words_are_in_the_error(
    tmp_path: Path, repository: Path
) -> None:
    apt = _apt(tmp_path / "apt", repository)
    apt.update()
    with pytest.raises(DebianError, match="Unable to locate package silence"):
        apt.archives(("install", "silence"))


def test_given_no_apt_when_packages_are_wanted_then_the_error_says_that_this_is_no_debian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DebianError, match="no Debian or Ubuntu") as caught:
        _apt(tmp_path / "apt", tmp_path)
    assert "PATH" in caught.value.hint
