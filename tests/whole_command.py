"""The whole `ivr-engine`, for tests that call it without a process of its own."""

from ivr_engine.__main__ import command_line

app = command_line()
