"""The runner behind TLS: an issuer must be an https address, as on AWS."""

import datetime
import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

DROPPED = {"connection", "content-length", "keep-alive", "transfer-encoding", "date", "server"}


def certificate(folder):
    """Writes authority.pem, authority.p12 for Java, and localhost.pem with its key, which that authority has signed."""

    def build(name, public_key, issuer, signer, is_authority):
        now, hour = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(hours=1)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - hour).not_valid_after(now + hour)
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        if not is_authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the authority of this check")])
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    private = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority = build(root_name, root.public_key(), root_name, root, True)
    (folder / "authority.pem").write_bytes(authority)
    trusted = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(authority), b"authority")
    java = pkcs12.serialize_java_truststore([trusted], serialization.NoEncryption())
    (folder / "authority.p12").write_bytes(java)
    (folder / "localhost.pem").write_bytes(private + build(own_name, own.public_key(), root_name, root, False))


class Terminator(ThreadingHTTPServer):
    """Answers below `issuer` with what the runner at `upstream` answers; with 502 for the paths in `broken`."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        certificate(folder)
        self.authority = folder / "authority.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "localhost.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.stage, self.upstream, self.broken = "", None, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def issuer(self):
        return f"https://localhost:{self.server_port}{self.stage}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.removeprefix(self.server.stage)
        if self.server.stage and path == self.path:
            self.send_error(403)  # as API Gateway answers what is in no stage
            return
        if path in self.server.broken:
            self.send_error(502)
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
        connection = http.client.HTTPConnection(self.server.upstream, timeout=30)
        connection.request(self.command, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass
