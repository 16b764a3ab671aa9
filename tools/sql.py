"""Statements on a server, under a host's Python: each runs by itself, not in a transaction.

Called as `python -m tools.sql "SELECT …" …` with the server in ESD_SERVER_URL, as a password is nobody else's to see.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import unquote, urlsplit


def run_sql(server: str, *statements: str) -> list[str]:
    """The first columns of what the statements return."""
    # Both drivers take the same calls; Saleor 2.10 brings one, 3.x the other.
    try:
        import psycopg2 as driver
    except ImportError:
        import psycopg as driver
    url = urlsplit(server)
    parts = {"host": url.hostname, "port": url.port, "user": url.username, "password": url.password}
    known = {k: unquote(v) if isinstance(v, str) else v for k, v in parts.items() if v}
    connection = driver.connect(dbname="postgres", **known)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        found: list[str] = []
        for statement in statements:
            cursor.execute(statement)
            if cursor.description:
                found += [str(row[0]) for row in cursor.fetchall()]
        return found
    finally:
        connection.close()


if __name__ == "__main__":
    print(*run_sql(os.environ["ESD_SERVER_URL"], *sys.argv[1:]), sep="\n")
