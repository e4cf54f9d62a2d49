"""What bench/peers/run says: tables, and the numbers that the engine is meant to reach."""

OURS = "imagewarden"

# What, size, engine, mode, kind of number, at least or at most.
TARGETS = [
    ("5 statements, request parsed, ns", 5, OURS, "parsed", "cpu_ns", "<=", 200),
    ("5 statements, JSON in, JSON with explanation out, a second", 5, OURS, "json", "per_second", ">=", 500_000),
    ("x OPA at 5 statements", 5, "OPA", "parsed", "ratio", ">=", 1000),
    ("x iam-simulate at 5 statements", 5, "iam-simulate", "parsed", "ratio", ">=", 200),
    ("x cedar-wasm at 5 statements", 5, "cedar-wasm", "parsed", "ratio", ">=", 200),
    ("x Cedar native at 5 statements", 5, "cedar native", "parsed", "ratio", ">=", 10),
    ("x iam-simulate at 1,000 statements", 1000, "iam-simulate", "parsed", "ratio", ">=", 4000),
    ("x cedar-wasm at 1,000 statements", 1000, "cedar-wasm", "parsed", "ratio", ">=", 4000),
    ("x casbin at 1,000 statements", 1000, "casbin", "parsed", "ratio", ">=", 4000),
]
GROWTH = ("1,000 statements against 5, request parsed", 2.0)


def value_of(measured, kind):
    return 1e9 / measured["cpu_ns"] if kind == "per_second" else measured[kind]


def check_targets(results, missing):
    """[{what, wanted, measured, reached}]; `reached` is null where it was not measured."""
    rows = []
    for what, size, engine, mode, kind, order, limit in TARGETS:
        measured = results.get(size, {}).get(engine)
        value = value_of(measured[mode], kind) if measured else None
        reached = None if value is None else (value <= limit if order == "<=" else value >= limit)
        rows.append({"what": what, "wanted": f"{order} {limit:,}", "measured": value, "reached": reached,
                     "why": missing.get(engine, "")})
    if 5 in results and 1000 in results:
        growth = results[1000][OURS]["parsed"]["cpu_ns"] / results[5][OURS]["parsed"]["cpu_ns"]
        rows.append({"what": GROWTH[0], "wanted": f"<= {GROWTH[1]}", "measured": growth,
                     "reached": growth <= GROWTH[1], "why": ""})
    return rows


def duration(ns):
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= scale:
            return f"{ns / scale:.3g} {unit}"
    return f"{ns:.3g} ns"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    line = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
    return "\n".join([line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])


def result_table(summary):
    rows = []
    for size, engines in summary["results"].items():
        for name, modes in engines.items():
            row = [str(size), name]
            for mode in ("parsed", "json"):
                row += [duration(modes[mode]["cpu_ns"]), number(1e9 / modes[mode]["cpu_ns"]),
                        "1" if name == OURS else number(modes[mode]["ratio"])]
            rows.append(row)
    head = ["statements", "engine", "request parsed", "a second", "x ours", "JSON in and out", "a second", "x ours"]
    return table(head, rows)


def target_table(summary):
    rows = []
    for row in summary["targets"]:
        verdict = {True: "reached", False: "missed", None: "not measured"}[row["reached"]]
        rows.append([row["what"], row["wanted"], "" if row["measured"] is None else number(row["measured"]), verdict])
    return table(["number", "wanted", "measured", ""], rows)


def render(summary):
    machine = summary["machine"]
    lines = [
        f"# Other engines, {summary['date']}", "",
        f"{summary['requests']} requests, the same statements in each engine's language, all answers equal; one "
        f"thread; median of {summary['rounds']} runs of {summary['seconds']} s, engines in turn; processor time of one "
        "decision; ratios within one round.", "",
        result_table(summary), "", target_table(summary), "",
        f"- machine: {machine['processor']}, Linux {machine['kernel']}; load {machine['load_before']:.1f} before, "
        f"{machine['load_after']:.1f} after",
        f"- compiler: {machine['compiler']}; commit: {machine['commit']}",
        f"- node {machine['node'] or 'none'}; {machine['rustc'] or 'no rustc'}; {machine['go'] or 'no go'}",
    ]
    lines += [f"- {name}: {version}" for name, version in summary["versions"].items() if name != OURS]
    lines += [f"- not reached: {name}: {why}" for name, why in summary["not_reached"].items()]
    for size, kinds in summary["answers"].items():
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        lines.append(f"- answers at {size} statements: {counts}")
    return "\n".join(lines)
