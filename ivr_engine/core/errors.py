"""Errors of the core: an illegal event raises, says why, and changes nothing."""


class CoreError(Exception):
    """The family; `code` is stable and goes to API clients and metrics."""

    code = "core"


class IllegalEvent(CoreError):  # noqa: N818  (the field's word: an event that the table does not allow)
    """The table has no row for this event in this state."""

    code = "illegal_event"


class UnknownAgent(IllegalEvent):
    """No agent of that name in the configuration."""

    code = "unknown_agent"


class NoContact(IllegalEvent):
    """The agent is not talking to anybody."""

    code = "no_contact"
