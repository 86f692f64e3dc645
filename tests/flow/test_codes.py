"""The table of codes is true: every code has a row, and every example shows what its row says."""

import ast
from pathlib import Path

import pytest

from ivr_engine.flow.codes import CODES, GROUPS, page
from ivr_engine.flow.codes_row import Code
from ivr_engine.flow.diagnostics import FlowErrors
from tests.flow.conftest import Folder

TOP = Path(__file__).parents[2]
SHOWN = [row for row in CODES.values() if row.bad]
SAYING = {"error", "warning", "_error", "_refuse", "Diagnostic", "Problem", "_finding", "_wrong", "_stop", "say"}
"""Calls that carry a code."""


def said(folder: Folder) -> set[str]:
    try:
        return {one.code for one in folder.load().warnings}
    except FlowErrors as errors:
        return {one.code for one in errors.diagnostics}


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.code)
def test_given_an_example_when_loaded_then_the_wrong_one_has_the_code_and_the_right_one_is_right(
    row: Code, folder: Folder
) -> None:
    folder.write(row.file, row.bad)
    assert row.code in said(folder)
    folder.write(row.file, row.good)
    assert said(folder) <= {"unreachable", "no_person"} - {row.code}


def test_given_the_package_when_walked_then_every_code_has_a_row_and_every_row_is_said() -> None:
    said_in_code: set[str] = set()
    for module in (TOP / "ivr_engine" / "flow").glob("*.py"):
        for call in (node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)):
            called = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if called in SAYING:
                said_in_code.update(_words(call.args[:3]) & set(CODES), _words(call.args[1:2]))
            elif called == "check_names":
                said_in_code.update(f"unknown_{kind}" for kind in _words(call.args[3:4]))
    said_in_code |= {f"unknown_{kind}" for kind in ("queue", "skill", "calendar", "flow", "variable")}  # shape_fields
    assert said_in_code - set(CODES) == set(), "give it a row in ivr_engine/flow/codes*.py"
    assert set(CODES) - said_in_code == set(), "nothing says this any more"


def _words(arguments: list[ast.expr]) -> set[str]:
    constants = (one.value for one in arguments if isinstance(one, ast.Constant))
    return {word for word in constants if isinstance(word, str) and word.isidentifier()}


def test_given_the_page_when_compared_then_it_says_what_the_table_says() -> None:
    assert (TOP / "docs" / "checks.md").read_text() == page(), "run scripts/write_checks"


def test_given_the_groups_when_counted_then_no_code_has_two_rows() -> None:
    assert len(CODES) == sum(map(len, GROUPS.values()))
