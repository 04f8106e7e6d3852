import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from app.lan import lan_address, make_certificate, qr_for_terminal


class At:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_certificate_serves_and_its_key_is_private(tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "lan", "192.0.2.7", clock=At(NOON))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    names = (
        x509.load_pem_x509_certificate(made.certificate.read_bytes())
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    )
    assert "192.0.2.7" in [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]


def test_a_certificate_is_used_again_until_it_is_about_to_end(tmp_path: Path) -> None:
    first = make_certificate(tmp_path, "192.0.2.7", clock=At(NOON)).certificate.read_bytes()
    again = make_certificate(tmp_path, "192.0.2.7", clock=At(NOON)).certificate.read_bytes()
    later = make_certificate(tmp_path, "192.0.2.7", clock=At(NOON + timedelta(days=397)))
    assert first == again
    assert later.certificate.read_bytes() != first


def test_this_machine_has_an_address_and_it_can_be_shown() -> None:
    assert lan_address().count(".") == 3
    assert "█" in qr_for_terminal(f"https://{lan_address()}:8000/")
