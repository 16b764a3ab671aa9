"""Rings that get a second key, and a database in which nobody else has keys."""

from rings import add_key, own_database, own_db  # noqa: F401
