"""What a person gave, held against the model's inputs: the body of a request, complete and explicit."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from services.errors import InputProblem, InvalidInput
from services.jobs.model import Json
from services.models.spec import InputKind, InputSpec, ModelSpec
from services.models.urls import require_public_url
from services.models.values import check_scalar, echo, is_blank


def validate_inputs(
    spec: ModelSpec,
    values: Mapping[str, Json | None],
    *,
    attachment_urls: Collection[str] = (),
) -> dict[str, Json]:
    """Return the request's body: the values checked, what was left out filled with its default, None dropped.

    Nothing that Discord's client promises is believed. Media are URLs, one or a list; each must be public HTTPS but
    for `attachment_urls`, which Discord itself handed over.
    Raises: InvalidInput for the first value that does not fit, in the schema's order.
    """
    for name in values:
        if spec.get(name) is None:
            raise InvalidInput(name, InputProblem.WRONG_TYPE)
    body: dict[str, Json] = {}
    for one in spec.inputs:
        value = _check_input(one, values.get(one.name), attachment_urls=attachment_urls)
        if value is not None:
            body[one.name] = value
    return body


def _check_input(spec: InputSpec, value: Json | None, *, attachment_urls: Collection[str]) -> Json | None:
    if spec.is_media:
        return _check_media(spec, value, attachment_urls=attachment_urls)
    if isinstance(value, str) and is_blank(value) and spec.kind is InputKind.TEXT:
        if spec.is_prompt or spec.is_required:
            raise InvalidInput(spec.name, InputProblem.BLANK)
        value = None
    if value is not None:
        return check_scalar(spec, value)
    if spec.default is None and spec.is_required:
        raise InvalidInput(spec.name, InputProblem.MISSING)
    return spec.default


def _check_media(spec: InputSpec, value: Json | None, *, attachment_urls: Collection[str]) -> Json | None:
    items = [] if value is None else value if isinstance(value, list | tuple) else [value]
    if not items:
        if spec.is_required:
            raise InvalidInput(spec.name, InputProblem.MISSING)
        return None
    urls = []
    for item in items:
        if not isinstance(item, str):
            raise InvalidInput(spec.name, InputProblem.NOT_A_URL, value=echo(item))
        urls.append(item if item in attachment_urls else require_public_url(item, input_name=spec.name))
    if spec.min_items is not None and len(urls) < spec.min_items:
        raise InvalidInput(spec.name, InputProblem.TOO_FEW, value=str(len(urls)), limit=str(spec.min_items))
    if spec.max_items is not None and len(urls) > spec.max_items:
        raise InvalidInput(spec.name, InputProblem.TOO_MANY, value=str(len(urls)), limit=str(spec.max_items))
    return urls[0] if spec.kind is InputKind.MEDIA else urls
