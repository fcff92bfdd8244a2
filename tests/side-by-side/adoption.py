"""Part 2: the adoption, while the legacy app answers. No row is lost, and ids and hashes stay the same."""

import itertools
import re
import threading
import time
from collections import Counter

import client
from database import differences
from process import Failed

PATIENCE_SECONDS = 120


class Load:
    """Requests to the legacy app: each kind has its own thread, which sends them one after another."""

    def __init__(self, app, token):
        self.statuses, self.names, self.ending = Counter(), [], threading.Event()
        names = (f"load-{number}" for number in itertools.count())

        def sign_up():
            self.names.append(next(names))
            return client.sign_up(app, self.names[-1], "correct horse")

        self.kinds = {
            "sign-up": sign_up,
            "sign-in": lambda: client.post(app, "/api/auth/signin", {"username": "ada", "password": "correct horse"}),
            "the caller": lambda: client.get(app, "/api/auth/users/me", token),
            "content for a role": lambda: client.get(app, "/api/test/user", token),
        }
        self.threads = [threading.Thread(target=self._run, args=kind, daemon=True) for kind in self.kinds.items()]

    def _run(self, kind, ask):
        while not self.ending.is_set():
            try:
                self.statuses[kind, ask().status] += 1
            except OSError as error:
                self.statuses[kind, type(error).__name__] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def wait_for_each_kind(self):
        """Waits until a request of each kind has begun and ended."""

        def ended(kind):
            return sum(times for (of, _), times in list(self.statuses.items()) if of == kind)

        before = {kind: ended(kind) for kind in self.kinds}
        for _ in range(PATIENCE_SECONDS * 20):
            if all(ended(kind) > times + 1 for kind, times in before.items()):
                return
            time.sleep(0.05)
        raise Failed(f"the legacy app no longer answers; its answers so far: {dict(self.statuses)}")

    def faults(self):
        return [f"{kind}: {times} × {status}" for (kind, status), times in self.statuses.items() if status != 200]


def part(scene):
    hold, database = scene.hold, scene.database
    columns = database.columns()
    with Load(scene.app, scene.old_tokens["ada"]) as load:
        load.wait_for_each_kind()
        before = database.schema()
        checked = scene.latchkey.verb("migrate", "--check")
        hold("migrate --check", "The database is the legacy app's.", checked.splitlines()[0])
        hold("whether there are obstacles", False, "Obstacles:" in checked)
        hold("the schema after migrate --check", "unchanged", "changed", database.schema() == before)
        hold.none("rows after migrate --check", differences(scene.written, database.written()))
        began = time.monotonic()
        migrated = scene.latchkey.verb("migrate")
        took = time.monotonic() - began
        load.wait_for_each_kind()
    hold("migrate", "Adopted the legacy app's database:", migrated.splitlines()[0])
    planned, done = steps(checked), steps(migrated)
    hold.none("steps that were done, and not reported", (it for it in done if not {it, f"apply {it}"} & set(planned)))
    hold.none("requests to the legacy app that failed meanwhile", load.faults())

    after = database.written()
    hold.none("rows after migrate", differences(scene.written, after))
    now = database.columns()
    hold.none("columns that are lost or have another type", (f"{it}" for it in columns if now.get(it) != columns[it]))
    there, are = ({row["username"] for row in written["users"]} for written in (scene.written, after))
    hold("users who signed up meanwhile", set(load.names), are - there)
    highest = max(row["id"] for row in scene.written["users"])
    hold("the adoption's highest id covers all users before it", True, scene.last_user_id() >= highest)
    folded = duplicates(scene.written)
    hold("duplicate memberships before and after", (2, 0), (folded, duplicates(after)))
    return (
        f"{len(done)} steps in {took:.1f} s, while the legacy app answered {load.statuses.total()} requests; no row is "
        f"lost, ids and hashes are the same, {folded} duplicate memberships were folded"
    )


def steps(printed):
    return re.findall(r"^  (.+)$", printed, re.MULTILINE)


def duplicates(written):
    pairs = [(row["user_id"], row["role_id"]) for row in written["users_to_roles"]]
    return len(pairs) - len(set(pairs))
