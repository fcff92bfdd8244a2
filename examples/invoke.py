"""Serves Lambda's Invoke API for Python handlers on this machine, without Docker.

Usage: python3 examples/invoke.py PORT NAME=FILE.FUNCTION ...
as:    python3 examples/invoke.py 3001 ReportsFunction=examples/reports/handler.handle
"""

import importlib
import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def handler(name):
    """The function of FILE.FUNCTION, where Lambda's `Handler` setting is its last two parts."""
    file, _, function = name.rpartition(".")
    sys.path.insert(0, str(Path(file).parent))
    return getattr(importlib.import_module(Path(file).name), function)


class Invoke(BaseHTTPRequestHandler):
    handlers = {}

    def do_POST(self):
        event = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.path.split("/"):
            case ["", "2015-03-31", "functions", name, "invocations"] if name in self.handlers:
                if self.headers.get("X-Amz-Invocation-Type") == "DryRun":
                    return self.answer(204, b"")
                try:
                    return self.answer(200, json.dumps(self.handlers[name](json.loads(event), None)).encode())
                except Exception:
                    traceback.print_exc()
                    return self.answer(200, b"{}", ("X-Amz-Function-Error", "Unhandled"))
        self.answer(404, b"{}")

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port, *named = sys.argv[1:] or sys.exit(__doc__)
    Invoke.handlers = {name: handler(function) for name, function in (it.split("=", 1) for it in named)}
    ThreadingHTTPServer(("127.0.0.1", int(port)), Invoke).serve_forever()
