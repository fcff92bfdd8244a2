"""The figures as Markdown."""

import datetime
import statistics

import machine

BEGIN, END = "<!-- {part}: benches/run writes it -->", "<!-- end of {part} -->"


def short(number):
    """At least three digits, with the fewest decimals."""
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f}"


def spread(numbers):
    """The median, minimum and maximum."""
    return f"{short(statistics.median(numbers))} ({short(min(numbers))}–{short(max(numbers))})"


def table(rows):
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def rates(cases, latchkey, app):
    """A table of all cases, with the legacy app's columns and the ratio if it was measured."""
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


def origin(versions, seconds, rounds, idleness):
    """The conditions of figures from several rounds."""
    each = "one round" if rounds == 1 else f"{rounds} rounds"
    rounds = f"{each} of {seconds} s for each figure: median (minimum–maximum)"
    return conditions([*versions, rounds], idleness)


def app(given):
    """The version of the legacy app."""
    return f"The legacy app: {given.app_version or 'unknown version (--app-version)'}"


def conditions(versions, idleness):
    """The conditions of the figures."""
    when = f"{datetime.date.today().isoformat()}, on {machine.described()}; {idleness.described()}"
    return "\n".join(f"- {line}." for line in [when, *versions])


def write(document, part, figures):
    """Replaces a part's figures in the document."""
    begin, end = BEGIN.format(part=part), END.format(part=part)
    text = document.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    document.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{after}")
