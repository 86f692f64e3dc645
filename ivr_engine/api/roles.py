"""Who may ask what: one table of routes and roles, closed by default.

A token without a role may do everything, as the systems of the centre do; one with a role may do what the table
says and nothing else. A new route that nobody has put in the table is therefore closed to every role, and a test
says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.api.problems import Problem


class Role(StrEnum):
    AGENT = "agent"
    """One counsellor's desktop: the scope is the agent, and only that agent's phone is moved."""
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    """Who edits the documents."""
    AUDITOR = "auditor"
    """Sees all of it, changes nothing."""
    CONTRACTOR = "contractor"
    """A company that employs agents: the scope is its name, and only its own agents are seen."""


SCOPED = frozenset({Role.AGENT, Role.CONTRACTOR})

_PHONE = frozenset({Role.AGENT})
_DESK = frozenset({Role.AGENT, Role.SUPERVISOR})
_WATCH = frozenset({Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR})
_PERSONAL = frozenset({Role.SUPERVISOR, Role.AUDITOR})

ALLOWED: Mapping[str, frozenset[Role]] = {
    "list_agents": _WATCH | {Role.CONTRACTOR},
    "show_agent": frozenset(Role),
    "choose_presence": _DESK,
    "finish_wrap_up": _DESK,
    "extend_wrap_up": _DESK,
    "hold": _PHONE,
    "resume": _PHONE,
    "consult": _PHONE,
    "complete": _PHONE,
    "cancel": _PHONE,
    "conference": _PHONE,
    "list_contacts": _WATCH,
    "show_contact": _PERSONAL,
    "list_recordings": _PERSONAL,
    "listen_to_recording": _PERSONAL,
    "explain_contact": _WATCH,
    "report": _WATCH | {Role.CONTRACTOR},
    "list_callbacks": _PERSONAL,
    "cancel_callback": frozenset({Role.SUPERVISOR}),
    "list_queues": _WATCH | _PHONE,
    "list_revisions": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "load_revision": frozenset({Role.OPERATOR}),
    "search_directory": _WATCH | _PHONE,
    "feed": _WATCH,
    "openapi": frozenset(Role),
    "metrics": _WATCH,
}
"""Name of a route → the roles that may ask it."""


class RoleError(ValueError):
    """The settings give a token a role that does not exist, or a role to no token."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token may do; without a role, everything."""

    role: Role | None = None
    scope: str = ""
    """Which agent, or which contractor."""

    def permit(self, route: str, path: Mapping[str, str]) -> None:
        """Raises Problem 403 where the role, or its scope, does not reach so far."""
        if self.role is None:
            return
        if self.role not in ALLOWED.get(route, ()):
            raise Problem(403, "not_allowed", f"a token of role {self.role} may not ask this", hint="see docs/api.md")
        if self.role is Role.AGENT and path.get("agent", self.scope) != self.scope:
            raise Problem(403, "not_allowed", f"this token is agent {self.scope}'s and nobody else's")

    def contractor_asked(self, contractor: str) -> str:
        """Whose figures a report is to show ("" for everybody's). Raises Problem 403 for another company's."""
        if self.role is not Role.CONTRACTOR:
            return contractor
        if contractor not in ("", self.scope):
            raise Problem(403, "not_allowed", f"this token is contractor {self.scope}'s and nobody else's")
        return self.scope

    def sees_people_of(self, contractor: str) -> bool:
        return self.role is not Role.CONTRACTOR or self.scope == contractor


WHOLE = Grant()


def grants(roles: Mapping[str, str], tokens: Mapping[str, object]) -> dict[str, Grant]:
    """Name of a token → what it may do, from `agent:1001`, `contractor:han`, `supervisor`… Raises RoleError."""
    for name in roles:
        if name not in tokens:
            raise RoleError(f"IVR_API_ROLES: {name!r} is no name of IVR_API_TOKENS")
    return {name: _grant(name, roles[name]) if name in roles else WHOLE for name in tokens}


def _grant(name: str, said: str) -> Grant:
    word, _, scope = said.partition(":")
    if word not in set(Role):
        raise RoleError(f"IVR_API_ROLES: {name!r} has the role {said!r}; there are {', '.join(Role)}")
    role = Role(word)
    if bool(scope) != (role in SCOPED):
        form = f"{role}:WHO" if role in SCOPED else str(role)
        raise RoleError(f"IVR_API_ROLES: {name!r} has the role {said!r}; write {form}")
    return Grant(role, scope)
