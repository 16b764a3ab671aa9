"""For races about every key that there is, and for those in which nobody else works."""

from rings import add_key, own_database, own_db, use_ring  # noqa: F401
from untold import nothing_follows_by_itself, only_our_own  # noqa: F401
