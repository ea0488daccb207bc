"""What a small service imports before its first answer."""

import fastapi
import jinja2
import sqlalchemy

app = fastapi.FastAPI()
page = jinja2.Template("{{ names | join(' ') }}")


@app.get("/")
def index() -> dict[str, str]:
    return {"made with": page.render(names=[jinja2.__name__, sqlalchemy.__name__])}
