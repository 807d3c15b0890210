# SPDX-License-Identifier: Apache-2.0
"""Certificates that no CA of ours would issue, made with python3-cryptography: good ones, and one for each way to be bad."""
import datetime
import hashlib
import pathlib
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.utcnow()


def new_key(kind='ec'):
    return ec.generate_private_key(ec.SECP256R1()) if kind == 'ec' else rsa.generate_private_key(65537, int(kind))


def name(common_names=(), organisation=None):
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name(parts + [x509.NameAttribute(NameOID.COMMON_NAME, text) for text in common_names])


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def signed_by_sha1(private, subject, authority, folder):
    """python3-cryptography signs with SHA-1 no more: openssl has to."""
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, hashes.SHA256())
    for file, content in (('sha1.csr', pem(request)), ('sha1-ca.pem', pem(authority.certificate)),
                          ('sha1-ca.key', key_pem(authority.key)), ('sha1.cnf', b'basicConstraints=critical,CA:FALSE\n')):
        (folder / file).write_bytes(content)
    made = subprocess.run(['openssl', 'x509', '-req', '-in', 'sha1.csr', '-CA', 'sha1-ca.pem', '-CAkey', 'sha1-ca.key',
                           '-set_serial', '0x5a17', '-sha1', '-days', '9', '-extfile', 'sha1.cnf'],
                          cwd=folder, check=True, capture_output=True, timeout=30)
    certificate = x509.load_pem_x509_certificate(made.stdout)
    if certificate.signature_hash_algorithm.name != 'sha1':
        raise RuntimeError('openssl x509 did not sign with SHA-1')
    return certificate


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def spki_hash(certificate):
    return hashlib.sha256(certificate.public_key().public_bytes(serialization.Encoding.DER,
                                                                serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


class Authority:
    """A CA with its key; .above are the certificates that have to be sent along."""

    def __init__(self, common_name, parent=None, depth=None):
        self.key = new_key()
        self.name = name([common_name], 'Interop CA')
        self.above = [] if parent is None else [self] + parent.above
        signer = parent or self
        self.certificate = (
            x509.CertificateBuilder().subject_name(self.name).issuer_name(signer.name).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now() - 400 * DAY).not_valid_after(now() + 30 * DAY)
            .add_extension(x509.BasicConstraints(True, depth), critical=True).sign(signer.key, hashes.SHA256()))

    def issue(self, folder, file, common_names, organisation='Interop AG', start=-2 * DAY, end=10 * DAY, key='ec', sha1=False,
              is_ca=False, usages=None, self_signed=False, hosts=None):
        """Writes FILE.pem (with the chain) and FILE.key; returns the certificate."""
        private = new_key(key)
        subject = name(common_names, organisation)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject if self_signed else self.name)
                   .public_key(private.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now() + start).not_valid_after(now() + end)
                   .add_extension(x509.BasicConstraints(is_ca, None), critical=True))
        if usages is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        certificate = builder.sign(private if self_signed else self.key, hashes.SHA256())
        folder = pathlib.Path(folder)
        if sha1:
            certificate = signed_by_sha1(private, subject, self, folder)
        (folder / f'{file}.pem').write_bytes(pem(certificate) + b''.join(pem(one.certificate) for one in self.above))
        (folder / f'{file}.key').write_bytes(key_pem(private))
        (folder / f'{file}.key').chmod(0o600)
        return certificate

    def crl(self, path, revoked=(), start=-DAY, end=7 * DAY):
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(now() + start).next_update(now() + end)
        for certificate in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now() - DAY).build())
        written = pathlib.Path(path)
        fresh = written.with_suffix('.new')
        fresh.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        fresh.replace(written)


SERVER_ONLY = [ExtendedKeyUsageOID.SERVER_AUTH]
CLIENT = [ExtendedKeyUsageOID.CLIENT_AUTH]
