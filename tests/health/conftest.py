"""Key rings that lack a key, and a broker that can be stopped and paused."""

from redis_broker import redis  # noqa: F401
from rings import add_key, use_ring  # noqa: F401
