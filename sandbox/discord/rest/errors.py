"""Discord's JSON errors, by their codes."""

from __future__ import annotations

from sandbox.discord.wire import JsonObject, Path


class ApiError(Exception):
    """An answer that refuses: HTTP status, Discord's code and sentence, and its nested errors."""

    def __init__(self, status: int, code: int, message: str, *, errors: JsonObject | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> JsonObject:
        """The JSON that says so."""
        body: JsonObject = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


def unauthorized() -> ApiError:
    """The bot's token is missing or wrong."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_channel() -> ApiError:
    """10003."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_guild() -> ApiError:
    """10004."""
    return ApiError(404, 10004, "Unknown Guild")


def unknown_application() -> ApiError:
    """10002."""
    return ApiError(404, 10002, "Unknown Application")


def unknown_member() -> ApiError:
    """10007."""
    return ApiError(404, 10007, "Unknown Member")


def unknown_message() -> ApiError:
    """10008: deleted, never there, or not visible to who asks."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_user() -> ApiError:
    """10013."""
    return ApiError(404, 10013, "Unknown User")


def unknown_webhook() -> ApiError:
    """10015: among others, an interaction's token before its first answer."""
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    """10062: the 3 seconds are over, or there never was such an interaction."""
    return ApiError(404, 10062, "Unknown interaction")


def unknown_command() -> ApiError:
    """10063."""
    return ApiError(404, 10063, "Unknown application command")


def too_large() -> ApiError:
    """40005: a file above the place's limit."""
    return ApiError(413, 40005, "Request entity too large")


def already_acknowledged() -> ApiError:
    """40060: a second first answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> ApiError:
    """50001: the channel cannot be seen."""
    return ApiError(403, 50001, "Missing Access")


def edited_by_another() -> ApiError:
    """50005: only the author may edit a message."""
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> ApiError:
    """50006."""
    return ApiError(400, 50006, "Cannot send an empty message")


def closed_direct_messages() -> ApiError:
    """50007: the account takes no direct messages from this bot."""
    return ApiError(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> ApiError:
    """50013."""
    return ApiError(403, 50013, "Missing Permissions")


def dead_webhook_token() -> ApiError:
    """50027: the interaction's 15 minutes are over."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def archived_thread() -> ApiError:
    """50083: what stands in an archived thread stays as it is."""
    return ApiError(400, 50083, "Thread is archived")


def locked_thread() -> ApiError:
    """160005."""
    return ApiError(400, 160005, "This thread is locked")


def invalid_json() -> ApiError:
    """50109."""
    return ApiError(400, 50109, "The request body contains invalid JSON.")


class FormErrors:
    """Collects what is wrong with a body, each complaint under the path of its field."""

    def __init__(self) -> None:
        self._tree: JsonObject = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note a complaint about the field at `path`."""
        node = self._tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def __bool__(self) -> bool:
        return bool(self._tree)

    def raise_if_any(self) -> None:
        """Raises: ApiError 400 / 50035 with the nested complaints, when there are any."""
        if self._tree:
            raise ApiError(400, 50035, "Invalid Form Body", errors=self._tree)


def invalid_form(path: Path, code: str, message: str) -> ApiError:
    """50035 with a single complaint."""
    errors = FormErrors()
    errors.add(path, code, message)
    return ApiError(400, 50035, "Invalid Form Body", errors=errors._tree)  # noqa: SLF001 - same file, same thing
