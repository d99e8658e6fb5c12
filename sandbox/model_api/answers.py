"""The bodies that tell of a request, in each of the forms that the behaviour asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.model_api.behaviour import Behaviour, ErrorShape, OutputShape
from sandbox.model_api.json_values import JsonObject, JsonValue
from sandbox.model_api.model_request import ModelRequest, RequestState
from sandbox.model_api.storage import encode_path


def render_submitted(request: ModelRequest, base_url: str) -> JsonObject:
    """Answer a submit: exactly four fields."""
    return {"request_id": request.request_id, **_links(request, base_url, "status", "result", "cancel")}


def render_status(request: ModelRequest, behaviour: Behaviour, base_url: str) -> JsonObject:
    """Answer /status: `queue_position` only in the queue, and a failed job shows as completed unless switched."""
    body: JsonObject = {"request_id": request.request_id, "status": _status_word(request, behaviour)}
    if request.state is RequestState.IN_QUEUE and request.queue_position is not None:
        body["queue_position"] = request.queue_position - 1 + behaviour.first_queue_position
    return body | _links(request, base_url, "status", "result")


def render_result(
    request: ModelRequest, behaviour: Behaviour, *, now: datetime, output_origin: str, include_cost: bool
) -> JsonObject:
    """Answer /result: the present state, and at the end the output or the error, the times, and perhaps the cost."""
    body: JsonObject = {"request_id": request.request_id, "status": _result_word(request, behaviour)}
    if behaviour.echoes_inputs:
        body["model_id"] = request.model_id
        body["input"] = request.inputs
    if request.ended_at is None:
        return body
    if request.state is RequestState.SUCCEEDED and behaviour.output_shape is not OutputShape.ABSENT:
        body["output"] = _render_output(
            [output_origin + encode_path(path) for path in request.outputs], behaviour.output_shape
        )
    if request.state is RequestState.FAILED and behaviour.error_shape is not ErrorShape.ABSENT:
        body["error"] = _render_error(request.error or "", behaviour.error_shape)
    if behaviour.tells_times:
        body["created_at"] = request.submitted_at.isoformat(timespec="microseconds")
        body["finished_at"] = request.ended_at.isoformat(timespec="microseconds")
    if include_cost and request.cost is not None and _cost_is_known(behaviour, request.ended_at, now):
        body["cost"] = request.cost
    return body


def render_cancel(request: ModelRequest, behaviour: Behaviour, *, is_cancelled: bool) -> JsonObject:
    """Answer /cancel: the outcome, beside a status that sources disagree about."""
    status = _status_word(request, behaviour)
    if is_cancelled and behaviour.cancel_answers_completed:
        status = "completed"
    body: JsonObject = {"request_id": request.request_id, "status": status}
    if behaviour.cancel_tells_outcome:
        body["outcome"] = "cancelled" if is_cancelled else "not_cancellable"
    return body


def _links(request: ModelRequest, base_url: str, *names: str) -> JsonObject:
    return {f"{name}_url": f"{base_url}/v1/requests/{request.request_id}/{name}" for name in names}


def _result_word(request: ModelRequest, behaviour: Behaviour) -> str:
    if behaviour.state_word is not None and not request.state.has_ended:
        return behaviour.state_word
    if request.state is RequestState.SUCCEEDED:
        return behaviour.success_word
    if request.state is RequestState.CANCELLED:
        return behaviour.cancelled_word
    return request.state


def _status_word(request: ModelRequest, behaviour: Behaviour) -> str:
    hides_failure = request.state is RequestState.FAILED and not behaviour.failed_on_status
    if request.state is RequestState.SUCCEEDED or hides_failure:
        return behaviour.success_word_on_status
    return _result_word(request, behaviour)


def _cost_is_known(behaviour: Behaviour, ended_at: datetime, now: datetime) -> bool:
    delay = behaviour.cost_delay_seconds
    return delay is not None and now >= ended_at + timedelta(seconds=delay)


def _render_error(sentence: str, shape: ErrorShape) -> JsonValue:
    shapes: dict[ErrorShape, JsonValue] = {
        ErrorShape.STRING: sentence,
        ErrorShape.OBJECT: {"type": "ModelError", "message": sentence},
        ErrorShape.LIST: [{"errorCode": 500001, "error": sentence, "debugInfo": "worker-7"}],
        ErrorShape.NULL: None,
    }
    return shapes[shape]


def _render_output(addresses: list[str], shape: OutputShape) -> JsonValue:
    first = addresses[0]
    every: list[JsonValue] = [*addresses]
    shapes: dict[OutputShape, JsonValue] = {
        OutputShape.IMAGE_OR_IMAGES: {"image": first} if len(addresses) == 1 else {"images": every},
        OutputShape.IMAGE: {"image": first},
        OutputShape.IMAGES: {"images": every},
        OutputShape.IMAGE_AND_IMAGES: {"image": first, "images": every},
        OutputShape.DUPLICATES: {"images": [*every, *every]},
        OutputShape.STRING: first,
        OutputShape.LIST: every,
        OutputShape.NESTED: {"result": {"files": [{"url": address, "type": "image"} for address in addresses]}},
        OutputShape.VIDEO: {"video": first},
        OutputShape.VIDEOS: {"videos": every},
        OutputShape.AUDIO: {"audio": first},
        OutputShape.AUDIOS: {"audios": every},
        OutputShape.EMPTY: {},
    }
    return shapes[shape]
