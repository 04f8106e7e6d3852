"""Https on the shop's own network, for trying Enlaza with a real phone.

A phone's camera and offline cache want https; a certificate made on the spot gives it, at the
price of one warning in the browser. It is for trying out: a real shop uses a real certificate.
"""

import io
import ipaddress
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import qrcode
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loyalty.kernel.clock import Clock

# Browsers refuse longer ones, also those people accept by hand.
CERTIFICATE_DAYS = 397
# RFC 5737: an address that exists nowhere. Connecting a UDP socket sends nothing; it only asks
# the machine which of its own addresses it would use to go out.
NOWHERE = ("192.0.2.1", 9)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate and its key lie."""

    certificate: Path
    key: Path


def lan_address() -> str:
    """Find this machine's address on the local network; 127.0.0.1 when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def make_certificate(folder: Path, address: str, *, clock: Clock) -> Certificate:
    """Make a certificate for `address` and localhost; one made before for it is used again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Certificate(folder / f"{address}.crt", folder / f"{address}.key")
    now = clock.now()
    if made.certificate.exists() and made.key.exists():
        old = x509.load_pem_x509_certificate(made.certificate.read_bytes())
        if old.not_valid_after_utc > now + timedelta(days=1):
            return made
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Enlaza")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in {address, "127.0.0.1"}]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return made


def qr_for_terminal(address: str) -> str:
    """Draw an address as a QR code in text, dark on light on a dark terminal."""
    code = qrcode.QRCode(border=2)
    code.add_data(address)
    drawn = io.StringIO()
    code.print_ascii(out=drawn, invert=True)
    return drawn.getvalue()
