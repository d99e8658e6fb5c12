"""The whole view of one person in one channel: `PROTOCOL.md`, "The view"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sandbox.client_driver import ClientDriver
from sandbox.client_driver.offering import offered_commands
from sandbox.discord.channels import Channel
from sandbox.discord.guilds import Guild
from sandbox.discord.permission_flags import Permission
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject, timestamp
from sandbox.web.bot_control import BotControl
from sandbox.web.entries import Reader
from sandbox.web.links import Links
from sandbox.web.screens import Screens

Side = Literal["local", "real"]
SUBMIT_FAILED = "Something went wrong. Try again."
_MODERATOR_COLOR = 0x2ECC71
_OWNER_COLOR = 0xE67E22


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What is special about this run: which backend is live, and the sentences that say so."""

    discord: Side = "local"
    model_api: Side = "local"
    notices: tuple[str, ...] = field(default=())

    @property
    def accepts_files(self) -> bool:
        """Whether the Model API can fetch files that people attach here."""
        return self.model_api == "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Draws up views of one sandbox."""

    state: DiscordState
    screens: Screens
    links: Links
    bot: BotControl
    run: Run

    def view(self, member: ClientDriver, channel: Channel) -> JsonObject:
        """Return what `member` sees in `channel`; what is seen there counts as read."""
        if self.run.discord == "real":
            return self._nothing()
        guild = self.state.guild_of(channel) or next(iter(self.state.guilds.values()))
        self._mark_read(member, channel)
        reader = Reader(state=self.state, screens=self.screens, links=self.links, member=member, channel=channel)
        actors = [user for user in self.state.users.values() if not user.is_bot]
        return {
            **self._nothing(),
            "guild": {"id": str(guild.id), "name": guild.name},
            "person": self._person(member.user, guild),
            "people": [self._person(user, guild) for user in actors],
            "users": {str(user.id): self._person(user, guild) for user in self.state.users.values()},
            "roles": {
                str(role.id): {"id": str(role.id), "name": role.name, "color": self._role_color(role.permissions)}
                for role in guild.roles.values()
            },
            "channels": [self._channel(one, member) for one in self.channels(member)],
            "channel": self._channel(channel, member),
            "entries": reader.entries(),
            "commands": self._commands(member, channel),
            "modal": self._modal(member),
            "typing": [self.state.bot.display_name] if self.screens.is_bot_typing(channel.id) else [],
        }

    def channels(self, member: ClientDriver) -> list[Channel]:
        """Return the channels that a person sees, in order, and the conversation with the bot last."""
        of_guilds = [one for one in self.state.channels.values() if not one.is_direct]
        visible = [one for one in of_guilds if Permission.VIEW_CHANNEL in self.state.permissions(member.id, one)]
        return [*sorted(visible, key=lambda one: one.position), self.state.direct_channel(member.user)]

    def _nothing(self) -> JsonObject:
        return {
            "type": "view",
            "now": timestamp(self.state.clock.now()),
            "notices": list(self.run.notices),
            "discord": self.run.discord,
            "model_api": self.run.model_api,
            "accepts_files": self.run.accepts_files,
            "bot_state": self.bot.state,
            "guild": None,
            "person": None,
            "people": [],
            "users": {},
            "roles": {},
            "channels": [],
            "channel": None,
            "entries": [],
            "commands": [],
            "modal": None,
            "typing": [],
        }

    def _person(self, user: User, guild: Guild) -> JsonObject:
        return {
            "id": str(user.id),
            "username": user.username,
            "name": user.display_name,
            "avatar_url": f"/avatars/{user.id}.svg",
            "is_bot": user.is_bot,
            "role": self._role(user, guild),
            "may_act": not user.is_bot,
        }

    def _role(self, user: User, guild: Guild) -> str:
        if user.is_bot:
            return "app"
        if guild.owner_id == user.id:
            return "owner"
        member = guild.members.get(user.id)
        roles = [guild.roles[role_id] for role_id in member.role_ids] if member else []
        return "moderator" if any(Permission.MANAGE_MESSAGES in role.permissions for role in roles) else "member"

    def _role_color(self, permissions: Permission) -> int:
        if Permission.ADMINISTRATOR in permissions:
            return _OWNER_COLOR
        return _MODERATOR_COLOR if Permission.MANAGE_MESSAGES in permissions else 0

    def _channel(self, channel: Channel, member: ClientDriver) -> JsonObject:
        own = self.state.permissions(member.id, channel)
        of_bot = self.state.permissions(self.state.bot.id, channel)
        return {
            "id": str(channel.id),
            "name": self.state.bot.display_name if channel.is_direct else channel.name,
            "kind": "dm" if channel.is_direct else "text",
            "topic": channel.topic,
            "is_age_restricted": channel.is_age_restricted,
            "bot_may_post": Permission.SEND_MESSAGES in of_bot,
            "may_write": Permission.SEND_MESSAGES in own,
            "may_delete": Permission.MANAGE_MESSAGES in own,
            "upload_limit_bytes": self.state.upload_limit_bytes(channel),
            "unread": self._has_unread(channel, member),
        }

    def _has_unread(self, channel: Channel, member: ClientDriver) -> bool:
        read_until = self.screens.of(member.id).read_until.get(channel.id, 0)
        newest = self.state.seen_by(member.id, channel)[-1:]
        return any(one.id > read_until and one.author_id != member.id for one in newest)

    def _mark_read(self, member: ClientDriver, channel: Channel) -> None:
        if channel.message_ids:
            self.screens.of(member.id).read_until[channel.id] = channel.message_ids[-1]

    def _commands(self, member: ClientDriver, channel: Channel) -> list[JsonObject]:
        offered = offered_commands(self.state, member.user, channel)
        return [{**one.definition, "id": str(one.id), "type": one.type, "name": one.name} for one in offered]

    def _modal(self, member: ClientDriver) -> JsonObject | None:
        form = self.screens.of(member.id).form
        if form is None:
            return None
        opener = self.state.interactions[form.opener_id]
        modal: JsonObject = opener.modal or {}
        submission = self.state.interactions.get(form.submission_id or 0)
        return {
            "id": str(opener.id),
            "title": modal.get("title", ""),
            "components": modal.get("components", []),
            "is_submitting": submission is not None and self.screens.is_pending(submission),
            "error": SUBMIT_FAILED if submission is not None and self.screens.has_failed(submission) else None,
        }
