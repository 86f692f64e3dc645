"""The event loop round the core: ports, clock and reactor; no vendor library."""
