"""The one family of errors: a sentence for people, a code of the API for programs, data in attributes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator


class EsdError(Exception):
    """A refused request. Nothing was changed.

    `code` is a name of the API's `LicenseErrorCode`, `field` the input field to correct (camelCase,
    empty if none), `params` what a program may want to know (counts, seconds); never a clear key.
    """

    code = "INVALID"

    def __init__(self, message: str, *, field: str = "", **params: Any):
        super().__init__(message)
        self.message = message
        self.field = field
        self.params: Dict[str, Any] = params


@contextmanager
def fields_below(name: str) -> Iterator[None]:
    """What is refused within it names a field of the input `name`: "newPool.name"."""
    try:
        yield
    except EsdError as error:
        error.field = f"{name}.{error.field}" if error.field else name
        raise


class Several(EsdError):
    """Several things are wrong with one request, each of which is told."""

    def __init__(self, errors: Iterable[EsdError]):
        self.errors = tuple(errors)
        super().__init__(self.errors[0].message, field=self.errors[0].field)
        self.code = self.errors[0].code


class Invalid(EsdError):
    """A value that cannot be accepted; the message says what would be."""

    code = "INVALID"


class Required(EsdError):
    """A value is missing."""

    code = "REQUIRED"


class NotFound(EsdError):
    """The same answer for what does not exist and for what is somebody else's; echoes no id."""

    code = "NOT_FOUND"

    def __init__(self, *, field: str = "id"):
        super().__init__("There is nothing with this id that you may see.", field=field)


class DeadLink(NotFound):
    """The same answer for a link that is used, expired, replaced or voided, and for one that never was."""

    def __init__(self) -> None:
        EsdError.__init__(
            self, "This link does not work, or not any more. Ask for a new one.", field="token"
        )


class InvalidQuantity(EsdError):
    """A number of units out of range."""

    code = "INVALID_QUANTITY"


class InvalidTransition(EsdError):
    """What is in state `before` cannot become `after`."""

    code = "INVALID_TRANSITION"

    def __init__(self, message: str, *, before: str, after: str, field: str = "", **params: Any):
        super().__init__(message, field=field, before=before, after=after, **params)


class ReasonRequired(EsdError):
    """Something that needs a reason came without one, or with one too short to mean anything."""

    code = "REASON_REQUIRED"

    def __init__(self, shortest: int = 1):
        text = "Give a reason" + (f" of at least {shortest} characters." if shortest > 1 else ".")
        super().__init__(text, field="reason", shortest=shortest)


class LoginRequired(EsdError):
    """Nobody is signed in."""

    code = "LOGIN_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Sign in first.")


class ForbiddenRole(EsdError):
    """A member of the account whose role does not include the right."""

    code = "FORBIDDEN_ROLE"

    def __init__(self, message: str = "Your role in this account does not allow that."):
        super().__init__(message)


class RateLimited(EsdError):
    """Done too often; `seconds` tells how long to wait."""

    code = "RATE_LIMITED"

    def __init__(self, seconds: int):
        super().__init__(f"Too often. Try again in {seconds} seconds.", seconds=seconds)


class PermissionRefused(EsdError):
    """A staff permission is missing; the API turns it into the host's own PermissionDenied."""

    code = "PERMISSION_DENIED"

    def __init__(self, *permissions: str):
        super().__init__("You need one of these permissions: " + ", ".join(permissions))
        self.permissions = permissions
