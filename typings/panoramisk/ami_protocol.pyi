import asyncio
from typing import Any

class AMIProtocol(asyncio.Protocol):
    factory: Any
    encoding: str
    def data_received(self, data: bytes) -> None: ...
