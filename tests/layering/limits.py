#!/usr/bin/env python3
"""Compares engine/base/limits.h with the table in docs/threat-model.md, and sees that every limit is named by a unit test."""
import pathlib
import re
import sys

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "million": 1_000_000, "bytes": 1, "×": 1, "": 1}


def constants_of(header):
    """Constant to value: `std::size_t{64} << 20U`, `8'000'000`."""
    found = {}
    for name, text in re.findall(r"^inline constexpr [\w:]+ (k\w+) = ([^;]+);$", header, re.M):
        number = re.fullmatch(r"(?:std::\w+\{)?([\d']+)\}?(?: << (\d+)U)?", text)
        found[name] = int(number[1].replace("'", "")) << int(number[2] or 0)
    return found


def rows_of(document):
    """Constant to value, of every row of the table."""
    table = document.partition("| constant |\n|---|---|---|\n")[2].partition("\n\n")[0]
    found = []
    for line in table.split("\n"):
        _, values, names = (cell.strip() for cell in line.strip("|").split("|"))
        values = values.split("; ")
        names = names.split(", ")
        assert len(values) == len(names), f"as many values as constants: {line}"
        for value, name in zip(values, names):
            number, _, unit = value.partition(" ")
            found.append((name.strip("`"), int(number.replace(",", "")) * UNITS[unit]))
    return found


def faults_of(header, document, tests):
    constants, rows = constants_of(header), rows_of(document)
    faults = [f"{name}: {header.count(name)} times in the header" for name in constants if header.count(f" {name} ") != 1]
    if len(constants) != header.count("constexpr "):
        faults.append("a constant of the header is not read")
    faults += [f"{name}: {value} in the document, {constants.get(name)} in the header" for name, value in rows if constants.get(name) != value]
    faults += [f"{name}: not once in the document" for name in constants if [row[0] for row in rows].count(name) != 1]
    faults += [f"{name}: no test names it" for name in constants if f"limits::{name}" not in tests]
    return faults


def main():
    root = pathlib.Path(sys.argv[1])
    header = (root / "engine/base/limits.h").read_text()
    document = (root / "docs/threat-model.md").read_text()
    tests = "".join(path.read_text() for path in sorted((root / "tests/unit").glob("*/*.cpp")))
    faults = faults_of(header, document, tests)
    # It bites: one digit more in either, a row less, a test less.
    for other in ((header.replace("= 500;", "= 501;"), document, tests), (header, document.replace("| 500 ×", "| 5000 ×"), tests),
                  (header, re.sub(r"\| a key file .*\n", "", document), tests), (header, document, tests.replace("limits::kMaxRules", ""))):
        if not faults_of(*other):
            faults.append("a difference is not seen")
    print("\n".join(faults) or f"{len(constants_of(header))} limits")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
