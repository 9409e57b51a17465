"""What the cases against s_server and those against s_client have in common."""
from harness import CERTS, certificate

CA = CERTS / "ca.crt.pem"
OTHER_CA = CERTS / "localhost.crt.pem"
OPENSSL = ["stdbuf", "-oL", "openssl"]  # it says some things only when its buffer is full


def identity(name):
    """What both want to know: leaf, key, and the rest of the chain."""
    chain, key = certificate(name)
    issuer = CERTS / ("web-intermediate.crt.pem" if name.startswith("web-") else "intermediate.crt.pem")
    rest = ["-cert_chain", issuer] if chain.name.endswith(".chain.pem") else []
    return ["-cert", CERTS / f"{name}.crt.pem", "-key", key, *rest]


def s_client(t, port, *arguments, name="localhost", trust=CA, into=None):
    where = ["-connect", f"127.0.0.1:{port}", *(["-servername", name] if name else ["-noservername"])]
    return t.start("s_client", [*OPENSSL, "s_client", *where, "-CAfile", trust, "-verify_return_error", *arguments],
                   into=into)


def s_server(t, *arguments, cert="server", connections=1, **options):
    where = ["-accept", "127.0.0.1:0", "-naccept", str(connections)]
    program = t.start("s_server", [*OPENSSL, "s_server", *where, *identity(cert), *arguments], **options)
    program.port = int(program.says(r"^ACCEPT 127\.0\.0\.1:(\d+)").group(1))
    return program


def talk(ours, theirs, *words):
    """A line in each direction, as soon as theirs says that the handshake is over."""
    theirs.says(r"^(CIPHER is |New, TLSv1\.3)")
    for word in words or ("once",):
        theirs.tell(f"theirs-{word}")
        ours.says(rf"^data \d+ theirs-{word}\.$")
        ours.tell(f"send ours-{word}")
        theirs.says(rf"^ours-{word}$")


def close_from_ours(ours, theirs):
    ours.tell("close")
    ours.says(r"^closed$")
    ours.ends(0)
    theirs.ends()
