"""What a refused request looks like: `errors` of a mutation, a GraphQL error of a query."""

from __future__ import annotations

import logging
from typing import Any, Dict, Iterator, List, Tuple, Type

import graphene
from graphene.utils.str_converters import to_camel_case
from graphql import GraphQLError

from ..errors import EsdError, PermissionRefused, Several
from ..host.graphql import InvalidTokenError, PermissionDenied, permission_denied
from .enums import described_enum
from .global_ids import encode

logger = logging.getLogger(__name__)

LicenseErrorCode = described_enum(
    "LicenseErrorCode",
    "Why a request was refused, for programs.",
    {
        "NOT_FOUND": "There is nothing with this id that you may see.",
        "INVALID": "A value cannot be accepted; the message says what would be.",
        "REQUIRED": "A value is missing.",
        "INVALID_TRANSITION": "What is in this state cannot become that; `params` has both.",
        "ALREADY_DECIDED": "Somebody, or the policy, has decided before; `params` has the decision.",
        "NOT_PAID": "The order is not paid in full.",
        "NOT_RELEASED": "The license cannot be used yet, or not any more, or it is suspended.",
        "KEYS_NOT_ISSUED": "Some units have no released key yet; `params` has the counts.",
        "NOT_ENOUGH_LICENSES": "Fewer licenses are free than were asked for.",
        "LICENSE_UNAVAILABLE": "The license cannot be used for that now.",
        "KEY_REVEALED": "Another end customer had the license, and somebody has read its key; `params` has which.",
        "RATE_LIMITED": "Too often; `params` has the seconds to wait.",
        "REASON_REQUIRED": "A reason is needed.",
        "NOTE_REQUIRED": "This reason has to be described in a note.",
        "TOO_MANY_RECIPIENTS": "More addresses than one e-mail may go to.",
        "INVALID_EMAIL": "Not an e-mail address; `params` names each bad one.",
        "DISPLAY_NAME_NOT_ALLOWED": "Give the bare address, without a name in front.",
        "NON_ASCII_LOCAL_PART": "In front of the @ only ASCII characters are delivered.",
        "INVALID_QUANTITY": "A number of units out of range.",
        "DUPLICATE_CODE": "The code is taken within this account.",
        "FILE_TOO_LARGE": "The file is larger than what can be read at once.",
        "BAD_ENCODING": "The file is neither UTF-8 nor UTF-16; `params` has the position.",
        "TOO_COMPLEX": "The request asks for too much at once; `params` has what was asked and is allowed.",
        "LITERAL_SECRET_FORBIDDEN": "Keys and tokens come as variables, never in the document's text.",
        "ONE_PER_OPERATION": "What hands out a secret may stand once in an operation.",
        "LOGIN_REQUIRED": "Nobody is signed in.",
        "FORBIDDEN_ROLE": "Your role in this account does not allow that.",
        "SERVICE_UNAVAILABLE": "Not possible at the moment, for a reason on the shop's side.",
    },
)


class LicenseErrorParam(graphene.ObjectType):
    """One fact about a refusal, such as the seconds to wait."""

    name = graphene.String(
        required=True, description="What the fact is; a list repeats it for each of its values."
    )
    value = graphene.String(required=True, description="The fact as text.")


class LicenseError(graphene.ObjectType):
    """Why a mutation was refused. Nothing was changed."""

    field = graphene.String(description="The input field to correct, if it is one.")
    message = graphene.String(required=True, description="A sentence for people.")
    code = LicenseErrorCode(required=True, description="The reason, for programs.")
    params = graphene.List(
        graphene.NonNull(LicenseErrorParam),
        required=True,
        description="What a program may want to know besides: counts, seconds, states.",
    )


class Unavailable(EsdError):
    """Something failed that the caller cannot correct; what it was stays in the log."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("That is not possible at the moment. Try again later.")


class LiteralSecret(EsdError):
    """A secret stands in the text of the document, which goes to traces; variables do not (H7)."""

    code = "LITERAL_SECRET_FORBIDDEN"

    def __init__(self, field: str):
        super().__init__(f"Give “{field}” as a variable, not in the query's text.", field=field)


class TooComplex(EsdError):
    """An HTTP request asks for more than its budget; `what` is "nodes", "totalCounts" or "mutations"."""

    code = "TOO_COMPLEX"

    def __init__(self, what: str, requested: int, allowed: int):
        super().__init__(
            f"The request asks for {requested:,} {what}; {allowed:,} are allowed. Ask for less at once.",
            limit=what,
            requested=requested,
            allowed=allowed,
        )


class OnePerOperation(EsdError):
    """An operation asks for several secrets at once (H16)."""

    code = "ONE_PER_OPERATION"

    def __init__(self) -> None:
        super().__init__("Ask for one secret in an operation.")


# On both hosts the name of an error's class becomes `extensions.exception.code` of the answer.
_REFUSALS: Dict[str, Type[GraphQLError]] = {
    code: type(code, (GraphQLError,), {}) for code in LicenseErrorCode._meta.enum.__members__
}


# Params that the rules give by UUID, and clients know by their global id.
_NODES = {"licenses": "License", "orderLine": "LicenseOrderLine"}


def license_error(error: EsdError) -> LicenseError:
    """`error` as an item of a mutation's `errors`."""
    return LicenseError(
        field=error.field or None,
        message=_sentence(error),
        code=error.code,
        params=[
            LicenseErrorParam(
                name=name, value=encode(_NODES[name], fact) if name in _NODES else fact
            )
            for name, fact in facts(error.params)
        ],
    )


def license_errors(error: EsdError) -> List[LicenseError]:
    """`error` as the `errors` of a mutation: one, or each of several."""
    return list(map(license_error, error.errors if isinstance(error, Several) else [error]))


def refusal(error: EsdError) -> Exception:
    """`error` as what a query raises: the host's own PermissionDenied, or a GraphQL error."""
    if isinstance(error, PermissionRefused):
        return permission_denied(*error.permissions)
    return _REFUSALS[error.code](_sentence(error))


def public_error(name: str, error: Exception) -> Exception:
    """What a query may raise when `name`, a function, raised `error`: nothing that tells secrets (H6)."""
    if isinstance(error, (GraphQLError, PermissionDenied, InvalidTokenError)):
        return error
    return refusal(error if isinstance(error, EsdError) else unexpected(name, error))


def unexpected(name: str, error: Exception) -> Unavailable:
    """Notes that `name` failed, and gives what may be said about it."""
    # Its text may quote values of the statement that failed, its traceback holds local variables.
    logger.error("%s failed: %s", name, type(error).__name__)
    return Unavailable()


def _sentence(error: EsdError) -> str:
    # Why the key ring is locked names settings: for operators and `licenseHealth`, not for shoppers.
    return Unavailable().message if error.code == Unavailable.code else error.message


def facts(params: Dict[str, Any]) -> List[Tuple[str, str]]:
    """`params` as (camelCase name, text); a list repeats its name, a mapping puts it in front.

    The mappings of a list are counted from 1: `choices.1.pool`, `choices.2.pool`.
    """
    return list(_flat("", params))


def _flat(name: str, value: Any) -> Iterator[Tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{to_camel_case(str(key))}".lstrip("."), inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for number, inner in enumerate(value, 1):
            yield from _flat(f"{name}.{number}" if isinstance(inner, dict) else name, inner)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
