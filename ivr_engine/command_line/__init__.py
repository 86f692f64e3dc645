"""The commands of `ivr-engine`, one module for each, named as it is typed; `ivr_engine.__main__` puts them together.

What they share: `ending` (exit status, the line of a command that gives up), `moments` (Seoul's time), `documents`.
"""
