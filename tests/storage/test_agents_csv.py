"""A staff list is taken whole or refused with every mistake and its line."""

# ruff: noqa: ASYNC240  (the files are small and ours)

from pathlib import Path

import pytest
from sqlalchemy import text

from ivr_engine.core.configuration import AgentSettings
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.vocabulary import AgentId, Skill
from ivr_engine.storage import recovery
from ivr_engine.storage.agents_csv import Imported, import_agents, read_agents
from ivr_engine.storage.csv_source import CsvRefused
from ivr_engine.storage.database import Database
from ivr_engine.storage.errors import StorageError

HEADER = "agent,name,contractor,skills\n"
EXAMPLES = Path(__file__).parents[2] / "examples"
SKILLS_OF_120 = {
    "general", "transport", "water", "tax", "vehicles", "welfare", "district",
    "english", "chinese", "japanese", "vietnamese", "mongolian", "sign_language",
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "agents.csv"


def refusal_of(path: Path, *known: str) -> list[str]:
    with pytest.raises(CsvRefused) as caught:
        read_agents(path, known)
    return [str(problem) for problem in caught.value.problems]


def test_given_the_example_when_read_then_a_dozen_counsellors_cover_every_skill_of_120() -> None:
    agents = read_agents(EXAMPLES / "agents.csv", SKILLS_OF_120)
    assert [agent.id for agent in agents] == [str(number) for number in range(1001, 1013)]
    assert len({agent.contractor for agent in agents}) == 3
    assert {skill for agent in agents for skill in agent.skills} == SKILLS_OF_120


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_given_what_spreadsheets_write_when_read_then_it_is_understood(file: Path, encoding: str, newline: str) -> None:
    content = 'name,agent,skills,contractor\n"김, 하늘", 1001 ,transport:3  water:2,한강\n,,,\n이바다,1002,,\n'
    file.write_bytes(content.replace("\n", newline).encode(encoding))
    assert read_agents(file) == (
        AgentSettings(AgentId("1001"), "김, 하늘", {Skill("transport"): 3, Skill("water"): 2}, "한강"),
        AgentSettings(AgentId("1002"), "이바다"),
    )


CAPACITY = "channel:contacts, such as chat:3, from 0 to 20, channels are parted by spaces"
FULL = "agent,name,contractor,skills,team,languages,capacity,wrap_up_seconds,wrap_up_mode\n"


async def test_given_all_columns_when_imported_then_the_engine_gets_them_and_a_change_of_any_is_one(
    database: Database, file: Path
) -> None:
    file.write_text(FULL + "1001,김하늘,a,tax:3,dawn,ko en,chat:3 voice:0,0,manual\n1002,이바다,a,,,,,,\n")
    await import_agents(database, file)
    assert await recovery.agents(database) == (
        AgentSettings(
            AgentId("1001"), "김하늘", {Skill("tax"): 3}, "a", "dawn", ("ko", "en"), {"chat": 3, "voice": 0}, 0,
            WrapUpMode.MANUAL,
        ),
        AgentSettings(AgentId("1002"), "이바다", {}, "a"),
    )  # fmt: skip
    assert await import_agents(database, file) == Imported(0, 0, 2, 0)
    file.write_text(FULL + "1001,김하늘,a,tax:3,dawn,ko en,chat:3 voice:0,9,manual\n1002,이바다,a,,,ko,,,\n")
    assert await import_agents(database, file) == Imported(0, 2, 0, 0)


def test_given_mistakes_in_the_other_columns_when_read_then_each_is_told_with_line_and_column(file: Path) -> None:
    file.write_text(
        FULL + "1001,a,,,,ko ko,chat:3 chat:4,601,manuel\n1002,b,,,,korean,voice:2,-1,\n1003,c,,,,,chat:21 x,,\n"
    )
    assert refusal_of(file) == [
        "2:11: languages: found 'ko'; ko stands there twice",
        "2:17: capacity: found 'chat:4'; chat stands there twice",
        "2:31: wrap_up_seconds: found '601'; 0 to 600, or nothing for the queue's",
        "2:35: wrap_up_mode: found 'manuel'; fixed, extendable, manual, or nothing for the queue's",
        "3:11: languages: found 'korean'; codes parted by spaces, such as ko en",
        "3:18: capacity: found 'voice:2'; one voice at a time: voice:1, or voice:0 for who is never rung",
        "3:26: wrap_up_seconds: found '-1'; 0 to 600, or nothing for the queue's",
        f"4:12: capacity: found 'chat:21'; {CAPACITY}",
        f"4:12: capacity: found 'x'; {CAPACITY}",
    ]


def test_given_hangul_in_pieces_as_macos_writes_it_when_read_then_it_is_composed(file: Path) -> None:
    file.write_text(HEADER + "1001,\u1112\u1161\u11ab,,\n")
    assert read_agents(file)[0].name == "한"


def test_given_many_mistakes_when_read_then_all_are_told_with_their_lines(file: Path) -> None:
    file.write_text(
        HEADER + "1001,김하늘,hangang,transport:3\n"
        "10 01,이바다,hangang,transport:9\n"
        "1001,,hangang,transport:3 transport:2\n"
        "1004,최이슬\n"
        '1005,"정\n노을",namsan,Transport:1 water\n'
    )
    assert refusal_of(file) == [
        "3:1: agent: found '10 01'; the name of a phone: 1 to 32 of A-Z a-z 0-9 _ -",
        "3:19: skills: found 'transport:9'; skill:proficiency, such as transport:3; proficiency is 1 to 5, "
        "skills are parted by spaces",
        "4:1: agent: found '1001'; it stands in line 2 already",
        "4:6: name: found nothing; a name is needed",
        "4:15: skills: found 'transport:2'; transport stands there twice",
        "5:1: found 2 cells; the header has 4: quote a cell with a comma",
        "7:1: skills: found 'Transport:1'; skill:proficiency, such as transport:3; proficiency is 1 to 5, "
        "skills are parted by spaces",
        "7:1: skills: found 'water'; skill:proficiency, such as transport:3; proficiency is 1 to 5, "
        "skills are parted by spaces",
    ]


def test_given_commas_in_quotes_when_a_later_cell_is_wrong_then_its_own_letter_is_told(file: Path) -> None:
    file.write_text(HEADER + '1001,"Kim, ""H""",hangang,transport:0\n')
    (told,) = refusal_of(file)
    assert told.startswith("2:27: skills: found 'transport:0'")


def test_given_a_skill_that_the_documents_do_not_have_when_read_then_the_nearest_is_named(file: Path) -> None:
    file.write_text(HEADER + "1001,김하늘,,tranport:3 cooking:1\n")
    assert refusal_of(file, "transport", "water") == [
        "2:11: skills: found 'tranport:3'; `skills` of the documents has no tranport; did you mean transport?",
        "2:11: skills: found 'cooking:1'; `skills` of the documents has no cooking; it has transport water",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "1:1: found an empty file; the first line names the columns: agent,name,contractor,skills"),
        (b"agent,nmae,contractor,skills\n", "1:1: found the column 'nmae'; did you mean 'name'?"),
        (b"agent,name,name,contractor,skills\n", "1:1: found the column 'name' twice; each column stands once"),
        (b"agent,name\n", "1:1: found no column 'contractor'; the columns are agent,name,contractor,skills"),
        (HEADER.encode() + b'1,"a,b,c\n', "2:1: found unexpected end of data"),
        (HEADER.encode() + b"1,a\x00b,c,\n", "2:3: name: found 'a\\x00b'; text of at most 500"),
        (HEADER.encode() + "1001,김하늘,,\n".encode("cp949"), "2:1: found CP949 (EUC-KR) text; files are UTF-8"),
        (HEADER.encode("utf-16"), "1:1: found UTF-16 text; files are UTF-8"),
        (HEADER.encode() + b"\n1,\xff\xff,,\n", "3:1: found bytes that are no UTF-8; files are UTF-8"),
        (HEADER.encode() + b"1," + b"x" * 501 + b",,\n", "2:3: name: found 'xxx"),
        (HEADER.encode() + b"1,a\x1bb,c,\n", "2:3: name: found 'a\\x1bb'; text of at most 500 characters"),
    ],
)
def test_given_a_file_that_is_something_else_when_read_then_one_line_says_what(
    file: Path, content: bytes, problem: str
) -> None:
    file.write_bytes(content)
    assert refusal_of(file)[0].startswith(problem)


def test_given_hundreds_of_mistakes_when_read_then_the_message_stays_readable(file: Path) -> None:
    file.write_text(HEADER + "!,,,\n" * 300)
    with pytest.raises(CsvRefused) as caught:
        read_agents(file)
    assert len(caught.value.problems) == 600
    assert str(caught.value).splitlines()[-1] == "… and 580 more"


def test_given_no_file_when_read_then_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*none\.csv: No such file"):
        read_agents(tmp_path / "none.csv")


async def test_given_a_list_when_imported_again_then_only_what_differs_is_changed(
    database: Database, file: Path
) -> None:
    file.write_text(HEADER + "1001,김하늘,a,tax:3\n1002,이바다,a,tax:3\n1003,박구름,a,\n")
    assert await import_agents(database, file) == Imported(3, 0, 0, 0)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE agents SET presence = 'available'"))
    file.write_text(HEADER + "1001,김하늘,a,tax:4\n1002,이바다,a,tax:3\n1004,최이슬,b,\n")
    assert await import_agents(database, file) == Imported(1, 1, 1, 0)
    assert [agent.id for agent in await recovery.agents(database)] == ["1001", "1002", "1003", "1004"]
    assert {restored.agent for restored in await recovery.presence(database)} == {"1001", "1002", "1003"}


async def test_given_agents_not_in_the_list_when_imported_with_retiring_then_they_are_inactive_until_they_come_back(
    database: Database, file: Path
) -> None:
    both = HEADER + "1001,김하늘,a,\n1002,이바다,a,\n"
    file.write_text(both)
    await import_agents(database, file)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE agents SET presence = 'available'"))
    file.write_text(HEADER + "1001,김하늘,a,\n")
    assert await import_agents(database, file, retire_missing=True) == Imported(0, 0, 1, 1)
    assert [agent.id for agent in await recovery.agents(database)] == ["1001"]
    file.write_text(both)
    assert await import_agents(database, file) == Imported(0, 1, 1, 0)
    assert [agent.id for agent in await recovery.agents(database)] == ["1001", "1002"]
    assert [restored.agent for restored in await recovery.presence(database)] == ["1001"]


async def test_given_one_mistake_when_imported_then_nothing_is_stored(sqlite: Database, file: Path) -> None:
    file.write_text(HEADER + "1001,김하늘,a,\n1002,,a,\n")
    with pytest.raises(CsvRefused, match=r"agents\.csv:3:6: name"):
        await import_agents(sqlite, file)
    assert await recovery.agents(sqlite) == ()
