"""Tests of components/downloads/context/fetch.py, with any Python 3.4 or newer."""

import contextlib
import functools
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "context"))

import fetch  # noqa: E402

CONTENT = b"a wheel"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "a_b-1.0-py3-none-any.whl"
JSON = "application/vnd.pypi.simple.v1+json"


class Fetch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.kept = os.path.join(self.folder, "kept")
        os.mkdir(self.kept)
        # By path: a list of answers, each a status, headers and a body; the last one stays.
        self.answers, self.requests = {}, []
        test = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                test.requests.append((self.path, self.headers.get("Authorization")))
                answers = test.answers.get(self.path, [(404, {}, b"")])
                status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.host = "127.0.0.1:%d" % self.server.server_port
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(setattr, fetch, "index_urls", fetch.index_urls)
        self.addCleanup(setattr, fetch, "WAITS", fetch.WAITS)
        self.read_indexes = fetch.index_urls
        fetch.WAITS = (0, 0)
        fetch.index_urls = lambda: ["http://%s/simple" % self.host]

    def url(self, path):
        return "http://%s%s" % (self.host, path)

    def run_fetch(self, **item):
        """Fetch one file: the exit status, and the lines that are said."""
        wanted = os.path.join(self.folder, "wanted.json")
        with open(wanted, "w") as file:
            json.dump([dict({"distribution": "a-b", "version": "1.0", "sha256": SHA256}, **item)], file)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = fetch.main(wanted, self.kept)
        return status, output.getvalue().splitlines()

    def paths(self):
        return [
            os.path.relpath(os.path.join(top, name), self.kept)
            for top, _, names in os.walk(self.kept)
            for name in names
        ]

    def test_url_is_fetched_once(self):
        self.answers["/files/%s" % NAME] = [(200, {}, CONTENT)]
        item = {"url": self.url("/files/%s" % NAME)}
        self.assertEqual(self.run_fetch(**item), (0, ["fetch " + NAME, "file %s %s" % (SHA256, NAME)]))
        self.assertEqual(self.paths(), [os.path.join(SHA256, NAME)])
        self.assertEqual(self.run_fetch(**item), (0, ["file %s %s" % (SHA256, NAME)]))
        self.assertEqual(len(self.requests), 1)

    def test_other_bytes_are_fetched_again(self):
        os.mkdir(os.path.join(self.kept, SHA256))
        with open(os.path.join(self.kept, SHA256, NAME), "wb") as file:
            file.write(CONTENT[:-1])
        self.answers["/f"] = [(200, {}, CONTENT)]
        status, _ = self.run_fetch(url=self.url("/f"), name=NAME)
        self.assertEqual(status, 0)
        self.assertEqual(fetch.sha256(os.path.join(self.kept, SHA256, NAME)), SHA256)

    def test_passing_faults(self):
        short = {"Content-Length": "700"}
        self.answers["/f"] = [(503, {}, b""), (200, short, CONTENT), (200, {}, CONTENT)]
        status, lines = self.run_fetch(url=self.url("/f"), name=NAME)
        self.assertEqual((status, lines[-1]), (0, "file %s %s" % (SHA256, NAME)))
        self.assertEqual(len(self.requests), 3)

    def test_final_faults(self):
        self.answers["/f"] = [(200, {}, b"another")]
        for path, why in (("/f", "has one with sha256"), ("/none", "HTTP status 404")):
            self.requests[:] = []
            url = "http://user:secret@%s%s" % (self.host, path)
            status, lines = self.run_fetch(url=url, name=NAME)
            self.assertEqual(status, 1)
            start = "error: a-b 1.0: %s cannot be fetched: %s " % (NAME, self.host)
            self.assertTrue(lines[-1].startswith(start), lines[-1])
            self.assertIn(why, lines[-1])
            self.assertIn("; lock again", lines[-1])
            self.assertNotIn("secret", lines[-1])
            self.assertEqual(len(self.requests), 1)
            self.assertEqual(self.paths(), [])

    def test_server_that_is_down(self):
        url = self.url("/f")
        self.server.server_close()
        status, lines = self.run_fetch(url=url, name=NAME)
        self.assertEqual(status, 1)
        self.assertRegex(lines[-1], r"^error: .* 127\.0\.0\.1:\d+: .*refused.*; look at the network")

    def test_names_that_lead_elsewhere(self):
        status, lines = self.run_fetch(url=self.url("/f"), name="../" + NAME)
        self.assertEqual(status, 1)
        self.assertIn("is no name of a distribution's file", lines[-1])

    def test_index(self):
        files = [{"url": "../../files/%s" % NAME, "hashes": {"sha256": SHA256}}]
        page = json.dumps({"files": [{"url": "x", "hashes": {}}] + files}).encode()
        html = '<a href="x">x</a><a data-x="" href="/files/%s#sha256=%s">%s</a>' % (NAME, SHA256, NAME)
        self.answers["/files/%s" % NAME] = [(200, {}, CONTENT)]
        for kind, content in ((JSON, page), ("text/html", html.encode())):
            shutil.rmtree(os.path.join(self.kept, SHA256), ignore_errors=True)
            self.answers["/simple/a-b/"] = [(200, {"Content-Type": kind}, content)]
            status, lines = self.run_fetch(distribution="A_B")
            self.assertEqual((status, lines[-1]), (0, "file %s %s" % (SHA256, NAME)))

    def test_index_with_a_password(self):
        fetch.index_urls = lambda: ["http://user:p%%40ss@%s/simple/" % self.host]
        files = [{"url": "/files/%s" % NAME, "hashes": {"sha256": SHA256}}]
        page = json.dumps({"files": files}).encode()
        self.answers["/simple/a-b/"] = [(200, {"Content-Type": JSON}, page)]
        self.answers["/files/%s" % NAME] = [(200, {}, CONTENT)]
        self.assertEqual(self.run_fetch()[0], 0)
        # A lock says no password with where a file is.
        self.assertEqual(self.run_fetch(name="b-" + NAME, url=self.url("/files/%s" % NAME))[0], 0)
        # user:p@ss
        self.assertEqual([each for _, each in self.requests], 3 * ["Basic dXNlcjpwQHNz"])

    def test_further_indexes(self):
        fetch.index_urls = lambda: [self.url("/simple"), self.url("/more")]
        self.assertIn("%s or %s has no file" % (self.host, self.host), self.run_fetch()[1][-1])
        files = [{"url": "/files/%s" % NAME, "hashes": {"sha256": SHA256}}]
        page = json.dumps({"files": files}).encode()
        self.answers["/more/a-b/"] = [(200, {"Content-Type": JSON}, page)]
        self.answers["/files/%s" % NAME] = [(200, {}, CONTENT)]
        self.assertEqual(self.run_fetch()[0], 0)
        self.answers["/simple/a-b/"] = [(403, {}, b"")]
        shutil.rmtree(os.path.join(self.kept, SHA256))
        self.assertIn("HTTP status 403", self.run_fetch()[1][-1])

    def test_indexes_of_pip(self):
        names = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
        for name in names:
            self.addCleanup(functools.partial(os.environ.pop, name, None))
        os.environ.update(zip(names, ("https://a.example/simple", "https://b.example https://c.example")))
        expected = ["https://a.example/simple", "https://b.example", "https://c.example"]
        self.assertEqual(self.read_indexes(), expected)
        del os.environ["PIP_INDEX_URL"]
        self.assertEqual(self.read_indexes()[1:], expected[1:])

    def test_index_without_the_file(self):
        self.answers["/simple/a-b/"] = [(200, {"Content-Type": JSON}, b'{"files": []}')]
        status, lines = self.run_fetch()
        self.assertEqual(status, 1)
        self.assertIn("%s has no file of a-b with sha256 %s; lock again" % (self.host, SHA256), lines[-1])

    def test_what_is_no_index(self):
        self.answers["/simple/a-b/"] = [(200, {"Content-Type": JSON}, b"[]")]
        self.assertIn("is no page of a package index; set PIP_INDEX_URL", self.run_fetch()[1][-1])

    def test_old_partial_files(self):
        for name, age in (("old", 2 * fetch.OLD), ("new", 0)):
            path = os.path.join(self.kept, ".partial-" + name)
            open(path, "w").close()
            os.utime(path, (os.stat(path).st_mtime - age,) * 2)
        fetch.clean(self.kept)
        self.assertEqual(self.paths(), [".partial-new"])


if __name__ == "__main__":
    unittest.main()
