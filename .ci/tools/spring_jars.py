"""Fetches the jars that examples/verifiers/spring needs, unless they are there already, and prints their folder.

They are in the archive of a program that spring.txt pins. Out of it come, as they are, the jars of JARS alone: they are
of Spring and what it needs, each under its own free licence. Needs: pip for this python.
"""

import io
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LIST = Path(__file__).with_name("spring.txt")
FOLDER = LIST.parent.parent.parent / "target/ci/spring"
JARS = [
    r"jackson-(annotations|core|databind)", "jakarta.annotation-api", "jul-to-slf4j", "logback-(classic|core)",
    "micrometer-(commons|observation)", "nimbus-jose-jwt", "slf4j-api", "snakeyaml",
    "spring-(aop|beans|context|core|expression|jcl|web|webmvc)", "spring-boot(-autoconfigure)?",
    "spring-security-(config|core|crypto|web|oauth2-(core|jose|resource-server))", "tomcat-embed-(core|el)",
]  # fmt: skip
WANTED = re.compile(rf"BOOT-INF/lib/((?:{'|'.join(JARS)})-\d[\d.]*\.jar)")


def main():
    installed = FOLDER / "installed"
    if not installed.exists() or installed.read_text() != LIST.read_text():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.iterdir():
            old.unlink()
        with tempfile.TemporaryDirectory() as name:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-cache-dir", "--no-deps", "--require-hashes"]
            subprocess.run([*pip, "--requirement", LIST, "--dest", name], check=True, stdout=sys.stderr)
            (wheel,) = Path(name).glob("*.whl")
            unpack(wheel)
        installed.write_text(LIST.read_text())
    print(FOLDER)


def unpack(wheel):
    with zipfile.ZipFile(wheel) as outer:
        server = io.BytesIO(outer.read("_atoti_server/__resources__/server.jar"))
    with zipfile.ZipFile(server) as inner:
        for name in inner.namelist():
            if found := WANTED.fullmatch(name):
                (FOLDER / found[1]).write_bytes(inner.read(name))


main()
