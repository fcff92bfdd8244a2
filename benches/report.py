"""The figures as Markdown."""

import datetime
import statistics

import machine

BEGIN, END = "<!-- {part}: benches/run writes it -->", "<!-- end of {part} -->"


def short(number):
    """Three digits or more, no more decimals than that takes."""
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f}"


def spread(numbers):
    """The median, and from the least to the most."""
    return f"{short(statistics.median(numbers))} ({short(min(numbers))}–{short(max(numbers))})"


def table(rows):
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def rates(cases, latchkey, app):
    """A table of all cases; the app's columns and the ratio only if there is one."""
    names = [latchkey.name, *([app.name] if app else [])]
    rows = [
        ["request", "connections"]
        + [f"{name}, per second" for name in names]
        + (["ratio"] if app else [])
        + [f"{name}, ms: p50, p99" for name in names]
    ]
    for case in cases:
        medians = [case.median(name, "rate") for name in names]
        rows.append(
            [case.name, str(case.connections)]
            + [spread(case.rates(name)) for name in names]
            + ([short(medians[0] / medians[1])] if app else [])
            + [f"{short(case.median(name, 'p50_ms'))}, {short(case.median(name, 'p99_ms'))}" for name in names]
        )
    return table(rows)


def origin(versions, seconds, turns, idleness):
    """Where figures of several turns come from."""
    each = "one turn" if turns == 1 else f"{turns} turns"
    turns = f"{each} of {seconds} s for each figure: its median (least–most)"
    return conditions([*versions, turns], idleness)


def app(given):
    """Which app it is that Latchkey is compared with."""
    return f"The app: {given.app_version or 'of no known version (--app-version)'}"


def conditions(versions, idleness):
    """Where figures come from."""
    when = f"{datetime.date.today().isoformat()}, on {machine.described()}; {idleness.described()}"
    return "\n".join(f"- {line}." for line in [when, *versions])


def write(document, part, figures):
    """Puts a part's figures in the document's place for them."""
    begin, end = BEGIN.format(part=part), END.format(part=part)
    text = document.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    document.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{after}")
