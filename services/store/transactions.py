"""Methods that are one transaction each: they are given its connection, and may be run again from their start."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.database import Database


class OnDatabase(Protocol):
    """What stands on a database."""

    _database: Database


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=OnDatabase)
Method = Callable[Concatenate[S, AsyncConnection, P], Awaitable[T]]
Call = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


def reads(method: Method[S, P, T]) -> Call[S, P, T]:
    """Run the method in a transaction that only reads; its caller gives no connection."""

    async def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(lambda connection: method(self, connection, *args, **kwargs))

    functools.update_wrapper(call, method)
    return call


def writes(method: Method[S, P, T]) -> Call[S, P, T]:
    """Run the method in one transaction and commit it; its caller gives no connection."""

    async def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(lambda connection: method(self, connection, *args, **kwargs))

    functools.update_wrapper(call, method)
    return call
