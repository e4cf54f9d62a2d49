#!/usr/bin/env python3
"""Holds the output of `policy lint` against the official schema of SARIF 2.1.0 and against docs/schema/policy-lint.schema.json:
a file that does not parse, one with many faults, waived and expired findings, an inventory, the examples of every rule.

Arguments: the program, the source tree.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sarif = jsonschema.Draft4Validator(json.loads((root / "tests/data/sarif-2.1.0-rtm.5.schema.json").read_text()))


def own(name):
    return jsonschema.Draft202012Validator(json.loads((root / f"docs/schema/{name}.schema.json").read_text()))


def run(*arguments):
    done = subprocess.run([program, "policy", "lint", *arguments], capture_output=True, text=True, check=False, cwd=root)
    if done.returncode not in (0, 1):
        sys.exit(f"{arguments}: exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def check(validator, document, what):
    errors = [f"{what} {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]
    if errors:
        sys.exit("\n".join(errors[:10]))


def check_both(what, results, *arguments):
    now = ("--now", "2026-11-24T08:00:00Z")
    log = run(*arguments, *now, "--format", "sarif")
    check(sarif, log, f"SARIF of {what}")
    report = run(*arguments, *now, "--format", "json")
    check(own("policy-lint"), report, f"JSON of {what}")
    found = len(log["runs"][0]["results"])
    if found != len(report["findings"]) or found < results:
        sys.exit(f"{what}: {found} results in SARIF, {len(report['findings'])} findings in JSON, expected at least {results}")
    return report


# A validator that accepts anything would pass all that follows.
assert not sarif.is_valid({"version": "2.1.0"}) and not own("policy-lint").is_valid({})
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    (folder / "broken.json").write_text('{"Version": "1",\n "Statement": [,]}')
    (folder / "empty.json").write_text("")
    (folder / "bytes.json").write_bytes(b'{"Version": "\xff"}')
    seen = set()
    for number in range(1, 67):
        rule = run("--explain", f"RAM{number:03}", "--format", "json")
        check(own("policy-lint-rule"), rule, rule["rule"])
        if rule["fault"].startswith("{"):
            whole = '"Version"' in rule["fault"] or '"Statement"' in rule["fault"]
            text = rule["fault"] if whole else f'{{"Version": "1", "Statement": [{rule["fault"]}]}}'
            (folder / f"{rule['rule']}.json").write_text(text)
            seen.add(rule["rule"])
    waivers = {"schema": "imagewarden-lint-waivers/1", "waivers": [
        {"rule": "RAM047", "policy": "RAM047", "statement": 0, "owner": "ops", "reason": "known", "expires": "2027-01-31"},
        {"rule": "RAM048", "policy": "RAM048", "owner": "ops", "reason": "known", "expires": "2026-01-31"},
        {"rule": "RAM051", "policy": "RAM001", "owner": "ops", "reason": "known", "expires": "2027-01-31"}]}
    check(own("lint-waivers"), waivers, "waivers")
    (folder / "waivers").mkdir()
    (folder / "waivers" / "all.waivers.json").write_text(json.dumps(waivers))
    report = check_both("examples", 66, str(folder), "--waivers", str(folder / "waivers/all.waivers.json"))
    found = {finding["rule"] for finding in report["findings"]}
    assert seen <= found, seen - found
    assert {"WAIVER-EXPIRED", "WAIVER-UNUSED"} <= found and report["summary"]["waived"] == 1, report["summary"]
    check_both("a file that does not parse", 1, str(folder / "broken.json"))
check_both("an inventory", 5, "--inventory", "examples/acme")
check(own("lint-tables"), json.loads((root / "rules/lint-tables.json").read_text()), "rules/lint-tables.json")
print("policy lint writes valid SARIF 2.1.0 and JSON")
