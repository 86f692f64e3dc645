"""extensions.conf keeps the rules that make every place in it safe without the engine; and the rules themselves
catch.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asterisk_conf.dialplan import read
from tests.asterisk_conf.rules import findings

EXTENSIONS = Path(__file__).parents[2] / "asterisk-conf" / "extensions.conf"
FEATURES = EXTENSIONS.with_name("features.conf")
CONTEXTS = {
    *("ivr-entry", "ivr-visit", "ivr-wait", "ivr-offer", "ivr-talk", "ivr-hold", "ivr-consult", "ivr-recipient"),
    *("ivr-callback", "ivr-ready"),
    *("ivr-forward", "ivr-forwarded", "ivr-after", "ivr-survey", "ivr-fallback", "ivr-feature", "ivr-agent-phone"),
}

ENDS = "".join(f"exten => {name},1,Hangup()\n" for name in ("i", "t")) + (
    "exten => T,1,Set(TIMEOUT(absolute)=0)\n same => n,Hangup()\nexten => h,1,UserEvent(Gone)\n"
)
SOUND = f"""
[good]
exten => s,1(begin),MSet(AGIEXITONHANGUP=yes,N=${{FILTER(0-9+,${{CUT(PJSIP_HEADER(read,From),@,1)}})}})   ; Redirect
 same => n(try),Set(TIMEOUT(absolute)=30)
 same => n,AGI(${{IVR_AGI}},${{N}})
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,GotoIf($["${{X:0:2}}" = "a:"]?good,s,begin:next,s,1)
{ENDS}
[next]
exten => s,1,Dial(${{IVR_TARGET}},25,gb(good^s^1(${{A}}^b))F(next^s^1))
 same => n,Queue(q,,,,60,,called)
 same => n,Goto(s,1)
{ENDS}
[called]
exten => s,1,Gosub(good,s,try(1,2))
 same => n,Return()
{ENDS}
"""


def test_given_our_dialplan_when_read_by_the_rules_then_it_keeps_them_all() -> None:
    plan = read(EXTENSIONS.read_text())
    assert CONTEXTS.issubset(plan.contexts)
    assert [str(finding) for finding in findings(plan)] == []


def test_given_the_feature_codes_when_pressed_then_each_has_its_subroutine() -> None:
    plan = read(EXTENSIONS.read_text())
    called = [line.partition("Gosub(")[2].rstrip(")") for line in FEATURES.read_text().splitlines() if "=>" in line]
    assert len(called) == 4
    for place in called:
        context, extension, priority = place.split(",")
        assert plan.has(context, extension, priority), place


def test_given_a_sound_dialplan_when_checked_then_nothing_is_found() -> None:
    assert findings(read(SOUND)) == []


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("complete", "exten => t,1,Hangup()\n", ""),
        ("complete", "exten => h,1,UserEvent(Gone)\n", ""),
        ("safe_at_hangup", "h,1,UserEvent(Gone)", "h,1,AGI(${IVR_AGI})"),
        ("safe_at_hangup", "h,1,UserEvent(Gone)", "h,1,Wait(1)"),
        ("safe_at_hangup", "h,1,UserEvent(Gone)", "h,1,ExecIf($[1 = 1]?AGI(${IVR_AGI}))"),
        ("arrives", "?good,s,begin:", "?good,s,beginn:"),
        ("arrives", ":next,s,1)", ":nowhere,s,1)"),
        ("arrives", "F(next^s^1)", "F(next^s^over)"),
        ("arrives", "gb(good^s^1(", "gb(good^x^1("),
        ("arrives", "60,,called)", "60,,uncalled)"),
        ("arrives", "Gosub(good,s,try(1,2))", "Gosub(good,s,tried(1,2))"),
        ("arrives", "Goto(s,1)", "Goto(${SOMEWHERE},s,1)"),
        ("timed_visit", "Set(TIMEOUT(absolute)=30)", "NoOp()"),
        ("timed_visit", "Set(TIMEOUT(absolute)=30)", "Set(TIMEOUT(absolute)=0)"),
        ("timed_visit", " same => n,Set(TIMEOUT(absolute)=0)\n same => n,GotoIf", " same => n,GotoIf"),
        ("timed_visit", "AGIEXITONHANGUP=yes,", ""),
        ("timed_visit", "exten => T,1,Set(TIMEOUT(absolute)=0)\n same => n,Hangup()", "exten => T,1,Hangup()"),
        ("never_raw", "N=${FILTER(0-9+,${CUT(PJSIP_HEADER(read,From),@,1)})}", "N=${CUT(PJSIP_HEADER(read,From),@,1)}"),
        ("never_raw", "UserEvent(Gone)", "UserEvent(Gone,Number: ${EXTEN})"),
        ("never_raw", "UserEvent(Gone)", "UserEvent(Gone,N: ${FILTER(0-9,${X})},Caller: ${CALLERID(num)})"),
        ("fixed_dial", "Dial(${IVR_TARGET},", "Dial(PJSIP/${FILTER(0-9,${EXTEN})}@office,"),
        ("fixed_dial", "Dial(${IVR_TARGET},", "Dial(PJSIP/${IVR_KEYS}@office,"),
        ("fixed_dial", "Dial(${IVR_TARGET},", "Dial(Local/1@good,"),
        ("leads_on", " same => n,Goto(s,1)\n", ""),
        ("leads_on", ":next,s,1)", ")"),
        ("labelled", "s,1(begin),MSet", "s,1,MSet"),
        ("forbidden", "UserEvent(Gone)", "System(true)"),
        ("forbidden", "UserEvent(Gone)", "UserEvent(Gone,X: ${SHELL(id)})"),
    ],
)
def test_given_a_planted_fault_when_checked_then_its_rule_finds_it(rule: str, before: str, after: str) -> None:
    assert before in SOUND
    found = findings(read(SOUND.replace(before, after, 1)))
    assert rule in {finding.rule for finding in found}


def test_given_a_line_that_is_no_step_when_read_then_the_error_names_it() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read("[x]\nextn => s,1,NoOp()\n")
