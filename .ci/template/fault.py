"""Collects faults, and reports all of them at the end."""

faults = []


def same(what, found, wanted):
    """Records a fault if the two differ. Of two sets or maps it shows only the difference."""
    if found == wanted:
        return
    if isinstance(found, set) and isinstance(wanted, set):
        faults.append(f"{what}: too many {sorted(found - wanted, key=str)}, missing {sorted(wanted - found, key=str)}")
    elif isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}, key=str):
            same(f"{what}, {key}", found.get(key), wanted.get(key))
    else:
        faults.append(f"{what}: found {found}, wanted {wanted}")


def holds(what, is_so):
    """Records a fault unless the condition is true."""
    if not is_so:
        faults.append(what)
