"""What an operator is told of a login, or of a connection to the gateway, that fails."""

import discord
import pytest

from bot.login import CannotConnect, NotDiscord, login_errors
from services.errors import ComfycordError, StartupError


class LoggedIn(discord.Client):
    """A client that got Discord's answers to its login."""

    @property
    def application(self) -> discord.AppInfo | None:
        """Tell of an application, which there is after a login; nobody looks at it."""
        return object()  # type: ignore[return-value]  # only whether there is one is asked


def client() -> discord.Client:
    """Make a client that has not logged in."""
    return discord.Client(intents=discord.Intents.none())


def closed(code: int) -> discord.ConnectionClosed:
    """Return what the library raises for a close code after which it does not reconnect."""
    return discord.ConnectionClosed(None, shard_id=0, code=code)  # type: ignore[arg-type]  # only asked without a code


@pytest.mark.parametrize(
    ("error", "kind", "setting"),
    [
        (closed(4004), StartupError, "discord.token"),
        (closed(4012), CannotConnect, "discord.gateway_url"),
        (discord.PrivilegedIntentsRequired(0), CannotConnect, "discord.gateway_url"),
        (TypeError("string indices must be integers"), NotDiscord, "discord.api_url"),
        (KeyError("id"), NotDiscord, "discord.api_url"),
        (ConnectionRefusedError(111, "refused"), CannotConnect, "discord.api_url"),
    ],
)
def test_a_failed_login_is_one_line_with_the_setting(
    error: Exception, kind: type[ComfycordError], setting: str
) -> None:
    """Each is of the kind that decides the exit code, and names what to look at."""
    with pytest.raises(kind) as raised, login_errors(client()):
        raise error
    assert setting in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_mistake_in_the_running_bot_stays_what_it_is() -> None:
    """Once Discord has answered the login, a TypeError is no matter of addresses."""
    with pytest.raises(TypeError, match="ours"), login_errors(LoggedIn(intents=discord.Intents.none())):
        raise TypeError("ours")
