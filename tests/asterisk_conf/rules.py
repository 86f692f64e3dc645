"""What every context of ours must keep, so that no citizen is lost in it whatever the engine does. One function, one
rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.asterisk_conf.dialplan import Dialplan, Step, jumps, split

REQUIRED = ("h", "i", "t", "T")
# h runs on a leg that is gone: an AGI there leaves channels that nothing can kill, a Wait holds the hang-up back
# StopMixMonitor closes a file that the leg's end would close a moment later
SAFE_AT_HANGUP = {"StopMixMonitor", "UserEvent", "NoOp", "Verbose", "Set", "MSet"}
CONDITIONAL = re.compile(r".*\?(\w+)\(", re.DOTALL)
LEADS_ON = {"Goto", "GotoIf", "Hangup", "Return"}
# shells, doors for toll fraud, and bridges that the engine cannot see
FORBIDDEN = {"System", "TrySystem", "DISA", "Transfer", "ConfBridge", "Directory", "ExternalIVR", "FollowMe"}
RAW = re.compile(r"\$\{EXTEN|CALLERID\((?:num|name|all|ani|rdnis)(?!\)=)|PJSIP_HEADER\(read|CHANNEL\(pjsip")
DIALS = {"Dial", "Originate", "Page", "ChanSpy"}
OF_THE_CALLER = re.compile(r"\$\{(?:EXTEN|IVR_CALLER|IVR_NUMBER|IVR_KEYS|ARG\d+)|CALLERID\(|PJSIP_HEADER\(")
TIMED = re.compile(r"TIMEOUT\(absolute\)=(\$\{\w+\}|\d+)")


@dataclass(frozen=True, slots=True)
class Finding:
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"extensions.conf:{self.line}: {self.rule}: {self.text}"


def findings(plan: Dialplan) -> list[Finding]:
    """Everything wrong with a dialplan, in the order of its lines."""
    rules = (complete, safe_at_hangup, arrives, timed_visit, never_raw, fixed_dial, leads_on, labelled, forbidden)
    return sorted((finding for rule in rules for finding in rule(plan)), key=lambda finding: finding.line)


def complete(plan: Dialplan) -> Iterator[Finding]:
    """Without i, t or T Asterisk hangs up on the citizen; without h the engine never learns that a leg has gone."""
    for context in plan.contexts:
        extensions = plan.extensions(context)
        for missing in [name for name in REQUIRED if name not in extensions]:
            line = min((step.line for steps in extensions.values() for step in steps), default=1)
            yield Finding(line, "complete", f"context {context} has no extension {missing}")


def safe_at_hangup(plan: Dialplan) -> Iterator[Finding]:
    for step in plan.steps:
        does = step.application
        if does == "ExecIf" and (conditional := CONDITIONAL.match(step.arguments)):
            does = conditional[1]
        if step.extension == "h" and does not in SAFE_AT_HANGUP:
            yield Finding(step.line, "safe_at_hangup", f"{step.application} in h of {step.context}")


def arrives(plan: Dialplan) -> Iterator[Finding]:
    for step in plan.steps:
        for context, extension, priority in jumps(step):
            if "${" in context or "${" in priority:
                yield Finding(step.line, "arrives", f"{step.application}({step.arguments}) is known only in the call")
            elif not plan.has(context, extension, priority):
                yield Finding(step.line, "arrives", f"nothing at {context},{extension},{priority}")


def timed_visit(plan: Dialplan) -> Iterator[Finding]:
    """Without both, a frozen engine traps the caller for ever: the kernel still accepts its connections."""
    for context in plan.contexts:
        for steps in plan.extensions(context).values():
            limit: str | None = None
            leaves = False
            for position, step in enumerate(steps):
                leaves = leaves or "AGIEXITONHANGUP=yes" in step.arguments
                if (timed := TIMED.search(step.arguments)) and step.application in ("Set", "MSet"):
                    limit = None if timed[1] == "0" else timed[1]
                if step.application not in ("AGI", "EAGI", "AsyncAGI"):
                    continue
                if limit is None:
                    yield Finding(step.line, "timed_visit", "AGI without TIMEOUT(absolute) before it")
                if not leaves:
                    yield Finding(step.line, "timed_visit", "AGI without AGIEXITONHANGUP=yes before it")
                after = steps[position + 1] if position + 1 < len(steps) else None
                if after is None or not (found := TIMED.search(after.arguments)) or found[1] != "0":
                    yield Finding(step.line, "timed_visit", "the step after AGI does not clear TIMEOUT(absolute)")
                if not _clears(plan.extensions(context).get("T", [])):
                    yield Finding(step.line, "timed_visit", f"T of {context} does not clear TIMEOUT(absolute)")


def never_raw(plan: Dialplan) -> Iterator[Finding]:
    """What callers supply can hold line breaks, which AMI and AGI take for their own."""
    for step in plan.steps:
        for found in RAW.finditer(step.arguments):
            if not _filtered(step.arguments, found.start()):
                yield Finding(step.line, "never_raw", f"{found[0]} outside FILTER()")


def fixed_dial(plan: Dialplan) -> Iterator[Finding]:
    """A transfer goes to an entry of the directory, never to digits that somebody typed."""
    for step in plan.steps:
        # the first argument is who is dialled; what comes after are options
        if step.application in DIALS and (found := OF_THE_CALLER.search(split(step.arguments, ",")[0])):
            yield Finding(step.line, "fixed_dial", f"{step.application} of {found[0]}")
        if "Local/" in step.arguments:
            yield Finding(step.line, "fixed_dial", "a Local channel, which optimises itself away under the engine")


def leads_on(plan: Dialplan) -> Iterator[Finding]:
    """Past its last step Asterisk just hangs up: an extension has to say so, or say where to."""
    for context in plan.contexts:
        for extension, steps in plan.extensions(context).items():
            last = steps[-1]
            branches = list(jumps(last)) if last.application == "GotoIf" else None
            if extension != "h" and (last.application not in LEADS_ON or (branches is not None and len(branches) < 2)):
                yield Finding(last.line, "leads_on", f"{context},{extension} runs off its end after {last.application}")


def labelled(plan: Dialplan) -> Iterator[Finding]:
    """Redirect to a number that is not there loses the caller and answers "Success"; to a missing label, it refuses."""
    for step in plan.steps:
        if step.comment.startswith("Redirect") and step.label is None:
            yield Finding(step.line, "labelled", f"a Redirect leads to a step without label: {step.application}")


def forbidden(plan: Dialplan) -> Iterator[Finding]:
    for step in plan.steps:
        if step.application in FORBIDDEN or "SHELL(" in step.arguments or "EVAL(" in step.arguments:
            yield Finding(step.line, "forbidden", f"{step.application}({step.arguments})")


def _clears(steps: list[Step]) -> bool:
    return any((found := TIMED.search(step.arguments)) is not None and found[1] == "0" for step in steps)


def _filtered(text: str, position: int) -> bool:
    for start in (found.start() for found in re.finditer(r"FILTER\(", text[:position])):
        depth = 0
        for end in range(start + len("FILTER"), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        if end > position:
            return True
    return False
