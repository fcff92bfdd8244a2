"""A template as AWS sees it: SAM's resources transformed, conditions decided, references replaced.

A reference to a resource, which only a deployment could resolve, becomes its name in angle brackets: <SigningKey>,
<SigninLogGroup.Arn>.
"""

import functools
import json
import logging
import os
import re

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator asks for one
logging.disable(logging.WARNING)

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "latchkey"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()


class NoManagedPolicies:
    """The translator asks AWS for the ARNs of policies that a template names without one; ours names none."""

    def load(self):
        return {}


@functools.cache
def parsed(path):
    with open(path) as file:
        return yaml_parse(file.read())


def transformed(path, **parameters):
    """The CloudFormation template that AWS makes of the SAM template."""
    # As JSON, which is how AWS's translator gets it: an alias is a copy there, and what it does to one path's preflight
    # it doesn't do to all.
    template = json.loads(json.dumps(parsed(path)))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # as `sam package` leaves it
    return transform(template, parameters, NoManagedPolicies())


class Stack:
    """What would be deployed with these parameters."""

    def __init__(self, template, **parameters):
        self.template = template
        self.parameters = {name: str(it.get("Default", "")) for name, it in template["Parameters"].items()}
        unknown = set(parameters) - set(self.parameters)
        assert not unknown, f"no such parameters: {unknown}"
        self.parameters.update({name: str(value) for name, value in parameters.items()})

    @functools.cached_property
    def resources(self):
        resources = self.template["Resources"].items()
        return {name: self.resolved(it) for name, it in resources if self.is_there(it)}

    @property
    def outputs(self):
        return {name: self.resolved(it)["Value"] for name, it in self.template["Outputs"].items() if self.is_there(it)}

    def of_type(self, kind):
        """The properties of all resources of that type, by name."""
        return {name: it.get("Properties", {}) for name, it in self.resources.items() if it["Type"] == kind}

    def is_there(self, resource):
        return "Condition" not in resource or self.condition(resource["Condition"])

    def condition(self, name):
        return self.truth(self.template["Conditions"][name])

    def truth(self, expression):
        [(function, arguments)] = expression.items()
        match function:
            case "Fn::Equals":
                return self.resolved(arguments[0]) == self.resolved(arguments[1])
            case "Condition":
                return self.condition(arguments)
            case "Fn::Not":
                return not self.truth(arguments[0])
            case "Fn::And":
                return all(self.truth(argument) for argument in arguments)
            case "Fn::Or":
                return any(self.truth(argument) for argument in arguments)
        raise ValueError(f"a condition with {function}")

    def resolved(self, value):
        result = self._resolved(value)
        assert result is not NOTHING, value
        return result

    def _resolved(self, value):
        if isinstance(value, list):
            items = [self._resolved(item) for item in value]
            return [item for item in items if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._called(function, argument)
        fields = {name: self._resolved(field) for name, field in value.items()}
        return {name: field for name, field in fields.items() if field is not NOTHING}

    def _called(self, function, argument):
        match function:
            case "Ref":
                return self._named(argument)
            case "Fn::GetAtt":
                return self._named(argument if isinstance(argument, str) else ".".join(argument))
            case "Fn::If":
                return self._resolved(argument[1 if self.condition(argument[0]) else 2])
            case "Fn::Sub":
                text, names = (argument, {}) if isinstance(argument, str) else argument
                names = {name: self.resolved(it) for name, it in names.items()}
                return re.sub(r"\$\{([^!}]+)\}", lambda it: names[it[1]] if it[1] in names else self._named(it[1]), text)
            case "Fn::Split":
                text = self.resolved(argument[1])
                return text if re.fullmatch("<[^<>]*>", text) else text.split(argument[0])
            case "Fn::Select":
                chosen = self.resolved(argument[1])
                return chosen[int(argument[0])] if isinstance(chosen, list) else f"{chosen}[{argument[0]}]"
            case "Fn::Join":
                return argument[0].join(self.resolved(argument[1]))
            case "Fn::GetAZs" | "Fn::Cidr":
                return f"<{function}>"
        raise ValueError(f"a value with {function}")

    def _named(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.parameters:
            return self.parameters[name]
        if name in PSEUDO:
            return PSEUDO[name]
        assert name.split(".")[0] in self.template["Resources"], f"nothing is named {name}"
        return f"<{name}>"


@functools.cache
def deployed(path, **parameters):
    """The stack that template.yaml makes with these parameters, in a region that has no role for API Gateway's logs."""
    parameters = {"ApiGatewayLogRole": "make"} | parameters
    return Stack(transformed(path, **parameters), **parameters)
