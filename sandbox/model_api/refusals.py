"""The API's errors: code, HTTP status and body, in each of the ways that sources tell of."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from sandbox.model_api.behaviour import BadInput, BadToken, Behaviour, NoBalance, UnknownModel
from sandbox.model_api.input_rules import Problem
from sandbox.model_api.json_values import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalBody:
    """An error before it takes its form on the wire. Without a code the body has only a message."""

    status: int
    message: str
    error_code: int | None = None
    detail: JsonValue = None

    def respond(self, behaviour: Behaviour) -> web.Response:
        """Give the error its form: its own HTTP status, or 200 with an `error_code`."""
        code = self.error_code
        if behaviour.errors_under_200 and code is None:
            code = self.status * 1000 + 1
        body: JsonObject = {"message": self.message}
        if code is not None:
            body = {"error_code": code, "error_message": self.message}
        if self.detail is not None:
            body["detail"] = self.detail
        return web.json_response(body, status=200 if behaviour.errors_under_200 else self.status)


def bad_token(behaviour: Behaviour) -> RefusalBody:
    """Refuse a missing, wrong or revoked token."""
    if behaviour.bad_token is BadToken.STATUS_401:
        return RefusalBody(status=401, message="Unauthorized")
    return RefusalBody(
        status=400, error_code=400004, message="UserAccountError: the token is missing, expired or revoked"
    )


def no_balance(behaviour: Behaviour) -> RefusalBody:
    """Refuse a submit that the account cannot pay."""
    if behaviour.no_balance is NoBalance.STATUS_402:
        return RefusalBody(status=402, message="Payment Required")
    return RefusalBody(status=400, error_code=400002, message="InsufficientResources: no remaining balance")


def unknown_model(behaviour: Behaviour, model_id: str) -> RefusalBody:
    """Refuse a model id that is not in the catalog."""
    if behaviour.unknown_model is UnknownModel.STATUS_404:
        return RefusalBody(status=404, message=f"Model {model_id} not found")
    return RefusalBody(status=400, error_code=400001, message=f"InvalidResourceIdentifier: {model_id}")


def bad_input(behaviour: Behaviour, problems: list[Problem]) -> RefusalBody:
    """Refuse inputs that break the schema, naming each field."""
    if behaviour.bad_input is BadInput.STATUS_422:
        detail: JsonValue = [
            {"loc": ["body", *problem.location], "msg": problem.message, "type": "value_error"} for problem in problems
        ]
        return RefusalBody(status=422, error_code=422001, message="Validation Error", detail=detail)
    first = problems[0]
    where = ".".join(map(str, first.location))
    return RefusalBody(status=400, message=f"{where}: {first.message}" if where else first.message)


def unknown_request(request_id: str) -> RefusalBody:
    """Refuse a request id that never was, or has expired."""
    return RefusalBody(status=404, error_code=404001, message=f"ResourceNotFound: request {request_id} does not exist")
