from typing import Any

from .utils import CaseInsensitiveDict

# The attribute access of the real class (`message.uniqueid`, "" when absent) is left out: a typing slip would pass.
class Message(CaseInsensitiveDict):
    manager: Any
    def __init__(self, headers: Any, content: str = ...) -> None: ...
    @property
    def id(self) -> str | None: ...
    @property
    def action_id(self) -> str | None: ...
    @property
    def success(self) -> bool: ...
