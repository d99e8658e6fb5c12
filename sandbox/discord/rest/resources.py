"""Every route of this Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord.rest import accounts, callbacks, commands, messages, webhooks

if TYPE_CHECKING:
    from sandbox.discord.rest.routing import Route

ROUTES: tuple[Route, ...] = (
    *accounts.ROUTES,
    *callbacks.ROUTES,
    *commands.ROUTES,
    *messages.ROUTES,
    *webhooks.ROUTES,
)
