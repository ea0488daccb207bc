"""The web application, for any ASGI server."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from guestbook import store

LONGEST = 200
templates = Jinja2Templates(Path(__file__).parent / "templates")


def page(request: Request) -> Response:
    """The newest lines, and a form for another."""
    context = {"entries": store.newest(), "longest": LONGEST}
    return templates.TemplateResponse(request, "page.html", context)


async def write(request: Request) -> Response:
    """Keep a line, and show the page again."""
    async with request.form() as form:
        entry = store.Entry(*(str(form.get(field, "")).strip() for field in store.Entry._fields))
    if not all(entry) or max(map(len, entry)) > LONGEST:
        return PlainTextResponse(f"a name and a line have 1 to {LONGEST} characters\n", 422)
    await run_in_threadpool(store.add, entry)
    return RedirectResponse("/", 303)


def health(_: Request) -> Response:
    """Whether the database answers."""
    store.newest(1)
    return PlainTextResponse("well\n")


app = Starlette(
    routes=[
        Route("/", page),
        Route("/", write, methods=["POST"]),
        Route("/health", health),
    ]
)
