"""Logging in to Discord: what can go wrong there, as sentences for the operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord
from discord.ext import commands
from discord.http import Route

from services.errors import ComfycordError, StartupError
from services.proxies import Proxies

# Discord's close code for a token that it does not take (any more).
AUTHENTICATION_FAILED = 4004


class CannotConnect(ComfycordError):
    """Discord is away. The process ends: whoever supervises it starts it again, and no job is lost meanwhile.

    `report` is what happened, without the advice that stands behind it in the error's own sentence.
    """

    def __init__(self, report: str, advice: str) -> None:
        super().__init__(f"{report}; {advice}")
        self.report = report


class NotDiscord(StartupError):
    """Something else answers in Discord's place: a wrong address, or the log-in page of a network."""

    def __init__(self) -> None:
        super().__init__(
            f"what answers at discord.api_url ({Route.BASE}) is not Discord's API; check the address and the network"
        )
        self.report = f"What answers at {Route.BASE} is not Discord's API"


@contextmanager
def login_errors(client: discord.Client) -> Iterator[None]:
    """Turn what can go wrong between login and gateway into sentences for the operator.

    Raises: StartupError where a setting has to change, CannotConnect where Discord cannot be reached.
    """
    try:
        yield
    except discord.LoginFailure as error:
        msg = 'Discord refuses discord.token: make a new one in the developer portal, your application, "Bot"'
        raise StartupError(msg) from error
    except commands.ExtensionError as error:
        if isinstance(error.__cause__, ComfycordError):
            raise StartupError(str(error.__cause__)) from error
        raise
    except (aiohttp.ClientError, OSError, discord.GatewayNotFound) as error:
        way, setting = _way_to_discord()
        raise CannotConnect(f"Discord cannot be reached{way}: {words_of(error)}", f"check {setting}") from error
    except discord.HTTPException as error:
        # Discord's own words come with a code; what else may answer there sends a page of many lines.
        words, advice = (error.text, "") if error.code else ("without a word of Discord's", "if that stays, ")
        way, setting = _way_to_discord()
        raise CannotConnect(
            f"Discord cannot be reached{way}: it answers HTTP {error.status}, {words}", f"{advice}check {setting}"
        ) from error
    except (discord.ConnectionClosed, discord.PrivilegedIntentsRequired) as error:
        raise _end_of_connection(error) from error
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        # The library takes any 2xx for Discord's answer, and trips over a page where it looks for names and ids.
        if client.application is not None:
            raise
        raise NotDiscord from error


def _way_to_discord() -> tuple[str, str]:
    """Return by which proxy Discord is reached, and what to look at where it is not."""
    proxy = Proxies.of_this_process().of(Route.BASE)
    return (f" through {proxy}", f"{proxy.variable} and discord.api_url") if proxy else ("", "discord.api_url")


def words_of(error: Exception) -> str:
    """Return the error's first line."""
    lines = str(error).splitlines()
    return lines[0] if lines else "no answer in time"


def _end_of_connection(error: discord.ClientException) -> ComfycordError:
    """Name the end of a connection to the gateway that the library does not take up again."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    if code == AUTHENTICATION_FAILED:
        return StartupError("Discord's gateway refuses discord.token; if it was made anew, set the new one")
    return CannotConnect(
        f"Discord's gateway ended the connection ({words_of(error)})", "if that stays, check discord.gateway_url"
    )
