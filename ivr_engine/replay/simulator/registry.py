"""Who is on the switch: its legs by uniqueid and by name, and those that were hung up a moment ago."""

from collections import Counter
from collections.abc import Iterator

from ivr_engine.replay.simulator.legs import Leg


class Registry:
    """The legs of one switch, in the order in which they came."""

    def __init__(self) -> None:
        self.count = 0
        """Channels ever made."""
        self._legs: dict[str, Leg] = {}
        self._names: dict[str, Leg] = {}
        self._dying: dict[str, Leg] = {}
        """By name and by uniqueid."""
        self._endpoints: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Leg]:
        return iter(self._legs.values())

    def __len__(self) -> int:
        return len(self._legs)

    def __contains__(self, uniqueid: object) -> bool:
        return uniqueid in self._legs

    def find(self, name: str) -> Leg | None:
        """By name or uniqueid, exactly."""
        return self._legs.get(name) or self._names.get(name)

    def find_from(self, leg: Leg, name: str) -> Leg | None:
        """As `find`, for a leg of the dialplan: who was just left alone still sees who left."""
        found = self.find(name)
        if found is None and (dying := self._dying.get(name)) is not None and leg.left_by is dying:
            return dying
        return found

    def find_by_prefix(self, name: str) -> Leg | None:
        """As Bridge and BridgeAdd look: what only begins with the name will do."""
        if not name:
            return None
        exact = self._names.get(name) or self._legs.get(name)
        if exact is not None:
            return exact
        return next((leg for leg in self if leg.name.startswith(name) or leg.uniqueid.startswith(name)), None)

    def in_use(self, resource: str) -> bool:
        """The device state of an endpoint: it has a leg."""
        return self._endpoints[resource.partition("/")[2]] > 0

    def add(self, leg: Leg) -> None:
        self._legs[leg.uniqueid] = leg
        self._names[leg.name] = leg
        self._endpoints[leg.endpoint] += 1

    def remove(self, leg: Leg) -> None:
        """It has ended."""
        del self._legs[leg.uniqueid]
        del self._names[leg.name]
        self._endpoints[leg.endpoint] -= 1

    def linger(self, leg: Leg) -> None:
        """It was removed out of a bridge, and is still there for whoever it left alone (`find_from`)."""
        self._dying[leg.name] = self._dying[leg.uniqueid] = leg

    def die(self, leg: Leg) -> None:
        """Nobody sees it any more."""
        del self._dying[leg.name], self._dying[leg.uniqueid]

    def clear(self) -> None:
        """The switch has died, and every leg with it."""
        self._legs.clear()
        self._names.clear()
        self._endpoints.clear()
