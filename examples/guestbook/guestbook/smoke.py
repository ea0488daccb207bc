"""What a new image must be able to do: the page, and a PostgreSQL client that links libpq."""

import os

import httptools
import psycopg
import uvloop

os.environ.pop("DATABASE_URL", None)
# In memory: nothing may be written where this runs.
os.environ["GUESTBOOK_FILE"] = ":memory:"

from guestbook.app import app  # noqa: E402

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
}


async def get_page() -> bytes:
    """The page, by the ASGI protocol."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b""}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(dict(SCOPE), receive, send)
    assert sent[0]["status"] == 200, sent[0]
    return b"".join(message.get("body", b"") for message in sent)


assert b"<form" in uvloop.run(get_page())
assert psycopg.pq.__impl__ == "c", psycopg.pq.__impl__
assert httptools.HttpRequestParser
