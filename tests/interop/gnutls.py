"""What the cases against gnutls-serv and those against gnutls-cli have in common."""
from harness import CERTS

CA = CERTS / "ca.crt.pem"
OTHER_CA = CERTS / "localhost.crt.pem"
CIPHERS = {"aes": "AES-256-GCM", "chacha": "CHACHA20-POLY1305"}
UNBUFFERED = ["stdbuf", "-oL"]


def priority(*changes):
    return ["--priority", ":".join(["NORMAL", *changes])]


def only(cipher):
    return priority("-CIPHER-ALL", f"+{cipher}")
