"""The commands of `ivr-engine`, one module for each, named as it is typed; `ivr_engine.__main__` puts them together."""
