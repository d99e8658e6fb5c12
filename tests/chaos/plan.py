"""What happens in an episode and when, all of it drawn from the seed before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

SECONDS = 6.0


class Action(StrEnum):
    """What somebody does, or what goes wrong."""

    EDIT = "edit"
    CANCEL = "cancel"
    ANEW = "submit anew"
    HISTORY = "history"
    DELETE = "delete a card"
    KILL = "kill"
    KILL_AT = "kill at a call"
    STOP = "stop"
    API_FAULT = "fault of the model api"
    DISCORD_FAULT = "fault of discord"
    GATEWAY_DROP = "gateway dropped"
    NO_PERMISSION = "permission lost"
    DATABASE_AWAY = "database away"


_WEIGHTS = {
    Action.CANCEL: 4,
    Action.ANEW: 4,
    Action.HISTORY: 2,
    Action.DELETE: 1,
    Action.API_FAULT: 6,
    Action.DISCORD_FAULT: 5,
    Action.GATEWAY_DROP: 1,
    Action.NO_PERMISSION: 1,
    Action.DATABASE_AWAY: 2,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One action, `at` seconds after the start. `choice` decides what the action leaves open (a card, a fault)."""

    at: float
    action: Action
    choice: int
    seconds: float  # how long what lasts is to last
    is_private: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """An episode."""

    seed: int
    is_postgres: bool
    processes: int
    steps: tuple[Step, ...]
    queue_seconds: float  # how long the Model API lets a request wait, and how long it works on it
    run_seconds: float


def planned(seed: int) -> Plan:
    """Draw an episode."""
    random = Random(seed)  # noqa: S311 - it is to be repeated
    is_postgres = random.random() < 0.6
    processes = random.choice((1, 2)) if is_postgres else 1
    actions = list(random.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()), k=random.randint(8, 16)))
    actions += random.choices((Action.KILL, Action.KILL_AT), k=random.randint(2, 4))
    actions += [Action.STOP] * random.randint(0, 1)
    steps = [_step(random, action, at=random.uniform(0.3, SECONDS)) for action in actions]
    for _ in range(random.randint(2, 4)):  # bursts
        at = random.uniform(0, SECONDS - 1)
        steps += [_step(random, Action.EDIT, at=at + random.uniform(0, 0.15)) for _ in range(random.randint(1, 6))]
    steps.sort(key=lambda step: step.at)
    return Plan(
        seed=seed,
        is_postgres=is_postgres,
        processes=processes,
        steps=tuple(steps),
        # Long enough, now and then, for a card that offers to cancel.
        queue_seconds=random.choice((0.2, 1.0, 4.0)),
        run_seconds=random.choice((0.2, 1.0, 4.0)),
    )


def _step(random: Random, action: Action, *, at: float) -> Step:
    return Step(
        at=at,
        action=action,
        choice=random.randrange(1 << 30),
        seconds=random.uniform(0.2, 2.5),
        is_private=random.random() < 0.3,
    )
