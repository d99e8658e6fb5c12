"""Why something that a person tries does not even leave the client, or gets no answer."""

from __future__ import annotations


class ClientRefused(Exception):
    """Discord's client does not let the person do this."""


class CommandNotFound(ClientRefused):
    """No such command is offered in this place: it was never registered, or not here."""


class NotThere(ClientRefused):
    """The person does not see the message, or there is no such button or field on it."""


class InteractionFailed(Exception):
    """The person reads that the application did not respond."""
