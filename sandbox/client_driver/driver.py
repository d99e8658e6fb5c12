"""Drives one user's Discord client. Each method is something that a user does there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.client_driver.choosing import chosen
from sandbox.client_driver.command_form import CommandForm, OptionValue
from sandbox.client_driver.form import FieldValue, Form, Submission
from sandbox.client_driver.offering import require_offered
from sandbox.client_driver.place import Channels, Place
from sandbox.client_driver.refusals import ClientRefused, NotThere
from sandbox.client_driver.reply import Card, Choice, Reply, card_of
from sandbox.client_driver.resolved import Resolved
from sandbox.client_driver.writing import written
from sandbox.discord import posting
from sandbox.discord.channels import Channel
from sandbox.discord.gateway import Gateway
from sandbox.discord.interaction_delivery import create_interaction, deliver_interaction
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CommandType, ComponentType, InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture


class ClientDriver:
    """One user's client. An action returns a `Reply` at once; the reply does the waiting."""

    def __init__(self, user: User, *, state: DiscordState, gateway: Gateway) -> None:
        self.user = user
        self.state = state
        self._gateway = gateway

    def __repr__(self) -> str:
        return f"<ClientDriver {self.name}>"

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
        channel = self.state.channels.get(message.channel_id)
        if channel is None or message.is_deleted or message.visible_to not in (None, self.id):
            return False
        return Permission.VIEW_CHANNEL in self.state.permissions(self.id, channel)

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
        """Send a slash command with its options as keywords; see `send_command`."""
        return await self.send_command(command, options, channel=channel, force=force, twice=twice)

    async def send_command(
        self,
        command: str,
        options: Mapping[str, OptionValue],
        *,
        channel: Place | None = None,
        force: bool = False,
        twice: bool = False,
    ) -> Reply:
        """Send a slash command ("quota", or "jobs list" for a subcommand); by default in #general.

        `force` sends what the client would refuse; `twice` has the gateway deliver the event twice.

        Raises: CommandNotFound where it is not offered in this place; ClientRefused where an option is missing
        or breaks the command's own rules.
        """
        place = self._place(channel)
        name, *path = command.split()
        registered = require_offered(self.state, self.user, place.channel, name, is_forced=force)
        form = CommandForm(command=registered, resolved=self._resolved(place.channel), path=path, is_forced=force)
        interaction = self._interaction(InteractionType.COMMAND, form.filled(options), place)
        return self._deliver(interaction, twice=twice)

    async def message_command(self, command: str, card: Card) -> Reply:
        """Use a command of a message's Apps menu.

        Raises: CommandNotFound where it is not offered in this place; NotThere where this person does not see
        the message; ClientRefused where the message is ephemeral: Discord's client has no such menu there.
        """
        message = card.message
        self._require_sight(message)
        if message.is_ephemeral:
            raise ClientRefused("an ephemeral message has no Apps menu")
        channel = self.state.channels[message.channel_id]
        resolved = self._resolved(channel)
        target = resolved.add_message(message)
        return self._target(command, CommandType.MESSAGE, channel, target, resolved)

    async def user_command(self, command: str, user: User, *, channel: Place | None = None) -> Reply:
        """Use a command of a user's Apps menu; by default in #general.

        Raises: CommandNotFound where it is not offered in this place.
        """
        place = self._place(channel)
        resolved = self._resolved(place.channel)
        return self._target(command, CommandType.USER, place.channel, resolved.add(user), resolved)

    async def autocomplete(
        self, command: str, option: str, text: str, /, *, channel: Place | None = None, **options: OptionValue
    ) -> list[Choice]:
        """Type `text` into an option, with others as keywords; see `suggestions`."""
        return await self.suggestions(command, option, text, options, channel=channel)

    async def suggestions(
        self, command: str, option: str, text: str, options: Mapping[str, OptionValue], *, channel: Place | None = None
    ) -> list[Choice]:
        """Type `text` into an option, with `options` filled in, and return what is suggested.

        Raises: CommandNotFound where it is not offered in this place; ClientRefused where the option suggests
        nothing by its definition; InteractionFailed where the bot did not answer in time.
        """
        place = self._place(channel)
        name, *path = command.split()
        registered = require_offered(self.state, self.user, place.channel, name)
        form = CommandForm(command=registered, resolved=self._resolved(place.channel), path=path)
        interaction = self._interaction(InteractionType.AUTOCOMPLETE, form.focused(option, text, options), place)
        return await self._deliver(interaction).choices()

    async def click(self, card: Card, label: str, *, twice: bool = False) -> Reply:
        """Press a button, by its label (or custom_id).

        Raises: NotThere where this person does not see the message, or there is no such button; ClientRefused
        where the button is disabled, or only opens a link.
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
        """Choose in a menu, found by its placeholder (or custom_id): options by label or value, all else by id.

        Raises: NotThere where this person does not see the message, or there is no such menu, option, user,
        role or channel; ClientRefused where the menu is disabled, or the number of values is not allowed.
        """
        self._require_sight(card.message)
        found = next((one for one in card.selects if menu in (one.placeholder, one.custom_id)), None)
        if found is None:
            raise NotThere(f"there is no menu {menu!r} on {card!r}")
        data = chosen(found, values, self._resolved(self.state.channels[card.message.channel_id]))
        return self._use(card, data, twice=False)

    async def submit(self, form: Form, values: Mapping[str, FieldValue] | None = None, *, twice: bool = False) -> Reply:
        """Submit an open modal; fields (by label or custom_id) that are not named keep what stands in them.

        Raises: NotThere where a named field does not exist; ClientRefused where a field is required, too long,
        or the modal is somebody else's.
        """
        opener = form.interaction
        if opener.user_id != self.id:
            raise ClientRefused("a modal is open only at the person who opened it")
        data = Submission(state=self.state, form=form).data(values or {})
        interaction = create_interaction(
            self.state,
            InteractionType.MODAL_SUBMIT,
            data,
            user=self.user,
            channel=self.state.channels[opener.channel_id],
            message=None if opener.message_id is None else self.state.messages[opener.message_id],
            parent=opener,
            deliver=False,
        )
        return self._deliver(interaction, twice=twice)

    async def write(
        self,
        text: str = "",
        /,
        *,
        channel: Place | None = None,
        files: Sequence[Picture] = (),
        reply_to: Card | None = None,
    ) -> Card:
        """Post a message of one's own; by default in #general.

        Raises: ClientRefused where the person may not write there, or the message is empty, too long, or a file
        too large; NotThere where this person does not see the message that is answered.
        """
        place = self._place(channel)
        if reply_to is not None:
            self._require_sight(reply_to.message)
        posted = written(self.state, self.user, place.channel, text, files, reply_to.message if reply_to else None)
        return card_of(posted, viewer=self)

    async def delete(self, card: Card) -> None:
        """Delete a message: one's own, or another's with Manage Messages.

        Raises: NotThere where this person does not see the message; ClientRefused where the permission is
        missing, or the message is ephemeral and can only be dismissed.
        """
        message = card.message
        self._require_sight(message)
        channel = self.state.channels[message.channel_id]
        may_manage = Permission.MANAGE_MESSAGES in self.state.permissions(self.id, channel)
        if message.is_ephemeral or (message.author_id != self.id and not may_manage):
            raise ClientRefused(f"{self.name} may not delete this message")
        posting.remove(self.state, message)

    # How an action reaches the bot

    def _place(self, channel: Place | None) -> Place:
        return channel or Channels(self.state).general

    def _resolved(self, channel: Channel) -> Resolved:
        return Resolved(state=self.state, channel=channel)

    def _target(self, command: str, kind: CommandType, channel: Channel, target: str, resolved: Resolved) -> Reply:
        """Send a command of an Apps menu."""
        registered = require_offered(self.state, self.user, channel, command, kind=kind)
        data: JsonObject = {"id": str(registered.id), "name": command, "type": kind.value, "target_id": target}
        data["resolved"] = resolved.payload
        if registered.guild_id is not None:
            data["guild_id"] = str(registered.guild_id)
        return self._deliver(self._interaction(InteractionType.COMMAND, data, Place(channel, state=self.state)))

    def _require_sight(self, message: Message) -> None:
        if not self.sees(message):
            raise NotThere(f"{self.name} does not see this message")

    def _interaction(self, kind: InteractionType, data: JsonObject, place: Place) -> Interaction:
        return create_interaction(self.state, kind, data, user=self.user, channel=place.channel, deliver=False)

    def _use(self, card: Card, data: JsonObject, *, twice: bool) -> Reply:
        message = card.message
        interaction = create_interaction(
            self.state,
            InteractionType.COMPONENT,
            data,
            user=self.user,
            channel=self.state.channels[message.channel_id],
            message=message,
            deliver=False,
        )
        return self._deliver(interaction, twice=twice)

    def _deliver(self, interaction: Interaction, *, twice: bool = False) -> Reply:
        is_delivered = self._gateway.has_session_for(interaction.guild_id)
        if is_delivered:
            if twice:
                self._gateway.repeat_next_interaction()
            deliver_interaction(self.state, interaction)
        return Reply(interaction, member=self, is_delivered=is_delivered)
