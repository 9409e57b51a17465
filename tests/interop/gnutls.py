"""What the cases against gnutls-serv and those against gnutls-cli have in common."""
import subprocess

from harness import CERTS, certificate

CA = CERTS / "ca.crt.pem"
OTHER_CA = CERTS / "localhost.crt.pem"
CIPHERS = {"aes": "AES-256-GCM", "chacha": "CHACHA20-POLY1305"}
UNBUFFERED = ["stdbuf", "-oL"]


def priority(*changes):
    return ["--priority", ":".join(["NORMAL", *changes])]


def only(cipher):
    return priority("-CIPHER-ALL", f"+{cipher}")


def raw_key(t, name):
    """What both want to know to show a raw public key (RFC 7250): that of the certificate."""
    private, public = certificate(name)[1], t.file(f"{name}.pub.pem")
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return ["--rawpkkeyfile", private, "--rawpkfile", public]
