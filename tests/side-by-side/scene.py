"""What the parts share, and what they find."""

from dataclasses import dataclass, field

from database import differences
from process import Failed

SHOWN = 40  # faults of a part


class Held:
    """Holds what comes to what is expected, and remembers what isn't so."""

    def __init__(self):
        self.count, self.faults = 0, []

    def __call__(self, name, expected, came, is_so=None):
        self.count += 1
        if not (expected == came if is_so is None else is_so):
            expected, came = (str(it).strip().replace("\n", "\n" + 14 * " ") for it in (expected, came))
            self.faults.append(f"{name}\n    expected: {expected}\n    came:     {came}")

    def none(self, name, faults):
        """Holds that there are none."""
        self(name, "nothing", "; ".join(faults) or "nothing")

    def settle(self):
        """Ends the part if something wasn't as expected."""
        if self.faults:
            rest = f"\n  and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
            faults = "\n  ".join(self.faults[:SHOWN])
            raise Failed(f"{len(self.faults)} of what was held, {self.count} in all, isn't so:\n  {faults}{rest}")


@dataclass
class Newcomer:
    """Somebody who came after the adoption."""

    username: str
    password: str
    made_by: str

    def __str__(self):
        return f"{self.username!r}, made by {self.made_by},"

    @property
    def is_long(self):
        """Whether Latchkey made a hash of theirs that the legacy app can't read as it is."""
        return self.made_by == "Latchkey" and len(self.password.encode()) > 72


@dataclass
class Scene:
    """The two, their one database, and who is in it."""

    app: object
    latchkey: object
    libraries: object
    people: list
    hold: Held = field(default_factory=Held)
    # What the tables held before the adoption.
    written: dict = field(default_factory=dict)
    # The legacy app's tokens of before the adoption, by username.
    old_tokens: dict = field(default_factory=dict)
    newcomers: list = field(default_factory=list)

    @property
    def database(self):
        return self.app.database

    @property
    def staying(self):
        return [person for person in self.people if person.stays]

    def last_user_id(self):
        """The highest users.id at the adoption, as that wrote it down."""
        return self.database.rows("SELECT last_user_id FROM adoption")[0]["last_user_id"]

    def differences(self):
        """What of before isn't there as it was, or as it was asked to become since."""

        def ids(condition):
            names = {person.username for person in self.people if condition(person)}
            return {row["id"] for row in self.written["users"] if row["username"] in names}

        deleted = ids(lambda person: not person.stays)
        replaced = ids(lambda person: person.is_replaced)
        return differences(self.written, self.database.written(), deleted=deleted, replaced=replaced)
