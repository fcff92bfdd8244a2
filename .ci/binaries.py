"""Checks the functions' binaries for Lambda: processor, libraries, size.

Usage: python3 .ci/binaries.py [--arm64] [--lambda-dir target/lambda] [--limit FUNCTION=BYTES ...]
after deployment/build.sh. Prints a table of the binaries and of the zips that a deployment uploads. Needs readelf
(Debian: binutils).
"""

import argparse
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

# provided.al2023 is Amazon Linux 2023, which keeps glibc 2.34 for its whole lifetime.
GLIBC = (2, 34)
# The libraries of glibc, and GCC's runtime.
LIBRARIES = {"libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1"}
MB = 1_000_000
ROOT = os.path.join(os.path.dirname(__file__), "..")


class Processor(NamedTuple):
    """The ELF header's values, and the maximum sizes in bytes: a cold start reads the whole file."""

    machine: str
    loader: str
    plain: float  # a function that asks no database, without the files that it serves
    with_a_database: float

    def limit(self, function):
        return self.plain + served(function) if is_plain(function) else self.with_a_database


X86_64 = Processor(
    "Advanced Micro Devices X86-64",
    "/lib64/ld-linux-x86-64.so.2",
    plain=2.6 * MB,
    with_a_database=9 * MB,
)
ARM64 = Processor(
    "AArch64",
    "/lib/ld-linux-aarch64.so.1",
    plain=2.2 * MB,
    with_a_database=8 * MB,
)


def served(function):
    """The bytes of the files that its source includes, such as Swagger UI's."""
    source = Path(ROOT, "functions", function, "src")
    return sum(
        (file.parent / name).stat().st_size
        for file in source.rglob("*.rs")
        for name in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', file.read_text())
    )


def is_plain(function):
    """Whether template.yaml gives it the role of those that ask no database."""
    with open(os.path.join(ROOT, "template.yaml")) as file:
        logical_id = function.replace("-", "") + "Function"
        [role] = re.findall(rf"^  {logical_id}:\n(?:    .*\n)*?      Role: !GetAtt (\w+)\.Arn$", file.read(), re.M | re.I)
    return role == "PlainRole"


def readelf(option, path):
    return subprocess.run(
        ["readelf", "--wide", option, path], check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    ).stdout


def newest_glibc(needs):
    """The newest GLIBC_ version that the binary needs, and the other names that it needs from glibc.

    >>> newest_glibc("Name: GLIBC_2.9  Flags: none\\n Name: GLIBC_2.30  Flags: none\\n Name: GLIBC_2.2.5  Flags: none")
    ((2, 30), [])
    >>> newest_glibc("Name: GLIBC_2.17  Flags: none\\n Name: GLIBC_ABI_DT_RELR  Flags: none")
    ((2, 17), ['GLIBC_ABI_DT_RELR'])
    """
    names = sorted(set(re.findall(r"Name: (GLIBC_\S+)", needs)))
    versions = [name for name in names if re.fullmatch(r"GLIBC_[0-9.]+", name)]
    newest = max((tuple(int(part) for part in name.removeprefix("GLIBC_").split(".")) for name in versions), default=())
    return newest, [name for name in names if name not in versions]


def zipped(path):
    """The size in bytes of a zip of this file alone, at the highest compression."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(path, "bootstrap")
    return len(packed.getvalue())


def faults(path, size, limit, processor):
    """Why this binary doesn't run on Lambda, or is too large."""
    header = readelf("--file-header", path)
    if f"Machine:                           {processor.machine}\n" not in header:
        found = re.search(r"Machine:\s+(.*)", header)
        yield f"is for another processor: {found and found[1]}"
        return
    interpreter = re.search(r"program interpreter: (.*)\]", readelf("--program-headers", path))
    if not interpreter or interpreter[1] != processor.loader:
        yield f"has the loader {interpreter and interpreter[1]}, not {processor.loader}"
    dynamic = readelf("--dynamic", path)
    for library in sorted(set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)) - LIBRARIES - {os.path.basename(processor.loader)}):
        yield f"needs {library}, which Lambda lacks"
    newest, others = newest_glibc(readelf("--version-info", path))
    if not newest or newest > GLIBC:
        yield f"needs glibc {dotted(newest)}, and Lambda has {dotted(GLIBC)}"
    for name in others:
        yield f"needs {name} of glibc"
    sections = set(re.findall(r"^ *\[ *\d+\] (\.\S+)", readelf("--section-headers", path), re.MULTILINE))
    if symbols := sorted(name for name in sections if name == ".symtab" or name.startswith(".debug_")):
        yield f"isn't stripped: {', '.join(symbols)}"
    if size > limit:
        yield f"has {size:,} bytes; the limit is {limit:,.0f}"


def dotted(version):
    return ".".join(map(str, version)) or "of no version"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arm64", action="store_true", help="the binaries are for arm64, not for x86_64")
    parser.add_argument("--lambda-dir", default="target/lambda", help="cargo-lambda's output folder")
    parser.add_argument("--limit", action="append", default=[], metavar="FUNCTION=BYTES", help="override a limit")
    arguments = parser.parse_args()
    processor = ARM64 if arguments.arm64 else X86_64
    limits = {name: int(limit) for name, limit in (pair.split("=") for pair in arguments.limit)}

    names = sorted(os.listdir(os.path.join(ROOT, "functions")))
    found = []
    print("| function | bytes | at most | zip, bytes | glibc |\n|---|---|---|---|---|")
    for name in names:
        path = os.path.join(arguments.lambda_dir, name, "bootstrap")
        if not os.path.exists(path):
            found.append(f"{name} is missing: {path}")
            continue
        size, limit = os.path.getsize(path), limits.get(name) or processor.limit(name)
        newest, _ = newest_glibc(readelf("--version-info", path))
        print(f"| `{name}` | {size:,} | {limit:,.0f} | {zipped(path):,} | {dotted(newest)} |", flush=True)
        found += [f"{name} {fault}" for fault in faults(path, size, limit, processor)]
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main()
