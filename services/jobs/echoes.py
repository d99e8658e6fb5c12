"""Which files of an answer the job itself sent in: some models echo their inputs beside the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.jobs.model import Job, Json
from services.jobs.ports import Progress

# Parameters that sign an address: Discord's, those of the object stores, and what content networks add.
_SIGNATURE_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-cos-")
_SIGNATURE_NAMES = frozenset(
    {
        *("ex", "is", "hm", "expires", "expire", "exp", "signature", "sig", "sign", "token", "policy", "key-pair-id"),
        *("awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "security-token", "auth_key"),
        *("sv", "st", "se", "sr", "sp", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv"),
    }
)


def without_echoes(job: Job, progress: Progress) -> Progress:
    """Return the answer without the files that the job itself sent in, which some models echo beside the result.

    What differs from them in its signature alone is left over: an echo most likely, but where no other file comes, a
    result whose address has a name in what looks like a signature.
    """
    if not progress.outputs and not progress.leftovers:
        return progress
    texts = set(_texts(job.inputs))
    sent = {_address(text) for text in texts}
    outputs = tuple(output for output in progress.outputs if _address(output.url) not in sent)
    leftovers = tuple(output for output in progress.leftovers if _address(output.url) not in sent)
    if not outputs and not leftovers:
        leftovers = tuple(output for output in progress.outputs if output.url not in texts)
    return replace(progress, outputs=outputs, leftovers=leftovers)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _address(url: str) -> tuple[str, ...]:
    """Return which file an address names, without its signature, which may be renewed on the way.

    The rest of the query is a part of it: ComfyUI's own server has one path for every file.
    """
    path, _, query = url.strip().partition("#")[0].partition("?")
    return path, *sorted(each for each in query.split("&") if each and not _is_signature(each.partition("=")[0]))


def _is_signature(name: str) -> bool:
    name = name.lower()
    return name in _SIGNATURE_NAMES or name.startswith(_SIGNATURE_PREFIXES)
