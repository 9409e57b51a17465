"""Cases of this directory: other programs and ours (peer.cpp), talking over loopback.

A case is a function that gets a Case, starts programs with it, tells them things and waits for what they say. It fails
when something is not said in time, and whatever it started is killed at its end.

peer client|server --port N [--name HOST] [--cert PEM --key PEM]
     [--ca PEM | --roots PEM | --pin PEM | --pin-key PEM | --insecure] [--alpn A,B] [--suites aes,aes128,chacha]
     [--groups A,B] [--no-share] [--no-compatibility] [--client-auth none|request|require]
     [--record-size N] [--rekey-after N] [--key-log FILE] [--output FILE [--expect N]]
     [--record-size-limit N] [--constant N | --padded N] [--psk NAME:HEX[:sha384],...] [--psk-ke]
     [--grease]
     client only: [--max-fragment-length N] [--hello-size N] [--keep SESSION] [--resume SESSION] [--early FILE]
     server only: [--ticket-secret HEX] [--early-data N] [--reject-early] [--retry]

and then, line by line: send TEXT, file PATH, update, request-update, ticket [early], cover, export LABEL, close, abort
ALERT, truncate (end of TCP without close_notify).
"""
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from checks import ROOT, check, finish, skip  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SPANTLS_BUILD", ROOT / "build"))
PEER = BUILD / "tests/interop/peer"
PEER_OPENSSL = BUILD / "tests/interop/peer_openssl"
CERTS = pathlib.Path(os.environ.get("SPANTLS_TEST_CERTS", BUILD / "tests/certificates"))
PATIENCE = 20  # seconds for anything to happen
BULK = 8 << 20

CHACHA = "TLS_CHACHA20_POLY1305_SHA256"
AES = "TLS_AES_256_GCM_SHA384"
TICKETS = ("--ticket-secret", "5e" * 32)  # of all our servers that know each other's tickets
PSK = "0123456789abcdef" * 4
SUITES = {"chacha": CHACHA, "aes": AES}

SECRETS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
           "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET")


class Failure(Exception):
    pass


def certificate(name):
    """The chain to send, and its key, as paths."""
    chain = CERTS / f"{name}.chain.pem"
    return (chain if chain.exists() else CERTS / f"{name}.crt.pem"), CERTS / f"{name}.key.pem"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(ours, suite=r"\w+", alpn="-", group="x25519"):
    """Our side's word for a handshake that is done."""
    ours.says(rf"^connected TLSv1\.3 {suite} {group} alpn={alpn}$")


def lengths(ours):
    """Of our side's protected records when it has ended: the least and the most sent, the least and the most received."""
    return tuple(map(int, ours.says(r"^lengths sent (\d+) to (\d+) received (\d+) to (\d+)$").groups()))


class Program:
    """A running program, what it has said so far, and a way to speak to it."""

    def __init__(self, name, command, into=None, environment=None, directory=None):
        self.name = name
        self.said = {"out": bytearray(), "err": bytearray()}
        self.news = threading.Condition()
        self.open_pipes = 1 if into else 2
        out = open(into, "wb") if into else subprocess.PIPE
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=out,
                                        stderr=subprocess.PIPE, cwd=directory,
                                        env={**os.environ, "LC_ALL": "C", **(environment or {})})
        _running.add(self)
        if into:
            out.close()
        else:
            threading.Thread(target=self._listen, args=("out", self.process.stdout), daemon=True).start()
        threading.Thread(target=self._listen, args=("err", self.process.stderr), daemon=True).start()

    def _listen(self, which, pipe):
        while chunk := os.read(pipe.fileno(), 65536):
            with self.news:
                self.said[which] += chunk
                self.news.notify_all()
        with self.news:
            self.open_pipes -= 1
            self.news.notify_all()

    def _find(self, pattern):
        return [found for text in self.said.values() for found in re.finditer(pattern.encode(), bytes(text), re.M)]

    def count(self, pattern):
        with self.news:
            return len(self._find(pattern))

    def says(self, pattern, times=1):
        """Waits until it has said this so many times; returns the last match."""
        end = time.monotonic() + PATIENCE
        often = f" {times} times" if times > 1 else ""
        with self.news:
            while True:
                found = self._find(pattern)
                if len(found) >= times:
                    return found[-1]
                if self.open_pipes == 0:
                    raise Failure(f"{self.name} ended without saying {pattern!r}{often}")
                if not self.news.wait(end - time.monotonic()):
                    raise Failure(f"{self.name} does not say {pattern!r}{often}")

    def never(self, pattern):
        with self.news:
            if self._find(pattern):
                raise Failure(f"{self.name} said {pattern!r}")

    def tell(self, *lines):
        for line in lines:
            self.write(line.encode() + b"\n")

    def write(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # what it says instead of listening is what counts

    def write_file(self, path):
        """In a thread, so that it may take its time."""
        threading.Thread(target=lambda: self.write(pathlib.Path(path).read_bytes()), daemon=True).start()

    def end_input(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def ends(self, status=None, patience=PATIENCE):
        try:
            ended = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end") from None
        with self.news:
            self.news.wait_for(lambda: self.open_pipes == 0, PATIENCE)
        if status is not None and ended != status:
            raise Failure(f"{self.name} ended with {ended}, not {status}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        _running.discard(self)

    def tail(self):
        text = b"".join(self.said.values()).decode(errors="replace")
        return "\n".join(f"  {self.name}: {line[:200]}" for line in text.splitlines()[-12:])


class Case:
    def __init__(self, scratch):
        self.scratch = scratch
        self.programs = []

    def start(self, name, command, **options):
        program = Program(name, command, **options)
        self.programs.append(program)
        return program

    def our_server(self, *arguments, cert="server", peer=PEER):
        chain, key = certificate(cert)
        program = self.start("our server", [peer, "server", "--cert", chain, "--key", key, *arguments])
        program.port = int(program.says(r"^listening (\d+)").group(1))
        return program

    def our_client(self, port, *arguments, trust=("--ca", CERTS / "ca.crt.pem"), name="localhost", cert=None,
                   peer=PEER):
        identity = () if cert is None else ("--cert", certificate(cert)[0], "--key", certificate(cert)[1])
        return self.start("our client", [peer, "client", "--port", port, "--name", name, *trust, *identity, *arguments])

    def file(self, name):
        return self.scratch / name

    def bulk(self, name, size=BULK):
        """A file of printable lines, so that no program takes a part of it for a command; different for each name."""
        source = random.Random(name)
        lines = [b"%064x\n" % source.getrandbits(256) for _ in range(997)]
        block = b"".join(lines)
        path = self.file(name)
        path.write_bytes((block * (size // len(block) + 1))[:size - 1] + b"\n")
        return path

    def equal(self, what, one, other):
        if one != other:
            raise Failure(f"{what}: {str(one)[:200]} is not {str(other)[:200]}")

    def same_file(self, sent, received):
        one, other = pathlib.Path(sent).read_bytes(), pathlib.Path(received).read_bytes()
        if one != other:
            raise Failure(f"{received.name}: {len(other)} bytes that are not the {len(one)} of {sent.name}")

    def same_secrets(self, *paths, exporter=True):
        """Key logs have the same lines; more than these are the other program's business."""
        labels = SECRETS if exporter else SECRETS[:-1]
        one, other = ({line for line in pathlib.Path(path).read_text().splitlines() if line.split(" ")[0] in labels}
                      for path in paths)
        self.equal("number of secrets", len(one), len(labels))
        self.equal("secrets", sorted(one), sorted(other))


_cases = []
_running = set()


def _stop(*_):
    for program in list(_running):
        program.process.kill()
    os._exit(1)


def case(name, *arguments):
    def register(function):
        _cases.append((name, function, arguments))
        return function
    return register


def cannot(name, reason):
    """A case that a program cannot take part in."""
    _cases.append((name, None, reason))


def _run(name, function, arguments):
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="spantls-interop-"))
    it = Case(scratch)
    try:
        function(it, *arguments)
        return ""
    except Exception as problem:  # a broken case is a failed one, and the others go on
        kind = "" if isinstance(problem, Failure) else f"{type(problem).__name__}: "
        return "\n".join([f"{kind}{problem}", *(program.tail() for program in it.programs)])
    finally:
        for program in it.programs:
            program.kill()
        shutil.rmtree(scratch, ignore_errors=True)


def run_cases(missing=""):
    """Runs them all, or with arguments those whose names contain one of these; none when something is `missing`."""
    chosen = [entry for entry in _cases if len(sys.argv) < 2 or any(word in entry[0] for word in sys.argv[1:])]
    signal.signal(signal.SIGTERM, _stop)
    if missing:
        skip(f"{len(chosen)} cases", missing)
        finish()
    if not PEER.exists():
        check("peer", False, f"there is no {PEER}")
        finish()
    with ThreadPoolExecutor(4) as pool:
        running = [(name, function, function and pool.submit(_run, name, function, arguments), arguments)
                   for name, function, arguments in chosen]
        for name, function, result, arguments in running:
            if function is None:
                skip(name, arguments)
            else:
                why = result.result()
                check(name if not why else f"{name}: {why.splitlines()[0]}", not why, why)
    finish()
