"""Switches of the local Discord, of its time and of the bot."""

from __future__ import annotations

from sandbox.client_driver.reply import card_of
from sandbox.discord.interactions import TOKEN_SECONDS
from sandbox.discord.messages import Message
from sandbox.discord.rest.faults import Fault
from sandbox.sandbox import Sandbox
from sandbox.web.bot_control import BotControl, BotState
from sandbox.web.switches import Switch
from sandbox.web.wire import Refused

RETRY_AFTER_SECONDS = 2.0
_LIMITED = (
    "POST /channels/{channel_id}/messages",
    "PATCH /channels/{channel_id}/messages/{message_id}",
    "POST /webhooks/{webhook_id}/{webhook_token}",
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original",
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
)


class DiscordTroubles:
    """What can go wrong with a local Discord."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._limits: list[Fault] = []
        self._passed = 0

    def switches(self) -> list[Switch]:
        """Return the switches, in the panel's order."""
        return [
            Switch(
                name="discord_429",
                group="Discord",
                label="Discord answers 429",
                help=f"Posting and editing messages is to wait {RETRY_AFTER_SECONDS:.0f} seconds, again and again.",
                turn=self._limit,
                is_on=lambda: bool(self._limits),
                is_dangerous=True,
            ),
            Switch(
                name="delete_card",
                group="Discord",
                label="Delete the card",
                help="The bot's newest message in the open channel is deleted by a moderator.",
                press=self._delete_card,
                is_dangerous=True,
            ),
            Switch(
                name="drop_gateway",
                group="Discord",
                label="Drop the gateway",
                help="The bot's connection for events breaks off; the bot resumes it.",
                press=self._drop,
                is_dangerous=True,
            ),
            Switch(
                name="pass_token",
                group="Discord",
                label="Let 15 minutes pass",
                help="The sandbox's clock moves on: the tokens of all interactions so far end.",
                press=self._pass_token,
                text=self._time_passed,
            ),
        ]

    async def _limit(self, value: bool) -> None:  # noqa: FBT001 - a switch has two positions
        faults = self._sandbox.discord.faults
        for fault in self._limits:
            faults.remove(fault)
        self._limits = []
        if value:
            self._limits = [
                faults.fail(route, status=429, retry_after=RETRY_AFTER_SECONDS, times=None) for route in _LIMITED
            ]

    async def _delete_card(self, channel_id: int | None) -> None:
        state, mod = self._sandbox.state, self._sandbox.clients.mod
        channel = state.channels.get(channel_id or 0)
        messages = state.messages_in(channel) if channel is not None else []
        card = next((one for one in reversed(messages) if self._is_card(one)), None)
        if card is None or channel is None:
            raise Refused("there is no message of the bot here that everybody sees")
        if channel.is_direct:
            raise Refused("in a direct conversation nobody but the bot deletes its messages")
        await mod.delete(card_of(card, viewer=mod))

    def _is_card(self, message: Message) -> bool:
        return message.author_id == self._sandbox.state.bot.id and not message.is_ephemeral

    async def _drop(self, _: int | None) -> None:
        self._sandbox.gateway.drop()

    async def _pass_token(self, _: int | None) -> None:
        await self._sandbox.clock.advance(TOKEN_SECONDS + 1)
        self._passed += 1

    def _time_passed(self) -> str | None:
        """Why cards look older than they are: the bot's process has a clock that nobody can move."""
        if not self._passed:
            return None
        minutes = self._passed * TOKEN_SECONDS // 60
        return f"The world is {minutes:g} minutes ahead of the bot's clock, from which its cards count."


def bot_switches(bot: BotControl) -> list[Switch]:
    """Return the switches of the bot's process."""

    async def run(value: bool) -> None:  # noqa: FBT001 - a switch has two positions
        await (bot.start() if value else bot.stop())

    async def kill(_: int | None) -> None:
        await bot.kill_and_start()

    return [
        Switch(
            name="run_bot",
            group="Bot",
            label="Bot runs",
            help="Off: the process is asked to stop (SIGTERM). On: it is started.",
            turn=run,
            is_on=lambda: bot.is_wanted,
        ),
        Switch(
            name="kill_bot",
            group="Bot",
            label="Kill and restart",
            help="The process is killed without warning (SIGKILL) and started again.",
            press=kill,
            is_enabled=lambda: bot.state in (BotState.STARTING, BotState.ONLINE),
            is_dangerous=True,
        ),
    ]
