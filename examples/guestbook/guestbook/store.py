"""Where the lines are kept: PostgreSQL where DATABASE_URL names one, else a file of SQLite."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import psycopg

TABLE = "CREATE TABLE IF NOT EXISTS entries (id {id}, name text NOT NULL, line text NOT NULL)"
# Of SQLite and of PostgreSQL: a number that counts up, and the mark for a value.
SQLITE = ("integer PRIMARY KEY", "?")
POSTGRESQL = ("bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "%s")


class Entry(NamedTuple):
    """What a visitor wrote."""

    name: str
    line: str


def newest(limit: int = 50) -> list[Entry]:
    """The newest lines, the newest first."""
    with connect() as (connection, mark):
        query = f"SELECT name, line FROM entries ORDER BY id DESC LIMIT {mark}"
        return [Entry(*row) for row in connection.execute(query, (limit,)).fetchall()]


def add(entry: Entry) -> None:
    """Keep a line."""
    with connect() as (connection, mark):
        connection.execute(f"INSERT INTO entries (name, line) VALUES ({mark}, {mark})", entry)


@contextmanager
def connect() -> Iterator[tuple[sqlite3.Connection | psycopg.Connection, str]]:
    """A connection, in a transaction, and its mark for a value. The table is there."""
    url = os.environ.get("DATABASE_URL")
    opened = psycopg.connect(url, connect_timeout=5) if url else sqlite3.connect(file(), timeout=5)
    number, mark = POSTGRESQL if url else SQLITE
    with closing(opened), opened:
        opened.execute(TABLE.format(id=number))
        yield opened, mark


def file() -> str:
    """Of SQLite."""
    return os.environ.get("GUESTBOOK_FILE", "/tmp/guestbook.sqlite")
