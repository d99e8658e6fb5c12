"""Routes about the bot itself, its application, other accounts and the gateway's address."""

from __future__ import annotations

from sandbox.discord import payloads
from sandbox.discord.rest.errors import ApiError, invalid_form, unknown_guild, unknown_member, unknown_user
from sandbox.discord.rest.responses import Answer
from sandbox.discord.rest.routing import Context, route
from sandbox.discord.wire import JsonObject


def get_gateway(context: Context) -> Answer:
    """Where the gateway is."""
    return Answer(body={"url": context.gateway_url})


def get_gateway_bot(context: Context) -> Answer:
    """Where the gateway is, how many shards it wants, and how often one may still log in."""
    limits = context.state.login_limits
    starts: JsonObject = {
        "total": limits.total,
        "remaining": limits.remaining,
        "reset_after": round(limits.reset_after_seconds * 1000),
        "max_concurrency": limits.max_concurrency,
    }
    return Answer(body={"url": context.gateway_url, "shards": limits.shards, "session_start_limit": starts})


def get_own_user(context: Context) -> Answer:
    """The bot's account."""
    return Answer(body=payloads.own_user_payload(context.state.bot))


def get_user(context: Context) -> Answer:
    """Any account."""
    user = context.state.users.get(context.id("user_id"))
    if user is None:
        raise unknown_user()
    return Answer(body=payloads.user_payload(user))


def get_own_application(context: Context) -> Answer:
    """The bot's application."""
    return Answer(body=payloads.own_application_payload(context.state, context.state.application))


def open_direct_channel(context: Context) -> Answer:
    """The conversation with an account; opened also when that account would refuse a message."""
    recipient = context.form.get("recipient_id")
    if not str(recipient or "").isdecimal():
        raise invalid_form(("recipient_id",), "NUMBER_TYPE_COERCE", f'Value "{recipient}" is not snowflake.')
    user = context.state.users.get(int(str(recipient)))
    if user is None or user.id == context.state.bot.id:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    channel = context.state.direct_channel(user)
    return Answer(body=payloads.channel_payload(context.state, channel))


def list_own_guilds(context: Context) -> Answer:
    """The guilds that the bot is in."""
    state = context.state
    guilds = [guild for guild in state.guilds.values() if state.bot.id in guild.members]
    return Answer(body=[payloads.own_guild_payload(guild, state.bot.id) for guild in guilds])


def get_guild(context: Context) -> Answer:
    """A guild that the bot is in."""
    guild = context.state.guilds.get(context.id("guild_id"))
    if guild is None or context.state.bot.id not in guild.members:
        raise unknown_guild()
    return Answer(body=payloads.guild_payload(guild))


def get_member(context: Context) -> Answer:
    """A member of a guild."""
    guild = context.state.guilds.get(context.id("guild_id"))
    if guild is None or context.state.bot.id not in guild.members:
        raise unknown_guild()
    user = context.state.users.get(context.id("user_id"))
    if user is None:
        raise unknown_user()
    member = guild.members.get(user.id)
    if member is None:
        raise unknown_member()
    return Answer(body=payloads.member_payload(member, user=user))


ROUTES = (
    route("GET /gateway", get_gateway, needs_bot=False),
    route("GET /gateway/bot", get_gateway_bot),
    route("GET /users/@me", get_own_user),
    route("GET /users/@me/guilds", list_own_guilds),
    route("GET /users/{user_id}", get_user),
    route("GET /applications/@me", get_own_application),
    route("GET /oauth2/applications/@me", get_own_application),
    route("POST /users/@me/channels", open_direct_channel),
    route("GET /guilds/{guild_id}", get_guild),
    route("GET /guilds/{guild_id}/members/{user_id}", get_member),
)
