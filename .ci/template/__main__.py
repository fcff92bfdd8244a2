"""Transforms template.yaml as AWS does at a deployment, and checks what it would get; database.yaml too.

Usage: python .ci/template <template.yaml> <database.yaml> <transformed.json>
with the Python of aws-sam-cli, whose translator is the one that AWS runs. Needs no account. The transformed template
is left behind for cfn-lint.
"""

import json
import sys

import alarms
import database
import functions
import logs
import network
import outputs
import parameters
import rights
import routes
import rules
import signing_key
import stage
from fault import faults
from stack import transformed


def main(source, database_source, target):
    modules = [routes, rights, functions, stage, logs, alarms, network, outputs, parameters, rules, signing_key]
    for module in modules:
        module.check(source)
    database.check(database_source, source)
    with open(target, "w") as file:
        json.dump(transformed(source), file, indent=1)
    for fault in faults:
        print(f"template: {fault}", file=sys.stderr)
    if not faults:
        print(f"template: {rights.summary()}, {routes.summary()}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
