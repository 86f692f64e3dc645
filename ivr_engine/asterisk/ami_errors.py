"""What can go wrong between the engine and Asterisk's manager interface, sorted by what may be concluded from it.

The question after a failed action is always the same: *may it have happened?*

- `ActionNotSent` and its kinds: no. Nothing left the engine; deciding again is safe.
- `ActionRefused`: no. Asterisk read it and said so.
- `ActionTimedOut`, `ActionUnknown`, `AnswerDistrusted`, `ListTooLong`: perhaps. Look at the switch; never send
  it again blindly.

Every error has a stable `code` for metrics and a `hint` for whoever reads the log. None of them ever holds a secret.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_engine.asterisk.ami_wire import AmiMessage


class AmiError(Exception):
    """The family."""

    code = "ami"
    hint = ""


class AmiRefused(AmiError):  # noqa: N818  (the word of the log line)
    """Asterisk does not accept the account: a mistake of configuration, so the first start ends with it."""

    code = "ami.refused"
    hint = "compare user, secret and permit list with manager.conf, then `manager reload`"

    def __init__(self, user: str, host: str, port: int, reason: str) -> None:
        super().__init__(f"Asterisk at {host}:{port} refused the AMI account {user!r}: {reason}; {self.hint}")


class StreamBroken(AmiError):  # noqa: N818
    """What arrives is not AMI, or never ends: the connection cannot be read any further."""

    code = "ami.stream_broken"
    hint = "check that the port is that of manager.conf, and not that of SIP or HTTP"


class DoubledHeader(AmiError):  # noqa: N818
    """A header that can only be there once came twice, the mark of a smuggled CR LF: no value of it is trusted."""

    code = "ami.doubled_header"
    hint = "a caller's text (name, number, URI) reached AMI unfiltered: pass it through FILTER() in the dialplan"

    def __init__(self, kind: str, header: str) -> None:
        # Both may be the caller's own words: shown as literals, and cut.
        super().__init__(f"{kind[:80]!r}: header {header[:80]!r} came twice")
        self.kind = kind
        self.header = header


class ActionFailed(AmiError):  # noqa: N818
    """An action has no good answer; `action` is its name."""

    code = "ami.action_failed"

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"{action}: {reason}")
        self.action = action


class ActionNotSent(ActionFailed):
    """Nothing of the action left the engine: it certainly did not happen."""

    code = "ami.not_sent"


class LinkDown(ActionNotSent):
    """There is no session to send it on."""

    code = "ami.link_down"
    hint = "decide again once the link is up"


class LinkCongested(ActionNotSent):
    """Asterisk takes no more bytes, or too many actions wait for their answer."""

    code = "ami.link_congested"
    hint = "Asterisk is overloaded, or an action blocks its manager thread"


class ForbiddenCharacter(ActionNotSent):
    """CR, LF, NUL or a lone surrogate in a name or value: it would begin a line of somebody else's choice."""

    code = "ami.forbidden_character"
    hint = "filter what a caller or an operator supplied before it becomes a header"

    def __init__(self, action: str, header: str, character: str) -> None:
        super().__init__(action, f"header {header!r} holds {character!r}")
        self.header = header
        self.character = character


class LineTooLong(ActionNotSent):
    """Asterisk would discard the line, and then misread the rest."""

    code = "ami.line_too_long"
    hint = "keep a channel variable under 900 bytes"

    def __init__(self, action: str, header: str, line_bytes: int, limit_bytes: int) -> None:
        super().__init__(action, f"header {header!r} makes a line of {line_bytes} bytes, {limit_bytes} are read")
        self.header = header


class TooManyLines(ActionNotSent):
    """Asterisk would refuse the whole action, but only after reading it."""

    code = "ami.too_many_lines"
    hint = "set fewer channel variables in one action"

    def __init__(self, action: str, lines: int, limit: int) -> None:
        super().__init__(action, f"{lines} lines, {limit} are read")


class RepeatedHeader(ActionNotSent):
    """A header was given twice in different letter case, or is one that the link writes itself."""

    code = "ami.repeated_header"
    hint = "give a header once; several values are a list"

    def __init__(self, action: str, header: str) -> None:
        super().__init__(action, f"header {header!r} is already there")
        self.header = header


class ActionRefused(ActionFailed):
    """Asterisk answered `Error`; `answer` is what it said."""

    code = "ami.action_refused"

    def __init__(self, action: str, answer: "AmiMessage") -> None:
        super().__init__(action, answer.get("Message") or f"answered {answer.get('Response')!r}")
        self.answer = answer


class ActionTimedOut(ActionFailed):
    """No answer within the deadline. It may yet be carried out; its late answer is ignored."""

    code = "ami.action_timed_out"
    hint = "look at the switch before doing it again"

    def __init__(self, action: str, deadline_seconds: float) -> None:
        super().__init__(action, f"no answer within {deadline_seconds:g} s")


class ActionUnknown(ActionFailed):
    """The link died between sending and answer. It is never sent again: whether it happened is found by looking."""

    code = "ami.action_unknown"
    hint = "look at the switch after the reconnect"


class AnswerDistrusted(ActionFailed):
    """The answer came, but a header in it came twice, or it is not the list that was asked for."""

    code = "ami.answer_distrusted"
    hint = DoubledHeader.hint


class ListTooLong(ActionFailed):
    """The list has more items than the caller was ready to hold."""

    code = "ami.list_too_long"
    hint = "ask for less, or raise the limit where the reason for it is written"

    def __init__(self, action: str, limit: int) -> None:
        super().__init__(action, f"more than {limit} items")
