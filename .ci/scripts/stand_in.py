"""A folder with the operator's scripts, and stand-ins for the programs that they call."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = [path.name for path in (ROOT / "functions").iterdir()]
# Writes the call down; the rules answer it. Of bash, since it is started some thousand times.
PROGRAM = """#!/usr/bin/env bash
call="${0##*/} $*"
printf '%s\\n' "$call" >>"$STAND_IN/calls"
. "$STAND_IN/rules"
echo "nothing stands in for $call" >&2
exit 1
"""


class StandIn:
    def __init__(self):
        self.place = Path(tempfile.mkdtemp())
        self.rules = []
        shutil.copytree(ROOT / "deployment", self.place / "deployment")
        shutil.copy(ROOT / "template.yaml", self.place)
        (self.place / "bin").mkdir()
        for program in ("aws", "sam", "curl", "psql", "cargo"):
            (self.place / "bin" / program).write_text(PROGRAM)
            (self.place / "bin" / program).chmod(0o755)
        for name in FUNCTIONS:
            (self.place / "functions" / name).mkdir(parents=True)
            self.build(name, 0xB7)

    def build(self, name, machine):
        """The first bytes of a program for that processor (e_machine of ELF)."""
        target = self.place / "target/lambda" / name
        target.mkdir(parents=True, exist_ok=True)
        (target / "bootstrap").write_bytes(b"\x7fELF" + bytes(14) + bytes([machine, 0]))

    def answers(self, words, answer="", refusal="", file=None, times=None):
        """What a call with all these words gets, so many times. What is said last is asked first."""
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        conditions = [f"$call == *{shlex.quote(word)}*" for word in words.split()]
        if times is not None:
            left = self.place / f"left-{len(self.rules)}"
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
        (self.place / "rules").write_text("\n".join(self.rules))
        (self.place / "calls").write_text("")
        path = f"{self.place / 'bin'}:{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        env = kept | {"PATH": path, "STAND_IN": str(self.place), "AWS_REGION": "us-east-1"} | environment
        command = [str(self.place / "deployment" / script), *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        self.calls = (self.place / "calls").read_text().splitlines()
        return done

    def close(self):
        shutil.rmtree(self.place)


def stack(status="UPDATE_COMPLETE", outputs=None, **parameters):
    """A stack as CloudFormation describes it."""
    listed = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    outputs = {f"{name.capitalize()}FunctionName": f"latchkey-{name}" for name in FUNCTIONS} if outputs is None else outputs
    outputs = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    return {"StackStatus": status, "Parameters": listed, "Outputs": outputs}


NO_STACK = "An error occurred (ValidationError) when calling DescribeStacks: Stack with id latchkey does not exist\n"
