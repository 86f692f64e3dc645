"""The telephone engine of a city's single number: Asterisk holds the call, the engine decides."""

__version__ = "0.1.0"
