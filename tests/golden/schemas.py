#!/usr/bin/env python3
"""Validates real output of the program, the rule files, the examples of docs/rules.md and the schemas themselves against
docs/schema. Every schema has to be used at least once, and none may accept what has a member too many.

Arguments: the program, the source tree.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree

import jsonschema

warnings.simplefilter("ignore", DeprecationWarning)  # RefResolver is what Debian 12's version has
program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
schemas = {path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in (root / "docs/schema").glob("*.json")}
store = {schema["$id"]: schema for schema in schemas.values()}
checked = 0
used = set()


def stop(text):
    print(text)
    sys.exit(1)


def validator(name):
    schema = schemas[name]
    return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store=store))


def check(name, document, what):
    global checked
    errors = [f"{what} {error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]
    if errors:
        stop("\n".join(errors[:10]))
    if isinstance(document, dict) and validator(name).is_valid({**document, "no_such_member": 1}):
        stop(f"{name}.schema.json accepts a member that it does not name")
    checked += 1
    used.add(name)
    return document


def run(*arguments, folder=root):
    """Standard output of a command that was carried out: exit status 2 has no output to look at."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode not in (0, 1, 3):
        stop(f"{arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def check_json(name, *arguments, folder=root):
    return check(name, json.loads(run(*arguments, "--format", "json", folder=folder)), " ".join(arguments))


def check_decisions():
    now = ("--now", "2026-11-24T08:00:00Z", "--no-audit")
    guards = ("--rules", "examples/guards.json")
    outcomes = set()
    callers = (("acme", "user/alice"), ("acme", "user/bob"), ("acme", "user/carol"), ("acme", "user/dave"), ("acme", "root"),
               ("acme", "role/image-janitor"), ("acme-lab", "user/lab-admin"), ("acme-lab", "user/lab-dev"))
    for folder, caller in callers:
        inventory = ("--inventory", f"examples/{folder}")
        question = ("check", "--all", "img-does-not-exist", "", "--as", caller, *inventory, *now)
        lines = run(*question, "--format", "ndjson").splitlines()
        for line in lines:
            outcomes.add(check("decision", json.loads(line), f"{folder} {caller}")["outcome"])
        document = check_json("check", *question)
        assert [json.dumps(d) for d in document["decisions"]] == [json.dumps(json.loads(line)) for line in lines]
        check("header", {key: document[key] for key in schemas["header"]["properties"]}, "header")
        check_json("check", *question, *guards)
        check_json("check", *question, "--strict")
        document = check_json("check", *question, "--max-age", "0s")
        if not document["inventory"]["too_old_exports"] or not all("facts" in one for one in document["decisions"]):
            stop("check --max-age: nothing is too old, or the age is not told")
        for image in {d["code"]: d["image"] for d in document["decisions"]}.values():
            check_json("explain", "explain", image, "--as", caller, *inventory, *guards, *now)
        check_json("inventory-summary", "inventory", "summary", *inventory)
        check_json("inventory-validate", "inventory", "validate", *inventory)
    assert outcomes == {"allow", "deny", "indeterminate"}, outcomes


def check_plans(folder):
    """Plans of every kind of outcome, sealed, and verified on the same inventory and on another one."""
    steps = set()
    acme = ("--inventory", "examples/acme", "--now", "2026-11-24T08:00:00Z")
    for inventory, caller in (("examples/acme", "user/alice"), ("examples/acme", "user/bob"), ("examples/acme-lab", "user/lab-admin")):
        plan = check_json("plan", "plan", "--all", "img-none", "--as", caller, "--inventory", inventory, *acme[2:], "--no-audit")
        steps |= {step["step"] for image in plan["images"] for step in image["steps"]}
        decided = json.loads(run("check", "--all", "img-none", "--as", caller, "--inventory", inventory, *acme[2:], "--no-audit", "--format", "json"))
        answers = {d["image"]: {"outcome": d["outcome"], "code": d["code"]} for d in decided["decisions"]}
        assert {image["image"]: image["as_exported"] for image in plan["images"]} == answers
        assert plan["summary"]["deletes"]["images"] == len([image for image in plan["images"] if image["order"]])
    assert len(steps) == 6, steps
    key, file, log = (str(pathlib.Path(folder) / name) for name in ("plan.key", "plan.json", "plan.db"))
    made = json.loads(run("audit", "init", "--key", key, "--audit-log", log, "--format", "json"))
    run("plan", "--where", "age > 90d", "--as", "user/alice", *acme, "--key", key, "--audit-log", log, "--output", file)
    sealed = check("plan", json.loads(pathlib.Path(file).read_text(encoding="utf-8")), "sealed plan")
    assert sealed["seal"].startswith("imagewarden plan/1\n")
    verify = ("plan", "verify", file, "--vkey", made["vkey"], "--audit-log", log)
    assert check_json("plan-verify", *verify, *acme)["ok"]
    fewer = pathlib.Path(folder) / "fewer"
    shutil.copytree(root / "examples/acme", fewer)
    (fewer / "ecd/permissions.ndjson").unlink()
    other = check_json("plan-verify", *verify, "--inventory", str(fewer), *acme[2:])
    assert other["inventory_is_new"] and not other["ok"], other


def check_bad_file(folder):
    bad = pathlib.Path(folder) / "exports"
    bad.mkdir()
    (bad / "account.json").write_text('{"AccountId": "1", "Regions": ["cn-hangzhou"]}')
    (bad / "ListImage.json").write_text('{"Data": [')
    question = ("--inventory", str(bad), "--skip-bad-files", "--no-audit")
    document = check_json("check", "check", "img-1", "--as", "root", *question)
    assert document["inventory"]["skipped_files"], document
    check_json("inventory-summary", "inventory", "summary", *question)
    check_json("inventory-validate", "inventory", "validate", *question)


def check_rules(folder):
    for rules in ((), ("--rules", "examples/guards.json")):
        listed = check_json("rules-list", "rules", "list", *rules)
        check_json("rules-errors", "rules", "errors", *rules)
        for rule in listed["rules"]:
            shown = check_json("rules-show", "rules", "show", rule["id"], *rules)
            assert shown == rule, rule["id"]
        check_json("rules-show-readings", "rules", "show", "ram", *rules)
    check("rules", json.loads((root / "rules/appstreaming-delete-image.json").read_text()), "rules/")
    check("rules", json.loads((root / "examples/guards.json").read_text()), "guards")
    check("actions", json.loads((root / "rules/actions.json").read_text()), "actions")
    check("system-policies", json.loads((root / "rules/system-policies.json").read_text()), "system policies")
    check("lint-tables", json.loads((root / "rules/lint-tables.json").read_text()), "lint tables")
    check("controls", json.loads((root / "rules/controls.json").read_text()), "controls")
    check("lint-waivers", json.loads((root / "examples/policies/image-operators.waivers.json").read_text()), "waivers")
    check_json("rules-validate", "rules", "validate", "examples/guards.json", "examples/acme/account.json")
    # The whole files that docs/rules.md shows: good for the schema and for the program.
    blocks = re.findall(r"```json\n(\{\s*\"schema\".*?)```", (root / "docs/rules.md").read_text(encoding="utf-8"), flags=re.S)
    assert blocks
    for index, block in enumerate(blocks):
        path = pathlib.Path(folder) / f"block{index}.json"
        path.write_text(block)
        check("rules", json.loads(block), f"docs/rules.md, block {index}")
        report = check_json("rules-validate", "rules", "validate", str(path), "--rules", "examples/guards.json")
        assert report["files"][0]["valid"], report


def check_version():
    told = check_json("version", "--version")
    assert [one["name"] + ".json" for one in told["rules"]] == sorted(path.name for path in (root / "rules").glob("*.json"))
    assert {"SQLite", "OpenSSL", "zstd", "zlib"} <= {one["name"] for one in told["libraries"] if one["runs_with"]}


def check_policies():
    now = ("--now", "2026-11-24T08:00:00Z")
    check_json("policy-lint-rule", "policy", "lint", "--explain", "RAM017")
    check_json("policy-lint", "policy", "lint", "--inventory", "examples/acme")
    check_json("policy-test", "policy", "test", "examples/policies", "--coverage", "--mutate", "--max-mutants", "20")
    check_json("policy-who-can", "policy", "who-can", "appstreaming:DeleteImage", "--inventory", "examples/acme", *now)
    for caller in ("root", "user/alice", "user/carol", "user/erin", "role/ci-images"):
        check_json("policy-simulate", "policy", "simulate", "--as", caller, "--action", "appstreaming:DeleteImage", "--inventory", "examples/acme", *now)
    check_json("policy-diff", "policy", "diff", "examples/policies/image-guard.json", "examples/policies/broken/image-guard.json")
    check_json("policy-diff", "policy", "diff", "examples/acme", "examples/acme-lab")


def check_audit(folder):
    log = ("--audit-log", str(pathlib.Path(folder) / "log.db"))
    question = ("--as", "user/alice", "--inventory", "examples/acme", "--audit-detail", "full", *log)
    check_json("audit-init", "audit", "init", "--origin", "example.com/images", *log)
    decisions = check_json("check", "check", "--all", *question)["decisions"]
    check_json("explain", "explain", "", *question)
    for line in run("audit", "list", "--format", "ndjson", *log).splitlines():
        check("audit-record", json.loads(line), "audit list")
    records = check_json("audit-list", "audit", "list", *log)
    assert len(records) == 1 + (len(decisions) + 2) + 3, len(records)
    for seq in (0, 1, decisions[0]["audit"]["seq"], len(records) - 1):
        shown = check_json("audit-show", "audit", "show", str(seq), *log)
        assert shown["record"] == records[seq]
        assert ("decision" in shown) == (records[seq]["kind"] == "decision")
    verified = check_json("audit-verify", "audit", "verify", *log)
    assert verified["ok"] and verified["size"] == len(records) and not verified["anchored"]
    assert check_json("audit-stats", "audit", "stats", *log)["records"] == len(records)
    check_exports(log, records)
    check_reports(folder, log)
    check_replays(log, len(decisions) + 1)
    check_signing(folder, log, len(records))


def check_signing(folder, log, size):
    """What is signed of the log, proved from it, removed from it, and how it ends."""
    key, file, proof = (str(pathlib.Path(folder) / name) for name in ("key.pem", "log.checkpoint", "record.proof"))
    made = check_json("audit-init", "audit", "init", "--key", key, "--audit-log", str(pathlib.Path(folder) / "other.db"))
    assert made["size"] == 2 and made["vkey"].startswith("other.db+")
    signed = check_json("audit-checkpoint", "audit", "checkpoint", "--key", key, "--checkpoint-file", file, *log)
    assert signed["size"] == size + 1 and pathlib.Path(file).read_text(encoding="utf-8") == signed["note"]
    assert check_json("audit-checkpoint", "audit", "checkpoint", *log)["note"] == signed["note"]
    vkey = ("--vkey", signed["vkey"])
    verified = check_json("audit-verify", "audit", "verify", "--checkpoint", file, *vkey, *log)
    assert verified["anchored_records"] == size + 1 and verified["stored_checkpoints"] == 1
    proved = check_json("audit-prove", "audit", "prove", "3", *log)
    assert proved["record"]["seq"] == 3
    pathlib.Path(proof).write_text(proved["proof"], encoding="utf-8")
    assert check_json("audit-verify-proof", "audit", "verify", "--proof", proof, *vkey)["record"] == proved["record"]
    pathlib.Path(proof).write_text(proved["proof"].replace("index 3", "index 4"), encoding="utf-8")
    assert not check_json("audit-verify-proof", "audit", "verify", "--proof", proof, *vkey)["ok"]
    assert check_json("audit-consistency", "audit", "consistency", "5", file, *log)["ok"]
    assert check_json("audit-redact", "audit", "redact", "--force", "3", *log)["removed"] == [3]
    following = str(pathlib.Path(folder) / "next.db")
    rotated = check_json("audit-rotate", "audit", "rotate", "--key", key, "--next", following, *log)
    assert check_json("audit-verify", "audit", "verify", "--previous", log[1], "--audit-log", following)["ok"], rotated


def check_reports(folder, log):
    """Reports on an inventory, a log, both, and against one before; the waiver is in force."""
    acme = ("--inventory", "examples/acme", "--now", "2026-11-24T08:00:00Z")
    own = pathlib.Path(folder) / "own.controls.json"
    waiver = {"check": "deletion-direct", "subject": "*", "owner": "ops", "reason": "known", "expires": "2027-01-31"}
    own.write_text(json.dumps(check("controls", {"schema": "imagewarden-controls/1", "name": "own", "version": "1", "waivers": [waiver]}, "own")))
    before = check_json("report", "report", "--as", "user/alice", *acme, *log)
    assert before["log"]["verifies"] and before["inventory"]["images"] and before["comparison"] is None
    assert check_json("report", "report", *log)["inventory"] is None
    assert check_json("report", "report", "--no-audit", "--inventory", "examples/acme-lab")["log"] is None
    earlier = pathlib.Path(folder) / "before.json"
    earlier.write_text(json.dumps(before))
    after = check_json("report", "report", "--compare", str(earlier), "--controls", str(own), *acme, *log)
    assert after["comparison"]["new"] == 0 and after["waivers"][0]["findings"] > 0 and not after["waivers"][0]["expired"]
    assert all(finding["waived"] == (finding["check"] == "deletion-direct") for finding in after["findings"])
    again = ("--compare", str(earlier), "--controls", str(own), *acme, *log)
    check_report_forms(after, again)
    # A finding that is gone, and one that is new.
    first, second = before["findings"][0], before["findings"][-1]
    earlier.write_text(json.dumps({**before, "findings": [{**first, "subject": "gone"}, second]}))
    check_report_forms(json.loads(run("report", "--format", "json", *again)), again)


def check_report_forms(report, arguments):
    """SARIF, OSCAL and JUnit of the same report say what its JSON says."""
    sarif = json.loads(run("report", "--format", "sarif", *arguments))
    official = jsonschema.Draft4Validator(json.loads((root / "tests/data/sarif-2.1.0-rtm.5.schema.json").read_text()))
    errors = [f"SARIF {error.json_path}: {error.message[:300]}" for error in official.iter_errors(sarif)]
    if errors:
        stop("\n".join(errors[:10]))
    results = sarif["runs"][0]["results"]
    there = [one for one in results if one["baselineState"] != "absent"]
    assert [(one["ruleId"], one["properties"]["subject"], bool(one["suppressions"]), one["baselineState"]) for one in there] == [
        (one["check"], one["subject"], one["waived"], one["change"]) for one in report["findings"]], there
    assert len(results) - len(there) == len(report["comparison"]["fixed"])
    assert len({(one["ruleId"], one["partialFingerprints"]["subject/v1"]) for one in results}) == len(results)

    oscal = check("report-oscal", json.loads(run("report", "--format", "oscal", *arguments)), "report --format oscal")
    result = oscal["assessment-results"]["results"][0]
    evidence = sum(len(one.get("relevant-evidence", [])) for one in result["observations"])
    assert evidence == len(report["findings"]), evidence
    states = {one["target"]["target-id"]: one["target"]["status"]["state"] == "satisfied" for one in result["findings"]}
    assert states == {one["id"]: one["state"] == "pass" for one in report["controls"]}, states
    uuids = re.findall(r'"uuid":\s*"([^"]*)"', json.dumps(oscal))
    assert len(set(uuids)) == len(uuids)
    assert set(re.findall(r'"(?:observation|risk)-uuid": "([^"]*)"', json.dumps(oscal))) <= set(uuids)

    suites = xml.etree.ElementTree.fromstring(run("report", "--format", "junit", *arguments))
    cases = list(suites.iter("testcase"))
    assert len(cases) == len(report["checks"]) + len(report["controls"])
    states = {"finding": "failure", "not assessed": "skipped"}
    assert [case.find("failure") is not None for case in cases[:len(report["checks"])]] == [
        states.get(one["state"]) == "failure" for one in report["checks"]]
    assert [case.find("skipped") is not None for case in cases[:len(report["checks"])]] == [
        states.get(one["state"]) == "skipped" for one in report["checks"]]


def check_replays(log, size):
    """Its decisions made again: the same, changed by other rules, not at hand."""
    acme = ("--inventory", "examples/acme")
    states = set()
    for more in (acme, (*acme, "--against", "examples/guards.json"), ("--inventory", "examples/acme-lab")):
        report = check_json("audit-replay", "audit", "replay", *more, *log)
        assert report["summary"]["decisions"] == size, report["summary"]
        lines = run("audit", "replay", "--format", "ndjson", *more, *log).splitlines()
        states |= {check("audit-replay-decision", json.loads(line), "audit replay")["state"] for line in lines}
        assert len(lines) == size
    assert states == {"same", "different", "not-at-hand"}, states


def check_exports(log, records):
    """The log in the formats of others: one event or observation a record, and none of them a call that was made."""
    def lines(form):
        return [json.loads(line) for line in run("audit", "export", "--format", form, *log).split("\n")[:-1]]

    assert lines("ndjson") == records
    events, calls = lines("cloudevents"), lines("ocsf")
    assert [check("audit-export-cloudevents", event, "cloudevents")["data"] for event in events] == records
    assert [check("audit-export-ocsf", call, "ocsf")["metadata"]["sequence"] for call in calls] == list(range(len(records)))
    document = check("audit-export-oscal", json.loads(run("audit", "export", "--format", "oscal", *log)), "oscal")
    observations = document["assessment-results"]["results"][0]["observations"]
    assert [o["uuid"] for o in observations] == [e["id"] for e in events] == [c["metadata"]["uid"] for c in calls]


def check_config(folder):
    """Settings of the folder, of a verb and of the environment, and none at all."""
    place = pathlib.Path(folder) / "configured"
    place.mkdir()
    assert check_json("config", "config", folder=place)["settings"] == []
    (place / "imagewarden.toml").write_text('rules = ["a.json", "b.json"]\n[check]\nstrict = true\n')
    settings = check_json("config", "config", "check", folder=place)["settings"]
    assert [(s["option"], s["verb"], s["values"], s["in_force"]) for s in settings] == [
        ("rules", None, ["a.json", "b.json"], True), ("strict", "check", ["true"], True)], settings
    assert not check_json("config", "config", "explain", folder=place)["settings"][1]["in_force"]


for name, schema in schemas.items():
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/{name}.schema.json"), name
    # A schema that accepts anything would pass all that follows: each must refuse an empty object.
    if validator(name).is_valid({}):
        stop(f"{name}.schema.json accepts {{}}")
assert len(store) == len(schemas), "two schemas with one $id"
check_decisions()
with tempfile.TemporaryDirectory() as temporary:
    check_bad_file(temporary)
    check_plans(temporary)
    check_rules(temporary)
    check_version()
    check_policies()
    check_audit(temporary)
    check_config(temporary)
if used != set(schemas):
    stop(f"no document was checked against {', '.join(sorted(set(schemas) - used))}")
print(f"{checked} documents follow {len(schemas)} schemas")
