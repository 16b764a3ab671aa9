"""A shop that sells; Saleor's own API before and after ours."""

from __future__ import annotations

import pytest
from redis_broker import asked, clock, redis  # noqa: F401
from untold import only_our_own  # noqa: F401


@pytest.fixture(autouse=True)
def sweeps_are_ours(request):
    """A sale that really commits is swept without the rest that other tests left."""
    if "live_db" in request.fixturenames:
        request.getfixturevalue("only_our_own")


@pytest.fixture
def make_market(live_db):
    """With `orderSettings` (3.x) it gives a place of its own."""
    # Not at the top: Django is not set up when pytest loads this file.
    from shop import Market

    return lambda **order_settings: Market(live_db, **order_settings)


@pytest.fixture
def market(make_market):
    return make_market()


@pytest.fixture
def staff(market):
    return market.person("staff", "APPROVE_LICENSES", "MANAGE_LICENSES", "MANAGE_LICENSE_KEYS")


@pytest.fixture
def reseller(market, staff):
    """Signed in, and marked as a reseller by staff."""
    return market.reseller(staff)


@pytest.fixture
def unmirrored(market):
    """The market with a stock of its own, which would sell more than there are keys."""
    from reserved import switch

    switch(market, reserves=False, mirrors=False)
    yield market
    switch(market, reserves=False, mirrors=True)


@pytest.fixture
def reserving(unmirrored):
    """The same market with keys reserved at checkout."""
    from reserved import switch

    switch(unmirrored, reserves=True, mirrors=False)
    return unmirrored


@pytest.fixture
def new_violations(live_db):
    """Call it: what is wrong with keys and licenses, and was not before. Controls of other tests leave some."""
    from saleor_esd_plugin.licenses.invariants import violations

    before = set(violations())
    return lambda: sorted(set(violations()) - before)
