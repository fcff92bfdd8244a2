"""A folder with the operator's scripts, and stand-ins for the programs that they call."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = [path.name for path in (ROOT / "functions").iterdir()]
# Answers a call by the first rule whose words it has all of, and writes the call down. A rule is good for so many calls.
PROGRAM = """#!/usr/bin/env python3
import json, os, sys
place = os.environ["STAND_IN"]
call = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
with open(place + "/calls", "a") as calls:
    print(call, file=calls)
rules = json.load(open(place + "/rules"))
for rule in rules:
    if rule["times"] and all(word in call for word in rule["words"]):
        rule["times"] -= 1
        json.dump(rules, open(place + "/rules", "w"))
        sys.stderr.write(rule["refusal"])
        if rule["file"] is not None:
            open(sys.argv[-1], "w").write(rule["file"])
        sys.stdout.write(rule["answer"])
        sys.exit(254 if rule["refusal"] else 0)
sys.exit("nothing stands in for " + call)
"""


class StandIn:
    def __init__(self):
        self.place = Path(tempfile.mkdtemp())
        self.rules = []
        shutil.copytree(ROOT / "deployment", self.place / "deployment")
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

    def answers(self, words, answer="", refusal="", file=None, times=-1):
        """What a call with these words gets. What is said last is asked first."""
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        rule = {"words": words.split(), "answer": answer, "refusal": refusal, "file": file, "times": times}
        self.rules.insert(0, rule)

    def run(self, script, *arguments, **environment):
        (self.place / "rules").write_text(json.dumps(self.rules))
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
