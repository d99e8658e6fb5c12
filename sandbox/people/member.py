"""A person: what tests and pages drive. Each method is something that one does in Discord's client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord import posting
from sandbox.discord.commands import Command
from sandbox.discord.kinds import CommandType, ComponentType, InteractionContext, InteractionType
from sandbox.discord.rules.permissions import Permission, in_guild
from sandbox.people.command_form import CommandForm
from sandbox.people.form import Form, Submission
from sandbox.people.place import Channels
from sandbox.people.refusals import ClientRefused, CommandNotFound, NotThere
from sandbox.people.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.discord.channels import Channel
    from sandbox.discord.gateway import Gateway
    from sandbox.discord.interactions import Interaction
    from sandbox.discord.messages import Message
    from sandbox.discord.users import User
    from sandbox.discord.wire import JsonObject
    from sandbox.discord.world import World
    from sandbox.people.card import Card
    from sandbox.people.command_form import OptionValue
    from sandbox.people.form import FieldValue
    from sandbox.people.place import Place
    from sandbox.people.reply import Choice


class Member:
    """One person with the client open. A deed returns a `Reply` at once; waiting is up to the reply."""

    def __init__(self, user: User, *, world: World, gateway: Gateway) -> None:
        self.user = user
        self.world = world
        self._gateway = gateway

    def __repr__(self) -> str:
        return f"<Member {self.name}>"

    @property
    def id(self) -> int:
        """The account's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.username

    def sees(self, message: Message) -> bool:
        """Say whether this person can read a message."""
        channel = self.world.channels.get(message.channel_id)
        if channel is None or message.is_deleted or message.visible_to not in (None, self.id):
            return False
        return Permission.VIEW_CHANNEL in self.world.permissions(self.id, channel)

    async def slash(
        self,
        command: str,
        /,
        *,
        channel: Place | None = None,
        force: bool = False,
        twice: bool = False,
        **options: OptionValue,
    ) -> Reply:
        """Send a slash command ("quota", or "jobs list" for a subcommand); by default in #general.

        `force` sends what the client would refuse; `twice` has the gateway deliver the event twice.

        Raises:
            CommandNotFound: it is not offered in this place.
            ClientRefused: an option is missing or breaks the command's own rules.

        """
        place = self._place(channel)
        name, *path = command.split()
        registered = self._offered(name, place, is_forced=force)
        form = CommandForm(world=self.world, command=registered, path=path, is_forced=force)
        interaction = self._interaction(InteractionType.COMMAND, form.filled(options), place)
        return self._deliver(interaction, twice=twice)

    async def autocomplete(
        self, command: str, option: str, text: str, /, *, channel: Place | None = None, **options: OptionValue
    ) -> list[Choice]:
        """Type `text` into an option and return what is suggested.

        Raises:
            CommandNotFound: it is not offered in this place.
            ClientRefused: the option suggests nothing by its definition.
            InteractionFailed: the bot did not answer in time.

        """
        place = self._place(channel)
        name, *path = command.split()
        form = CommandForm(world=self.world, command=self._offered(name, place), path=path)
        interaction = self._interaction(InteractionType.AUTOCOMPLETE, form.focused(option, text, options), place)
        return await self._deliver(interaction).choices()

    async def click(self, card: Card, label: str, *, twice: bool = False) -> Reply:
        """Press a button, by its label (or custom_id).

        Raises:
            NotThere: this person does not see the message, or there is no such button.
            ClientRefused: the button is disabled, or only opens a link.

        """
        self._require_sight(card.message)
        button = card.button(label)
        if button.is_disabled:
            raise ClientRefused(f"the button {label!r} is disabled")
        if button.custom_id is None:
            raise ClientRefused(f"the button {label!r} opens {button.url}")
        data: JsonObject = {"component_type": ComponentType.BUTTON.value, "custom_id": button.custom_id}
        if button.component_id is not None:
            data["id"] = button.component_id
        return self._use(card, data, twice=twice)

    async def select(self, card: Card, menu: str, values: Sequence[str]) -> Reply:
        """Choose in a string menu, found by its placeholder (or custom_id); options by label or value.

        Raises:
            NotThere: this person does not see the message, or there is no such menu or option.
            ClientRefused: the menu is disabled, or the number of values is not allowed.

        """
        self._require_sight(card.message)
        found = next((one for one in card.selects if menu in (one.placeholder, one.custom_id)), None)
        if found is None:
            raise NotThere(f"there is no menu {menu!r} on {card!r}")
        if found.is_disabled or not found.min_values <= len(values) <= found.max_values:
            raise ClientRefused(f"the menu {menu!r} does not take {len(values)} values")
        chosen = [value for value in values for option in found.options if value in option]
        if len(chosen) != len(values):
            raise NotThere(f"the menu {menu!r} offers {found.options}, not {values}")
        by_label = dict(found.options)
        data: JsonObject = {
            "component_type": found.kind.value,
            "custom_id": found.custom_id,
            "values": [by_label.get(value, value) for value in chosen],
        }
        if found.component_id is not None:
            data["id"] = found.component_id
        return self._use(card, data, twice=False)

    async def submit(self, form: Form, values: Mapping[str, FieldValue] | None = None, *, twice: bool = False) -> Reply:
        """Submit an open modal; fields (by label or custom_id) that are not named keep what stands in them.

        Raises:
            NotThere: a named field does not exist.
            ClientRefused: a field is required, too long, or the modal is somebody else's.

        """
        opener = form.interaction
        if opener.user_id != self.id:
            raise ClientRefused("a modal is open only at the person who opened it")
        data = Submission(world=self.world, form=form).data(values or {})
        interaction = self.world.create_interaction(
            InteractionType.MODAL_SUBMIT,
            data,
            user=self.user,
            channel=self.world.channels[opener.channel_id],
            message=None if opener.message_id is None else self.world.messages[opener.message_id],
            parent=opener,
            deliver=False,
        )
        return self._deliver(interaction, twice=twice)

    async def delete(self, card: Card) -> None:
        """Delete a message: one's own, or another's with Manage Messages.

        Raises:
            NotThere: this person does not see the message.
            ClientRefused: the permission is missing, or the message is ephemeral and can only be dismissed.

        """
        message = card.message
        self._require_sight(message)
        channel = self.world.channels[message.channel_id]
        may_manage = Permission.MANAGE_MESSAGES in self.world.permissions(self.id, channel)
        if message.is_ephemeral or (message.author_id != self.id and not may_manage):
            raise ClientRefused(f"{self.name} may not delete this message")
        posting.remove(self.world, message)

    # How a deed reaches the bot

    def _place(self, channel: Place | None) -> Place:
        return channel or Channels(self.world).general

    def _offered(self, name: str, place: Place, *, is_forced: bool = False) -> Command:
        found = self.world.commands.find(name, guild_id=place.guild_id)
        if found is None and is_forced:  # a stale client sends a command that is no longer registered
            made_up = self.world.snowflakes.next()
            definition: JsonObject = {"name": name, "type": CommandType.CHAT_INPUT.value}
            return Command(id=made_up, version=made_up, type=1, name=name, definition=definition)
        if found is None:
            raise CommandNotFound(f"/{name} is not registered here")
        if not is_forced:
            self._check_offer(found.definition, place)
        return found

    def _check_offer(self, definition: JsonObject, place: Place) -> None:
        name, channel = definition["name"], place.channel
        context = InteractionContext.BOT_DM if channel.is_direct else InteractionContext.GUILD
        contexts = definition.get("contexts")
        if contexts is not None and context not in contexts:
            raise CommandNotFound(f"/{name} is not offered in {place!r}")
        if definition.get("nsfw") and not channel.is_age_restricted:
            raise CommandNotFound(f"/{name} is offered only in age-restricted channels")
        allowed = self.world.permissions(self.id, channel)
        if Permission.VIEW_CHANNEL not in allowed:
            raise NotThere(f"{self.name} does not see {place!r}")
        if not channel.is_direct and Permission.USE_APPLICATION_COMMANDS not in allowed:
            raise CommandNotFound(f"{self.name} may not use commands in {place!r}")
        self._check_default_permissions(definition, channel)

    def _check_default_permissions(self, definition: JsonObject, channel: Channel) -> None:
        wanted = definition.get("default_member_permissions")
        guild = self.world.guild_of(channel)
        if wanted is None or guild is None:
            return
        needed = Permission(int(wanted)) if int(wanted) else Permission.ADMINISTRATOR
        if needed not in in_guild(guild, self.id):
            raise CommandNotFound(f"/{definition['name']} is not offered to {self.name}")

    def _require_sight(self, message: Message) -> None:
        if not self.sees(message):
            raise NotThere(f"{self.name} does not see this message")

    def _interaction(self, kind: InteractionType, data: JsonObject, place: Place) -> Interaction:
        return self.world.create_interaction(kind, data, user=self.user, channel=place.channel, deliver=False)

    def _use(self, card: Card, data: JsonObject, *, twice: bool) -> Reply:
        message = card.message
        interaction = self.world.create_interaction(
            InteractionType.COMPONENT,
            data,
            user=self.user,
            channel=self.world.channels[message.channel_id],
            message=message,
            deliver=False,
        )
        return self._deliver(interaction, twice=twice)

    def _deliver(self, interaction: Interaction, *, twice: bool = False) -> Reply:
        is_delivered = self._gateway.has_session_for(interaction.guild_id)
        if is_delivered:
            if twice:
                self._gateway.repeat_next_interaction()
            self.world.deliver_interaction(interaction)
        return Reply(interaction, member=self, is_delivered=is_delivered)
