"""A job that a member asked for, in a sandbox that it shares with others."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import count

from sandbox.client_driver import Card
from sandbox.model_api.behaviour import Behaviour
from sandbox.model_api.faults import FaultOrder
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import Record, assert_promise_kept, records
from tests.rig import until

numbers = count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A job that a member asked for: its card, and what the database and the API say of it."""

    sandbox: Sandbox
    card: Card
    prompt: str

    async def ended(self, *, timeout_seconds: float = 25) -> Record:
        """Wait until the job has ended and its card shows it; the promise is kept then."""

        def found() -> Record | None:
            mine = [record for record in records(self.sandbox.data_dir) if record.prompt == self.prompt]
            return next((record for record in mine if record.is_settled), None)

        await until(found, what="the job's end", timeout_seconds=timeout_seconds)
        record = found()
        assert record is not None
        assert_promise_kept(self.sandbox, [record])
        return record

    @property
    def submits(self) -> int:
        """How many requests for this prompt the API accepted."""
        return sum(request.inputs["prompt"] == self.prompt for request in self.sandbox.model_api.submits)


async def ask(sandbox: Sandbox) -> Asked:
    """Let a member run /edit with a prompt that nobody used before; wait for the card."""
    prompt = f"a fox in the snow, number {next(numbers)}"
    reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48))
    return Asked(sandbox=sandbox, card=await reply.message(), prompt=prompt)


def changes_of(behaviour: Behaviour) -> str:
    """Name a behaviour by what it changes."""
    plain = asdict(Behaviour())
    return "-".join(f"{key}={value}" for key, value in asdict(behaviour).items() if value != plain[key])


def fault_of(order: FaultOrder) -> str:
    """Name a fault for a test's id."""
    return f"{order.fault.name.lower()}{order.status or ''}"
