"""Transforms template.yaml as AWS does at a deployment, and checks what it would get; database.yaml and the pipeline's too.

Usage: python .ci/template <template.yaml> <database.yaml> <pipeline.yaml> <deploy.yml> <transformed.json>
with the Python of aws-sam-cli, whose translator is the one that AWS runs. Needs no account. The transformed template
is left behind for cfn-lint.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for names.py

import alarms
import database
import functions
import length
import logs
import mail
import network
import outputs
import own
import parameters
import pipeline
import retention
import rights
import routes
import rules
import signing_key
import stage
import waf
from fault import faults
from stack import transformed


def main(source, database_source, pipeline_source, workflow, target):
    modules = [routes, rights, functions, stage, logs, alarms, network, outputs, parameters, rules, signing_key, length, own, waf, mail]
    for module in modules:
        module.check(source)
    database.check(database_source, source)
    pipeline.check(pipeline_source, source, workflow)
    retention.check(source, database_source, pipeline_source)
    with open(target, "w") as file:
        json.dump(transformed(source), file, indent=1)
    for fault in faults:
        print(f"template: {fault}", file=sys.stderr)
    if not faults:
        print(f"template: {rights.summary(source)}, {routes.summary(source)}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
