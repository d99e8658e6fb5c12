"""The JSON shapes of accounts, guilds and channels."""

from __future__ import annotations

from sandbox.discord.channels import Channel, Overwrite, Thread
from sandbox.discord.guilds import Guild, Member, Role
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rules import permissions
from sandbox.discord.state import DiscordState
from sandbox.discord.users import Application, User
from sandbox.discord.wire import JsonObject, timestamp


def user_payload(user: User) -> JsonObject:
    """An account as others see it."""
    return {
        "id": str(user.id),
        "username": user.username,
        "global_name": user.global_name,
        "avatar": user.avatar,
        "avatar_decoration_data": None,
        "discriminator": "0000" if user.is_bot else "0",
        "bot": user.is_bot,
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "primary_guild": None,
    }


def own_user_payload(user: User) -> JsonObject:
    """An account as it sees itself."""
    return {
        **user_payload(user),
        "mfa_enabled": True,
        "locale": user.locale,
        "verified": True,
        "email": None,
        "bio": "",
    }


def member_payload(member: Member, *, user: User | None) -> JsonObject:
    """A membership; `user` None leaves the account out, as a message's author does."""
    payload: JsonObject = {
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role_id) for role_id in member.role_ids],
        "joined_at": timestamp(member.joined_at),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
        "collectibles": None,
        "avatar_decoration_data": None,
    }
    if user is not None:
        payload["user"] = user_payload(user)
    return payload


def interacting_member_payload(state: DiscordState, member: Member, channel: Channel) -> JsonObject:
    """A membership in an interaction: with the permissions in the interaction's channel."""
    return {
        **member_payload(member, user=state.users[member.user_id]),
        "permissions": str(state.permissions(member.user_id, channel).value),
    }


def role_payload(role: Role) -> JsonObject:
    """A role."""
    return {
        "id": str(role.id),
        "name": role.name,
        "description": None,
        "permissions": str(role.permissions.value),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.is_managed,
        "mentionable": role.is_mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def _overwrite_payload(overwrite: Overwrite) -> JsonObject:
    return {
        "id": str(overwrite.target_id),
        "type": 0 if overwrite.is_role else 1,
        "allow": str(overwrite.allow.value),
        "deny": str(overwrite.deny.value),
    }


def channel_payload(state: DiscordState, channel: Channel, *, for_user_id: int | None = None) -> JsonObject:
    """A channel; in an interaction (`for_user_id`) with that person's permissions in it."""
    last = channel.message_ids[-1] if channel.message_ids else None
    payload: JsonObject = {
        "id": str(channel.id),
        "type": channel.type.value,
        "flags": 0,
        "last_message_id": None if last is None else str(last),
    }
    if channel.thread is not None:
        payload |= _thread_payload(channel, channel.thread)
    elif channel.is_direct:
        others = [user_id for user_id in channel.recipient_ids if user_id != state.bot.id]
        payload["recipients"] = [user_payload(state.users[user_id]) for user_id in others]
    else:
        payload |= {
            "guild_id": str(channel.guild_id),
            "name": channel.name,
            "topic": channel.topic,
            "position": channel.position,
            "nsfw": channel.is_age_restricted,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "permission_overwrites": [_overwrite_payload(overwrite) for overwrite in channel.overwrites],
        }
    if for_user_id is not None:
        payload["permissions"] = str(state.permissions(for_user_id, channel).value)
    return payload


def _thread_payload(channel: Channel, thread: Thread) -> JsonObject:
    return {
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": str(thread.parent_id),
        "owner_id": str(thread.owner_id),
        "rate_limit_per_user": 0,
        "message_count": len(channel.message_ids),
        "member_count": 1,
        "total_message_sent": len(channel.message_ids),
        "thread_metadata": {
            "archived": thread.is_archived,
            "archive_timestamp": timestamp(thread.archive_changed_at),
            "auto_archive_duration": 4320,
            "locked": thread.is_locked,
            "create_timestamp": timestamp(thread.created_at),
        },
    }


def guild_payload(guild: Guild) -> JsonObject:
    """A guild as REST answers it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(guild.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role_payload(role) for role in guild.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": guild.premium_tier,
        "premium_subscription_count": 0,
        "preferred_locale": guild.preferred_locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def own_guild_payload(guild: Guild, user_id: int) -> JsonObject:
    """A guild in the list of a member's own guilds."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == user_id,
        "permissions": str(permissions.in_guild(guild, user_id).value),
        "features": [],
        "approximate_member_count": len(guild.members),
        "approximate_presence_count": 0,
    }


def gateway_guild_payload(state: DiscordState, guild: Guild) -> JsonObject:
    """A guild as GUILD_CREATE tells it: with its channels, its threads that are not archived, and its members."""
    seen = Permission.VIEW_CHANNEL
    channels = [
        channel
        for channel in state.channels.values()
        if channel.guild_id == guild.id and seen in state.permissions(state.bot.id, channel)
    ]
    own = guild.members[state.bot.id]
    return {
        **guild_payload(guild),
        "joined_at": timestamp(own.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [member_payload(m, user=state.users[m.user_id]) for m in guild.members.values()],
        "channels": [channel_payload(state, channel) for channel in channels if channel.thread is None],
        "threads": [
            channel_payload(state, channel)
            for channel in channels
            if channel.thread is not None and not channel.thread.is_archived
        ],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_payload(state: DiscordState, application: Application) -> JsonObject:
    """The application as others see it."""
    return {
        "id": str(application.id),
        "name": application.name,
        "icon": None,
        "description": application.description,
        "type": None,
        "bot": user_payload(state.bot),
        "bot_public": application.is_public,
        "bot_require_code_grant": False,
        "verify_key": application.verify_key,
        "flags": application.flags,
        "flags_new": str(application.flags),
    }


def own_application_payload(state: DiscordState, application: Application) -> JsonObject:
    """The application as its bot sees it."""
    return {
        **application_payload(state, application),
        "owner": user_payload(state.users[application.owner_id]),
        "team": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": len(state.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}, "1": {}},
    }
