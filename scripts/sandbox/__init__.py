"""The tool chain of tests, demo and benchmarks: real tools, found or fetched, run on loopback without root."""
