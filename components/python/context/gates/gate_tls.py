"""TLS as users get it: http.client with its default context and the system's OpenSSL.

The certificates are made here, by the openssl program, which ca-certificates
depends on. Stored ones would need their private keys in the repository, which
every scanner for secrets finds, and would end some day.
"""

import contextlib
import http.client
import http.server
import os
import shutil
import socketserver
import ssl
import subprocess
import tempfile
import threading

from failure import Failure

REMEDY = "see what in /venv or the package changes ssl, and build the package again without it"

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = gates of debian-python
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = here
[here]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def check(expected):
    check_system_store()
    folder = tempfile.mkdtemp(dir="/dev/shm")
    try:
        make_certificates(folder)
        check_answers(folder)
    finally:
        shutil.rmtree(folder)
    return "accepts a good certificate; refuses an unknown CA, a wrong host name, an expired one"


def check_system_store():
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and not (paths.capath and os.listdir(paths.capath)):
        raise Failure(
            "there are no CA certificates at %s" % paths.openssl_capath,
            "keep ca-certificates in the libraries of the release in stacks/debian.ts",
        )


def make_certificates(folder):
    """ca.pem, server.key and, both for localhost, good.pem and expired.pem."""
    files = (("config", CONFIG), ("index", ""), ("serial", "01\n"))
    for name, content in files:
        with open(os.path.join(folder, name), "w") as file:
            file.write(content)
    request = "req -config config -newkey rsa:2048 -nodes -sha256 "
    openssl(folder, request + "-x509 -extensions authority -days 7 -keyout ca.key -out ca.pem")
    openssl(folder, request + "-subj /CN=localhost -keyout server.key -out request.pem")
    sign = "ca -config config -batch -notext -cert ca.pem -keyfile ca.key -in request.pem "
    openssl(folder, sign + "-days 7 -out good.pem")
    openssl(folder, sign + "-startdate 200101000000Z -enddate 200201000000Z -out expired.pem")


def openssl(folder, command):
    # RANDFILE: without HOME, OpenSSL 1.0 has no place for its seed.
    process = subprocess.Popen(
        ["openssl"] + command.split(),
        cwd=folder,
        env=dict(os.environ, RANDFILE=os.path.join(folder, "seed")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode:
        raise Failure(
            "openssl %s: %s" % (command.split()[0], output.strip()),
            "look for what the base changes in OpenSSL",
        )


def check_answers(folder):
    authority = os.path.join(folder, "ca.pem")
    with server(folder, "good.pem") as port:
        problem = refusal("localhost", port, authority)
        if problem is not None:
            raise Failure("a good certificate is refused (%s)" % problem, REMEDY)
        expect_refusal("of an unknown CA", "localhost", port, None)
        expect_refusal("for another host name", "127.0.0.1", port, authority)
    with server(folder, "expired.pem") as port:
        expect_refusal("that has expired", "localhost", port, authority)


def expect_refusal(what, host, port, authority):
    if refusal(host, port, authority) is None:
        raise Failure("a certificate %s is accepted" % what, REMEDY)


def refusal(host, port, authority):
    """Why a certificate is refused by what trusts this CA alone, or the system's; else None."""
    os.environ.pop("SSL_CERT_FILE", None)
    if authority is not None:
        # OpenSSL takes it for its default file (SSL_CTX_load_verify_locations(3)).
        os.environ["SSL_CERT_FILE"] = authority
    connection = http.client.HTTPSConnection(host, port, timeout=20)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
        return None
    except (ssl.SSLError, ssl.CertificateError) as error:
        return str(error)
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        connection.close()


class Answer(http.server.BaseHTTPRequestHandler):
    """Says yes to everybody."""

    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def server(folder, certificate):
    """A TLS server on a free port of the loopback interface."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.path.join(folder, certificate), os.path.join(folder, "server.key"))
    # The timeout is the one of a connection too: a client that says nothing does not stop it.
    listener = socketserver.TCPServer(("127.0.0.1", 0), Answer)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
    thread.daemon = True
    thread.start()
    try:
        yield listener.server_address[1]
    finally:
        listener.shutdown()
        listener.server_close()
