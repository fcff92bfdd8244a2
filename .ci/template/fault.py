"""What is not as it should be. All of it is told at the end, not just the first."""

faults = []


def same(what, found, wanted):
    """Remembers a fault where the two differ. Of two sets or maps, just what differs is told."""
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
    """Remembers a fault where it isn't so."""
    if not is_so:
        faults.append(what)
