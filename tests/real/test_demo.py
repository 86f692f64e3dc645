"""The demo as a user runs it, and that its comparison notices what it is there to notice."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from demo_centre.__main__ import main
from demo_centre.account import Written
from demo_centre.centre import AGENTS_CSV, DIALPLANS, DIRECTORY_CSV
from demo_centre.compare import SURVEYED, Booked, Inside, Outside, Verdict, compare
from demo_centre.plan import Cast, cast_of, conducts, draw
from demo_centre.summary import in_words, summarise
from sandbox import ports
from sandbox.phones import Call, Callees, Callers, Conduct, Seen
from sandbox.switch import Switch

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 100.0
"""For a dozen calls, of which the last is handed to an official: 30 s on an idle machine."""


def demo(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "demo_centre", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}


# ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_given_a_dozen_calls_when_the_demo_is_over_then_all_accounts_agree_and_nobody_was_lost(
    tmp_path: Path,
) -> None:
    told = tmp_path / "summary.json"
    picture = tmp_path / "board.svg"
    process = await asyncio.create_subprocess_exec(
        *demo("--calls", "12", "--rate", "4", "--seed", "1", "--exit", "--json", str(told), "--picture", str(picture)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), RUN_SECONDS))[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said

    summary = json.loads(told.read_text())
    assert (summary["offered"], summary["lost"], summary["differences"]) == (12, [], [])
    assert sum(summary["dispositions"].values()) == 12
    assert summary["formula"] == "offered"
    assert summary["within_promise"] <= summary["judged"] <= 12
    assert summary["talks_compared"] > 0
    assert "seed 1" in said
    assert "phones = journal = metrics = board" in said
    assert picture.read_text().startswith("<svg")


def test_given_a_terminal_when_ctrl_c_is_pressed_then_the_summary_is_told_and_no_process_is_left() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        demo("--rate", "5", "--seed", "3"),
        env={**environment(), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        read_until(ours, "talking", "answers")
        children = descendants(process.pid)
        assert len(children) >= 4, "Asterisk, the engine, phones"
        process.send_signal(signal.SIGINT)
        seen = read_until(ours, "accounts")
        status = process.wait(30)
    finally:
        process.kill()
        os.close(ours)
    assert status == 0, seen
    assert "phones = journal = metrics = board" in seen
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def read_until(terminal: int, *words: str) -> str:
    """What the terminal shows until all the words were there. The reader sees the end of the file as an error."""
    text, deadline = "", time.monotonic() + RUN_SECONDS
    while not all(word in text for word in words) and time.monotonic() < deadline:
        try:
            text += os.read(terminal, 65_536).decode(errors="replace")
        except OSError:
            break
    return text


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]


def test_given_an_engine_that_dies_when_the_demo_runs_then_one_line_says_so_and_the_status_is_1() -> None:
    process = subprocess.Popen(
        demo("--rate", "5"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "in flow" in line:
                break
        [engine] = [
            pid for pid in descendants(process.pid) if b"ivr_engine" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(engine, signal.SIGKILL)
        said, _ = process.communicate(timeout=RUN_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1, said
    assert [line[:12] for line in said.splitlines() if "rror" in line] == ["error: the e"], said


def test_given_a_port_in_use_when_it_starts_then_one_line_says_so_and_the_status_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken = ports.reserve()
    try:
        assert main(["--calls", "1", "--exit", "--sip-port", str(taken.first)]) == 2
    finally:
        taken.release()
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert errors == [f"error: port {taken.first} is in use by another sandbox; choose another, or stop that one"]


@pytest.mark.parametrize(
    "arguments", [["--exit"], ["--calls", "0"], ["--rate", "0"], ["--rate", "nan"], ["--json", "/no/such/folder/file"]]
)
def test_given_a_command_line_that_makes_no_sense_when_it_starts_then_the_status_is_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


# ── the plan ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def cast() -> Cast:
    return cast_of(AGENTS_CSV, DIALPLANS, DIRECTORY_CSV)


def test_given_a_seed_when_a_plan_is_drawn_then_it_is_the_same_again_and_another_with_another(cast: Cast) -> None:
    assert draw(cast, calls=50, rate=1.0, seed=7) == draw(cast, calls=50, rate=1.0, seed=7)
    assert draw(cast, calls=50, rate=1.0, seed=7) != draw(cast, calls=50, rate=1.0, seed=8)


@pytest.mark.parametrize("seed", range(20))
def test_given_thirty_calls_when_a_plan_is_drawn_then_it_has_everything_and_somebody_takes_everyone(
    cast: Cast, seed: int
) -> None:
    citizens = draw(cast, calls=30, rate=1.0, seed=seed).citizens

    assert Counter(citizen.act for citizen in citizens).keys() == {
        *("stays", "leaves_talk", "loses_patience", "hangs_up_early", "misdials")
    }
    assert any(citizen.consult for citizen in citizens)
    assert any(citizen.keys for citizen in citizens)
    assert len({citizen.caller for citizen in citizens}) == 30
    assert {citizen.number for citizen in citizens} <= {"120", "0299999999", *cast.city_numbers, *cast.district_numbers}
    assert all(len(citizen.refused_by) < len(cast.agents) / 2 for citizen in citizens)


def test_given_the_rate_when_many_calls_are_drawn_then_they_come_at_it(cast: Cast) -> None:
    plan = draw(cast, calls=4_000, rate=2.0, seed=1)
    assert 1_900 < plan.citizens[-1].dials_at_ms / 1_000 < 2_100
    assert len(conducts(plan)) >= 4_000


def test_given_the_documents_when_the_cast_is_read_then_it_has_all_69_old_numbers_and_their_skills(cast: Cast) -> None:
    assert (len(cast.city_numbers), len(cast.district_numbers)) == (17, 52)
    everything = {skill for skills in cast.agents.values() for skill in skills}
    assert {*cast.city_numbers.values(), *cast.district_numbers.values()} <= everything


# ── the comparison ──────────────────────────────────────────────────────────────────────────────────────────────────
TALKED = Booked("c1", "01000000001", "120", "general", "1001", "answered", 3_000, 4_000, 14_000, 1_000, 10_000, True)
LEFT = Booked("c2", "01000000002", "120", "general", "", "abandoned", 3_000, None, 9_000, None, None, False)
CITIZENS = (
    Seen("a", "01000000001", "120", 1.0, 1.0, 14.01, "them"),
    Seen("b", "01000000002", "120", 1.0, 1.0, 9.0, "us"),
)
AGENT = Seen("x", "1001", "01000000001", 3.5, 4.0, 14.0, "us")


def verdict(
    *,
    citizens: tuple[Seen, ...] = CITIZENS,
    agents: tuple[Seen, ...] = (AGENT,),
    officials: tuple[Seen, ...] = (),
    contacts: tuple[Booked, ...] = (TALKED, LEFT),
    metrics: dict[str, int] | None = None,
) -> Verdict:
    counted = Counter(contact.disposition for contact in contacts if contact.disposition)
    inside = Inside(contacts, counted, metrics if metrics is not None else counted, counted, frozenset({"9001"}))
    return compare(Outside(citizens, agents, officials), inside)


def test_given_two_accounts_of_one_day_when_they_agree_then_nothing_is_said() -> None:
    said = verdict()
    assert (said.differences, said.lost, said.talks_compared) == ([], [], 1)
    assert said.largest_gap_seconds == pytest.approx(0.01)


@pytest.mark.parametrize(("queue", "lost"), [("english", []), ("general", ["01000000001"])])
def test_given_a_citizen_who_stays_after_the_talk_when_the_desk_asks_how_it_was_then_nobody_is_lost(
    queue: str, lost: list[str]
) -> None:
    stays = replace(CITIZENS[0], ended_at=24.0)
    talked = replace(TALKED, queue=queue, ended_at_ms=24_000)
    assert verdict(citizens=(stays, CITIZENS[1]), contacts=(talked, LEFT)).lost == lost


def test_given_a_desk_that_asks_when_the_official_talks_on_after_the_agent_then_the_talk_is_as_long_as_both() -> None:
    stays = replace(CITIZENS[0], ended_at=24.0)
    talked = replace(TALKED, queue="english", ended_at_ms=24_000)
    agent = replace(AGENT, ended_at=11.0)
    official = Seen("o", "0200007012", "01000000001", 6.0, 7.0, 14.0, "us")
    said = verdict(citizens=(stays, CITIZENS[1]), agents=(agent,), officials=(official,), contacts=(talked, LEFT))
    assert (said.differences, said.lost, said.talks_compared) == ([], [], 1)


def test_given_the_shipped_queues_when_read_then_the_desks_that_ask_are_known_to_the_demo() -> None:
    queues = yaml.safe_load((ROOT / "dialplans" / "queues.yaml").read_text())["queues"]
    assert {name for name, queue in queues.items() if queue.get("survey")} == SURVEYED


PLANTED = {
    "a citizen whom nobody wrote down": (
        {"contacts": (TALKED,)},
        "01000000002: called 1 times, written down 0 times",
    ),
    "a contact that nobody called": (
        {"citizens": CITIZENS[:1]},
        "01000000002: called 0 times, written down 1 times",
    ),
    "an answer that no phone gave": (
        {"agents": ()},
        "01000000001: nobody answered, written down as answered by 1001",
    ),
    "another counsellor than the one who talked": (
        {"agents": (replace(AGENT, name="1002"),)},
        "01000000001: 1002 answered, written down as answered by 1001",
    ),
    "two counsellors at once": (
        {"agents": (AGENT, replace(AGENT, call_id="y", name="1002"))},
        "01000000001: 1001, 1002 talked with the citizen at the same time",
    ),
    "an abandon that was a talk": (
        {"agents": (AGENT, replace(AGENT, call_id="y", other="01000000002"))},
        "01000000002: 1001 answered, written down as abandoned without an answer",
    ),
    "a talk that was longer": (
        {"contacts": (replace(TALKED, talk_ms=12_000), LEFT)},
        "01000000001: talked for 10.01 s, written down as 12.00 s",
    ),
    "another end": (
        {"contacts": (replace(TALKED, ended_at_ms=17_000), LEFT)},
        "01000000001: ended -2.99 s apart",
    ),
    "another number": (
        {"contacts": (replace(TALKED, number="0200001001"), LEFT)},
        "01000000001: dialled 120, written down as 0200001001",
    ),
    "a contact that never ends": (
        {"contacts": (TALKED, replace(LEFT, disposition="", ended_at_ms=None))},
        "01000000002: the contact has not ended",
    ),
    "metrics that count otherwise": (
        {"metrics": {"answered": 2}},
        "answered: 1 in the table of contacts, 2 in the metrics",
    ),
}


@pytest.mark.parametrize(("planted", "expected"), PLANTED.values(), ids=PLANTED.keys())
def test_given_a_planted_difference_when_compared_then_it_is_named_and_the_status_is_1(
    planted: dict[str, tuple[Seen, ...]], expected: str
) -> None:
    said = verdict(**planted)  # type: ignore[arg-type]  # one table for arguments of different types
    assert expected in said.differences

    outside, inside = Outside(CITIZENS, (AGENT,), ()), Inside((TALKED, LEFT), {}, {}, {})
    summary = summarise(1, 1.0, 10.0, outside, inside, Written((TALKED, LEFT), Counter(), Counter()), said)
    assert (summary.status, summary.as_json()["agrees"]) == (1, False)
    assert expected in in_words(summary)


def test_given_a_citizen_dropped_by_the_switch_when_compared_then_it_was_lost_and_the_status_is_1() -> None:
    dropped = verdict(agents=(replace(AGENT, ended_by="them"),))
    waiting = verdict(citizens=(CITIZENS[0], replace(CITIZENS[1], ended_by="them")))
    refused = verdict(citizens=(CITIZENS[0], replace(CITIZENS[1], answered_at=None, ended_by="503")))
    assert (dropped.lost, waiting.lost, refused.lost) == (["01000000001"], ["01000000002"], ["01000000002"])
    assert not dropped.agrees


def test_given_a_citizen_with_an_official_when_the_official_hangs_up_then_nobody_was_lost() -> None:
    handed = replace(AGENT, ended_by="them", ended_at=9.0)
    official = Seen("o", "0200007001", "01000000001", 6.0, 7.0, 13.0, "us")
    assert verdict(agents=(handed,), officials=(official,)).agrees
    too_long_alone = replace(official, ended_at=10.5)
    assert verdict(agents=(handed,), officials=(too_long_alone,)).lost == ["01000000001"]


def test_given_a_call_of_the_viewer_when_compared_then_it_needs_no_phone_of_ours() -> None:
    mine = replace(LEFT, caller="9001")
    by_me = replace(TALKED, agent="9001")
    assert verdict(contacts=(TALKED, LEFT, mine)).agrees
    assert verdict(agents=(), contacts=(by_me, LEFT)).agrees


# ── what the demo asks of the phones ────────────────────────────────────────────────────────────────────────────────
async def test_given_calls_with_a_delay_and_phones_that_know_the_caller_when_dialled_then_each_does_as_told() -> None:
    agents = ports.reserve(udp_only=True)
    dial = (
        "[ivr-entry](+)\nexten => _1XXX,1,Set(CALLERID(num)=${CUT(CUT(PJSIP_HEADER(read,From),@,1),:,2)})\n"
        " same => n,Dial(PJSIP/${EXTEN},10)\n same => n,Hangup(17)\n"
    )
    phones = Callees(
        {
            "1001": Conduct("busy", ring_ms=0),
            "/0211110002": Conduct(ring_ms=0, talk_ms=100),
            "1001/0211110003": Conduct("decline", ring_ms=0),
            "/0211110003": Conduct("busy", ring_ms=0),
        },
        port=agents.first,
    )
    calls = [
        Call("1001", "0211110001", after_ms=900),
        Call("1001", "0211110002"),
        Call("1001", "0211110003", after_ms=300),
    ]
    async with (
        Switch(agents=("1001",), agent_contact_port=agents.first, additions={"extensions.conf": dial}) as switch,
        phones,
    ):
        seen = {call.name[-1]: call for call in await Callers(switch, calls, rate=200).run()}
        await phones.ended(count=3)
    agents.release()

    assert {call.other[-1]: call.ended_by for call in phones.seen()} == {"1": "486", "2": "us", "3": "603"}
    assert [call.other[-1] for call in phones.seen()] == ["2", "3", "1"], "in the order of their delays"
    assert seen["1"].began_at - seen["2"].began_at > 0.8
