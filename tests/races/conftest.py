"""For races about every key that there is."""

from rings import add_key, own_database, own_db, use_ring  # noqa: F401
