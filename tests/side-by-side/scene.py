"""What the parts share, and what they find."""

from dataclasses import dataclass, field

from database import differences
from process import Failed

SHOWN = 40  # faults of a part


class Held:
    """Compares what came with what is expected, and collects the faults."""

    def __init__(self):
        self.count, self.faults = 0, []

    def __call__(self, name, expected, came, is_so=None):
        self.count += 1
        if not (expected == came if is_so is None else is_so):
            expected, came = (str(it).strip().replace("\n", "\n" + 14 * " ") for it in (expected, came))
            self.faults.append(f"{name}\n    expected: {expected}\n    came:     {came}")

    def none(self, name, faults):
        """Expects no faults."""
        self(name, "nothing", "; ".join(faults) or "nothing")

    def settle(self):
        """Ends the part with its faults, if there are any."""
        if self.faults:
            rest = f"\n  and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
            faults = "\n  ".join(self.faults[:SHOWN])
            raise Failed(f"{len(self.faults)} of {self.count} checks failed:\n  {faults}{rest}")


@dataclass
class Newcomer:
    """A user who signed up after the adoption."""

    username: str
    password: str
    made_by: str

    def __str__(self):
        return f"{self.username!r}, made by {self.made_by},"

    @property
    def is_long(self):
        """Whether the hash is Latchkey's, of a kind that the unchanged legacy app can't read."""
        return self.made_by == "Latchkey" and len(self.password.encode()) > 72


@dataclass
class Scene:
    """The legacy app, Latchkey, their shared database, and its users."""

    app: object
    latchkey: object
    libraries: object
    people: list
    hold: Held = field(default_factory=Held)
    # The tables' rows before the adoption.
    written: dict = field(default_factory=dict)
    # The legacy app's tokens from before the adoption, by username.
    old_tokens: dict = field(default_factory=dict)
    newcomers: list = field(default_factory=list)

    @property
    def database(self):
        return self.app.database

    @property
    def staying(self):
        return [person for person in self.people if person.stays]

    def last_user_id(self):
        """The highest users.id at the adoption, as recorded."""
        return self.database.rows("SELECT last_user_id FROM adoption")[0]["last_user_id"]

    def differences(self):
        """The unexpected differences from before the adoption."""

        def ids(condition):
            names = {person.username for person in self.people if condition(person)}
            return {row["id"] for row in self.written["users"] if row["username"] in names}

        deleted = ids(lambda person: not person.stays)
        replaced = ids(lambda person: person.is_replaced)
        return differences(self.written, self.database.written(), deleted=deleted, replaced=replaced)
