"""Views of the list of licenses that each of the staff keeps for themselves."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ..advisory import LockClass, lock
from ..errors import Invalid, LoginRequired, NotFound
from ..host.types import Actor
from ..text import clean_text
from .view_models import SavedView

MOST_VIEWS = 50
LONGEST_NAME, LONGEST_QUERY = 64, 1000


def views_of(actor: Actor) -> "QuerySet[SavedView]":
    """The actor's own, by name; an app has none."""
    return SavedView.objects.filter(user_ref=actor.user_ref).exclude(user_ref="")


@transaction.atomic
def save_license_view(*, name: str, query: str, actor: Actor) -> SavedView:
    """The actor's view of this name, which is another one's from now on if there was one.

    `query` is what stands behind the "?" of the page's address, up to 1,000 characters. Raises LoginRequired for apps,
    Required, Invalid (a value, or 50 views are there already).
    """
    if not actor.user_ref:
        raise LoginRequired()
    name = clean_text(name, field="name", longest=LONGEST_NAME, required=True, one_line=True)
    query = clean_text(query, field="query", longest=LONGEST_QUERY, one_line=True)
    # Or two at once would be one too many, or two of one name.
    lock(LockClass.SAVED_VIEWS, actor.user_ref)
    mine = views_of(actor)
    view = mine.filter(name=name).first()
    if view is None:
        if mine.count() >= MOST_VIEWS:
            raise Invalid(f"At most {MOST_VIEWS} views: delete one first.", field="name")
        return SavedView.objects.create(user_ref=actor.user_ref, name=name, query=query)
    view.query = query
    view.save(update_fields=["query"])
    return view


@transaction.atomic
def delete_license_view(view_id: UUID, *, actor: Actor) -> SavedView:
    """The view, which is gone. Raises NotFound, for somebody else's too."""
    lock(LockClass.SAVED_VIEWS, actor.user_ref)
    view = views_of(actor).filter(pk=view_id).first()
    if view is None:
        raise NotFound()
    views_of(actor).filter(pk=view_id).delete()
    return view
