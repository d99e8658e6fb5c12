"""The gateway of the local Discord: sessions, sequence numbers, heartbeats, resume, and every way they can break."""

from sandbox.discord.gateway.gateway import Gateway, GatewayPace, Identified
from sandbox.discord.gateway.source import EventSource
from sandbox.discord.gateway.state_source import serving_gateway
from sandbox.discord.gateway.wire import CloseCode, Intent

__all__ = ["CloseCode", "EventSource", "Gateway", "GatewayPace", "Identified", "Intent", "serving_gateway"]
