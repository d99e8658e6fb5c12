"""A choice in a menu as Discord's client checks and sends it."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.client_driver.face import ENTITY_SELECTS, Select
from sandbox.client_driver.refusals import ClientRefused, NotThere
from sandbox.client_driver.resolved import Entity, Resolved
from sandbox.discord.channels import Channel
from sandbox.discord.guilds import Role
from sandbox.discord.kinds import ComponentType
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject


def chosen(select: Select, values: Sequence[str], resolved: Resolved) -> JsonObject:
    """Return the data of a choice: options by label or value, and users, roles and channels by id.

    Raises: NotThere where an option or a thing does not exist; ClientRefused where the menu is disabled, or the
    number of values is not allowed.
    """
    if select.is_disabled or not select.min_values <= len(values) <= select.max_values:
        raise ClientRefused(f"the menu {select.placeholder!r} does not take {len(values)} values")
    data: JsonObject = {"component_type": select.kind.value, "custom_id": select.custom_id}
    if select.kind in ENTITY_SELECTS:
        data["values"] = [_named(select, value, resolved) for value in values]
        data["resolved"] = resolved.payload
    else:
        data["values"] = [_option(select, value) for value in values]
    if select.component_id is not None:
        data["id"] = select.component_id
    return data


def _option(select: Select, value: str) -> str:
    for label, sent in select.options:
        if value in (label, sent):
            return sent
    raise NotThere(f"the menu {select.placeholder!r} offers {select.options}, not {value!r}")


def _named(select: Select, value: str, resolved: Resolved) -> str:
    if not value.isdecimal():
        raise NotThere(f"{value!r} is no id")
    entity = resolved.find(int(value))
    if not _fits(select.kind, entity):
        raise NotThere(f"the menu {select.placeholder!r} does not offer {value}")
    return resolved.add(entity)


def _fits(kind: ComponentType, entity: Entity) -> bool:
    match kind:
        case ComponentType.USER_SELECT:
            return isinstance(entity, User)
        case ComponentType.ROLE_SELECT:
            return isinstance(entity, Role)
        case ComponentType.CHANNEL_SELECT:
            return isinstance(entity, Channel)
        case _:
            return isinstance(entity, (User, Role))
