"""What the tests of the examples share: where programs and certificates are, and running them with patience."""
import contextlib
import hashlib
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from checks import ROOT, check, finish  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("SPANTLS_BUILD", ROOT / "build"))
CERTS = pathlib.Path(os.environ.get("SPANTLS_TEST_CERTS", BUILD / "tests/certificates"))
CERTIFICATE, KEY = CERTS / "localhost.crt.pem", CERTS / "localhost.key.pem"
PATIENCE = 60


def run(name, *arguments, environment=None):
    """An example's exit status and all that it printed."""
    done = subprocess.run([BUILD / "examples" / name, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=PATIENCE,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout


@contextlib.contextmanager
def running(command, ready):
    """A server, and what the pattern `ready` has found in its output; it is killed at the end."""
    server = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True)
    try:
        for line in server.stdout:
            if found := re.search(ready, line):
                yield server, found
                return
        raise RuntimeError(f"{command[0]} ended without saying {ready!r}")
    finally:
        server.kill()
        server.communicate()


def openssl_server(name, *options):
    """openssl s_server with one of the certificates, on a port of its choice."""
    return running(["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-cert", CERTS / f"{name}.crt.pem",
                    "-key", CERTS / f"{name}.key.pem", *options], r"ACCEPT 127\.0\.0\.1:(\d+)")


def echo_server(*options):
    return running([BUILD / "examples/epoll_echo_server", "--cert", CERTIFICATE, "--key", KEY, *options],
                   r"listening on 127\.0\.0\.1:(\d+), key with SHA-256 ([0-9a-f]{64})")


def spki_hash(certificate):
    def openssl(*arguments, **options):
        return subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, check=True, **options).stdout

    key = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", input=key)).hexdigest()
