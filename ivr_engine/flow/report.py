"""What `check` found, in four forms: for people, for programs, for pull requests and for code scanning.

All of them say the same: place, code, what was found, what is allowed, the nearest name. `folder` is how the operator
named the folder, so that places can be opened from where the command was called.
"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from ivr_engine.flow.codes import CODES
from ivr_engine.flow.diagnostics import Diagnostic, Severity

_GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class ReportForm(StrEnum):
    """How `check` tells what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def report(form: ReportForm, folder: str, diagnostics: Iterable[Diagnostic], version: str) -> str:
    """The whole report, without a line end after it. Empty when the form has nothing to say about a good folder."""
    found = tuple(diagnostics)
    match form:
        case ReportForm.TEXT:
            return "\n".join(map(str, found))
        case ReportForm.JSON:
            return json.dumps([_fields(one) for one in found], ensure_ascii=False, indent=1)
        case ReportForm.GITHUB:
            return "\n".join(_workflow_command(folder, one) for one in found)
        case ReportForm.SARIF:
            return json.dumps(_sarif(folder, found, version), ensure_ascii=False, indent=1)


def _fields(one: Diagnostic) -> Mapping[str, object]:
    return {
        "file": one.place.file,
        "line": one.place.line,
        "column": one.place.column,
        "severity": one.severity.value,
        "code": one.code,
        "message": one.message,
        "found": one.found,
        "allowed": list(one.allowed),
        "nearest": one.nearest,
        "hint": one.hint,
        "text": str(one),
    }


def _path(folder: str, file: str) -> str:
    return file if folder in ("", ".") else f"{folder.rstrip('/')}/{file}"


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _workflow_command(folder: str, one: Diagnostic) -> str:
    """A line that a workflow's log turns into a remark beside the line of the file."""
    properties = {
        "file": _path(folder, one.place.file),
        "line": str(one.place.line),
        "col": str(one.place.column),
        "title": one.code,
    }
    written = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
    return f"::{_GITHUB_LEVELS[one.severity]} {written}::{_escaped(one.sentence())}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


# ── SARIF ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _sarif(folder: str, found: tuple[Diagnostic, ...], version: str) -> Mapping[str, Any]:
    """SARIF 2.1.0 (OASIS): one run; every code that was met is a rule."""
    rules = sorted({one.code for one in found})
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "ivr-engine", "version": version, "rules": [_rule(code) for code in rules]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(folder, one, rules.index(one.code)) for one in found],
            }
        ],
    }


def _rule(code: str) -> Mapping[str, Any]:
    known = CODES.get(code)
    meaning, mending = (known.meaning, known.mending) if known is not None else (code, "")
    return {"id": code, "shortDescription": {"text": meaning}, "help": {"text": mending or meaning}}


def _sarif_result(folder: str, one: Diagnostic, rule: int) -> Mapping[str, Any]:
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": one.severity.value,
        "message": {"text": one.sentence()},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(_path(folder, one.place.file))},
                    "region": {"startLine": one.place.line, "startColumn": one.place.column},
                }
            }
        ],
    }


def _uri(path: str) -> str:
    """A relative or absolute path as a URI reference: other letters as the bytes of their UTF-8."""
    encoded = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in path.encode())
    return f"file://{encoded}" if path.startswith("/") else encoded
