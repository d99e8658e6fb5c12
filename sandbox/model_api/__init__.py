"""A local Model API on a real socket, with a switch for every way in which sources disagree about the real one."""

from sandbox.model_api.behaviour import (
    BadInput,
    BadToken,
    Behaviour,
    CancelledWord,
    ErrorShape,
    NoBalance,
    OutputShape,
    SuccessWord,
    UnknownModel,
)
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.model_api.model_request import ModelRequest, RequestState
from sandbox.model_api.pace import Pace
from sandbox.model_api.server import DEFAULT_TOKEN, ModelApiServer
from sandbox.model_api.traffic import Authorization, Call, Route, Violation

__all__ = [
    "DEFAULT_TOKEN",
    "Authorization",
    "BadInput",
    "BadToken",
    "Behaviour",
    "Call",
    "CancelledWord",
    "ErrorShape",
    "Fault",
    "FaultOrder",
    "ModelApiServer",
    "ModelRequest",
    "NoBalance",
    "OutputShape",
    "Pace",
    "RequestState",
    "Route",
    "SuccessWord",
    "UnknownModel",
    "Violation",
]
