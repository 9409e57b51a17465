"""What the cases with programs of the web have in common: https_server and https_get on our side, and servers of theirs
that have to be told their port."""
import re
import shutil
import socket
import time

from harness import BUILD, CERTS, PATIENCE, PEER, PEER_OPENSSL, Failure, cannot, case, free_port

CA = CERTS / "web.crt.pem"
OTHER_CA = CERTS / "localhost.crt.pem"
SCHEMES = {"web-p256": "ecdsa_secp256r1_sha256", "web-rsa": "rsa_pss_rsae_sha256", "web-ed25519": "ed25519"}
PAGE = "https_server's page\n"
# Our clients' certificates: its root, and the peer that can sign with it.
CLIENTS = {"client": (CERTS / "ca.crt.pem", PEER), "web-client": (CA, PEER_OPENSSL),
           "web-client-rsa": (CA, PEER_OPENSSL)}


def web_server(t, cert="web-p256"):
    """Ours, with a file page.txt and a big one, big.txt, of a megabyte."""
    top = t.file("top")
    top.mkdir(exist_ok=True)
    (top / "page.txt").write_text(PAGE)
    t.bulk("top/big.txt", 1 << 20)
    program = t.start("https_server", [BUILD / "examples/https_server", top, "--cert", CERTS / f"{cert}.chain.pem",
                                       "--key", CERTS / f"{cert}.key.pem"])
    program.port = int(program.says(r"^listening on 127\.0\.0\.1 port (\d+)$").group(1))
    program.url = f"https://localhost:{program.port}"
    return program


def https_get(t, url, *arguments, trust=("--ca", CA)):
    return t.start("https_get", [BUILD / "examples/https_get", url, *trust, *arguments])


def facts(page):
    """What the page about the session says."""
    return dict(re.findall(r'id="(\w+)">(.*?)</dd>', page))


def runs(t, name, command, status=0, patience=PATIENCE, **options):
    """A program that ends by itself: its standard output."""
    program = t.start(name, command, **options)
    program.ends(status, patience)
    return program.said["out"].decode(errors="replace")


def listening(t, name, command_for):
    """A server of theirs, started with the command for a port; another is tried when that is taken."""
    for _ in range(5):
        port = free_port()
        program = t.start(name, command_for(port))
        while program.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                program.port = port
                return program
            except OSError:
                time.sleep(0.05)
    raise Failure(f"{name} does not listen")


def with_tool(*tools):
    """As `case`, where the tools are there."""
    for tool in tools:
        if shutil.which(tool) is None:
            return lambda name, *_: lambda _: cannot(name, f"{tool} is not installed")
    return case
