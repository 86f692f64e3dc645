"""What a scenario file means: each word of the language, and the plan or the fact that it becomes."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay import scenario as plans
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language import ScenarioErrors, read
from ivr_engine.replay.scenario import (
    AgentAct,
    Answering,
    By,
    Conduct,
    Count,
    Expectation,
    ExpectCount,
    ExpectDuration,
    ExpectMetric,
    ExpectOrder,
    ExpectSequence,
    FactPattern,
    HangUp,
    Happening,
    Level,
    Near,
    Press,
    QueueChange,
    Scenario,
    Speech,
    TalkAct,
    Trigger,
    When,
    WorldAct,
)

NOWHERE = Place("")
PEOPLE = """\
agents:
  "1001": {skills: general}
  "1002": {skills: [general, water], does: [{hold: 1s}, {consult: 2s, entry: "7001"}]}
officials: {"7001": {number: "0200007001"}}
citizens:
  hong: {dials: "120", patience: 60s}
  kim: {dials: "120", patience: 60s}
"""


class Desk:
    """Somebody who writes scenario files into one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "a.scenario.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, text: str) -> tuple[Scenario, ...]:
        return read(self.write(text))

    def one(self, text: str) -> Scenario:
        """A scenario with a title and an expectation, whatever else is in it."""
        ending = "" if "expect:" in text else "expect: {journal: {PromiseMissed: 0}}\n"
        (found,) = self.read(f"title: a scenario\n{text}{ending}")
        return found

    def expecting(self, expect: str) -> tuple[Expectation, ...]:
        """What the lines under `expect` become, without their places."""
        lines = "".join(f"  {line}\n" for line in expect.splitlines())
        return tuple(map(placeless, self.one(f"{PEOPLE}expect:\n{lines}").expectations))


def placeless(thing: Any) -> Any:
    """The same value as if it had been written nowhere."""
    if isinstance(thing, tuple):
        return tuple(map(placeless, thing))
    if not hasattr(thing, "__dataclass_fields__"):
        return thing
    changes = {name: placeless(getattr(thing, name)) for name in thing.__dataclass_fields__ if name != "place"}
    if "place" in thing.__dataclass_fields__:
        changes["place"] = NOWHERE
    return replace(thing, **changes)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def fact(verb: str, subject: str = "hong", at: Near | None = None, **details: str) -> FactPattern:
    return FactPattern(verb, subject, details, at, NOWHERE)


def sequence(*facts: FactPattern, subject: str = "hong", complete: bool = True) -> ExpectSequence:
    return ExpectSequence(subject, facts, NOWHERE, complete)


def times(pattern: FactPattern, least: int, most: int | None) -> ExpectCount:
    return ExpectCount(pattern, Count(least, most), NOWHERE)


class TestHead:
    def test_given_nothing_but_what_must_be_when_read_then_it_is_an_ordinary_monday_everywhere(
        self, desk: Desk
    ) -> None:
        found = desk.one('citizens: {hong: {dials: "120", patience: 5s}}\n')
        assert found.name == "a"
        assert found.title == "a scenario"
        assert found.starts_at_ms == 1_795_395_600_000  # date -d '2026-11-23 10:00 +0900' +%s
        assert found.levels == frozenset(Level)
        assert (found.dialplans, found.queues, found.limit_ms) == (None, (), plans.LONGEST_MS)

    @pytest.mark.parametrize(
        ("at", "starts_at_ms"),
        [
            ("2026-11-23 10:00:30", 1_795_395_630_000),
            ("9:05", 1_795_392_300_000),
            ("2024-02-29 00:00", 1_709_132_400_000),
        ],
    )
    def test_given_a_moment_when_read_then_it_is_seoul_s(self, desk: Desk, at: str, starts_at_ms: int) -> None:
        found = desk.one(f'at: {at}\ncitizens: {{hong: {{dials: "120", patience: 5s}}}}\n')
        assert found.starts_at_ms == starts_at_ms

    def test_given_levels_with_a_reason_when_read_then_the_others_remain(self, desk: Desk) -> None:
        found = desk.one(
            f"on: [simulated, asterisk]\nnot_on: {{asterisk: takes an hour}}\ntags: [slow, rona]\nlimit: 2m\n{PEOPLE}"
        )
        assert found.levels == {Level.SIMULATED}
        assert found.why_not_elsewhere == "asterisk: takes an hour"
        assert found.tags == {"slow", "rona"}
        assert found.limit_ms == 120_000

    def test_given_all_queues_and_one_when_read_then_the_one_wins_field_by_field(self, desk: Desk) -> None:
        found = desk.one(f"queues: {{all: {{wrap_up: 0s, ring: 4s}}, water: {{ring: 6s}}}}\n{PEOPLE}")
        changes = {change.queue: change for change in found.queues}
        assert changes["water"] == QueueChange("water", 6_000, 0)
        assert changes["general"] == QueueChange("general", 4_000, 0)
        assert len(changes) == 14

    def test_given_flows_of_its_own_when_read_then_the_folder_is_relative_to_the_file(self, desk: Desk) -> None:
        flows = desk.folder / "flows"
        flows.mkdir()
        (flows / "flows").mkdir()
        desk.write("prompts: {}\n", "flows/prompts.yaml")
        desk.write("skills: [birds]\nperson: birds\nqueues: {birds: {requirement: birds}}\n", "flows/queues.yaml")
        desk.write("numbers: {'110': {flow: main}}\n", "flows/numbers.yaml")
        desk.write("steps: {counsellor: {queue: birds}}\n", "flows/flows/main.yaml")
        found = desk.one('dialplans: flows\nagents: {"1001": {skills: birds}}\ncitizens: {hong: {dials: "110"}}\n')
        assert found.dialplans == flows.resolve()


class TestCitizens:
    @pytest.mark.parametrize(
        ("hangs_up", "when"),
        [
            ("10s", When(after_ms=10_000)),
            ("{after: 10s}", When(after_ms=10_000)),
            ("{dialled: 0}", When()),
            ("{ringing: 1s, nth: 2}", When(Trigger.RINGING, 1_000, nth=2)),
            ("{heard: menu, after: 1.25s}", When(Trigger.HEARD, 1_250, "menu")),
            ("{held: 500 ms}", When(Trigger.HELD, 500)),
        ],
    )
    def test_given_a_hang_up_when_read_then_its_moment_is_known(self, desk: Desk, hangs_up: str, when: When) -> None:
        people = PEOPLE.replace("patience: 60s", f"hangs_up: {hangs_up}", 1)
        hong = desk.one(people).citizens[0]
        assert placeless(hong.acts) == (HangUp(when, NOWHERE),)
        assert hong.patience_ms is None

    def test_given_speech_when_read_then_it_is_an_act_with_its_length(self, desk: Desk) -> None:
        said = "patience: 60s, speaks: [5s, {connected: 1s, for: 2s}]"
        hong, _ = desk.one(PEOPLE.replace("patience: 60s", said, 1)).citizens
        spoken = [(act.when, act.lasts_ms) for act in hong.acts if isinstance(act, Speech)]
        assert spoken == [(When(after_ms=5_000), 1_000), (When(Trigger.CONNECTED, 1_000), 2_000)]

    @pytest.mark.parametrize(
        ("speaks", "problem"),
        [
            ("{held: 1s}", "never: 'kim' waits for 'held', but no agent does any hold"),
            ("{after: 1s, for: 0}", "duration: who speaks does it for a while"),
            ("{after: 1s, long: 2s}", "unknown_key: no such key in a speech; found 'long'"),
        ],
    )
    def test_given_speech_that_cannot_be_when_read_then_it_is_told(self, desk: Desk, speaks: str, problem: str) -> None:
        people = PEOPLE.replace("{hold: 1s}, ", "")
        with pytest.raises(ScenarioErrors, match=re.escape(problem)):
            desk.one(people.replace("kim: {", f"kim: {{speaks: {speaks}, "))

    def test_given_what_a_citizen_understands_when_heard_is_expected_then_it_is_in_that_language(
        self, desk: Desk
    ) -> None:
        people = PEOPLE.replace("patience: 60s", "patience: 60s, language: en", 1)
        hears = "[greeting, {prompt: menu, language: ko}]"
        found = desk.one(f"{people}expect: {{hong: {{hears: {hears}}}, kim: {{hears: [menu]}}}}\n").expectations
        languages = [
            pattern.details.get("language", "")
            for expected in found
            if isinstance(expected, ExpectSequence)
            for pattern in expected.patterns
        ]
        assert languages == ["en", "ko", ""]

    def test_given_re_invites_and_video_when_read_then_they_are_no_acts(self, desk: Desk) -> None:
        said = "patience: 60s, re_invites: [5s, {connected: 1s}], offers: video"
        hong, kim = desk.one(PEOPLE.replace("patience: 60s", said, 1)).citizens
        assert hong.re_invites == (When(after_ms=5_000), When(Trigger.CONNECTED, 1_000))
        assert (hong.offers_video, hong.acts) == (True, ())
        assert (kim.offers_video, kim.re_invites) == (False, ())

    def test_given_keys_when_read_then_each_act_has_its_moment_and_place(self, desk: Desk) -> None:
        found = desk.one(
            'citizens:\n  hong:\n    dials: "120"\n    caller: "0212340001"\n    arrives: 1.5s\n    patience: 1m\n'
            '    presses:\n      - {keys: "9", heard: greeting}\n      - {keys: "12#", after: 2s, gap: 50ms}\n'
        )
        (hong,) = found.citizens
        assert (hong.caller, hong.arrives_ms, hong.patience_ms) == ("0212340001", 1_500, 60_000)
        assert placeless(hong.acts) == (
            Press("9", When(Trigger.HEARD, of="greeting"), NOWHERE),
            Press("12#", When(after_ms=2_000), NOWHERE, gap_ms=50),
        )
        assert (hong.acts[1].place.line, hong.acts[1].place.column) == (10, 9)


class TestPhones:
    @pytest.mark.parametrize(
        ("words", "conducts"),
        [
            ("", (Conduct(Answering.ANSWERS, 1_000, 30_000),)),
            (", answers: 2s, talks: until_hangup", (Conduct(Answering.ANSWERS, 2_000, None),)),
            (", talks: 5s", (Conduct(Answering.ANSWERS, 1_000, 5_000),)),
            (", silent: true", (Conduct(Answering.SILENT),)),
            (", busy: true", (Conduct(Answering.BUSY),)),
            (", declines: 300ms", (Conduct(Answering.DECLINES, 300),)),
            (", rings: busy", (Conduct(Answering.BUSY),)),
            (
                ", rings: [silent, {declines: 0}, {answers: 4s, talks: 9s}]",
                (Conduct(Answering.SILENT), Conduct(Answering.DECLINES, 0), Conduct(Answering.ANSWERS, 4_000, 9_000)),
            ),
        ],
    )
    def test_given_how_a_phone_is_taken_when_read_then_agents_and_officials_are_alike(
        self, desk: Desk, words: str, conducts: tuple[Conduct, ...]
    ) -> None:
        found = desk.one(
            f'agents: {{"1001": {{skills: general{words}}}}}\nofficials: {{"7001": {{number: "0200007001"{words}}}}}\n'
            'citizens: {hong: {dials: "120", patience: 5s}}\n'
        )
        assert found.agents[0].conducts == conducts
        assert found.recipients[0].conducts == conducts

    @pytest.mark.parametrize(
        ("skills", "known"),
        [
            ("general", {"general": 3}),
            ("[general, water]", {"general": 3, "water": 3}),
            ('"general:5 water:2"', {"general": 5, "water": 2}),
            ("{general: 5, water: 2}", {"general": 5, "water": 2}),
            ("[]", {}),
        ],
    )
    def test_given_skills_in_any_shape_when_read_then_each_has_a_proficiency(
        self, desk: Desk, skills: str, known: dict[str, int]
    ) -> None:
        found = desk.one(
            f'agents: {{"1001": {{skills: {skills}}}}}\ncitizens: {{hong: {{dials: "120", patience: 5s}}}}\n'
        )
        assert found.agents[0].skills == known

    def test_given_an_agent_with_everything_when_read_then_nothing_is_lost(self, desk: Desk) -> None:
        words = "skills: general, contractor: hangang, presence: on_break, registered: false, wrap_up_done: 2s"
        acts = '[{hold: 1s}, {consult: 2s, entry: "7001", by: phone}, {hang_up: 9s, nth: 2}]'
        found = desk.one(PEOPLE.replace('"1001": {skills: general}', f'"1001": {{{words}, does: {acts}}}'))
        agent = found.agents[0]
        assert (agent.contractor, agent.presence, agent.registered) == ("hangang", "on_break", False)
        assert agent.finishes_wrap_up_after_ms == 2_000
        assert placeless(agent.acts) == (
            AgentAct(TalkAct.HOLD, 1_000, NOWHERE),
            AgentAct(TalkAct.CONSULT, 2_000, NOWHERE, "7001", By.PHONE),
            AgentAct(TalkAct.HANG_UP, 9_000, NOWHERE, nth=2),
        )


@pytest.mark.parametrize(
    ("happening", "act"),
    [
        (
            'agent: "1001", presence: on_break, reason: lunch, by: phone',
            WorldAct(Happening.PRESENCE, 1_000, NOWHERE, "1001", "on_break", "lunch", By.PHONE),
        ),
        ('agent: "1001", wrap_up: finished', WorldAct(Happening.WRAP_UP_FINISHED, 1_000, NOWHERE, "1001")),
        ("engine: killed", WorldAct(Happening.ENGINE_KILLED, 1_000, NOWHERE)),
        ("engine: started", WorldAct(Happening.ENGINE_STARTED, 1_000, NOWHERE)),
        ("ami: cut, for: 2s", WorldAct(Happening.AMI_CUT, 1_000, NOWHERE, lasts_ms=2_000)),
        (
            "events: delayed, by: 500ms, for: 3s",
            WorldAct(Happening.EVENTS_DELAYED, 1_000, NOWHERE, lasts_ms=3_000, by_ms=500),
        ),
        ("events: doubled, for: 3s", WorldAct(Happening.EVENTS_DOUBLED, 1_000, NOWHERE, lasts_ms=3_000)),
        ("database: away, for: 3s", WorldAct(Happening.DATABASE_AWAY, 1_000, NOWHERE, lasts_ms=3_000)),
        ("switch: restarted", WorldAct(Happening.SWITCH_RESTARTED, 1_000, NOWHERE, lasts_ms=2_000)),
        ("switch: restarted, for: 8s", WorldAct(Happening.SWITCH_RESTARTED, 1_000, NOWHERE, lasts_ms=8_000)),
        ("engine: frozen, for: 3s", WorldAct(Happening.ENGINE_FROZEN, 1_000, NOWHERE, lasts_ms=3_000)),
        ("events: swapped, for: 3s", WorldAct(Happening.EVENTS_SWAPPED, 1_000, NOWHERE, lasts_ms=3_000)),
    ],
)
def test_given_a_happening_when_read_then_it_is_one_act_of_the_world(desk: Desk, happening: str, act: WorldAct) -> None:
    assert placeless(desk.one(f"{PEOPLE}world: [{{at: 1s, {happening}}}]\n").world) == (act,)


@pytest.mark.parametrize(
    ("happening", "act"),
    [
        ("inbox: full, for: 3s", WorldAct(Happening.INBOX_FULL, 1_000, NOWHERE, lasts_ms=3_000)),
        ("clock: +1h", WorldAct(Happening.CLOCK_SET, 1_000, NOWHERE, by_ms=3_600_000)),
        ("clock: -90s", WorldAct(Happening.CLOCK_SET, 1_000, NOWHERE, by_ms=-90_000)),
    ],
)
def test_given_what_no_real_switch_can_do_when_read_then_the_file_must_say_so(
    desk: Desk, happening: str, act: WorldAct
) -> None:
    document = f"{PEOPLE}world: [{{at: 1s, {happening}}}]\n"
    with pytest.raises(ScenarioErrors, match="not_there: no real switch can do this: "):
        desk.one(document)
    scenario = desk.one(f'{document}not_on: {{asterisk: "the clock is others\', too"}}\n')
    assert placeless(scenario.world) == (act,)


@pytest.mark.parametrize("clock", ["1h", "+soon", "+0s", "+1"])
def test_given_a_clock_that_is_set_by_nothing_when_read_then_it_is_told(desk: Desk, clock: str) -> None:
    with pytest.raises(ScenarioErrors, match="clock: this sets no clock; found '"):
        desk.one(f'{PEOPLE}not_on: {{asterisk: "no"}}\nworld: [{{at: 1s, clock: "{clock}"}}]\n')


def test_given_a_revision_when_loaded_in_the_middle_then_its_prompts_can_be_waited_for(desk: Desk) -> None:
    desk.write("prompts: {}\n", "next/prompts.yaml")
    desk.write("skills: [birds]\nperson: birds\nqueues: {birds: {requirement: birds}}\n", "next/queues.yaml")
    desk.write("numbers: {'110': {flow: main}}\n", "next/numbers.yaml")
    desk.write("steps: {counsellor: {queue: birds}}\n", "next/flows/main.yaml")
    (desk.folder / "broken").mkdir()
    found = desk.one(
        f'{PEOPLE.replace("skills: general}", "skills: birds}")}  lee: {{dials: "110", hangs_up: {{queued: 1s}}}}\n'
        "world: [{at: 1s, revision: next}, {at: 2s, revision: broken}]\n"
        "expect: {lee: {queue: birds}}\n"
    )
    assert [act.value for act in found.world] == [str((desk.folder / name).resolve()) for name in ("next", "broken")]


class TestExpectations:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("hears: [greeting, menu]", [sequence(fact("heard", prompt="greeting"), fact("heard", prompt="menu"))]),
            ("hears: [greeting, ...]", [sequence(fact("heard", prompt="greeting"), complete=False)]),
            (
                "hears: {prompt: menu, language: en, at: 4s ± 1s}",
                [sequence(fact("heard", at=Near(4_000, 1_000), prompt="menu", language="en"))],
            ),
            ("hears: []", [times(fact("heard"), 0, 0)]),
            ('presses: ["1", "23"]', [sequence(fact("pressed", keys="1"), fact("pressed", keys="23"))]),
            ("queue: water", [times(fact("queued", queue="water"), 1, None)]),
            ("queue: [water, general]", [sequence(fact("queued", queue="water"), fact("queued", queue="general"))]),
            ("agency: city_hall", [times(fact("ended", agency="city_hall"), 1, None)]),
            ("language: en", [times(fact("queued", language="en"), 1, None)]),
            (
                'offers: ["1001", {to: "1002", ends: failed, cause: busy, at: 3s, ends_at: 4s +- 1s}]',
                [
                    sequence(fact("offered", agent="1001"), fact("offered", at=Near(3_000, 250), agent="1002")),
                    sequence(
                        fact("offer_ended", agent="1001"),
                        fact("offer_ended", at=Near(4_000, 1_000), agent="1002", result="failed", cause="busy"),
                    ),
                ],
            ),
            ("offers: []", [times(fact("offered"), 0, 0)]),
            ('answered_by: "1001"', [sequence(fact("connected", agent="1001"))]),
            ("answered_by: []", [times(fact("connected"), 0, 0)]),
            ("within_promise: false", [times(fact("connected", within_promise="false"), 1, None)]),
            ("talks: 30s", [ExpectDuration(fact("connected"), fact("ended"), Near(30_000, 250), NOWHERE)]),
            ("waits: 6s", [ExpectDuration(fact("queued"), fact("connected"), Near(6_000, 250), NOWHERE)]),
            (
                "transfers: [held, {state: ringing, entry: '7001'}, {ends: failed, cause: busy}]",
                [
                    sequence(
                        fact("transfer", state="held"),
                        fact("transfer", entry="7001", state="ringing"),
                        fact("transfer_ended", result="failed", cause="busy"),
                    )
                ],
            ),
            ("returns: 0", [times(fact("queued", returns="1"), 0, 0)]),
            ("returns: 2", [times(fact("queued", returns="2"), 1, None), times(fact("queued", returns="3"), 0, 0)]),
            ("fell_back: true", [times(fact("fell_back"), 1, None)]),
            ("fell_back: false", [times(fact("fell_back"), 0, 0)]),
            ("ends: abandoned", [sequence(fact("ended", disposition="abandoned"))]),
            (
                "ends: {as: abandoned, at: 9s ± 0ms, short_abandon: true, offers: 0}",
                [sequence(fact("ended", at=Near(9_000, 0), disposition="abandoned", short_abandon="true", offers="0"))],
            ),
        ],
    )
    def test_given_what_a_citizen_lives_through_when_read_then_it_is_these_facts(
        self, desk: Desk, written: str, meant: list[Expectation]
    ) -> None:
        assert list(desk.expecting(f"hong: {{{written}}}")) == meant

    @pytest.mark.parametrize(
        ("ends", "end"), [("answered", "connected"), ("abandoned", "ended"), ("{as: abandoned}", "ended")]
    )
    def test_given_how_it_ends_when_a_wait_is_read_then_it_is_counted_to_a_person_or_to_the_end(
        self, desk: Desk, ends: str, end: str
    ) -> None:
        (wait, _) = desk.expecting(f"hong: {{waits: 6s, ends: {ends}}}")
        assert wait == ExpectDuration(fact("queued"), fact(end), Near(6_000, 250), NOWHERE)

    def test_given_what_an_agent_becomes_when_read_then_other_facts_may_lie_between(self, desk: Desk) -> None:
        found = desk.expecting(
            '"1001": {becomes: [offered, on_break, {state: idle, reason: missed}], presence: on_break}'
        )
        assert found == (
            sequence(
                fact("agent", "1001", state="offered"),
                fact("agent", "1001", presence="on_break"),
                fact("agent", "1001", state="idle", reason="missed"),
                subject="1001",
                complete=False,
            ),
            times(fact("agent", "1001", presence="on_break"), 1, None),
        )

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("hong connected", fact("connected")),
            ("hong connected 1001 within_promise=true", fact("connected", agent="1001", within_promise="true")),
            ("connected", fact("connected", "")),
            ("contact ended abandoned", fact("ended", "", disposition="abandoned")),
            ('"1001 offered"', fact("offered", "", agent="1001")),
            ('"1001 offer_ended declined"', fact("offer_ended", "", agent="1001", result="declined")),
            ('"1001 becomes wrap_up"', fact("agent", "1001", state="wrap_up")),
            ('"1001 becomes on_break reason=lunch"', fact("agent", "1001", presence="on_break", reason="lunch")),
            ("agent becomes idle", fact("agent", "", state="idle")),
            ("agent offered", fact("offered", "")),
            ("switch lost", fact("switch", "", connected="false")),
            ("switch connected", fact("switch", "", connected="true")),
            ("engine killed", fact("engine", "", killed="true")),
            ("{offered: {of: hong, agent: '1001'}}", fact("offered", agent="1001")),
            ("{hong connected: {at: 6s ± 1s}}", fact("connected", at=Near(6_000, 1_000))),
        ],
    )
    def test_given_a_fact_when_read_then_it_is_this_pattern(self, desk: Desk, written: str, meant: FactPattern) -> None:
        assert desk.expecting(f"never: [{written}]") == (times(meant, 0, 0),)

    def test_given_expectations_of_the_whole_when_read_then_each_has_its_kind(self, desk: Desk) -> None:
        found = desk.expecting(
            "order: [hong connected, kim connected]\n"
            "counts: {contact ended: 2, kim offered: {at_least: 1}, agent offered: {at_most: 3}}\n"
            "between: {from: kim arrived, to: kim ended, takes: 3s ± 1s}\n"
            'metrics: {\'ivr_contacts_total{disposition="answered",queue="general"}\': 2}\n'
            "journal: {PromiseMissed: 0, OfferMade: {at_least: 1}}\n"
        )
        assert found == (
            ExpectOrder((fact("connected"), fact("connected", "kim")), NOWHERE),
            times(fact("ended", ""), 2, 2),
            times(fact("offered", "kim"), 1, None),
            times(fact("offered", ""), 0, 3),
            ExpectDuration(fact("arrived", "kim"), fact("ended", "kim"), Near(3_000, 1_000), NOWHERE),
            ExpectMetric('ivr_contacts_total{disposition="answered",queue="general"}', 2.0, NOWHERE),
            times(fact("promise_missed", ""), 0, 0),
            times(fact("offered", ""), 1, None),
        )

    def test_given_an_expectation_when_read_then_its_place_is_where_it_was_written(self, desk: Desk) -> None:
        found = desk.one(f"{PEOPLE}expect:\n  hong:\n    ends: answered\n")
        assert str(found.expectations[0].place) == f"{(desk.folder / 'a.scenario.yaml').as_posix()}:11:11"


class TestSharing:
    def test_given_a_table_of_examples_when_read_then_each_row_is_a_scenario(self, desk: Desk) -> None:
        found = desk.read(
            "title: who dials ${number} comes from ${agency}\nlet: {patience: 9s, agency: fire}\n"
            'citizens: {"${who}": {dials: "${number}", patience: "${patience}"}}\n'
            'expect: {"${who}": {agency: "${agency}"}}\n'
            'examples:\n  - {who: hong, number: "0200001001", agency: city_hall}\n'
            '  - {who: kim, number: "0200001003", agency: waterworks}\n'
        )
        assert [one.name for one in found] == ["a[hong-0200001001-city_hall]", "a[kim-0200001003-waterworks]"]
        assert found[1].title == "who dials 0200001003 comes from waterworks"
        assert [one.citizens[0].dials for one in found] == ["0200001001", "0200001003"]
        assert [one.place.line for one in found] == [6, 7]
        assert {one.citizens[0].patience_ms for one in found} == {9_000}

    def test_given_rows_that_read_alike_when_named_then_a_number_tells_them_apart(self, desk: Desk) -> None:
        row = '  - {number: "120"}\n'
        found = desk.read(
            f'title: a\ncitizens: {{hong: {{dials: "${{number}}", patience: 1s}}}}\n'
            f"expect: {{hong: {{ends: abandoned}}}}\nexamples:\n{row}{row}"
        )
        assert [one.name for one in found] == ["a[120-1]", "a[120-2]"]

    def test_given_fragments_when_used_then_the_file_itself_wins_field_by_field(self, desk: Desk) -> None:
        desk.write("let: {number: '120'}\nuse: below/two.fragment.yaml\n", "one.fragment.yaml")
        desk.write(
            'agents:\n  "1001": {skills: water, talks: 5s}\n  "1002": {skills: general}\nqueues: {water: {ring: 3s}}\n',
            "below/two.fragment.yaml",
        )
        found = desk.one(
            'use: one.fragment.yaml\nagents: {"1001": {rings: silent}}\n'
            'citizens: {hong: {dials: "${number}", patience: 1s}}\n'
        )
        first, second = found.agents
        assert (first.id, first.skills, first.conducts) == ("1001", {"water": 3}, (Conduct(Answering.SILENT),))
        assert (second.id, second.place.file) == ("1002", (desk.folder / "below" / "two.fragment.yaml").as_posix())
        assert found.queues == (QueueChange("water", 3_000),)
        assert found.citizens[0].dials == "120"

    def test_given_one_fragment_used_from_two_sides_when_read_then_that_is_no_circle(self, desk: Desk) -> None:
        desk.write('agents: {"1001": {skills: water}}\n', "people.fragment.yaml")
        desk.write("use: people.fragment.yaml\n", "one.fragment.yaml")
        found = desk.one(
            'use: [people.fragment.yaml, one.fragment.yaml]\ncitizens: {hong: {dials: "120", patience: 1s}}\n'
        )
        assert [agent.id for agent in found.agents] == ["1001"]


def test_given_every_verb_when_the_language_is_asked_then_it_knows_its_details() -> None:
    from ivr_engine.replay.language_facts import DETAILS

    assert DETAILS.keys() == set(Verb)
