"""An owner and the licenses that a file is made of."""

from __future__ import annotations

import pytest


# What imports models is imported late: pytest may read this file before Django is set up.
@pytest.fixture
def owner(db):
    import build

    return build.make_user()


@pytest.fixture
def licenses(owner):
    import factories

    return factories.make_released(3, user=owner)
