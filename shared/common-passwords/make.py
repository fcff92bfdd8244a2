"""Prints list.txt, made from three published lists (README.md).

usage: make.py common-passwords.txt.gz common-passwords.json common-credentials-1M.txt >list.txt
"""

import gzip
import hashlib
import json
import re
import sys
from pathlib import Path

SHA256 = (
    "3c1baed62596de36860824eb3f436d5932d37ca8b06e59df78f5a44ec175afe4",
    "83248d9b5f5a9626cb79eaabb363610da77d33befb3ac2d1d0a31e1f477a3a8a",
    "eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be",
)
PER_LENGTH = 10_000
LENGTHS = range(1, 73)  # PASSWORD_MIN_LENGTH
SEEN_TWICE = 755_995  # entries of the third list that were seen more than once
NOBODY_TYPES = re.compile(r"\$hex\[|пїѕ|р[ѕїј°»№µ]|@[\w-]+\.")  # hexadecimal, broken encodings, addresses


def lower(passwords):
    """In lower case, each once, in the order of first occurrence."""
    return list(dict.fromkeys(password.lower() for password in passwords if password))


def ranked(top_20_000, top_100_000, seen_twice):
    """From the most to the least common. The second list is unranked: it takes the third's order, then the alphabet's."""
    rank = {password: number for number, password in enumerate(seen_twice)}
    rest = sorted(top_100_000, key=lambda password: (rank.get(password, len(rank)), password))
    return [password for password in dict.fromkeys(top_20_000 + rest + seen_twice) if not NOBODY_TYPES.search(password)]


def main(paths):
    files = [Path(path).read_bytes() for path in paths]
    assert tuple(hashlib.sha256(file).hexdigest() for file in files) == SHA256, "not the files that README.md names"
    top_20_000 = lower(gzip.decompress(files[0]).decode().split("\n"))
    top_100_000 = lower(json.loads(files[1]))
    seen_twice = lower(files[2].decode().split("\n")[:SEEN_TWICE])
    order = ranked(top_20_000, top_100_000, seen_twice)
    chosen = set()
    for least in LENGTHS:
        chosen.update([password for password in order if len(password) >= least][:PER_LENGTH])
    sys.stdout.buffer.write("".join(password + "\n" for password in sorted(chosen)).encode())


main(sys.argv[1:])
