"""Three seconds for the first answer, fifteen minutes for the token, and one first answer only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.server import DiscordServer
from tests.sandbox.discord.wire_client import WireClient

Invoke = Callable[..., Interaction]
AUTOCOMPLETE = {"id": "1", "name": "job", "type": 1, "options": []}
HELLO = {"content": "Hello"}


async def test_an_answer_within_three_seconds_is_taken(wire: WireClient, invoke: Invoke) -> None:
    """2.5 s by the sandbox's clock are early enough."""
    interaction = invoke()
    await wire.server.clock.advance(2.5)
    assert (await wire.callback(interaction, 4, HELLO)).status == 200


async def test_an_answer_after_three_seconds_is_unknown(wire: WireClient, invoke: Invoke) -> None:
    """Later: 404 / 10062, and the interaction has failed."""
    interaction = invoke()
    await wire.server.clock.advance(3.1)
    assert (await wire.callback(interaction, 5)).code == (404, 10062)
    assert interaction.has_failed(wire.server.clock.now())


async def test_a_wrong_token_is_unknown(wire: WireClient, invoke: Invoke) -> None:
    """The callback's token must be the interaction's."""
    first, second = invoke(), invoke()
    path = f"/interactions/{first.id}/{second.token}/callback"
    assert (await wire("POST", path, {"type": 5})).code == (404, 10062)


async def test_a_second_first_answer_is_refused(wire: WireClient, invoke: Invoke) -> None:
    """400 / 40060, whatever its kind and however late; nothing changes."""
    interaction = invoke()
    await wire.callback(interaction, 5)
    assert (await wire.callback(interaction, 4, HELLO)).code == (400, 40060)
    await wire.server.clock.advance(60)
    assert (await wire.callback(interaction, 5)).code == (400, 40060)
    assert len(wire.server.state.messages) == 1


async def test_an_answer_that_is_refused_leaves_the_interaction_open(wire: WireClient, invoke: Invoke) -> None:
    """A 50035 is no answer: the next one counts."""
    interaction = invoke()
    refused = await wire.callback(interaction, 4, {"content": "x" * 2001})
    assert refused.code == (400, 50035)
    assert refused.body["errors"]["data"]["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert (await wire.callback(interaction, 4, HELLO)).status == 200


async def test_the_token_dies_after_fifteen_minutes(wire: WireClient, invoke: Invoke) -> None:
    """Then every call with it: 401 / 50027; the callback itself: 10062."""
    interaction = invoke()
    await wire.callback(interaction, 5)
    await wire.server.clock.advance(14 * 60 + 50)
    assert (await wire("PATCH", wire.original(interaction), HELLO)).status == 200
    await wire.server.clock.advance(20)
    for method, path, body in (
        ("GET", wire.original(interaction), None),
        ("PATCH", wire.original(interaction), HELLO),
        ("DELETE", wire.original(interaction), None),
        ("POST", wire.hook(interaction), HELLO),
        ("PATCH", f"{wire.hook(interaction)}/messages/{interaction.original_message_id}", HELLO),
    ):
        assert (await wire(method, path, body)).code == (401, 50027)
    assert (await wire.callback(interaction, 5)).code == (404, 10062)


async def test_a_token_opens_nothing_before_the_first_answer(wire: WireClient, invoke: Invoke) -> None:
    """404 / 10015; a made-up token is 401 / 50027; another application's is 10015."""
    interaction = invoke()
    assert (await wire("POST", wire.hook(interaction), HELLO)).code == (404, 10015)
    application = wire.server.state.application.id
    assert (await wire("POST", f"/webhooks/{application}/nonsense", HELLO)).code == (401, 50027)
    await wire.callback(interaction, 5)
    assert (await wire("POST", f"/webhooks/5/{interaction.token}", HELLO)).code == (404, 10015)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (InteractionType.COMMAND, {4, 5, 9}),
        (InteractionType.AUTOCOMPLETE, {8}),
        (InteractionType.COMPONENT, {4, 5, 6, 7, 9}),
        (InteractionType.MODAL_SUBMIT, {4, 5}),
    ],
)
async def test_each_kind_takes_its_own_answers(
    server: DiscordServer, wire: WireClient, invoke: Invoke, kind: InteractionType, allowed: set[int]
) -> None:
    """Other callback types are 50035 at `type`."""
    text = {"type": 18, "label": "Name", "component": {"type": 4, "custom_id": "n", "style": 1}}
    bodies = {
        4: HELLO,
        7: HELLO,
        8: {"choices": []},
        9: {"custom_id": "m", "title": "Form", "components": [text]},
    }
    first = invoke()
    await wire.callback(first, 4, HELLO)
    message = server.state.messages[first.original_message_id or 0]
    taken = set()
    for callback in (1, 4, 5, 6, 7, 8, 9, 10):
        on = message if kind is InteractionType.COMPONENT else None
        parent = first if kind is InteractionType.MODAL_SUBMIT else None
        interaction = invoke(kind, AUTOCOMPLETE, message=on, parent=parent)
        reply = await wire.callback(interaction, callback, bodies.get(callback))
        if reply.status == 200:
            taken.add(callback)
        else:
            assert "type" in reply.body["errors"]
    assert taken == allowed


async def test_autocomplete_takes_at_most_25_choices(wire: WireClient, invoke: Invoke) -> None:
    """26 are refused, 25 are kept for who asked."""
    interaction = invoke(InteractionType.AUTOCOMPLETE, AUTOCOMPLETE)
    choices = [{"name": f"job {n}", "value": str(n)} for n in range(26)]
    assert (await wire.callback(interaction, 8, {"choices": choices})).code == (400, 50035)
    assert (await wire.callback(interaction, 8, {"choices": choices[:25]})).status == 200
    assert interaction.choices == choices[:25]
    assert (await wire("GET", wire.original(interaction))).code == (404, 10008)
    assert (await wire("POST", wire.hook(interaction), HELLO)).code == (404, 10015)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": "x" * 46}, ("title",)),
        ({"title": None}, ("title",)),
        ({"custom_id": "x" * 101}, ("custom_id",)),
        ({"components": []}, ("components",)),
        ({"components": [{"type": 10, "content": "x"}] * 6}, ("components",)),
        ({"components": [{"type": 2, "style": 1, "custom_id": "b"}]}, ("components", "0", "type")),
    ],
)
async def test_a_form_has_limits(
    wire: WireClient, invoke: Invoke, change: dict[str, object], path: tuple[str, ...]
) -> None:
    """What is wrong with a modal is named by its path."""
    label = {"type": 18, "label": "Why", "component": {"type": 4, "custom_id": "w", "style": 2, "max_length": 4000}}
    form = {"custom_id": "m", "title": "Form", "components": [label]}
    interaction = invoke()
    reply = await wire.callback(interaction, 9, form | change)
    errors = reply.body["errors"]["data"]
    for step in path:
        errors = errors[step]
    assert errors["_errors"]
    assert (await wire.callback(interaction, 9, form)).status == 200
    assert interaction.modal == form


async def test_an_update_changes_the_component_s_message(
    server: DiscordServer, wire: WireClient, invoke: Invoke
) -> None:
    """Types 6 and 7 make @original mean the message on which the button stands."""
    first = invoke()
    await wire.callback(first, 4, HELLO)
    message = server.state.messages[first.original_message_id or 0]
    deferred = invoke(InteractionType.COMPONENT, {"custom_id": "b", "component_type": 2}, message=message)
    await wire.callback(deferred, 6)
    await wire("PATCH", wire.original(deferred), {"content": "Changed"})
    assert message.content == "Changed"
    updated = invoke(InteractionType.COMPONENT, {"custom_id": "b", "component_type": 2}, message=message)
    reply = await wire.callback(updated, 7, {"content": "Changed again"})
    assert reply.body["resource"]["message"]["id"] == str(message.id)
    assert message.content == "Changed again"
    assert message.edited_at is not None


async def test_a_deleted_original_is_unknown(wire: WireClient, invoke: Invoke) -> None:
    """404 / 10008 for every use of @original after its deletion; the token still opens followups."""
    interaction = invoke()
    await wire.callback(interaction, 5)
    assert (await wire("DELETE", wire.original(interaction))).status == 204
    for method, body in (("GET", None), ("PATCH", HELLO), ("DELETE", None)):
        assert (await wire(method, wire.original(interaction), body)).code == (404, 10008)
    followup = await wire("POST", wire.hook(interaction), {**HELLO, "flags": 64})
    assert followup.status == 200
    path = f"{wire.hook(interaction)}/messages/{followup.body['id']}"
    assert (await wire("PATCH", path, {"content": "Edited"})).body["content"] == "Edited"
    assert (await wire("DELETE", path)).status == 204


async def test_what_was_deleted_meanwhile_cannot_be_answered(wire: WireClient, invoke: Invoke) -> None:
    """The button's message: 10008; the whole channel: 10003."""
    state = wire.server.state
    first = invoke()
    await wire.callback(first, 4, HELLO)
    message = state.messages[first.original_message_id or 0]
    click = invoke(InteractionType.COMPONENT, {"custom_id": "b", "component_type": 2}, message=message)
    await wire("DELETE", wire.original(first))
    assert (await wire.callback(click, 7, HELLO)).code == (404, 10008)
    delete_channel(state, state.channels[click.channel_id])
    assert (await wire.callback(click, 5)).code == (404, 10003)
    assert (await wire("POST", wire.hook(first), HELLO)).code == (404, 10003)


async def test_another_interaction_s_message_is_unknown(wire: WireClient, invoke: Invoke) -> None:
    """A token opens the messages of its own interaction only."""
    first, second = invoke(), invoke()
    for interaction in (first, second):
        await wire.callback(interaction, 4, HELLO)
    path = f"{wire.hook(second)}/messages/{first.original_message_id}"
    assert (await wire("PATCH", path, HELLO)).code == (404, 10008)


async def test_a_private_defer_is_seen_by_one(wire: WireClient, invoke: Invoke) -> None:
    """Thinking and filled, it is there for the person who asked; a followup that fills it stays private."""
    state, interaction = wire.server.state, invoke()
    await wire.callback(interaction, 5, {"flags": 64})
    channel = state.channels[interaction.channel_id]

    def seen(name: str) -> list[str]:
        return [message.content for message in state.seen_by(state.user(name).id, channel)]

    assert (seen("ada"), seen("ben")) == ([""], [])
    assert (await wire("POST", wire.hook(interaction), HELLO)).body["flags"] & 64
    assert (seen("ada"), seen("ben")) == (["Hello"], [])


async def test_an_ephemeral_message_is_no_channel_s_message(wire: WireClient, invoke: Invoke) -> None:
    """It cannot be fetched, edited, listed or deleted through the channel: 404 / 10008."""
    interaction = invoke()
    await wire.callback(interaction, 4, {**HELLO, "flags": 64})
    base = f"/channels/{interaction.channel_id}/messages"
    for method, body in (("GET", None), ("PATCH", HELLO), ("DELETE", None)):
        reply = await wire(method, f"{base}/{interaction.original_message_id}", body)
        assert reply.code == (404, 10008)
    assert (await wire("GET", base)).body == []
    assert (await wire("GET", wire.original(interaction))).body["flags"] & 64


async def test_an_interaction_is_answered_where_the_bot_may_not_post(wire: WireClient, invoke: Invoke) -> None:
    """The token posts and edits without the bot's own permissions."""
    interaction = invoke(channel=wire.server.state.channel("announcements"))
    assert (await wire.callback(interaction, 5)).status == 200
    assert (await wire("PATCH", wire.original(interaction), HELLO)).status == 200
    path = f"/channels/{interaction.channel_id}/messages"
    assert (await wire("POST", path, HELLO)).code == (403, 50013)
