"""What this process has sent to the API: what no database that goes back in time can make it forget."""

from __future__ import annotations

from collections import OrderedDict

# The newest; a database that goes back further than that has lost more than these.
_REMEMBERED = 10_000


class SentJobs:
    """The jobs whose paid request left, with the request ids that came."""

    def __init__(self) -> None:
        self._request_ids: OrderedDict[str, str | None] = OrderedDict()

    def __contains__(self, job_id: str) -> bool:
        """Whether the job's request left, and was not certainly turned away."""
        return job_id in self._request_ids

    def request_id(self, job_id: str) -> str | None:
        """Return the id of the job's request; None where none came."""
        return self._request_ids.get(job_id)

    def leaves(self, job_id: str) -> None:
        """Remember that the job's request is about to leave."""
        self._request_ids[job_id] = None
        if len(self._request_ids) > _REMEMBERED:
            self._request_ids.popitem(last=False)

    def accepted(self, job_id: str, request_id: str) -> None:
        """Remember the id of the job's request."""
        self._request_ids[job_id] = request_id

    def turned_away(self, job_id: str) -> None:
        """Forget a job whose request certainly was not accepted."""
        self._request_ids.pop(job_id, None)
