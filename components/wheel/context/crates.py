"""Crates, of which a Rust extension is made: they are locked, by hash, in its source's Cargo.lock."""

import os
import shutil
import subprocess
import tarfile

from failure import Failure, say

HOME = "/build/cargo"
# What is not fetched then is refused (The Cargo Book, "Configuration": net.offline).
OFFLINE = {"CARGO_HOME": HOME, "CARGO_NET_OFFLINE": "true"}


def fetch(source, folder):
    """Fetch the crates of all Cargo.lock files in a source distribution, or a folder, where cargo is there."""
    if shutil.which("cargo") is None:
        return
    if os.path.isdir(source):
        folder = source
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            archive.extractall(folder)
    environment = dict(os.environ, CARGO_HOME=HOME)
    for top, _, names in sorted(os.walk(folder)):
        if "Cargo.lock" not in names:
            continue
        say("==> fetch crates of " + os.path.join(os.path.relpath(top, folder), "Cargo.lock"))
        # --locked: what is not in the lock is refused.
        if subprocess.call(["cargo", "fetch", "--locked"], cwd=top, env=environment) != 0:
            raise Failure(
                "the crates that %s locks cannot be fetched" % os.path.basename(source),
                "see what cargo says in the log: is the network there, and Debian's cargo new enough",
            )
    shutil.rmtree(folder, ignore_errors=True)

