"""A broker that can be stopped and paused."""

from redis_broker import asked, clock, redis  # noqa: F401
