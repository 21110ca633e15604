"""The certificate authority: made once, kept while good, renewed when not, never readable by others."""

import ssl
import stat

import pytest
from cryptography import x509

from ruleplane.clock import SECOND, VirtualClock
from ruleplane.errors import RuleplaneError
from ruleplane.server.kubeconfig import kubeconfig, write_kubeconfig
from ruleplane.server.pki import ensure_pki, issue_client, read_key, server_context

DAY = 86_400 * SECOND


@pytest.fixture
def clock():
    return VirtualClock("2026-01-01T00:00:00Z")


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_second_start_keeps_every_file(tmp_path, clock):
    ensure_pki(tmp_path, clock)
    before = contents(tmp_path)
    clock.advance(300 * DAY)
    ensure_pki(tmp_path, clock)
    assert contents(tmp_path) == before


def test_leaves_near_their_end_are_issued_again_and_the_authority_stays(tmp_path, clock):
    pki = ensure_pki(tmp_path, clock)
    before = contents(tmp_path)
    clock.advance(340 * DAY)
    ensure_pki(tmp_path, clock)
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {
        "apiserver.crt",
        "apiserver.key",
        "admin.crt",
        "admin.key",
    }
    renewed = x509.load_pem_x509_certificate(pki.serving_cert.read_bytes())
    assert renewed.not_valid_after_utc.year == 2027


def test_leaves_of_another_authority_are_issued_again(tmp_path, clock):
    pki = ensure_pki(tmp_path / "a", clock)
    other = ensure_pki(tmp_path / "b", clock)
    pki.ca_cert.write_bytes(other.ca_cert.read_bytes())
    pki.ca_key.write_bytes(other.ca_key.read_bytes())
    ensure_pki(tmp_path / "a", clock)
    ca = x509.load_pem_x509_certificate(other.ca_cert.read_bytes())
    x509.load_pem_x509_certificate(pki.serving_cert.read_bytes()).verify_directly_issued_by(ca)


def test_a_new_name_to_serve_under_renews_the_serving_certificate_only(tmp_path, clock):
    pki = ensure_pki(tmp_path, clock)
    before = contents(tmp_path)
    ensure_pki(tmp_path, clock, ["192.0.2.7", "plane.example"])
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"apiserver.crt", "apiserver.key"}
    certificate = x509.load_pem_x509_certificate(pki.serving_cert.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "kubernetes.default.svc", "plane.example"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "192.0.2.7"} <= {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}


def test_private_keys_are_readable_by_their_owner_only(tmp_path, clock):
    pki = ensure_pki(tmp_path / "pki", clock)
    for key in (pki.ca_key, pki.serving_key, pki.admin_key, pki.sa_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700


def test_a_damaged_key_is_told_with_the_way_out(tmp_path, clock):
    pki = ensure_pki(tmp_path, clock)
    pki.ca_key.write_text("nonsense")
    with pytest.raises(RuleplaneError, match=r"reading .*ca\.key.*move the directory"):
        ensure_pki(tmp_path, clock)


def test_the_serving_files_make_a_tls_context_that_asks_for_client_certificates(tmp_path, clock):
    context = server_context(ensure_pki(tmp_path, clock))
    assert context.verify_mode == ssl.CERT_OPTIONAL


def test_a_client_certificate_names_its_user_and_groups(tmp_path, clock):
    pki = ensure_pki(tmp_path, clock)
    certificate, key = issue_client(pki, clock, "ann", ["ops", "dev"])
    subject = x509.load_pem_x509_certificate(certificate).subject
    assert subject.rfc4514_string() == "CN=ann,O=dev,O=ops"
    (tmp_path / "k").write_bytes(key)
    assert read_key(tmp_path / "k").curve.name == "secp256r1"


def test_the_kubeconfig_embeds_the_certificates_and_is_private(tmp_path, clock):
    pki = ensure_pki(tmp_path / "pki", clock)
    path = tmp_path / "deep" / "config"
    write_kubeconfig(path, pki, "https://127.0.0.1:6443")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = kubeconfig(pki, "https://127.0.0.1:6443")
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert kubeconfig(pki, "https://x", token="t")["users"][0]["user"] == {"token": "t"}
