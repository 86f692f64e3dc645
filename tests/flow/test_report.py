"""What was found, told to people, programs, pull requests and code scanning: the same facts in each form."""

import json
from typing import Any

import pytest

from ivr_engine.flow.diagnostics import Diagnostic, Place, Severity
from ivr_engine.flow.report import ReportForm, report

ODD = Diagnostic(
    Place("flows/반포, 50%:a.yaml", 3, 7),
    "unknown_step",
    "no such\nstep",
    "100%\r\n::x",
    ("a,b", "c"),
    "c",
    "look: there",
)
MILD = Diagnostic(Place("a.yaml"), "unreachable", "nothing leads here", severity=Severity.WARNING)


def test_given_two_findings_when_told_as_text_then_each_is_a_line_with_its_place() -> None:
    assert report(ReportForm.TEXT, "d", [MILD], "1") == "a.yaml:1:1: warning unreachable: nothing leads here"


def test_given_findings_when_told_as_json_then_every_fact_has_a_field() -> None:
    [odd, mild] = json.loads(report(ReportForm.JSON, "d", [ODD, MILD], "1"))
    assert odd == {
        "file": "flows/반포, 50%:a.yaml",
        "line": 3,
        "column": 7,
        "severity": "error",
        "code": "unknown_step",
        "message": "no such\nstep",
        "found": "100%\r\n::x",
        "allowed": ["a,b", "c"],
        "nearest": "c",
        "hint": "look: there",
        "text": str(ODD),
    }
    assert (mild["severity"], mild["found"], mild["allowed"], mild["nearest"]) == ("warning", None, [], None)


def test_given_odd_letters_when_told_to_github_then_no_letter_can_end_a_property_or_a_line() -> None:
    lines = report(ReportForm.GITHUB, "dialplans/", [ODD, MILD], "1").splitlines()
    assert lines == [
        "::error file=dialplans/flows/반포%2C 50%25%3Aa.yaml,line=3,col=7,title=unknown_step::no such\\x0astep; "
        "found '100%25\\x0d\\x0a::x'; did you mean 'c'?; allowed: a,b, c; look: there",
        "::warning file=dialplans/a.yaml,line=1,col=1,title=unreachable::nothing leads here",
    ]


@pytest.mark.parametrize("form", [ReportForm.TEXT, ReportForm.GITHUB])
def test_given_nothing_found_when_told_then_there_is_nothing_to_say(form: ReportForm) -> None:
    assert report(form, "d", [], "1") == ""


def test_given_findings_when_told_as_sarif_then_it_has_what_its_schema_asks_for() -> None:
    sarif: dict[str, Any] = json.loads(report(ReportForm.SARIF, "dialplans", [ODD, MILD, ODD], "1.2"))
    assert sarif["version"] == "2.1.0"
    [run] = sarif["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("ivr-engine", "1.2")
    rules = driver["rules"]
    assert [rule["id"] for rule in rules] == ["unknown_step", "unreachable"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["message"]["text"]
        [location] = result["locations"]
        region = location["physicalLocation"]["region"]
        assert min(region["startLine"], region["startColumn"]) >= 1
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "dialplans/flows/%EB%B0%98%ED%8F%AC%2C%2050%25%3Aa.yaml"


def test_given_nothing_found_when_told_as_sarif_then_there_is_a_run_without_results() -> None:
    [run] = json.loads(report(ReportForm.SARIF, "dialplans", [], "1"))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_given_an_absolute_folder_when_told_as_sarif_then_its_files_are_absolute_uris() -> None:
    sarif = json.loads(report(ReportForm.SARIF, "/etc/ivr plans", [MILD], "1"))
    location = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "file:///etc/ivr%20plans/a.yaml"
