"""Fetch files of a lock into the folder that keeps them, each by its SHA-256.

usage: fetch.py WANTED FOLDER

WANTED is a JSON file: a list of {distribution, version, sha256, name?, url?}. In FOLDER a file is
SHA256/NAME. One that is there with the right hash is not fetched again. What has no url is found in
the package indexes of pip's configuration, by its hash: JSON of PEP 691, HTML of PEP 503.
Each file is told as a line `file SHA256 NAME`; where one cannot be had, `error: ...` tells it.
"""

import ast
import base64
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from html.parser import HTMLParser
from http.client import HTTPException
from multiprocessing.pool import ThreadPool
from urllib.error import HTTPError
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

# Fetched side by side: what pools of common clients have, and no index minds.
THREADS = 8
# Waits before further tries, in seconds.
WAITS = (1, 4, 10)
# Longest silence of a server, in seconds.
TIMEOUT = 60
CHUNK = 1 << 16
# A partial file that is older was left by a killed run, in seconds.
OLD = 24 * 60 * 60
ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)


class Failure(Exception):
    """A file cannot be had: why, and what helps. passing: another try may mend it; status: HTTP's."""

    def __init__(self, why, remedy, passing=False, status=None):
        Exception.__init__(self, why)
        self.why, self.remedy, self.passing, self.status = why, remedy, passing, status


def main(wanted_file, folder):
    with open(wanted_file) as file:
        wanted = json.load(file)
    clean(folder)
    os.umask(0o022)
    index = Index()
    unique = [item for _, item in sorted({item["sha256"]: item for item in wanted}.items())]
    with ThreadPool(THREADS) as pool:
        failures = [each for each in pool.map(lambda item: had(item, folder, index), unique) if each]
    if failures:
        more = "" if len(failures) == 1 else " (%d more files fail)" % (len(failures) - 1)
        say("error: %s%s; %s" % (failures[0][0], more, failures[0][1]))
    return 1 if failures else 0


def had(item, folder, index):
    """Have one file in the folder: None, or what is wrong and what helps."""
    file = item.get("name") or "the file with sha256 %s" % item["sha256"]
    what = "%s %s: %s" % (item["distribution"], item["version"], file)
    try:
        name = kept(item, folder) or tried(lambda: fetch(item, folder, index))
    except Failure as failure:
        return "%s cannot be fetched: %s" % (what, failure.why), failure.remedy
    except OSError as error:
        # Of the disk: those of the network are Failures.
        return "%s cannot be kept: %s" % (what, error), "make room for Docker's volumes, then run again"
    say("file %s %s" % (item["sha256"], name))
    return None


def kept(item, folder):
    """The name of a file that is there; None if there is none, or if it has other bytes."""
    own = os.path.join(folder, item["sha256"])
    there = sorted(os.listdir(own)) if os.path.isdir(own) else []
    for name in there:
        fits = item.get("name") in (None, name)
        if fits and sha256(os.path.join(own, name)) == item["sha256"]:
            return name
    return None


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def tried(work):
    """What the work returns, which is tried again where its failure may pass."""
    for wait in WAITS:
        try:
            return work()
        except Failure as failure:
            if not failure.passing:
                raise
            time.sleep(wait)
    return work()


def fetch(item, folder, index):
    """Fetch a file: its name."""
    url = item.get("url") or index.url_of(item)
    name = item.get("name") or unquote(urlsplit(url).path).rpartition("/")[2]
    if not re.match(r"[A-Za-z0-9][\w.!+-]*$", name):
        raise Failure("%r is no name of a distribution's file" % name, "lock again")
    say("fetch %s" % name)
    descriptor, partial = tempfile.mkstemp(dir=folder, prefix=".partial-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            found = download(url, index, file)
            file.flush()
            os.fsync(file.fileno())
        if found != item["sha256"]:
            raise Failure(
                "%s has one with sha256 %s instead of %s" % (host_of(url), found, item["sha256"]),
                "lock again if that is right, and look at who answers for that host in your network",
            )
        os.chmod(partial, 0o644)
        own = os.path.join(folder, item["sha256"])
        os.makedirs(own, exist_ok=True)
        os.rename(partial, os.path.join(own, name))
    finally:
        if os.path.exists(partial):
            os.remove(partial)
    return name


def download(url, index, file):
    """Write what an URL has: its SHA-256."""
    digest = hashlib.sha256()
    with opened(url, index.credentials()) as response:
        for chunk in iter(lambda: read(response, url, CHUNK), b""):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def read(response, url, amount=None):
    """A part of an answer, or all of it."""
    try:
        content = response.read(amount)
        # Where an amount is given, an end that comes too early is none (http.client).
        if amount and not content and response.length:
            raise HTTPException("the answer ended %d bytes too early" % response.length)
        return content
    except (OSError, HTTPException) as error:
        raise network_failure(url, error)


def opened(url, credentials, accept="*/*"):
    """The answer to a request; credentials: those of hosts, by scheme and host."""
    bare, own = without_credentials(url)
    if urlsplit(bare).scheme not in ("http", "https"):
        raise Failure("%s is no address in the web" % bare, "lock again")
    # Without identity a server may send a .tar.gz as content that is compressed, which it is.
    headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "debian-python"}
    authorization = own or credentials.get(urlsplit(bare)[:2])
    if authorization:
        # Not for where a redirection leads to.
        headers["Authorization"] = authorization
    request = Request(bare)
    for name, value in headers.items():
        if name == "Authorization":
            request.add_unredirected_header(name, value)
        else:
            request.add_header(name, value)
    try:
        return urlopen(request, timeout=TIMEOUT, context=tls())
    except HTTPError as error:
        why = "%s answers with HTTP status %d" % (host_of(url), error.code)
        if error.code in (401, 403, 407):
            raise Failure(why, "give its credentials in PIP_INDEX_URL, or look at the proxy")
        passing = error.code in (408, 425, 429) or error.code >= 500
        remedy = "run again when it answers: what is fetched is kept" if passing else "lock again"
        raise Failure(why, remedy, passing, error.code)
    except (OSError, HTTPException) as error:
        raise network_failure(url, error)


def network_failure(url, error):
    reason = getattr(error, "reason", error)
    text = str(reason) or type(reason).__name__
    # The name of a host or a certificate does not get right by another try.
    final = isinstance(reason, ssl.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text
    remedy = "look at the network, and set caBundle where a proxy opens TLS"
    return Failure("%s: %s" % (host_of(url), text), remedy + ": what is fetched is kept", not final)


def tls():
    """As pip has it: Python 3.13's strict flag refuses certificates of many companies' proxies."""
    context = ssl.create_default_context()
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def without_credentials(url):
    """An URL without user and password, and these as the header has them (RFC 7617), or None."""
    parts = urlsplit(urldefrag(url)[0])
    user, at, host = parts.netloc.rpartition("@")
    token = base64.b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), "Basic " + token if at else None


def host_of(url):
    return urlsplit(url).netloc.rpartition("@")[2] or "the URL %r" % url


class Index:
    """The package indexes of this machine's pip, asked once for each distribution."""

    def __init__(self):
        self.lock, self.locks, self.pages = threading.Lock(), {}, {}
        self.known = None

    def urls(self):
        """The address of each."""
        with self.lock:
            if self.known is None:
                self.known = index_urls()
            return self.known

    def credentials(self):
        """As the header has them, by scheme and host."""
        pairs = [without_credentials(url) for url in self.urls()]
        return {urlsplit(bare)[:2]: own for bare, own in pairs if own}

    def url_of(self, item):
        """Where the file of an item is."""
        name = re.sub(r"[-_.]+", "-", item["distribution"]).lower()
        for base in self.urls():
            url = self.files(base, name).get(item["sha256"])
            if url:
                return url
        raise Failure(
            "%s has no file of %s with sha256 %s"
            % (" or ".join(map(host_of, self.urls())), name, item["sha256"]),
            "lock again, or set PIP_INDEX_URL to the index that has it",
        )

    def files(self, base, name):
        """URLs by SHA-256, of what an index has of a distribution."""
        url = "%s/%s/" % (base.rstrip("/"), name)
        with self.lock:
            one = self.locks.setdefault(url, threading.Lock())
        with one:
            if url not in self.pages:
                self.pages[url] = self.page(url)
            return self.pages[url]

    def page(self, url):
        """The same, as the index says it."""
        try:
            answer = opened(url, self.credentials(), ACCEPT)
        except Failure as failure:
            # Of several indexes one need not have it.
            if failure.status == 404 and len(self.urls()) > 1:
                return {}
            raise
        with answer as response:
            content = read(response, url)
            kind = response.headers.get_content_type()
            base = response.geturl()
        links = files_of_json if kind.endswith("+json") else files_of_html
        try:
            return {digest: urljoin(base, link) for digest, link in links(content.decode("utf-8"))}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Failure(
                "%s answers with what is no page of a package index" % host_of(url),
                "set PIP_INDEX_URL to the simple index",
            )


def files_of_json(text):
    """PEP 691."""
    files = json.loads(text)["files"]
    return [(file["hashes"]["sha256"], file["url"]) for file in files if "sha256" in file["hashes"]]


def files_of_html(text):
    """PEP 503: the hash is the fragment of a link."""
    links = []

    class Links(HTMLParser):
        def handle_starttag(self, tag, attributes):
            match = re.match(r"(.*)#sha256=([0-9a-f]{64})$", dict(attributes).get("href") or "")
            if tag == "a" and match:
                links.append((match.group(2), match.group(1)))

    Links().feed(text)
    return links


def index_urls():
    """Of pip's configuration, PIP_INDEX_URL and PIP_EXTRA_INDEX_URL among it, as pip reads it for pip
    install: the main index, of which pip has one of its own, then others.
    """
    output = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"])
    found = {}
    for line in output.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition("=")
        found[key.strip()] = value.strip()

    def configured(name):
        keys = [key + name for key in (":env:.", "install.", "global.") if key + name in found]
        return str(ast.literal_eval(found[keys[0]])).split() if keys else []

    return (configured("index-url") or [own_index_url()]) + configured("extra-index-url")


def own_index_url():
    """pip's own index: it has no command that tells it."""
    program = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    return subprocess.check_output([sys.executable, "-c", program]).decode().strip()


def clean(folder):
    """Remove what killed runs left; another run may be writing its own."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith(".partial-") and os.stat(path).st_mtime < time.time() - OLD:
            os.remove(path)


SAYING = threading.Lock()


def say(line):
    with SAYING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
