"""The model of Asterisk: the dialplan's language, and the quirks that an engine has to live with."""

from pathlib import Path

import pytest

from ivr_engine.replay.simulator import words
from ivr_engine.replay.simulator.applications import compile_plan
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.manager import Manager
from ivr_engine.replay.simulator.plan import PlanError, conf_folder, matches, read_plan
from ivr_engine.replay.simulator.ports import Record, Refused
from ivr_engine.replay.simulator.site import Site, read_site
from ivr_engine.replay.virtual import Standstill, VirtualTime

START_MS = 1_700_000_000_000


class Phone:
    """Answers when told to."""

    def __init__(self, does: str = "") -> None:
        self.does = does
        self.legs: list[Leg] = []
        self.ended = 0

    def rings(self, leg: Leg) -> None:
        self.legs.append(leg)
        if self.does == "answers":
            leg.exchange.answer(leg)
        elif self.does:
            leg.exchange.refuse(leg, self.does)

    def picked_up(self, leg: Leg) -> None: ...

    def over(self, leg: Leg) -> None:
        self.ended += 1


class Desk:
    """Phones by resource."""

    def __init__(self) -> None:
        self.by_resource: dict[str, Phone] = {}

    def find(self, resource: str) -> Phone | None:
        return self.by_resource.get(resource)

    def members(self) -> list[str]:
        return sorted(self.by_resource)


class Silent:
    """Takes every visit, and says nothing until told to."""

    def __init__(self) -> None:
        self.left = 0

    def begin(self, leg: Leg, arguments: list[str], done: object) -> None:
        self.done = done

    def leave(self, leg: Leg) -> None:
        self.left += 1


class Bench:
    """An exchange with a plan of a few lines."""

    def __init__(self, plan: str = "", site: Site | None = None) -> None:
        self.time = VirtualTime(START_MS)
        self.exchange = Exchange(self.time, site or site_of(plan))
        self.desk = Desk()
        self.exchange.phones = self.desk
        self.visits = Silent()
        self.exchange.visits = self.visits
        self.told: list[Record] = []
        self.exchange.tell = self.told.append
        self.manager = Manager(self.exchange)

    def call(self, exten: str = "s", context: str = "here") -> Leg:
        leg = self.exchange.call_in("trunk", context, exten, Phone())
        assert leg is not None
        self.runs(10)
        return leg

    def runs(self, ms: int) -> None:
        self.time.after(ms, lambda: None)
        self.time.run(self.time.now_ms + ms)

    def said(self) -> list[str]:
        return [record.get("UserEvent") or record.get("Event") for record in self.told]


def site_of(plan: str) -> Site:
    read = read_plan(plan)
    compile_plan(read)
    return Site(read, {}, {"ivr-fallback": {"timeout": "15", "retry": "1"}})


def value(source: str, **variables: str) -> str:
    leg = Bench("[here]\nexten => s,1,Wait(9)\n").call()
    leg.variables.update(variables)
    leg.from_header = "<sip:0212345678@198.51.100.7>;tag=1"
    return words.text(source)(leg)


# ── the language ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("${A}-${B}", "queue:x-2"),
        ("${A:0:6}", "queue:"),
        ("${MISSING}", ""),
        ("${FILTER(0-9+,+82x12)}", "+8212"),
        ("${FILTER(0-9+,${CUT(CUT(CUT(PJSIP_HEADER(read,From),<,2),@,1),:,2):0:20})}", "0212345678"),
        ("${STRFTIME(,,%s%3q)}", str(START_MS + 10)),
        ("${IMPORT(nobody,CHANNEL(name))}", ""),
        ("${IMPORT(${UNIQUEID},A)}", "queue:x"),
        ('$["${A:0:6}" = "queue:"]', "1"),
        ('$["${A}" != "queue:x"]', "0"),
        ("$[${B} + 1]", "3"),
        ("$[${B} > 10]", "0"),
        ('$["${A}" = "no" | ${B} > 1]', "1"),
        ("${TRYLOCK(here)}${TRYLOCK(here)}", "11"),
    ],
)
def test_given_a_text_of_the_plan_when_it_is_read_then_it_means_what_asterisk_means(source: str, expected: str) -> None:
    assert value(source, A="queue:x", B="2") == expected


@pytest.mark.parametrize(
    ("pattern", "exten", "fits"),
    [
        ("[0-9+].", "120", True),
        ("[0-9+].", "1", False),
        ("[0-9+].", "+8221201234", True),
        ("[0-9+].", "a120", False),
        ("NXX", "234", True),
        ("NXX", "134", False),
        ("X!", "1", True),
    ],
)
def test_given_a_pattern_when_a_number_is_dialled_then_it_fits_as_in_asterisk(
    pattern: str, exten: str, fits: bool
) -> None:
    assert matches(pattern, exten) is fits


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("exten => s,1,Voicemail(1)", "no application Voicemail"),
        ("exten => s,1,Set(A=${MD5(x)})", "no function MD5"),
        ("exten => s,1,Dial(PJSIP/1,20,tX)", "no option 't'"),
        ("exten => s,1,BridgeWait(a,participant,m(b))", "without S()"),
        ("exten => s,3,Answer()", "leaves a gap"),
        ("what is this", "neither an extension"),
    ],
)
def test_given_a_word_that_the_model_does_not_know_when_the_plan_is_read_then_its_line_is_told(
    line: str, says: str
) -> None:
    with pytest.raises(PlanError, match=says) as refused:
        site_of(f"[here]\n{line}\n")
    assert refused.value.line == 2


def test_given_a_plan_that_goes_in_circles_when_a_leg_runs_it_then_it_is_stopped() -> None:
    bench = Bench("[here]\nexten => s,1(again),Set(A=1)\n same => n,Goto(again)\n")
    with pytest.raises(Standstill, match="1000 steps at once"):
        bench.call()


def test_given_our_own_contexts_when_they_are_read_then_the_model_knows_every_word() -> None:
    assert "ivr-entry" in read_site().plan.contexts


# ── redirects ───────────────────────────────────────────────────────────────────────────────────────────────────────
PLACES = """
[here]
exten => s,1,BridgeWait(w,participant,S(100))
exten => h,1,UserEvent(Gone,Cause: ${HANGUPCAUSE})
[there]
exten => s,1(label),UserEvent(There)
 same => n,BridgeWait(w,participant,S(100))
[deaf]
exten => s,1,AGI(agi://x)
"""


def to(leg: Leg, context: str, priority: str) -> dict[str, str]:
    return {"Channel": leg.uniqueid, "Context": context, "Exten": "s", "Priority": priority}


def test_given_a_label_that_is_missing_when_a_leg_is_redirected_there_then_it_is_refused_and_stays() -> None:
    bench = Bench(PLACES)
    leg = bench.call()
    with pytest.raises(Refused, match="Priority is invalid"):
        bench.manager.act("Redirect", to(leg, "there", "nowhere"))
    assert (leg.ended, leg.context) == (False, "here")


def test_given_a_number_that_is_missing_when_a_leg_is_redirected_there_then_it_says_success_and_loses_it() -> None:
    bench = Bench(PLACES)
    leg = bench.call()
    assert bench.manager.act("Redirect", to(leg, "nowhere", "1")) == "Redirect successful"
    assert leg.ended


def test_given_a_deaf_visit_when_its_leg_is_redirected_then_it_says_success_and_nothing_happens() -> None:
    bench = Bench(PLACES)
    leg = bench.call(context="deaf")
    assert bench.manager.act("Redirect", to(leg, "there", "label")) == "Redirect successful"
    assert (leg.context, bench.said(), bench.visits.left) == ("deaf", [], 0)


def test_given_a_visit_that_ends_with_a_hangup_when_its_leg_is_redirected_then_it_goes() -> None:
    bench = Bench(PLACES.replace("s,1,AGI", "s,1,Set(AGIEXITONHANGUP=yes)\n same => n,AGI"))
    leg = bench.call(context="deaf")
    bench.manager.act("Redirect", to(leg, "there", "label"))
    assert (leg.context, bench.said(), bench.visits.left) == ("there", ["There"], 1)


def test_given_no_such_leg_when_anything_is_done_to_it_then_it_is_refused() -> None:
    bench = Bench(PLACES)
    for action in ("Redirect", "Hangup", "Setvar"):
        with pytest.raises(Refused, match=r"(?i)channel"):
            bench.manager.act(action, {"Channel": "7.1", "Context": "there", "Exten": "s", "Priority": "label"})


# ── bridges ─────────────────────────────────────────────────────────────────────────────────────────────────────────
TALKS = """
[here]
exten => s,1,BridgeWait(w,participant,S(100))
exten => h,1,UserEvent(Gone)
[talk]
exten => s,1(again),Bridge(${WITH},F(after^s^1))
 same => n,UserEvent(Alone,Result: ${BRIDGERESULT})
[after]
exten => s,1,UserEvent(After)
 same => n,Hangup()
"""


def talking(bench: Bench) -> tuple[Leg, Leg]:
    citizen, other = bench.call(), bench.call()
    other.set("WITH", citizen.name)
    bench.manager.act("Redirect", to(other, "talk", "again"))
    assert citizen.bridge is other.bridge is not None
    return citizen, other


def test_given_a_talk_when_one_leaves_then_the_other_goes_where_the_plan_says() -> None:
    bench = Bench(TALKS)
    citizen, other = talking(bench)
    bench.exchange.leave(other)
    bench.runs(10)
    assert (bench.said(), citizen.ended) == (["After", "Hangup", "Hangup"], True)


def test_given_a_talk_when_the_citizen_leaves_then_bridge_says_success_and_the_agent_goes_on() -> None:
    bench = Bench(TALKS)
    citizen, _ = talking(bench)
    bench.exchange.leave(citizen)
    bench.runs(10)
    (alone,) = [record for record in bench.told if record.get("UserEvent") == "Alone"]
    assert alone.get("Result") == "SUCCESS"


def test_given_a_talk_when_it_is_bridged_once_more_then_the_pair_is_parted() -> None:
    bench = Bench(TALKS)
    citizen, other = talking(bench)
    bench.manager.act("Redirect", to(other, "talk", "again"))
    bench.runs(10)
    (alone,) = [record for record in bench.told if record.get("UserEvent") == "Alone"]
    assert alone.get("Result") == "FAILURE"
    assert citizen.ended


def test_given_a_second_agent_when_the_citizen_is_bridged_away_then_the_first_is_evicted() -> None:
    bench = Bench(TALKS)
    citizen, first = talking(bench)
    second = bench.call()
    second.set("WITH", citizen.name)
    bench.manager.act("Redirect", to(second, "talk", "again"))
    bench.runs(10)
    assert citizen.bridge is second.bridge is not None
    assert first.ended


def test_given_a_citizen_who_left_when_bridge_is_given_the_bare_uniqueid_then_it_takes_who_only_begins_so() -> None:
    bench = Bench(TALKS)
    first = bench.call()
    twins = [bench.call() for _ in range(11)]
    bench.exchange.hang_up(first)
    other = twins[0]
    other.set("WITH", first.uniqueid)
    bench.manager.act("Redirect", to(other, "talk", "again"))
    assert other.bridge is not None
    assert next(leg for leg in other.bridge.legs if leg is not other).uniqueid == f"{first.uniqueid}0"


# ── originates ──────────────────────────────────────────────────────────────────────────────────────────────────────
OFFER = "[offer]\nexten => s,1(answered),UserEvent(Answered)\n same => n,BridgeWait(w,participant,S(100))\n"


def originate(bench: Bench, phone: Phone | None, channel_id: str, timeout: str = "3000") -> None:
    if phone is not None:
        bench.desk.by_resource["PJSIP/1001"] = phone
    headers = {"Channel": "PJSIP/1001", "ChannelId": channel_id, "Timeout": timeout}
    place = {"Context": "offer", "Exten": "s", "Priority": "1"}
    assert bench.manager.act("Originate", headers | place, "a1") == "Originate successfully queued"


def responses(bench: Bench) -> list[tuple[str, str]]:
    return [(r.get("Response"), r.get("Reason")) for r in bench.told if r.get("Event") == "OriginateResponse"]


@pytest.mark.parametrize(
    ("does", "response", "cause"),
    [
        ("answers", ("Success", "4"), ""),
        ("17", ("Failure", "0"), "17"),
        ("21", ("Failure", "0"), "21"),
        ("", ("Failure", "3"), "19"),
    ],
)
def test_given_a_phone_when_it_is_rung_then_originate_says_little_and_the_hangup_says_why(
    does: str, response: tuple[str, str], cause: str
) -> None:
    bench = Bench(OFFER)
    originate(bench, Phone(does), "offer-1")
    bench.runs(4_000)
    assert responses(bench) == [response]
    assert [record.get("Cause") for record in bench.told if record.get("Event") == "Hangup"] == (
        [cause] if cause else []
    )


def test_given_nothing_registered_when_it_is_rung_then_there_is_no_leg_and_no_hangup() -> None:
    bench = Bench(OFFER)
    originate(bench, None, "offer-1")
    bench.runs(100)
    assert bench.said() == ["OriginateResponse"]


def test_given_an_offer_id_when_it_is_used_twice_then_the_second_one_rings_nobody() -> None:
    bench = Bench(OFFER)
    phone = Phone()
    originate(bench, phone, "offer-1", "30000")
    originate(bench, phone, "offer-1", "30000")
    bench.runs(100)
    assert responses(bench) == [("Failure", "0")]
    assert len(phone.legs) == 1


def test_given_two_refusals_when_they_are_told_then_one_response_comes_before_its_hangup_and_one_behind() -> None:
    bench = Bench(OFFER)
    for name in ("offer-1", "offer-2"):
        originate(bench, Phone("21"), name)
        bench.runs(100)
    assert sorted([tuple(bench.said()[:2]), tuple(bench.said()[2:])]) == [
        ("Hangup", "OriginateResponse"),
        ("OriginateResponse", "Hangup"),
    ]


# ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_planted_mistake_when_the_contexts_are_read_then_the_model_runs_the_mistake(tmp_path: Path) -> None:
    for name in ("extensions.conf", "features.conf", "queues.conf"):
        text = (conf_folder() / name).read_text()
        (tmp_path / name).write_text(
            text.replace("BridgeWait(ivr-wait,participant,e(m)m(${IVR_MUSIC})S(5))", "Hangup()")
        )
    assert read_site(tmp_path) is not read_site()
    bench = Bench(site=read_site(tmp_path))
    leg = bench.call("120", "ivr-entry")
    leg.set("IVR_OUTCOME", "queue:general::::0")
    bench.manager.act("Redirect", to(leg, "ivr-wait", "announce") | {"Channel": leg.uniqueid})
    assert leg.ended


def test_given_a_leg_in_a_visit_when_its_absolute_timeout_ends_then_it_is_in_t() -> None:
    bench = Bench(site=read_site())
    leg = bench.call("120", "ivr-entry")
    assert leg.parked is not None
    bench.runs(30_000)
    assert (bench.visits.left, leg.variables["IVR_TRIES"]) == (1, "1")
    bench.runs(40_000)
    assert leg.variables["IVR_STAGE"] == "fallback"
