"""Saleor 3 reads through the alias `replica`; a rolled-back test needs both aliases on one connection."""

from __future__ import annotations


class OneConnection:
    """Another alias for a connection that exists: same transaction, but it answers to its own name.

    The name matters: Saleor's `restrict_writer` lets a query through if its alias is not `default`. Other threads do
    not see this object; they get a connection of their own to the same database, as in a shop.
    """

    def __init__(self, alias, connection):
        self.__dict__.update(alias=alias, _connection=connection)

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def __setattr__(self, name, value):
        setattr(self._connection, name, value)

    def cursor(self, *args, **kwargs):
        return self._renamed(self._connection.cursor(*args, **kwargs))

    def chunked_cursor(self, *args, **kwargs):
        return self._renamed(self._connection.chunked_cursor(*args, **kwargs))

    def _renamed(self, cursor):
        cursor.db = self
        return cursor
