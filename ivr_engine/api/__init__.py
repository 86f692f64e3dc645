"""The HTTP API, its WebSocket feed and the health checks, through aiohttp."""
