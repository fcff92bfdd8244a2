"""An SMTP server on 127.0.0.1 that keeps each mail as a file, under the name that the local runner gives it.

Usage: python3 deployment/emulator/mail_server.py PORT FOLDER CERTIFICATE KEY USERNAME PASSWORD

TLS comes first (RFC 8314), and a mail needs the login. A mail's kind, a part of the name, is found by its subject in mail/.
"""

import base64
import itertools
import os
import socketserver
import ssl
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

TEXTS = Path(__file__).resolve().parents[2] / "mail"
SUBJECTS = {
    path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("Subject: ").replace("{{ app }}", "Latchkey"): path.stem
    for path in TEXTS.glob("*/*.txt")
}
NUMBERS = itertools.count()


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 here")
        is_in = False
        for line in self.rfile:
            command, *rest = line.decode().split() or [""]
            match [command.upper(), *rest]:
                case ["EHLO" | "HELO", *_]:
                    self.say("250-here", "250 AUTH PLAIN")
                case ["AUTH", "PLAIN", login]:
                    is_in = base64.b64decode(login) == f"\0{USERNAME}\0{PASSWORD}".encode()
                    self.say("235 welcome" if is_in else "535 no")
                case ["QUIT"]:
                    return self.say("221 bye")
                case _ if not is_in:
                    self.say("530 log in")
                case ["DATA"]:
                    self.say("354 go on")
                    lines = itertools.takewhile(lambda it: it != b".\r\n", self.rfile)
                    keep(b"".join(it.removeprefix(b".") if it.startswith(b"..") else it for it in lines))
                    self.say("250 kept")
                case _:
                    self.say("250 ok")

    def say(self, *lines):
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def keep(mail):
    """Writes the file in one step for those who read the folder."""
    subject = message_from_bytes(mail, policy=policy.default)["Subject"]
    name = f"{int(time.time())}-{SUBJECTS[subject]}-{next(NUMBERS):016x}"
    part = FOLDER / f".{name}.part"
    part.write_bytes(mail)
    os.rename(part, FOLDER / f"{name}.eml")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def get_request(self):
        stream, address = super().get_request()
        stream.settimeout(30)
        # The handshake is the conversation's own, in its thread.
        return TLS.wrap_socket(stream, server_side=True, do_handshake_on_connect=False), address


if __name__ == "__main__":
    port, folder, certificate, key, USERNAME, PASSWORD = sys.argv[1:]
    FOLDER = Path(folder)
    FOLDER.mkdir(exist_ok=True)
    TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    TLS.load_cert_chain(certificate, key)
    Server(("127.0.0.1", int(port)), Conversation).serve_forever()
