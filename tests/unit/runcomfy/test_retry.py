"""Free calls are repeated patiently: growing waits, the service's own wish, a bound for it all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.errors import ApiRefused, ApiUnavailable, FailureKind
from services.runcomfy.retry import RETRY_AFTER_CAP_SECONDS, Retrier, RetryPolicy, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Hours:
    """A clock that moves when somebody sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the time."""
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Move."""
        self.slept.append(seconds)
        self.seconds += seconds


class Call:
    """A call that fails so many times, taking so long each time."""

    def __init__(self, hours: Hours, *, failures: int, retry_after: float | None = None, takes: float = 0.0) -> None:
        self._hours = hours
        self._failures = failures
        self._retry_after = retry_after
        self._takes = takes
        self.given: list[float] = []

    async def __call__(self, seconds_left: float) -> str:
        """Fail or answer."""
        self.given.append(seconds_left)
        self._hours.seconds += self._takes
        if len(self.given) <= self._failures:
            raise ApiUnavailable("away", retry_after_seconds=self._retry_after)
        return "answer"


POLICY = RetryPolicy(tries=5, first_seconds=1.0, longest_seconds=3.0, budget_seconds=60.0)


async def run(hours: Hours, call: Call, *, chance: float = 1.0, policy: RetryPolicy = POLICY) -> str:
    """Run a call under the policy."""
    retrier = Retrier(clock=hours, sleep=hours.sleep, chance=lambda: chance, policy=policy)
    return await retrier.run(call, on_failure=lambda _: None)


async def test_waits_grow_up_to_a_cap() -> None:
    """Each wait may be twice the last, up to the longest."""
    hours = Hours()
    assert await run(hours, Call(hours, failures=4)) == "answer"
    assert hours.slept == [1.0, 2.0, 3.0, 3.0]


async def test_jitter_is_full() -> None:
    """Chance takes any part of a wait, so that many clients do not come back at once."""
    hours = Hours()
    await run(hours, Call(hours, failures=2), chance=0.25)
    assert hours.slept == [0.25, 0.5]


async def test_tries_have_an_end() -> None:
    """After the last try the failure is the caller's."""
    hours = Hours()
    call = Call(hours, failures=99)
    with pytest.raises(ApiUnavailable):
        await run(hours, call)
    assert len(call.given) == POLICY.tries
    assert len(hours.slept) == POLICY.tries - 1


async def test_retry_after_is_obeyed() -> None:
    """The service's wish is the least wait; a longer backoff stands."""
    hours = Hours()
    await run(hours, Call(hours, failures=2, retry_after=1.5), chance=1.0)
    assert hours.slept == [1.5, 2.0]


async def test_a_wish_beyond_the_budget_is_the_callers_to_wait_for() -> None:
    """A wait that does not fit is not begun, and the caller learns the wish."""
    hours = Hours()
    call = Call(hours, failures=99, retry_after=60.0)
    with pytest.raises(ApiUnavailable) as caught:
        await run(hours, call)
    assert caught.value.retry_after_seconds == 60.0
    assert (hours.slept, len(call.given)) == ([], 1)


async def test_the_budget_bounds_hanging_tries() -> None:
    """Each try is told what is left, and none begins when nothing is."""
    hours = Hours()
    call = Call(hours, failures=99, takes=25.0)
    with pytest.raises(ApiUnavailable):
        await run(hours, call, chance=0.0)
    assert call.given == [60.0, 35.0, 10.0]


async def test_a_definite_no_is_not_repeated() -> None:
    """Only a bad moment is worth another try."""
    hours = Hours()

    async def refuse(_: float) -> str:
        raise ApiRefused(FailureKind.BAD_TOKEN, http_status=401)

    with pytest.raises(ApiRefused):
        await Retrier(clock=hours, sleep=hours.sleep, chance=lambda: 1.0).run(refuse, on_failure=lambda _: None)
    assert hours.slept == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("86400", RETRY_AFTER_CAP_SECONDS),
        ("Sun, 01 Mar 2026 12:00:09 GMT", 9.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 12:00:00 GMT", RETRY_AFTER_CAP_SECONDS),
        ("Sunday, 01-Mar-26 12:00:05 GMT", 5.0),
        ("Sun, 01 Mar 2026 12:00:04 -0000", 4.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Sun, 99 Mar 2026 12:00:09 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    """Both forms of RFC 9110 are read, capped; nonsense is no wish."""
    assert parse_retry_after(text, now=NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 99999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +9999999999",
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "Mon, 99 Jan 2026 99:99:99 GMT",
        "9" * 5000,
        "1e999",
        "-1e999",
        "nan",
        "\ud800",
        "٣",
        "1 2 3 4 5 6 7 8 9",
        ",;:" * 500,
    ],
)
def test_no_header_raises(text: str) -> None:
    """A pause that nobody can read is none, or within its bounds; it decides over no paid job."""
    seconds = parse_retry_after(text, now=NOW)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_CAP_SECONDS
