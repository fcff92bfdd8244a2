"""IAM's decisions, as far as the policies of deployment/pipeline.yaml need them."""

import fnmatch
import re


def many(value):
    return value if isinstance(value, list) else [value]


def statements(stack, *policies):
    return [it for name in policies for it in stack.of_type("AWS::IAM::ManagedPolicy")[name]["PolicyDocument"]["Statement"]]


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def decided(stack, action, resource, context):
    """"Deny" where a statement says so, else "Allow" where one does, else None."""
    effects = {it["Effect"] for it in statements(stack, "Code", "Rest", "Mail", "Denied") if applies(it, action, resource, context)}
    return "Deny" if "Deny" in effects else "Allow" if effects else None


def applies(statement, action, resource, context):
    """Whether the statement applies to a request with these condition keys."""

    def filled(pattern):  # policy variables, which Sub writes as ${!...}
        return re.sub(r"\$\{!?([^}]+)\}", lambda it: context.get(it[1], "\0"), pattern)

    if not any(matches(it, action) for it in many(statement["Action"])):
        return False
    if not any(matches(filled(it), resource) for it in many(statement["Resource"])):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            found, wanted = context.get(key), [filled(it) for it in many(values)]
            match operator:
                case "StringEquals" | "ArnEquals" | "ForAllValues:StringEquals":
                    holds_true = found in wanted
                case "StringNotEquals":
                    holds_true = found not in wanted
                case "Null":
                    holds_true = (found is None) == (wanted == ["true"])
                case _:
                    raise ValueError(f"a condition with {operator}")
            if not holds_true:
                return False
    return True
