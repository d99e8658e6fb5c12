"""Every route of this Discord."""

from __future__ import annotations

from sandbox.discord.rest import accounts, callbacks, commands, messages, webhooks
from sandbox.discord.rest.routing import Route

ROUTES: tuple[Route, ...] = (
    *accounts.ROUTES,
    *callbacks.ROUTES,
    *commands.ROUTES,
    *messages.ROUTES,
    *webhooks.ROUTES,
)
