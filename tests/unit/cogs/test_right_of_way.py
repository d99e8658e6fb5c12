"""What comes after an acknowledgement waits for others' acknowledgements, and not for ever."""

import asyncio

import pytest

from cogs.right_of_way import RightOfWay


async def test_a_command_alone_waits_for_nothing() -> None:
    """Without any acknowledgement under way, the way is free at once."""
    road = RightOfWay(longest_wait_seconds=3600)
    with road.acknowledging():
        pass
    await asyncio.wait_for(road.give_way(), timeout=1)


async def test_work_waits_until_the_last_acknowledgement_is_through() -> None:
    """While one of two acknowledgements is still under way, nobody goes on; afterwards everybody does."""
    road = RightOfWay(longest_wait_seconds=3600)
    with road.acknowledging():
        with road.acknowledging():
            waiting = [asyncio.create_task(road.give_way()) for _ in range(3)]
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
    await asyncio.wait_for(asyncio.gather(*waiting), timeout=1)


async def test_a_steady_stream_does_not_hold_work_back_for_ever() -> None:
    """After the longest wait, work goes on although an acknowledgement is under way, and so does later work."""
    road = RightOfWay(longest_wait_seconds=0.01)
    with road.acknowledging():
        await asyncio.wait_for(road.give_way(), timeout=1)
        await asyncio.wait_for(road.give_way(), timeout=1)


async def test_an_acknowledgement_that_breaks_clears_the_way() -> None:
    """An error in an acknowledgement does not leave it counted."""
    road = RightOfWay(longest_wait_seconds=3600)
    with pytest.raises(ConnectionError), road.acknowledging():
        raise ConnectionError
    await asyncio.wait_for(road.give_way(), timeout=1)
