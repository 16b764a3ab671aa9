"""What our mutations and resolvers share: who may, the writer, secrets, the translation of errors."""

from __future__ import annotations

import functools
from typing import Any, Callable, ClassVar, Tuple

import graphene
from promise import Promise

from ..conf import settings
from ..errors import EsdError, LoginRequired, PermissionRefused, Required
from ..host.db import writing
from ..host.graphql import InvalidTokenError, actor_of, permission_denied, uploaded_file
from ..host.types import Actor
from .budget import require_budget
from .documents import SECRET_FIELDS, refuse_literal_secrets, refuse_several_secrets
from .errors import LicenseError, license_error, license_errors, public_error, unexpected
from .loaders import forget

Policy = Callable[[Actor], None]


def current_actor(info: Any) -> Actor:
    """Who makes this request."""
    return actor_of(info.context, settings.trusted_proxy_count)


def staff_with(*permissions: str) -> Policy:
    """Staff and apps that hold one of `permissions`; everybody else gets PermissionDenied."""
    if not permissions:
        raise TypeError("Name a permission: an empty list must never let anybody in (H17).")

    def check(actor: Actor) -> None:
        if not actor.has(*permissions):
            raise PermissionRefused(*permissions)

    return check


def signed_in(actor: Actor) -> None:
    """A user of the shop; an app is a member of no account."""
    if not actor.user_ref:
        raise LoginRequired()


def owner_or_staff(*permissions: str) -> Policy:
    """Users, and apps that hold one of `permissions`; what exactly is decided by what they may see."""

    def check(actor: Actor) -> None:
        if actor.is_anonymous:
            raise LoginRequired()
        if not actor.user_ref and not actor.has(*permissions):
            raise PermissionRefused(*permissions)

    return check


def anyone(actor: Actor) -> None:
    """Everybody, signed in or not."""


class BaseMutation(graphene.Mutation):
    """A mutation takes one `input` and answers what changed, or `errors`.

    A subclass names its `policy` and writes `perform(cls, actor, input)`, which calls one service and
    returns `cls(…)`. `secret_inputs` are input fields (camelCase) that must come as variables;
    `returns_secret` marks an answer with a clear key, which may stand once in an operation,
    in the fields `secret_outputs`;
    `uploads` are input fields that arrive in `perform` as files.
    """

    class Meta:
        abstract = True

    policy: ClassVar[Any] = None  # a Policy; mypy would take the function for a method
    secret_inputs: Tuple[str, ...] = ()
    returns_secret = False
    secret_outputs: Tuple[str, ...] = ("key",)
    uploads: Tuple[str, ...] = ()

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        if not callable(cls.policy):
            raise TypeError(f"{cls.__name__} does not say who may call it: give it a policy.")
        super().__init_subclass_with_meta__(**options)
        cls._meta.fields["errors"] = graphene.Field(
            graphene.NonNull(graphene.List(graphene.NonNull(LicenseError))),
            description="Why it was refused; empty if it was done.",
        )
        if cls.returns_secret:
            SECRET_FIELDS.add(cls.__name__[0].lower() + cls.__name__[1:])

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> BaseMutation:
        """Find, call one service, answer."""
        raise NotImplementedError

    @classmethod
    def mutate(cls, root: Any, info: Any, input: Any) -> BaseMutation:
        with writing():
            # What the answer shows is to be read where it was written, not from a replica.
            info.context.allow_replica = False
            try:
                require_budget(info)
                actor = current_actor(info)
                cls.policy(actor)
                refuse_literal_secrets(info, cls.secret_inputs)
                if cls.returns_secret:
                    refuse_several_secrets(info)
                for name in cls.uploads:
                    _open_upload(info.context, input, name)
                answer = cls.perform(actor, input)
            except PermissionRefused as error:
                raise permission_denied(*error.permissions) from None
            except EsdError as error:
                return cls(errors=license_errors(error))
            except InvalidTokenError:
                # Whose it was is asked for here first. Clients get another token and try again.
                raise
            except Exception as error:
                return cls(errors=[license_error(unexpected(cls.__name__, error))])
            finally:
                forget(info.context)
        answer.errors = answer.errors or []
        return answer


def _open_upload(context: Any, input: Any, name: str) -> None:
    """Put the file itself where `input` names it. Raises Required if the request brought none."""
    if input.get(name) is None:
        return
    file = uploaded_file(context, input[name])
    if file is None:
        raise Required("The request brought no file.", field=name)
    input[name] = file
    setattr(input, name, file)


def root_query(policy: Policy) -> Callable[[Callable], Callable]:
    """Decorates a resolver of Query: `resolve(actor, info, **arguments)`, for those whom `policy` lets in.

    It reads the primary, so that what was just changed is seen. What it returns is evaluated by then.
    """

    def decorate(resolve: Callable) -> Callable:
        @functools.wraps(resolve)
        def resolver(root: Any, info: Any, **arguments: Any) -> Any:
            def answer() -> Any:
                actor = current_actor(info)
                policy(actor)
                return resolve(actor, info, **arguments)

            return _answered(resolve, info, answer)

        resolver.policy = policy  # type: ignore[attr-defined]
        return resolver

    return decorate


def nested(resolve: Callable) -> Callable:
    """Decorates a resolver of a field below Query: `resolve(root, info, **arguments)`.

    Whoever reached the root may read it, unless the resolver asks `current_actor` and says otherwise.
    """

    @functools.wraps(resolve)
    def resolver(root: Any, info: Any, **arguments: Any) -> Any:
        return _answered(resolve, info, lambda: resolve(root, info, **arguments))

    return resolver


def nested_for(policy: Callable[[Actor], None]) -> Callable:
    """As `nested`, of a field that only those may read whom `policy` lets through."""

    def decorate(resolve: Callable) -> Callable:
        @functools.wraps(resolve)
        def checked(root: Any, info: Any, **arguments: Any) -> Any:
            policy(current_actor(info))
            return resolve(root, info, **arguments)

        return nested(checked)

    return decorate


def _answered(resolve: Callable, info: Any, answer: Callable[[], Any]) -> Any:
    """What `answer()` gives, within the budget of the request; errors of ours become GraphQL's, any other tells clients nothing (H6)."""
    name = resolve.__qualname__
    try:
        require_budget(info)
        with writing():
            found = answer()
    except Exception as error:
        raise public_error(name, error) from None
    if not isinstance(found, Promise):
        return found

    def failed(error: Exception) -> Any:
        raise public_error(name, error) from None

    return found.catch(failed)
