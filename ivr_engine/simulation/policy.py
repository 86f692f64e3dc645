"""The policies that a simulation can be asked for, by name: what of the queues' rules is replaced for all of them.

A policy of the core is a change of its configuration and nothing else, so that what wins here is put into force by
writing the same words into the queues' document.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ivr_engine.core.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Policy:
    """A name, and the configuration as it would be."""

    name: str
    title: str
    applied: Callable[[Configuration], Configuration]


def _as_it_is(configuration: Configuration) -> Configuration:
    return configuration
