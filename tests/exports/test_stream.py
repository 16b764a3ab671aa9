"""Both hosts send a file piece by piece; under ASGI too, where Django would make one list of it."""

from __future__ import annotations

import asyncio

import build
import factories
import pytest
from django.test import RequestFactory

from saleor_esd_plugin.host.graphql import actor_of_today
from saleor_esd_plugin.host.plugin import streamed


def pieces(made):
    for number in range(3):
        made.append(number)
        yield b"%d" % number


def test_pieces_are_made_one_after_the_other():
    made = []
    answer = streamed(RequestFactory().get("/"), pieces(made), "text/csv; charset=utf-8")
    sent = iter(answer.streaming_content)

    assert (next(sent), made) == (b"0", [0])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.only_on("3.21", reason="Saleor 2.10 runs under WSGI")
def test_under_asgi_too():
    from django.core.handlers.asgi import ASGIRequest

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    made, seen = [], []
    answer = streamed(ASGIRequest(scope, None), pieces(made), "text/csv")

    async def take():
        async for piece in answer.streaming_content:
            seen.append((piece, list(made)))

    assert answer.is_async
    asyncio.run(take())
    assert seen == [(b"0", [0]), (b"1", [0, 1]), (b"2", [0, 1, 2])]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["USER", "APP"])
def test_who_somebody_is_today(kind):
    """T-AUTHZ-04: rights of this moment; nobody once they are inactive."""
    if kind == "APP":
        one = build.make_app("MANAGE_LICENSES")
    else:
        one = build.make_user(is_staff=True)
        build.grant(one, "MANAGE_LICENSES")

    actor = actor_of_today(kind, str(one.pk), {"REMOTE_ADDR": "198.51.100.7"})

    assert (actor.kind, actor.ref, actor.ip) == (kind, str(one.pk), "198.51.100.7")
    assert actor.label == (one.name if kind == "APP" else one.email)
    assert actor.permissions == {"MANAGE_LICENSES"}
    type(one).objects.filter(pk=one.pk).update(is_active=False)
    assert actor_of_today(kind, str(one.pk), {}) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "ref"), [("USER", "0"), ("USER", ""), ("APP", "2147483647"), ("SYSTEM", "1")]
)
def test_who_is_nobody(kind, ref):
    factories.make_account()
    assert actor_of_today(kind, ref, {}) is None
