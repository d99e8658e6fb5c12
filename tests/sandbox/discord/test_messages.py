"""The rules of channel messages."""

from __future__ import annotations

import pytest

from sandbox.discord import posting
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.messages import Message
from sandbox.discord.rest.rate_limits import Limit
from sandbox.discord.server import DiscordServer
from sandbox.discord.users import User
from tests.sandbox.discord.wire_client import WireClient

SILENT: tuple[dict[str, list[str]], ...] = (
    {"parse": []},
    {"parse": [], "users": ["5"]},
    {"parse": ["roles", "everyone"]},
)


@pytest.fixture
def base(server: DiscordServer, general: Channel) -> str:
    """The path of general's messages; this file is about other rules than rate limits."""
    server.rate_limits.enabled = False
    return f"/channels/{general.id}/messages"


def said(server: DiscordServer, channel: Channel, user: User, content: str) -> Message:
    """A message of a person."""
    draft = read_draft(DraftSource(body={"content": content}, uploads={}, upload_limit_bytes=1))
    return posting.publish(server.state, channel, draft, author_id=user.id)


async def test_a_message_is_created_read_edited_and_deleted(wire: WireClient, base: str) -> None:
    """An edit has its time; what is deleted is 10008."""
    created = (await wire("POST", base, {"content": "One"})).body
    assert created["edited_timestamp"] is None
    path = f"{base}/{created['id']}"
    edited = (await wire("PATCH", path, {"content": "Two"})).body
    assert edited["edited_timestamp"] is not None
    assert (await wire("GET", path)).body["content"] == "Two"
    assert (await wire("DELETE", path)).status == 204
    assert (await wire("GET", path)).code == (404, 10008)
    revisions = wire.server.state.messages[int(created["id"])].revisions
    assert [(state.content, state.is_deleted) for state in revisions] == [("One", False), ("Two", False), ("Two", True)]


async def test_only_own_messages_can_be_edited(
    server: DiscordServer, wire: WireClient, base: str, general: Channel, ada: User
) -> None:
    """403 / 50005; deleting another's needs Manage Messages: 50013."""
    path = f"{base}/{said(server, general, ada, 'Hi').id}"
    assert (await wire("PATCH", path, {"content": "Ha"})).code == (403, 50005)
    assert (await wire("DELETE", path)).code == (403, 50013)


async def test_pages_are_newest_first(wire: WireClient, base: str) -> None:
    """before, after, around and limit choose among them."""
    ids = [int((await wire("POST", base, {"content": str(n)})).body["id"]) for n in range(6)]

    async def page(query: str) -> list[int]:
        return [ids.index(int(message["id"])) for message in (await wire("GET", f"{base}?{query}")).body]

    assert await page("limit=2") == [5, 4]
    assert await page(f"before={ids[3]}&limit=2") == [2, 1]
    assert await page(f"after={ids[1]}&limit=2") == [3, 2]
    assert await page(f"around={ids[3]}&limit=3") == [4, 3, 2]
    assert (await wire("GET", f"{base}?limit=101")).code == (400, 50035)


async def test_an_enforced_nonce_returns_the_first_message(server: DiscordServer, wire: WireClient, base: str) -> None:
    """For a few minutes, in the same channel; without enforcement, or later, it is a new message."""
    body = {"content": "Done", "nonce": "job-7", "enforce_nonce": True}
    first = (await wire("POST", base, body)).body
    assert first["nonce"] == "job-7"
    assert (await wire("POST", base, {**body, "content": "Again"})).body["id"] == first["id"]
    assert (await wire("POST", base, {**body, "enforce_nonce": False})).body["id"] != first["id"]
    await server.clock.advance(3600)
    assert (await wire("POST", base, body)).body["id"] != first["id"]
    assert (await wire("POST", base, {**body, "nonce": "x" * 26})).code == (400, 50035)


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": "   "}, {"components": []}, {"flags": 1 << 15}])
async def test_an_empty_message_is_refused(wire: WireClient, base: str, body: dict[str, object]) -> None:
    """400 / 50006."""
    assert (await wire("POST", base, body)).code == (400, 50006)


async def test_an_edit_may_not_empty_a_message(wire: WireClient, base: str) -> None:
    """400 / 50006, and the message stays as it was."""
    created = (await wire("POST", base, {"content": "One"})).body
    assert (await wire("PATCH", f"{base}/{created['id']}", {"content": None})).code == (400, 50006)
    assert wire.server.state.messages[int(created["id"])].content == "One"


async def test_content_ends_at_2000_characters(wire: WireClient, base: str) -> None:
    """2,001 are 50035, naming the field."""
    assert (await wire("POST", base, {"content": "x" * 2000})).status == 200
    refused = await wire("POST", base, {"content": "x" * 2001})
    assert refused.body["errors"] == {
        "content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}
    }


async def test_a_reply_names_its_message(
    server: DiscordServer, wire: WireClient, base: str, general: Channel, ada: User
) -> None:
    """message_reference comes back with the message; one that does not exist is refused."""
    asked = said(server, general, ada, "Well?")
    reply = (await wire("POST", base, {"content": "Yes", "message_reference": {"message_id": str(asked.id)}})).body
    assert reply["referenced_message"]["content"] == "Well?"
    assert server.state.messages[int(reply["id"])].pinged == {ada.id}
    gone = {"content": "Yes", "message_reference": {"message_id": "5"}}
    assert (await wire("POST", base, gone)).code == (400, 50035)


async def test_a_mention_pings_unless_it_is_not_allowed(
    server: DiscordServer, wire: WireClient, base: str, ada: User
) -> None:
    """allowed_mentions decides who is named and who is pinged, in layouts too."""
    text = f"{ada.mention} @everyone <@&{next(iter(server.state.guilds))}>"
    layout = {"flags": 1 << 15, "components": [{"type": 17, "components": [{"type": 10, "content": text}]}]}
    for body in ({"content": text}, layout):
        loud = (await wire("POST", base, body)).body
        assert [user["username"] for user in loud["mentions"]] == ["ada"]
        assert not loud["mention_everyone"]
        assert server.state.messages[int(loud["id"])].pinged == {ada.id}
        for allowed in SILENT:
            silent = (await wire("POST", base, {**body, "allowed_mentions": allowed})).body
            assert silent["mentions"] == []
            assert server.state.messages[int(silent["id"])].pinged == set()


async def test_an_edit_pings_nobody(server: DiscordServer, wire: WireClient, base: str, ada: User) -> None:
    """A mention that an edit brings is named, but notifies no one."""
    created = (await wire("POST", base, {"content": "One"})).body
    await wire("PATCH", f"{base}/{created['id']}", {"content": ada.mention})
    message = server.state.messages[int(created["id"])]
    assert message.mentioned.user_ids == (ada.id,)
    assert message.pinged == set()


async def test_contradicting_allowed_mentions_are_refused(wire: WireClient, base: str) -> None:
    """Parse and a list of ids exclude each other."""
    body = {"content": "Hi", "allowed_mentions": {"parse": ["users"], "users": ["5"]}}
    reply = await wire("POST", base, body)
    assert reply.body["errors"]["allowed_mentions"]["users"]["_errors"]


async def test_old_messages_can_be_edited_a_few_times_only(server: DiscordServer, wire: WireClient, base: str) -> None:
    """Older than an hour: 429 / 30046 without retry_after, until the window ends."""
    server.rate_limits.enabled = True
    server.rate_limits.by_route.clear()
    server.rate_limits.old_edits = Limit(calls=2, seconds=60)
    path = f"{base}/{(await wire('POST', base, {'content': '0'})).body['id']}"
    await server.clock.advance(3601)
    assert [(await wire("PATCH", path, {"content": str(n)})).status for n in range(2)] == [200, 200]
    refused = await wire("PATCH", path, {"content": "3"})
    assert refused.code == (429, 30046)
    assert "retry_after" not in refused.body
    assert refused.headers["Via"]
    await server.clock.advance(61)
    assert (await wire("PATCH", path, {"content": "4"})).status == 200


async def test_a_layout_s_flag_cannot_be_taken_back(wire: WireClient, base: str) -> None:
    """Once a message is a layout it has neither content nor embeds, and stays a layout."""
    layout = {"flags": 1 << 15, "components": [{"type": 10, "content": "Hi"}]}
    path = f"{base}/{(await wire('POST', base, layout)).body['id']}"
    assert "flags" in (await wire("PATCH", path, {"flags": 0})).body["errors"]
    assert "content" in (await wire("PATCH", path, {"content": "Hi"})).body["errors"]
    assert "embeds" in (await wire("PATCH", path, {"embeds": [{"title": "Hi"}]})).body["errors"]
    edited = (await wire("PATCH", path, {"components": [{"type": 10, "content": "Ho"}]})).body
    assert edited["flags"] == 1 << 15


async def test_a_text_becomes_a_layout_only_without_its_content(wire: WireClient, base: str) -> None:
    """The content has to be taken away in the same edit."""
    path = f"{base}/{(await wire('POST', base, {'content': 'One'})).body['id']}"
    layout = {"flags": 1 << 15, "components": [{"type": 10, "content": "Hi"}]}
    assert "content" in (await wire("PATCH", path, layout)).body["errors"]
    assert (await wire("PATCH", path, {**layout, "content": None})).status == 200
