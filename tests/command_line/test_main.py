"""The command as a person meets it: what it says, in how many lines, and with which exit status it ends."""

import json
import logging
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ivr_engine import __version__
from ivr_engine.command_line.ending import COULD_NOT, OK, WRONG
from ivr_engine.storage.migrations import head
from sandbox import ports
from tests.whole_command import app

ROOT = Path(__file__).parents[2]
CITY = ROOT / "dialplans"
AGENTS = "agent,name,contractor,skills\n1001,김하나,hanbit,general:3 water:2\n"
OFFICIALS = "entry,department,official,duties,number\n7001,도로과,이둘,도로,0226408001\n"
SECRET = "hush-hush-hush"

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _quiet_root_logger() -> Iterator[None]:
    """`run` takes over the process's logging; the tests after it want it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the tables, to be copied."""
    file = tmp_path_factory.mktemp("tables") / "engine.sqlite3"
    made = CliRunner().invoke(app, ["db", "upgrade"], env={"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{file}"})
    assert made.exit_code == OK, made.output
    return file


@pytest.fixture
def database(tables: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(tables, tmp_path / "engine.sqlite3"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("db", "upgrade", IVR_…="…")`, in a folder of its own, with nothing of the caller's environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    environment = {
        "IVR_DIALPLANS": str(CITY),
        "IVR_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'engine.sqlite3'}",
        "IVR_SPOOL": str(tmp_path / "spool"),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }

    def invoke(*words: str, **settings: str) -> Result:
        return CliRunner().invoke(app, list(words), env={**environment, **settings})

    return invoke


@contextmanager
def taken(port: int = 0) -> Iterator[int]:
    """Somebody else listens on it."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield other.getsockname()[1]


def one_line(result: Result) -> str:
    """The one line of a command that could not do its work."""
    assert result.exit_code == COULD_NOT, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("ivr-engine: ")
    return line


class TestHelp:
    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["run"],
            ["check"],
            ["db"],
            ["db", "upgrade"],
            ["agent"],
            ["agent", "import"],
            ["directory"],
            ["directory", "import"],
            ["version"],
        ],
        ids=" ".join,
    )
    def test_given_a_verb_when_asked_for_help_then_it_explains_itself(self, run: Run, words: list[str]) -> None:
        result = run(*words, "--help")
        assert result.exit_code == OK
        usage, explained, *_ = [line.strip() for line in result.stdout.splitlines() if line.strip()]
        assert " ".join(words) in usage
        assert len(explained.split()) >= 2

    def test_given_no_verb_when_called_then_the_verbs_are_shown(self, run: Run) -> None:
        result = run()
        assert result.exit_code == COULD_NOT
        for verb in ("run", "check", "db", "agent", "directory", "version"):
            assert f" {verb} " in result.output

    @pytest.mark.parametrize("words", [["chek"], ["check", "--fromat", "json"], ["agent", "import"], ["db", "drop"]])
    def test_given_a_word_that_is_none_when_called_then_it_could_not(self, run: Run, words: list[str]) -> None:
        result = run(*words)
        assert result.exit_code == COULD_NOT
        assert "Usage:" in result.stderr

    def test_given_the_version_when_asked_then_it_is_the_package_s(self, run: Run) -> None:
        result = run("version")
        assert (result.exit_code, result.stdout) == (OK, f"{__version__}\n")

    @pytest.mark.parametrize("words", [["version"], ["hours", "--help"], ["schema", "--help"]])
    def test_given_one_command_when_typed_then_what_others_need_is_not_loaded(self, words: list[str]) -> None:
        program = f"""
import sys
from ivr_engine.__main__ import main
sys.argv = ["ivr-engine", *{words!r}]
try:
    main()
finally:
    print("loaded:", *sorted({{"sqlalchemy", "aiohttp", "prometheus_client"}} & set(sys.modules)))
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "loaded:"


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("IVR_API_PORT", "eighty", "integer"),
            ("IVR_API_PORT", "65536", "65535"),
            ("IVR_AMI_PORT", "0", "1"),
            ("IVR_AGI_PORT", "", "integer"),
            ("IVR_LOG_JSON", "perhaps", "boolean"),
            ("IVR_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
            ("IVR_API_TOKENS", SECRET, "JSON"),
            ("IVR_API_TOKENS", f'["{SECRET}"]', "dictionary"),
            ("IVR_API_ORIGINS", "https://desk.example", "JSON"),
            ("IVR_AGENT_ENDPOINT", "PJSIP/1001", "{agent}"),
            ("IVR_AGENT_ENDPOINT", "PJSIP/{agent}@{trunk}", "{agent}"),
            ("IVR_AGENT_ENDPOINT", "PJSIP/{agent", "{agent}"),
            ("IVR_AGENT_ENDPOINT", "PJSIP/{agent.name}", "{agent}"),
            ("IVR_AGENT_ENDPOINT", "PJSIP/{agent:d}", "{agent}"),
            ("IVR_OFFICE_ENDPOINT", "PJSIP/{agent}", "{number}"),
            ("IVR_CITIZEN_ENDPOINT", "PJSIP/{agent}", "{number}"),
            ("IVR_CALLBACK_NUMBERS", '["+8210"]', "patterns"),
            ("IVR_OFFICE_ENDPOINT", "PJSIP/{number}@{}", "{number}"),
            ("IVR_OFFICE_ENDPOINT", "PJSIP/{number}\nAction: Logoff", "control characters"),
            ("IVR_AMI_EVENTS_USER", "ivr\nevents", "control characters"),
            ("IVR_AMI_EVENTS_SECRET", f"{SECRET}\n", "control characters"),
            ("IVR_AMI_CONTROL_SECRET", f"{SECRET}\r\n", "control characters"),
            ("IVR_AGI_NONCE", "", "16 to 128"),
            ("IVR_AGI_NONCE", f"{SECRET},{SECRET}", "16 to 128"),
        ],
    )
    @pytest.mark.parametrize("verb", [["run"], ["db", "upgrade"]], ids=" ".join)
    def test_given_a_wrong_setting_when_started_then_one_line_names_it_and_no_secret(
        self, run: Run, verb: list[str], name: str, value: str, told: str
    ) -> None:
        line = one_line(run(*verb, **{name: value}))
        assert f" {name}: " in line
        assert told in line
        assert SECRET not in line

    def test_given_two_wrong_settings_when_started_then_both_are_named(self, run: Run) -> None:
        line = one_line(run("run", IVR_API_PORT="x", IVR_AMI_PORT="y"))
        assert "IVR_API_PORT: " in line
        assert "IVR_AMI_PORT: " in line

    @pytest.mark.parametrize("level", ["debug", "INFO", "Warning"])
    def test_given_a_level_in_any_case_when_started_then_it_is_taken(self, run: Run, level: str) -> None:
        line = one_line(run("run", IVR_LOG_LEVEL=level))
        assert "IVR_LOG_LEVEL" not in line


class TestRun:
    def test_given_no_folder_when_started_then_it_is_named(self, run: Run, tmp_path: Path) -> None:
        line = one_line(run("run", IVR_DIALPLANS=str(tmp_path / "none")))
        assert f"IVR_DIALPLANS: there is no folder {tmp_path / 'none'}" in line

    def test_given_a_broken_document_when_started_then_the_first_mistake_and_the_number_of_others(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "d").mkdir()
        line = one_line(run("run", IVR_DIALPLANS=str(tmp_path / "d")))
        assert "(and 4 more); see all of it with: ivr-engine check" in line

    def test_given_a_database_without_tables_when_started_then_it_says_how_to_make_them(
        self, run: Run, tmp_path: Path
    ) -> None:
        line = one_line(run("run"))
        assert "ivr-engine db upgrade" in line
        assert list(tmp_path.iterdir()) == [], "nothing is created by a start that fails"

    def test_given_a_table_that_somebody_dropped_when_started_then_one_line_without_the_statement(
        self, run: Run, database: Path
    ) -> None:
        with sqlite3.connect(database) as connection:
            connection.execute("DROP TABLE boots")
        line = one_line(run("run"))
        assert "no such table: boots" in line
        assert "SELECT" not in line

    def test_given_an_agi_port_in_use_when_started_then_setting_and_port_are_named(
        self, run: Run, database: Path
    ) -> None:
        assert database.exists()
        with taken() as port:
            line = one_line(run("run", IVR_AGI_PORT=str(port), IVR_API_PORT="0"))
        assert f":{port} is in use" in line
        assert "IVR_AGI_PORT" in line

    @pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"])
    def test_given_an_api_address_not_to_be_had_when_started_then_setting_and_port_are_named_and_agi_is_closed(
        self, run: Run, database: Path, host: str
    ) -> None:
        assert database.exists()
        agi = ports.reserve()
        try:
            with taken() as port:
                line = one_line(run("run", IVR_AGI_PORT=str(agi.first), IVR_API_PORT=str(port), IVR_API_HOST=host))
            assert f"{host}:{port}" in line
            assert "IVR_API_PORT" in line
            with taken(agi.first):
                pass  # nobody has it any more
        finally:
            agi.release()

    @pytest.mark.parametrize("tokens", ['{"desk": ""}', f'{{"desk": "{SECRET}", "wall": "{SECRET}"}}'])
    def test_given_a_token_that_lets_anybody_in_when_started_then_it_is_refused(
        self, run: Run, database: Path, tokens: str
    ) -> None:
        assert database.exists()
        agi = ports.reserve()
        try:
            line = one_line(run("run", IVR_AGI_PORT=str(agi.first), IVR_API_PORT="0", IVR_API_TOKENS=tokens))
        finally:
            agi.release()
        assert "IVR_API_TOKENS" in line
        assert SECRET not in line


class TestDatabase:
    def test_given_no_tables_when_upgraded_twice_then_both_times_it_tells_the_version(self, run: Run) -> None:
        first, second = run("db", "upgrade"), run("db", "upgrade")
        assert (first.exit_code, second.exit_code) == (OK, OK)
        assert first.stdout == second.stdout == f"the database is at version {head()}\n"

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("no url", "cannot be read"),
            (f"postgresql+asyncpg://ivr:{SECRET}@127.0.0.1:9/ivr", "127.0.0.1"),
            (f"mysql://ivr:{SECRET}@127.0.0.1/ivr", "'mysql'"),
            ("sqlite+aiosqlite:////nowhere/at/all/engine.sqlite3", "/nowhere/at/all"),
            ("sqlite+aiosqlite://", "keeps anything"),
        ],
    )
    @pytest.mark.parametrize("verb", [["run"], ["db", "upgrade"], ["agent", "import", "agents.csv"]], ids=" ".join)
    def test_given_a_wrong_url_when_used_then_one_line_says_what_to_do_and_no_password(
        self, run: Run, tmp_path: Path, verb: list[str], url: str, told: str
    ) -> None:
        (tmp_path / "agents.csv").write_text(AGENTS)
        line = one_line(run(*verb, IVR_DATABASE_URL=url))
        assert told in line
        assert "IVR_DATABASE_URL" in line or "ivr-engine db upgrade" in line
        assert SECRET not in line


@pytest.mark.parametrize(("who", "content"), [("agent", AGENTS), ("directory", OFFICIALS)])
class TestImport:
    def test_given_a_good_file_when_imported_then_it_tells_how_many(
        self, run: Run, database: Path, tmp_path: Path, who: str, content: str
    ) -> None:
        assert database.exists()
        (tmp_path / "good.csv").write_text(content)
        result = run(who, "import", "good.csv")
        assert (result.exit_code, result.stderr) == (OK, "")
        assert "1" in result.stdout

    def test_given_an_import_when_the_audit_is_asked_then_it_says_who_did_it_and_what_came_of_it(
        self, run: Run, database: Path, tmp_path: Path, who: str, content: str
    ) -> None:
        assert database.exists()
        (tmp_path / "good.csv").write_text(content)
        run(who, "import", "good.csv")
        told = run("audit")
        assert (told.exit_code, len(told.stdout.splitlines())) == (OK, 1)
        assert f"{'agents' if who == 'agent' else who} imported" in told.stdout
        assert "good.csv  1 added" in told.stdout
        [row] = json.loads(run("audit", "--format", "json", "--contact", "good.csv").stdout)
        assert row["who"].startswith("cli:")
        assert run("audit", "--who", "desk").stdout == ""
        assert "2026-11-23" in one_line(run("audit", "--from", "yesterday"))

    def test_given_a_bad_row_when_imported_then_status_1_with_line_and_column(
        self, run: Run, database: Path, tmp_path: Path, who: str, content: str
    ) -> None:
        assert database.exists()
        (tmp_path / "bad.csv").write_text(content.replace("1001", "10 01").replace("7001", "x"))
        result = run(who, "import", "bad.csv")
        assert (result.exit_code, result.stdout) == (WRONG, "")
        assert result.stderr.startswith(f"bad.csv:2:1: {'agent' if who == 'agent' else 'entry'}: ")

    def test_given_no_such_file_when_imported_then_one_line(
        self, run: Run, database: Path, tmp_path: Path, who: str, content: str
    ) -> None:
        assert database.exists()
        assert "cannot read nowhere.csv" in one_line(run(who, "import", "nowhere.csv"))
        assert "cannot read" in one_line(run(who, "import", str(tmp_path)))

    def test_given_no_tables_when_imported_then_it_says_how_to_make_them(
        self, run: Run, tmp_path: Path, who: str, content: str
    ) -> None:
        (tmp_path / "good.csv").write_text(content)
        assert "ivr-engine db upgrade" in one_line(run(who, "import", "good.csv"))

    def test_given_a_database_that_fails_in_the_middle_when_imported_then_one_line_without_names(
        self, run: Run, database: Path, tmp_path: Path, who: str, content: str
    ) -> None:
        with sqlite3.connect(database) as connection:
            connection.execute(f"DROP TABLE {'agents' if who == 'agent' else 'directory'}")
        (tmp_path / "good.csv").write_text(content)
        line = one_line(run(who, "import", "good.csv"))
        assert "no such table" in line
        assert "김하나" not in line


class TestCheck:
    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        shutil.copytree(CITY, tmp_path / "city", ignore=shutil.ignore_patterns("prompts"))
        (tmp_path / "city" / "prompts").symlink_to(CITY / "prompts")
        flow = tmp_path / "city" / "flows" / "main.yaml"
        flow.write_text(flow.read_text().replace("queue: water", "queue: watre"))
        return tmp_path / "city"

    def test_given_good_documents_when_checked_then_it_says_what_they_hold(self, run: Run) -> None:
        result = run("check", str(CITY))
        assert result.exit_code == OK
        assert result.stdout.splitlines()[-1].startswith(f"{CITY}: 70 numbers, ")

    def test_given_broken_documents_when_checked_then_status_1_and_each_mistake_on_a_line(
        self, run: Run, broken: Path
    ) -> None:
        result = run("check", str(broken))
        assert (result.exit_code, result.stderr) == (WRONG, "")
        (line,) = [line for line in result.stdout.splitlines() if "watre" in line]
        assert line.startswith("flows/main.yaml:")
        assert "did you mean 'water'?" in line

    @pytest.mark.parametrize("good", [True, False])
    def test_given_json_when_checked_then_a_list_of_places_whether_there_are_mistakes_or_not(
        self, run: Run, broken: Path, good: bool
    ) -> None:
        result = run("check", "--format", "json", str(CITY if good else broken))
        found: list[dict[str, Any]] = json.loads(result.stdout)
        errors = [one for one in found if one["severity"] == "error"]
        assert result.exit_code == (OK if good else WRONG)
        assert bool(errors) is not good
        for one in errors:
            assert one["text"].startswith(f"{one['file']}:{one['line']}:{one['column']}: {one['code']}: ")

    def test_given_github_when_checked_then_each_mistake_is_a_remark_at_its_line(self, run: Run, broken: Path) -> None:
        result = run("check", "--format", "github", str(broken))
        assert result.exit_code == WRONG
        (remark,) = result.stdout.splitlines()
        assert remark.startswith(f"::error file={broken}/flows/main.yaml,line=")
        assert ",title=unknown_queue::no such queue; found 'watre'; did you mean 'water'?" in remark

    @pytest.mark.parametrize("good", [True, False])
    def test_given_sarif_when_checked_then_one_run_tells_all(self, run: Run, broken: Path, good: bool) -> None:
        result = run("check", "--format", "sarif", str(CITY if good else broken))
        [told] = json.loads(result.stdout)["runs"]
        assert result.exit_code == (OK if good else WRONG)
        assert [one["ruleId"] for one in told["results"]] == ([] if good else ["unknown_queue"])

    def test_given_the_city_when_its_proofs_are_asked_for_then_a_person_is_near_from_every_number(
        self, run: Run
    ) -> None:
        result = run("check", "--proofs", str(CITY))
        assert result.exit_code == OK
        assert "A person within 2 keys and 60 s" in result.stdout
        assert "BROKEN" not in result.stdout
        assert "Every path ends" in result.stdout

    @pytest.mark.parametrize(
        ("words", "title"), [([], "Documents"), (["dialplan"], "Documents"), (["scenario"], "Call")]
    )
    def test_given_a_schema_when_asked_for_then_it_is_printed(self, run: Run, words: list[str], title: str) -> None:
        result = run("schema", *words)
        assert result.exit_code == OK
        assert json.loads(result.stdout)["title"].startswith(title)

    def test_given_no_folder_when_checked_then_it_could_not(self, run: Run, tmp_path: Path) -> None:
        assert "there is no folder" in one_line(run("check", str(tmp_path / "none")))

    def test_given_a_format_that_is_none_when_checked_then_it_could_not(self, run: Run) -> None:
        result = run("check", "--format", "xml", str(CITY))
        assert result.exit_code == COULD_NOT
        assert "'xml'" in result.stderr
        assert "json" in result.stderr

    def test_given_no_settings_when_checked_then_none_are_needed(self, run: Run) -> None:
        assert run("check", str(CITY), IVR_API_PORT="eighty").exit_code == OK
