"""Part 1: before the adoption. Users sign up with the legacy app or are inserted by hand, and each signs in."""

import people


def part(scene):
    hold, app = scene.hold, scene.app
    people.make(scene.people, app, scene.libraries, hold)
    scene.old_tokens = people.sign_in(scene.people, app, hold, lambda person: person.app)
    scene.written = scene.database.written()
    by_hand = sum(person.by == "hand" for person in scene.people)
    rows = ", ".join(f"{len(rows)} of {table}" for table, rows in scene.written.items())
    return (
        f"{len(scene.people) - by_hand} people signed up with the legacy app, {by_hand} were inserted by hand, "
        f"{len(scene.old_tokens)} signed in; recorded rows: {rows}"
    )
