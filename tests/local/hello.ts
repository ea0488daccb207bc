import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Checkout } from "./checkout.ts";

/** Its pyproject.toml. */
export const PYPROJECT = `
[project]
name = "hello"
version = "1.0"
requires-python = ">=3.13"
dependencies = ["jinja2"]

[tool.debian-python]
command = ["python", "server.py"]
ports = [8000]
healthcheck = ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000')"]
environment = { NAME = 'a "b" $c' }
from-source = ["markupsafe"]
smoke = ["python", "-c", "import server"]
`;

/** Its server.py. */
export const SERVER = `
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import jinja2
import markupsafe

PAGE = jinja2.Template("Hello {{ name }} of {{ native }}", autoescape=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        native = markupsafe._escape_inner.__module__
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.render(name=os.environ["NAME"], native=native).encode())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    HTTPServer(("", 8000), Handler).serve_forever()
`;

/** SHA-256 of the source distribution of MarkupSafe 3.0.2. */
export const MARKUPSAFE_SDIST = "ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0";

/** Its pylock.toml, without places: the index is asked for the files' hashes. */
export const LOCK = `
lock-version = "1.0"
created-by = "by hand"

[[packages]]
name = "jinja2"
version = "3.1.6"
wheels = [{ name = "jinja2-3.1.6-py3-none-any.whl", hashes = { sha256 = "85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67" } }]

[[packages]]
name = "markupsafe"
version = "3.0.2"
sdist = { name = "markupsafe-3.0.2.tar.gz", hashes = { sha256 = "${MARKUPSAFE_SDIST}" } }
`;

/**
 * A pylock.build.toml of distributions that setuptools builds.
 *
 * @param requires by distribution, the digest of what that is locked for.
 */
export function setuptoolsLock(requires: Readonly<Record<string, string>>): string {
	const names = Object.keys(requires);
	return `
lock-version = "1.0"
created-by = "by hand"
dependency-groups = ${JSON.stringify(names)}

[[packages]]
name = "setuptools"
version = "80.9.0"
marker = "${names.map((name) => `'${name}' in dependency_groups`).join(" or ")}"
wheels = [{ name = "setuptools-80.9.0-py3-none-any.whl", hashes = { sha256 = "062d34222ad13e0cc312a4c02d73f059e86a4acbfbdea8f8f76b28c99f306922" } }]

[tool.debian-python.requires]
${names.map((name) => `${name} = ["${requires[name]}"]`).join("\n")}
`;
}

/**
 * Write an app into the folder `hello` of a checkout: a server, whose MarkupSafe is compiled, and whose
 * Jinja is downloaded by its hash.
 */
export function writeHello(checkout: Checkout): void {
	mkdirSync(join(checkout.folder, "hello"));
	checkout.write("hello/pyproject.toml", PYPROJECT);
	checkout.write("hello/server.py", SERVER);
	checkout.write("hello/pylock.toml", LOCK);
	checkout.write("hello/pylock.build.toml", setuptoolsLock({ markupsafe: MARKUPSAFE_SDIST }));
}
