"""A folder with the operator's scripts, and stubs of the programs that they call."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / ".ci"))
from names import pascal, snake  # noqa: F401 which the tests use too

FUNCTIONS = [path.name for path in (ROOT / "functions").iterdir()]
# Logs the call; the rules answer it. In bash, because the tests start it some thousand times.
PROGRAM = """#!/usr/bin/env bash
call="${0##*/} $*"
printf '%s\\n' "$call" >>"$STUB/calls"
. "$STUB/rules"
echo "no rule for $call" >&2
exit 1
"""


class Stub:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp())
        self.rules = []
        shutil.copytree(ROOT / "deployment", self.folder / "deployment")
        shutil.copy(ROOT / "template.yaml", self.folder)
        (self.folder / "bin").mkdir()
        for program in ("aws", "sam", "curl", "psql", "cargo"):
            (self.folder / "bin" / program).write_text(PROGRAM)
            (self.folder / "bin" / program).chmod(0o755)
        for name in FUNCTIONS:
            (self.folder / "functions" / name).mkdir(parents=True)
            self.build(name, 0xB7)

    def build(self, name, machine):
        """Writes the first bytes of an ELF binary for the processor `machine` (e_machine)."""
        target = self.folder / "target/lambda" / name
        target.mkdir(parents=True, exist_ok=True)
        (target / "bootstrap").write_bytes(b"\x7fELF" + bytes(14) + bytes([machine, 0]))

    def answers(self, words, answer="", refusal="", file=None, times=None):
        """Adds a rule for calls with all these words, at most `times` times. The newest rule is checked first."""
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        conditions = [f"$call == *{shlex.quote(word)}*" for word in words.split()]
        if times is not None:
            left = self.folder / f"left-{len(self.rules)}"
            left.write_text(f"{times}\n")
            conditions.append(f"$(<{left}) -gt 0")
        rule = [f"if [[ {' && '.join(conditions)} ]]; then"]
        if times is not None:
            rule.append(f"echo $(($(<{left}) - 1)) >{left}")
        if file is not None:
            rule.append(f'printf %s {shlex.quote(file)} >"${{@: -1}}"')
        rule += [f"printf %s {shlex.quote(refusal)} >&2", f"printf %s {shlex.quote(answer)}"]
        self.rules.insert(0, "\n".join([*rule, f"exit {254 if refusal else 0}", "fi"]))

    def run(self, script, *arguments, **environment):
        (self.folder / "rules").write_text("\n".join(self.rules))
        (self.folder / "calls").write_text("")
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        env = kept | {"PATH": path, "STUB": str(self.folder), "AWS_REGION": "us-east-1"} | environment
        command = [str(self.folder / "deployment" / script), *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        self.calls = (self.folder / "calls").read_text().splitlines()
        return done

    def close(self):
        shutil.rmtree(self.folder)


def stack(status="UPDATE_COMPLETE", outputs=None, **parameters):
    """A stack as CloudFormation describes it."""
    listed = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    outputs = {f"{pascal(name)}FunctionName": f"latchkey-{name}" for name in FUNCTIONS} if outputs is None else outputs
    outputs = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    return {"StackStatus": status, "Parameters": listed, "Outputs": outputs}


NO_STACK = "An error occurred (ValidationError) when calling DescribeStacks: Stack with id latchkey does not exist\n"
