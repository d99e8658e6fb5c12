"""The core, wired: everything in one process that works on jobs, made of the ports that it stands on."""

from __future__ import annotations

import random as chance
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.clock import Clock
from services.jobs.cancelling import Canceller
from services.jobs.copies import CopyWatch
from services.jobs.failover import Failover
from services.jobs.housekeeper import Housekeeper
from services.jobs.job_updater import JobUpdater
from services.jobs.outbox import CardOutbox
from services.jobs.pacing import JobTiming, Random, RequestBudget, SubmitGate
from services.jobs.poller import Poller
from services.jobs.ports import CardStore, JobStore, KeyValueStore, ModelApi, Processes, RequestJournal
from services.jobs.quota import QuotaPolicy
from services.jobs.service import JobService
from services.jobs.signals import JobSignals
from services.jobs.submitter import Submitter
from services.jobs.unstored import UnstoredRequests

# How many free calls (status, result) the whole process makes in a second, at most.
CALLS_PER_SECOND = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CorePorts:
    """What the core stands on. `processes` is None where no other process can work on the database."""

    store: JobStore
    cards: CardStore
    key_values: KeyValueStore
    processes: Processes | None
    api: ModelApi
    journal: RequestJournal
    clock: Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCore:
    """The parts of the core. Nothing runs before its `loops` do."""

    signals: JobSignals
    updater: JobUpdater
    gate: SubmitGate
    submitter: Submitter
    poller: Poller
    housekeeper: Housekeeper
    unstored: UnstoredRequests
    service: JobService
    outbox: CardOutbox
    copies: CopyWatch
    failover: Failover

    @classmethod
    def of(
        cls,
        ports: CorePorts,
        *,
        policy: QuotaPolicy,
        timing: JobTiming,
        worker_id: str,
        random: Random = chance.random,
        budget: RequestBudget | None = None,
    ) -> JobCore:
        """Make the parts and hand each what it needs; `worker_id` is random for each start of a process."""
        store, cards, api, clock = ports.store, ports.cards, ports.api, ports.clock
        signals, gate = JobSignals(), SubmitGate(clock, random)
        updater = JobUpdater(store, clock, signals)
        canceller = Canceller(api, updater, clock)
        poller = Poller(
            store=store,
            api=api,
            updater=updater,
            canceller=canceller,
            signals=signals,
            budget=budget or RequestBudget(clock, per_second=CALLS_PER_SECOND),
            clock=clock,
            random=random,
            worker_id=worker_id,
            timing=timing,
        )
        unstored = UnstoredRequests(ports.journal, updater=updater, signals=signals, clock=clock, timing=timing)
        submitter = Submitter(
            store=store,
            api=api,
            updater=updater,
            signals=signals,
            gate=gate,
            clock=clock,
            worker_id=worker_id,
            timing=timing,
            on_confirmed=poller.watch,
            unstored=unstored,
        )
        service = JobService(
            store=store,
            cards=cards,
            updater=updater,
            canceller=canceller,
            signals=signals,
            clock=clock,
            policy=policy,
            timing=timing,
        )
        copies = CopyWatch(ports.key_values, clock)
        return cls(
            signals=signals,
            updater=updater,
            gate=gate,
            submitter=submitter,
            poller=poller,
            housekeeper=Housekeeper(
                store=store, cards=cards, updater=updater, clock=clock, worker_id=worker_id, timing=timing
            ),
            unstored=unstored,
            service=service,
            outbox=CardOutbox(
                store=store, cards=cards, signals=signals, clock=clock, worker_id=worker_id, timing=timing
            ),
            copies=copies,
            failover=Failover(
                store=store,
                processes=ports.processes,
                jobs=service,
                copies=copies,
                clock=clock,
                worker_id=worker_id,
            ),
        )

    @property
    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to run, by name, for as long as the process does."""
        return {
            "submitter": self.submitter.run,
            "poller": self.poller.run,
            "housekeeper": self.housekeeper.run,
            "failover": self.failover.run,
            "journal": self.unstored.run,
        }
