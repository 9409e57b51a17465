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


def ocsp_response(t, status="V", cert="server", by="intermediate"):
    """About a certificate, by its issuer: V, it is valid; R, it was revoked."""
    index, response = t.file("index"), t.file("ocsp")
    issuer, (_, key), leaf = CERTS / f"{by}.crt.pem", certificate(by), CERTS / f"{cert}.crt.pem"
    serial = subprocess.run(["openssl", "x509", "-in", leaf, "-noout", "-serial"], check=True, capture_output=True,
                            text=True).stdout.strip().split("=")[1]
    index.write_text("\t".join([status, "350101000000Z", "200101000000Z" if status == "R" else "", serial, "unknown",
                                "/CN=server"]) + "\n")
    subprocess.run(["openssl", "ocsp", "-index", index, "-CA", issuer, "-rsigner", issuer, "-rkey", key, "-issuer",
                    issuer, "-cert", leaf, "-no_nonce", "-ndays", "2", "-respout", response], check=True,
                   capture_output=True)
    return response


def raw_key(t, name):
    """What both want to know to show a raw public key (RFC 7250): that of the certificate."""
    private, public = certificate(name)[1], t.file(f"{name}.pub.pem")
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return ["--rawpkkeyfile", private, "--rawpkfile", public]
