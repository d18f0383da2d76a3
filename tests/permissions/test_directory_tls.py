"""The directory is asked over TLS alone, and only one that proves its name by an authority that the operator trusts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from modules.ops.settings import Settings
from modules.people.directory import find_identity
from schema.base.errors import Unavailable

SUCCESS = b'\x78\x07\x0a\x01\x00\x04\x00\x04\x00'  # an extended response (RFC 4511, 4.12); what it answers stands before it


@dataclass
class Door:
    """A directory that only ever says yes to STARTTLS, and counts the visitors who accepted its certificate."""

    port: int = 0
    certificate: str = ''
    shaken: list[str] = field(default_factory=list)
    clear: list[bytes] = field(default_factory=list)


def _certified(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'localhost')])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost')]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    (folder / 'key.pem').write_bytes(private)
    (folder / 'cert.pem').write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / 'key.pem', folder / 'cert.pem'


@pytest.fixture(params=['ldaps', 'ldap'])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Door]]:
    key, certificate = _certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(('127.0.0.1', 0))
    made = Door(listener.getsockname()[1], str(certificate))

    def serve() -> None:
        while True:
            try:
                visitor, _address = listener.accept()
            except OSError:
                return
            with visitor, suppress(OSError):
                visitor.settimeout(5)
                if request.param == 'ldap':
                    made.clear.append(visitor.recv(4096))
                    visitor.sendall(b'\x30\x0c\x02\x01' + made.clear[-1][4:5] + SUCCESS)
                with context.wrap_socket(visitor, server_side=True) as secured:
                    made.shaken.append(str(secured.version()))

    thread = threading.Thread(target=serve)
    thread.start()
    yield request.param, made
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.mark.filterwarnings(
    'ignore:ssl.match_hostname:DeprecationWarning',  # ldap3's own, beside the check of the context
    # ldap3 leaves what it could not wrap
    'ignore:Exception ignored in. <s(ocket|sl)[.]:pytest.PytestUnraisableExceptionWarning',
)
def test_a_directory_is_trusted_by_its_certificate_and_no_password_travels_in_clear(
    door: tuple[str, Door], tmp_path: Path
) -> None:
    scheme, made = door
    given = {
        'TRELLIS_HOME': str(tmp_path), 'TRELLIS_LDAP_URL': f'{scheme}://localhost:{made.port}',
        'TRELLIS_LDAP_SEARCH_BASE': 'dc=example', 'TRELLIS_LDAP_START_TLS': '1' if scheme == 'ldap' else '',
        'TRELLIS_LDAP_BIND_DN': 'cn=reader', 'TRELLIS_LDAP_BIND_PASSWORD': 'secret of the reader',
    }  # fmt: skip

    for trusted, shaken in (('', 0), (made.certificate, 1)):
        service = Settings.from_environment({**given, 'TRELLIS_LDAP_CA_FILE': trusted}).sign_in.ldap
        assert service is not None
        with pytest.raises(Unavailable, match='PRM-E071'):  # the door says nothing more, or was never believed
            find_identity(service, 'mai', 'password of Mai')
        assert len(made.shaken) == shaken

    assert all(b'secret of the reader' not in each and b'password of Mai' not in each for each in made.clear)
