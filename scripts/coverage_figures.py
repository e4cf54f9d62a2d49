#!/usr/bin/env python3
"""Lines and branches that ran, from what gcov counted: coverage_figures.py BUILD OUT. docs/quality.md says what is counted.

gcov marks the way that an exception takes out of a call. In its JSON it does so in lines that never ran, too, so that they are left out
everywhere; its text, which gcovr reads, has the mark only where a line ran.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

PARTS = ("engine", "audit")
LINES_PERCENT, BRANCHES_PERCENT = 95, 85


def counted(notes):
    """What gcov says of one object: (file, line, count, [(taken, is a decision and no call that may throw)])."""
    answer = subprocess.run(["gcov", "--branch-probabilities", "--json-format", "--stdout", str(notes)], check=True, capture_output=True)
    found = []
    for document in answer.stdout.splitlines():
        if not document.strip():
            continue
        for file in json.loads(document)["files"]:
            name = os.path.relpath(os.path.join(notes.parent, file["file"]))
            if name.split("/")[0] not in PARTS:
                continue
            for line in file["lines"]:
                branches = line["branches"]
                jumps = [not branch["throw"] for branch in branches]
                decides = list(jumps)
                # A call that may throw has two ways on: the other one is no decision either.
                for i, branch in enumerate(branches):
                    if branch["throw"] and i > 0 and branches[i - 1]["fallthrough"]:
                        decides[i - 1] = False
                    elif branch["throw"] and i + 1 < len(branches) and branches[i + 1]["fallthrough"]:
                        decides[i + 1] = False
                taken = [(branch["count"] > 0, decides[i]) for i, branch in enumerate(branches) if jumps[i]]
                found.append((name, line["line_number"], line["count"], taken))
    return found


def main():
    build, out = map(pathlib.Path, sys.argv[1:])
    lines, branches, decisions = {}, {}, set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(counted, sorted(build.rglob("*.gcno"))):
            for name, number, count, taken in found:
                at = name, number
                lines[at] = lines.get(at, False) or count > 0
                for i, (ran, decides) in enumerate(taken):
                    branches[at, i] = branches.get((at, i), False) or ran
                    if decides:
                        decisions.add((at, i))
    # The end of a scope is where destructors run: their jumps are the compiler's.
    texts = {name: pathlib.Path(name).read_text().splitlines() for name in {at[0] for at in lines}}
    branches = {key: ran for key, ran in branches.items() if texts[key[0][0]][key[0][1] - 1].split("//")[0].strip() not in ("", "{", "}")}

    missing, failed = [], False
    for part in (*PARTS, "engine and audit"):
        of_part = [ran for (name, _), ran in lines.items() if name.split("/")[0] in part.split()]
        jumps = [ran for ((name, _), _), ran in branches.items() if name.split("/")[0] in part.split()]
        decided = [ran for key, ran in branches.items() if key in decisions and key[0][0].split("/")[0] in part.split()]
        print(f"{part}: lines {sum(of_part)} of {len(of_part)}, {100 * sum(of_part) / len(of_part):.1f} %; "
              f"branches {sum(jumps)} of {len(jumps)}, {100 * sum(jumps) / len(jumps):.1f} %; "
              f"decisions {sum(decided)} of {len(decided)}, {100 * sum(decided) / len(decided):.1f} %")
        failed |= 100 * sum(of_part) < LINES_PERCENT * len(of_part) or 100 * sum(jumps) < BRANCHES_PERCENT * len(jumps)
    for name in sorted(texts):
        never = sorted(number for (file, number), ran in lines.items() if file == name and not ran)
        half = sorted({number for ((file, number), _), ran in branches.items() if file == name and not ran} - set(never))
        if never or half:
            missing.append(f"{name}: lines {' '.join(map(str, never)) or '-'}; branches in lines {' '.join(map(str, half)) or '-'}\n")
    out.write_text("".join(missing))
    if failed:
        sys.exit(f"below {LINES_PERCENT} % of lines or {BRANCHES_PERCENT} % of branches, see {out}")


main()
