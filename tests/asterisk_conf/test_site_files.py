"""The files that a site includes hold rules and templates, never what is the site's own; and they grant the least."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "asterisk-conf"
NAMES = ("extensions", "features", "manager", "musiconhold", "pjsip", "queues")
SECTION = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")


def lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.partition(";")[0].strip())]


def sections(text: str) -> dict[str, list[tuple[str, str]]]:
    """Section → its settings in order; the flags of a section stand behind its name: `ivr-trunk(!)`."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in lines(text):
        if match := SECTION.fullmatch(line):
            name = match[1] + (f"({match[2]})" if match[2] else "")
            found[name] = []
        else:
            key, _, value = line.partition("=")
            found[name].append((key.strip(), value.lstrip(">").strip()))
    return found


@pytest.fixture(params=NAMES)
def text(request: pytest.FixtureRequest) -> str:
    return (FOLDER / f"{request.param}.conf").read_text()


def test_given_any_file_of_ours_when_read_then_nothing_in_it_is_a_sites_own(text: str) -> None:
    for line in lines(text):
        assert not line.startswith("#"), f"includes and commands are the site's: {line}"
        assert not re.match(r"(secret|password|contact|bind|bindaddr|port|member|match)\s*=", line), line
        assert not re.search(r"\b(?!127\.0\.0\.1\b|0\.0\.0\.0\b|255\.)\d+\.\d+\.\d+\.\d+\b", line), line
    assert "[general]" not in lines(text), "a second [general] would hide the site's own"


def test_given_the_accounts_when_read_then_each_has_the_least_rights() -> None:
    accounts = sections((FOLDER / "manager.conf").read_text())
    assert set(accounts) == {"ivr-events", "ivr-control"}
    for settings in accounts.values():
        assert ("deny", "0.0.0.0/0.0.0.0") in settings
        assert [value for key, value in settings if key == "permit"] == ["127.0.0.1/255.255.255.255"]
        assert "writetimeout" in dict(settings)
    events, control = dict(accounts["ivr-events"]), dict(accounts["ivr-control"])
    assert (events["write"], control["read"]) == ("", "")
    assert set(events["read"].split(",")) == {"user", "call", "system"}
    assert set(control["write"].split(",")) == {"originate", "call", "reporting"}
    assert {key: value for key, value in events.items() if key.startswith("eventfilter")} == {
        "eventfilter(action(include),name(UserEvent))": "",
        "eventfilter(action(exclude),name(UserEvent),header(UserEvent),method(exact))": "IvrLegEnded",
        "eventfilter(action(include),name(OriginateResponse),header(Response),method(exact))": "Failure",
        "eventfilter(action(include),name(Hangup))": "",
        "eventfilter(action(include),name(FullyBooted))": "",
    }


def test_given_the_phones_when_read_then_all_are_templates_that_keep_media_and_transfers_here() -> None:
    templates = sections((FOLDER / "pjsip.conf").read_text())
    assert all(name.endswith("(!)") for name in templates), list(templates)
    endpoints = {name: dict(settings) for name, settings in templates.items() if ("type", "endpoint") in settings}
    assert set(endpoints) == {"ivr-trunk(!)", "ivr-agent(!)", "ivr-office(!)"}
    for name, settings in endpoints.items():
        assert settings["direct_media"] == "no", name
        assert settings["allow_transfer"] == "no", name
        assert settings["disallow"] == "all", name
    for name in ("ivr-trunk(!)", "ivr-office(!)"):
        assert endpoints[name]["callerid"] == "120 <120>", "a caller's own identity reaches AMI raw"
        assert endpoints[name]["trust_id_inbound"] == "no", name


def test_given_the_feature_codes_when_read_then_each_runs_a_subroutine_on_the_leg_that_pressed_it() -> None:
    codes = dict(sections((FOLDER / "features.conf").read_text())["applicationmap"])
    assert list(codes) == ["ivr-hold", "ivr-complete", "ivr-cancel", "ivr-conference"]
    for value in codes.values():
        assert re.fullmatch(r"\*\d,self,Gosub\(ivr-feature,\w+,1\)", value), value
