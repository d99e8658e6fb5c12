"""What a person does on the page, done by `sandbox.client_driver`: the page has no other way to the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from sandbox.client_driver import Card, ClientDriver, ClientRefused, Form, InteractionFailed, Place, Reply
from sandbox.client_driver.command_form import OptionValue
from sandbox.client_driver.form import Field, FieldValue, form_of
from sandbox.client_driver.offering import require_offered
from sandbox.client_driver.reply import card_of
from sandbox.client_driver.resolved import Resolved
from sandbox.discord.kinds import ComponentType, OptionType
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture
from sandbox.sandbox import Sandbox
from sandbox.web.screens import Screens
from sandbox.web.uploads import UploadStore
from sandbox.web.wire import Order, Refused, snowflake

Action: TypeAlias = Callable[[Order], Awaitable[JsonObject]]


_ENTITIES = frozenset({OptionType.USER, OptionType.CHANNEL, OptionType.ROLE, OptionType.MENTIONABLE})
_TEXTS = frozenset({ComponentType.TEXT_INPUT, ComponentType.RADIO_GROUP})
_MOST_SUBCOMMANDS = 3


class Actions:
    """The actions of one person in one channel."""

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        member: ClientDriver,
        place: Place,
        screens: Screens,
        uploads: UploadStore,
        takes_files: bool,
    ) -> None:
        self._state = sandbox.state
        self._member = member
        self._place = place
        self._screens = screens
        self._uploads = uploads
        self._takes_files = takes_files
        self._used_uploads: list[str] = []
        self._actions: Mapping[str, Action] = {
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "message_command": self._message_command,
            "user_command": self._user_command,
            "click": self._click,
            "select": self._select,
            "submit_modal": self._submit_modal,
            "close_modal": self._close_modal,
            "dismiss": self._dismiss,
            "delete_message": self._delete_message,
            "write": self._write,
        }

    async def do(self, order: Order) -> JsonObject:
        """Do what the page asks and return the answer's result.

        Raises: Refused with the reason in the words of a client.
        """
        action = self._actions.get(order.do)
        if action is None:
            raise Refused(f"there is no action {order.do!r}")
        try:
            result = await action(order)
        except (ClientRefused, InteractionFailed) as refusal:
            raise Refused(str(refusal)) from refusal
        self._uploads.forget(self._used_uploads)
        return result

    # Commands

    async def _slash(self, order: Order) -> JsonObject:
        command = order.text("command")
        options = self._options(command, order.mapping("options"))
        return self._sent(await self._member.send_command(command, options, channel=self._place))

    async def _autocomplete(self, order: Order) -> JsonObject:
        command = order.text("command")
        given = {name: value for name, value in order.mapping("options").items() if name != order.text("option")}
        options = self._options(command, given, is_draft=True)
        choices = await self._member.suggestions(
            command, order.text("option"), order.text("text"), options, channel=self._place
        )
        return {"choices": [{"name": one.name, "value": one.value} for one in choices]}

    async def _message_command(self, order: Order) -> JsonObject:
        return self._sent(await self._member.message_command(order.text("command"), self._card(order)))

    async def _user_command(self, order: Order) -> JsonObject:
        user = self._state.users.get(order.identity("user"))
        if user is None:
            raise Refused("there is no such user")
        return self._sent(await self._member.user_command(order.text("command"), user, channel=self._place))

    def _options(self, command: str, given: JsonObject, *, is_draft: bool = False) -> dict[str, OptionValue]:
        """Turn what the page sends into values; a draft leaves out what is not whole yet."""
        kinds = {one["name"]: one["type"] for one in self._definitions(command)}
        values: dict[str, OptionValue] = {}
        for name, value in given.items():
            try:
                values[name] = self._option(kinds.get(name), name, value)
            except (Refused, ClientRefused):
                if not is_draft:
                    raise
        return values

    def _definitions(self, command: str) -> list[JsonObject]:
        name, *path = command.split()[: 1 + _MOST_SUBCOMMANDS] or [""]
        registered = require_offered(self._state, self._member.user, self._place.channel, name)
        options: list[JsonObject] = registered.definition.get("options") or []
        for step in path:
            found = next((one for one in options if one["name"] == step), {})
            options = found.get("options") or []
        return options

    def _option(self, kind: int | None, name: str, value: object) -> OptionValue:
        if kind == OptionType.ATTACHMENT and isinstance(value, str):
            return self._file(value)
        if kind in _ENTITIES:
            return Resolved(state=self._state, channel=self._place.channel).find(snowflake(value, name))
        if isinstance(value, (str, bool, int, float)):
            return value
        raise Refused(f"{name}: this is no value for an option")

    def _file(self, upload_id: str) -> Picture:
        if not self._takes_files:
            raise Refused("the real Model API cannot fetch a file from this computer: give the link of a hosted one")
        file = self._uploads.get(upload_id)
        limit_bytes = self._state.upload_limit_bytes(self._place.channel)
        if len(file.data) > limit_bytes:
            raise Refused(f"{file.name} is too large: here a file may have {limit_bytes / (1 << 20):g} MiB")
        self._used_uploads.append(upload_id)
        return file

    # Messages

    async def _click(self, order: Order) -> JsonObject:
        return self._sent(await self._member.click(self._card(order), order.text("custom_id")))

    async def _select(self, order: Order) -> JsonObject:
        values = order.texts("values")
        return self._sent(await self._member.select(self._card(order), order.text("custom_id"), values))

    async def _delete_message(self, order: Order) -> JsonObject:
        await self._member.delete(self._card(order))
        return {}

    async def _write(self, order: Order) -> JsonObject:
        files = [self._file(one) for one in order.texts("uploads")]
        reply_to = self._card(order, "reply_to") if order.optional_text("reply_to") else None
        card = await self._member.write(order.text("content"), channel=self._place, files=files, reply_to=reply_to)
        return {"message": str(card.id)}

    async def _dismiss(self, order: Order) -> JsonObject:
        entry_id = order.identity("entry")
        message, interaction = self._state.messages.get(entry_id), self._state.interactions.get(entry_id)
        is_own_failure = interaction is not None and interaction.user_id == self._member.id
        if not is_own_failure and (message is None or not message.is_ephemeral or not self._member.sees(message)):
            raise Refused("only what you alone see can be dismissed")
        self._screens.of(self._member.id).dismissed.add(entry_id)
        return {}

    def _card(self, order: Order, field: str = "message") -> Card:
        message = self._state.messages.get(order.identity(field))
        if message is None or not self._member.sees(message):
            raise Refused("this message is gone")
        return card_of(message, viewer=self._member)

    # Forms

    async def _submit_modal(self, order: Order) -> JsonObject:
        form = self._form(order)
        by_id = {one.custom_id: one for one in form.fields}
        values: dict[str, FieldValue] = {}
        for custom_id, value in order.mapping("values").items():
            if custom_id not in by_id:
                raise Refused(f"the form has no field {custom_id!r}")
            values[custom_id] = self._field_value(by_id[custom_id], value)
        return self._sent(await self._member.submit(form, values))

    async def _close_modal(self, order: Order) -> JsonObject:
        self._form(order)
        self._screens.of(self._member.id).form = None
        return {}

    def _form(self, order: Order) -> Form:
        opener_id, open_form = order.identity("modal"), self._screens.of(self._member.id).form
        form = form_of(self._state.interactions[opener_id]) if open_form and open_form.opener_id == opener_id else None
        if form is None:
            raise Refused("this form is not open any more")
        return form

    def _field_value(self, field: Field, value: object) -> FieldValue:
        if field.kind is ComponentType.CHECKBOX and isinstance(value, bool):
            return value
        if field.kind in _TEXTS and isinstance(value, str):
            return value
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return [self._file(one) for one in value] if field.kind is ComponentType.FILE_UPLOAD else value
        raise Refused(f"{field.label}: this is no value for the field")

    def _sent(self, reply: Reply) -> JsonObject:
        self._screens.sent(reply)
        return {"interaction": str(reply.interaction.id)}
