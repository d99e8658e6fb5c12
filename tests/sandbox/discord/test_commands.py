"""Commands are registered, checked, and kept when nothing changed."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord.server import DiscordServer
from tests.sandbox.discord.wire_client import WireClient

COMMAND: dict[str, Any] = {"name": "edit", "description": "Edit a picture", "options": []}
OPTION: dict[str, Any] = {"type": 3, "name": "prompt", "description": "What to do"}


@pytest.fixture
def path(server: DiscordServer) -> str:
    """The path of global commands; this file is about other rules than rate limits."""
    server.rate_limits.enabled = False
    return f"/applications/{server.state.application.id}/commands"


async def test_ids_stay_and_versions_change(wire: WireClient, path: str) -> None:
    """A name that stays keeps its id; its version changes only with its definition."""
    first = (await wire("PUT", path, [COMMAND])).body[0]
    same = (await wire("PUT", path, [COMMAND, {**COMMAND, "name": "quota"}])).body[0]
    assert (same["id"], same["version"]) == (first["id"], first["version"])
    changed = (await wire("PUT", path, [{**COMMAND, "description": "Other"}])).body
    assert len(changed) == 1
    assert changed[0]["id"] == first["id"]
    assert changed[0]["version"] != first["version"]
    assert (await wire("GET", path)).body == changed
    assert wire.server.state.commands.writes == 3


async def test_a_guild_has_commands_of_its_own(wire: WireClient, server: DiscordServer, path: str) -> None:
    """They hide global ones of the same name, and end with the next overwrite."""
    guild_id = next(iter(server.state.guilds))
    guild_path = path.replace("/commands", f"/guilds/{guild_id}/commands")
    await wire("PUT", path, [COMMAND])
    own = (await wire("PUT", guild_path, [{**COMMAND, "description": "Here"}])).body[0]
    assert own["guild_id"] == str(guild_id)
    found = server.state.commands.find("edit", guild_id=guild_id)
    assert found is not None
    assert found.definition["description"] == "Here"
    assert (await wire("PUT", guild_path.replace(str(guild_id), "5"), [])).code == (403, 50001)


async def test_single_commands_are_made_changed_and_removed(wire: WireClient, path: str) -> None:
    """POST creates (201) or replaces (200), PATCH keeps the id, DELETE is 204."""
    created = await wire("POST", path, COMMAND)
    assert created.status == 201
    assert (await wire("POST", path, COMMAND)).status == 200
    one = f"{path}/{created.body['id']}"
    edited = (await wire("PATCH", one, {"description": "Other"})).body
    assert (edited["id"], edited["description"]) == (created.body["id"], "Other")
    assert (await wire("DELETE", one)).status == 204
    assert (await wire("GET", one)).code == (404, 10063)


def option(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A command with one option that differs."""
    return {**COMMAND, "options": [{**OPTION, **facts}]}


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ({**COMMAND, "name": "Edit"}, ("name",)),
        ({**COMMAND, "name": "x" * 33}, ("name",)),
        ({**COMMAND, "name": "no spaces"}, ("name",)),
        ({**COMMAND, "description": ""}, ("description",)),
        ({**COMMAND, "description": "x" * 101}, ("description",)),
        ({"name": "edit"}, ("description",)),
        ({**COMMAND, "contexts": [3]}, ("contexts",)),
        ({**COMMAND, "contexts": []}, ("contexts",)),
        ({**COMMAND, "integration_types": [0, 0]}, ("integration_types",)),
        ({**COMMAND, "options": [{**OPTION, "name": f"o{n}"} for n in range(26)]}, ("options",)),
        ({**COMMAND, "options": [OPTION, OPTION]}, ("options", "1", "name")),
        (
            {**COMMAND, "options": [{**OPTION, "name": "a"}, {**OPTION, "required": True}]},
            ("options", "1", "required"),
        ),
        (option(description=""), ("options", "0", "description")),
        (option(name="Prompt"), ("options", "0", "name")),
        (option(type=12), ("options", "0", "type")),
        (option(choices=[{"name": str(n), "value": str(n)} for n in range(26)]), ("options", "0", "choices")),
        (option(choices=[{"name": "a", "value": 5}]), ("options", "0", "choices", "0", "value")),
        (option(choices=[{"name": "a", "value": "x" * 101}]), ("options", "0", "choices", "0", "value")),
        (option(type=4, choices=[{"name": "a", "value": "5"}]), ("options", "0", "choices", "0", "value")),
        (option(choices=[{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]), ("options", "0", "choices", "1")),
        (option(type=11, choices=[{"name": "a", "value": "1"}]), ("options", "0", "choices")),
        (option(autocomplete=True, choices=[{"name": "a", "value": "1"}]), ("options", "0", "autocomplete")),
        (option(max_length=6001), ("options", "0", "max_length")),
        (option(min_length=5, max_length=4), ("options", "0", "min_length")),
        (option(type=4, min_value=5, max_value=4), ("options", "0", "min_value")),
    ],
)
async def test_a_wrong_command_is_refused_by_path(
    wire: WireClient, path: str, command: dict[str, Any], where: tuple[str, ...]
) -> None:
    """50035 names the field; nothing is registered, and nothing counts as a write."""
    reply = await wire("PUT", path, [COMMAND | {"name": "fine"}, command])
    assert reply.code == (400, 50035)
    errors = reply.body["errors"]["1"]
    for step in where:
        errors = errors[step]
    assert wire.server.state.commands.in_scope(None) == []
    assert wire.server.state.commands.writes == 0


async def test_a_command_s_texts_end_at_8000_characters(wire: WireClient, path: str) -> None:
    """Names, descriptions and choices together."""
    choices = [{"name": f"{n:02}" + "n" * 98, "value": f"{n:02}" + "v" * 98} for n in range(25)]
    large = [{**OPTION, "name": name, "choices": choices} for name in ("a", "b")]
    assert (await wire("PUT", path, [{**COMMAND, "options": large[:1]}])).status == 200
    reply = await wire("PUT", path, [{**COMMAND, "options": large}])
    assert reply.body["errors"]["0"]["_errors"][0]["code"] == "APPLICATION_COMMAND_TOO_LARGE"


async def test_two_commands_of_one_name_are_refused(wire: WireClient, path: str) -> None:
    """A name stands once in a scope."""
    assert "name" in (await wire("PUT", path, [COMMAND, COMMAND])).body["errors"]["1"]


async def test_a_tree_of_discord_py_syncs(client: discord.Client, server: DiscordServer) -> None:
    """Choices, ranges, attachments, groups and context menus arrive as they were declared."""
    tree = app_commands.CommandTree(client)

    @tree.command(description="Edit a picture")
    @app_commands.choices(quality=[app_commands.Choice(name="High", value="high")])
    async def edit(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 4000],
        image1: discord.Attachment,
        quality: str = "high",
        count: app_commands.Range[int, 1, 4] = 1,
    ) -> None:
        del interaction, prompt, image1, quality, count

    group = app_commands.Group(name="staff", description="For staff")

    @group.command(description="Show")
    async def show(interaction: discord.Interaction) -> None:
        del interaction

    tree.add_command(group)

    @tree.context_menu(name="Edit This")
    async def menu(interaction: discord.Interaction, message: discord.Message) -> None:
        del interaction, message

    synced = await tree.sync()
    assert {command.name for command in synced} == {"edit", "staff", "Edit This"}
    found = server.state.commands.find("edit")
    assert found is not None
    prompt, image, quality, count = found.definition["options"]
    assert (prompt["required"], prompt["max_length"], image["type"]) == (True, 4000, 11)
    assert quality["choices"] == [{"name": "High", "value": "high"}]
    assert (count["min_value"], count["max_value"]) == (1, 4)
    assert [command.id for command in await tree.fetch_commands()] == [command.id for command in synced]
