"""That caching HTTP clients of others keep what they had when they revalidate. Its arguments are the service's address and
its log."""

import json
import sys
import tempfile
from pathlib import Path

import hishel
import hishel.httpx
import requests
from cachecontrol import CacheControl

address, log = sys.argv[1], Path(sys.argv[2])
TYPES = {"/docs": "text/html; charset=utf-8"} | dict.fromkeys(
    ["/openapi.json", "/.well-known/jwks.json", "/.well-known/openid-configuration"], "application/json"
)
# A cache that may keep an answer for a while is asked to look again.
AGAIN = {"Cache-Control": "no-cache"}


def revalidations(path):
    """How often the service has answered 304 to that path."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return sum(line.get("route") == path and line.get("status") == 304 for line in lines)


def holds(name, client):
    for path, media_type in TYPES.items():
        known = revalidations(path)
        first, second = (client.get(address + path, headers=AGAIN) for _ in range(2))
        assert revalidations(path) == known + 1, f"{name} didn't revalidate {path}"
        for answer in first, second:
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type), (name, path, answer.headers)
        assert first.content and first.content == second.content, (name, path)
        assert second.headers.get("content-length", str(len(first.content))) == str(len(first.content)), (name, path)
        for header in "etag", "cache-control", "content-security-policy":
            assert first.headers[header] == second.headers[header], (name, path, header)
        # Public keys are for any origin, and don't vary.
        assert first.headers.get("vary") == second.headers.get("vary"), (name, path)
    print(f"{name} ok")


# What a cache is held to is what the service says.
for path, media_type in TYPES.items():
    full = requests.get(address + path, timeout=10)
    brief = requests.get(address + path, timeout=10, headers={"If-None-Match": full.headers["etag"]})
    assert brief.status_code == 304 and "content-length" not in brief.headers, (path, brief.headers)
    for header in "content-type", "etag", "cache-control":
        assert brief.headers[header] == full.headers[header], (path, header)
    assert brief.headers.get("vary") == full.headers.get("vary"), path

holds("cachecontrol", CacheControl(requests.Session()))
with tempfile.TemporaryDirectory() as folder:
    storage = hishel.SqliteStorage(database_path=f"{folder}/cache.db")
    holds("hishel", hishel.httpx.CacheClient(storage=storage, rfc=True, timeout=10))
