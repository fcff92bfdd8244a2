"""Checks that a failed first deployment leaves no resource behind."""

from fault import holds
from stack import parsed


def check(*sources):
    for source in sources:
        for name, resource in parsed(source)["Resources"].items():
            # Retain keeps a resource when its creation is rolled back, too; RetainExceptOnCreate doesn't.
            holds(f"{name} outlives a first deployment that fails", resource.get("DeletionPolicy") != "Retain")
