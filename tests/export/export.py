#!/usr/bin/env python3
"""scripts/export-inventory against a stand-in for the `aliyun` command line that pages, throttles, cuts answers off, fails and
kills: what it writes must be what the program needs, neither more nor less.

Arguments: the program, the source tree.
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from world import PARENT, read_world

PROGRAM, ROOT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
HERE = pathlib.Path(__file__).resolve().parent
# No answer to DeleteImage waits for it: names of groups.
NEVER_MISSING = {"ListGroups"}
EVIL = "ev\x1b[31mil\u202e <b>'\"$(touch pwned) \\"
failures = 0


def expect(holds, what):
    global failures
    if not holds:
        failures += 1
        print(f"FAILED: {what}")


def export(work, out, *options, status=0, **faults):
    log = work / "log"
    log.write_text("")
    environment = dict(os.environ, PATH=f"{work}/bin:{os.environ['PATH']}", FAKE_ALIYUN_WORLD=str(work / "world.json"),
                       FAKE_LOG=str(log), FAKE_PAGE_MAX="8", **{k: str(v) for k, v in faults.items()})
    done = subprocess.run([ROOT / "scripts/export-inventory", "--out", out, "--pause", "0", "--backoff", "0", *options],
                          capture_output=True, text=True, cwd=work, env=environment)
    expect(done.returncode == status, f"export {options} {faults}: exit {done.returncode}\n{done.stderr}")
    expect(all(32 <= ord(c) < 127 or c == "\n" for c in done.stderr), f"stderr could act on a terminal: {done.stderr!r}")
    return done, log.read_text().splitlines()


def envelopes(folder):
    """The folder without its times, as text that can be compared."""
    lines = []
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text().splitlines():
            envelope = json.loads(line)
            del envelope["ExportedAt"]
            lines.append(json.dumps([path.name, envelope], sort_keys=True))
    return sorted(lines)


def ask(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments), "--now", "2026-11-24T08:00:00Z"], capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(f"imagewarden {arguments}: {done.stderr}")
    return done


def missing(folder):
    report = json.loads(ask("inventory", "validate", "--inventory", folder, "--format", "json").stdout)
    return {one["export"]: one["command"] for one in report["missing"]}


def decisions(folder, principal):
    """What is decided; not where the facts stand, which is another place."""
    found = {}
    for line in ask("check", "--all", "--as", principal, "--no-audit", "--inventory", folder, "--format", "ndjson").stdout.splitlines():
        answer = json.loads(line)
        if "image" in answer:
            found[answer["image"]] = [answer["outcome"], answer["code"], sorted(v["rule"] for v in answer["violations"]),
                                      sorted(u["rule"] for u in answer["unknown"]), answer["effects"]]
    return found


def need_of(envelope, counted):
    """How `inventory validate` names the call of an envelope; nothing where no decision waits for it."""
    operation, request = envelope["Operation"], envelope["Request"]
    if operation in NEVER_MISSING or operation == "DescribeImagePermission" and request["ImageId"] in counted:
        return None
    if operation == "GetPolicy":
        return f"GetPolicy PolicyName={request['PolicyName']} PolicyType={request['PolicyType']}"
    return operation + (f" {PARENT[operation]}={request[PARENT[operation]]}" if operation in PARENT else "")


def check_policy(calls):
    """The policy that is offered allows what is called, and nothing else."""
    file = ROOT / "scripts/export-inventory.policy.json"
    lint = ask("policy", "lint", file)
    expect(lint.returncode == 0 and "0 errors, 0 security, 0 warnings, 0 suggestions" in lint.stdout, lint.stdout)
    (statement,) = json.loads(file.read_text())["Statement"]
    prefix = {"appstream-center": "appstreaming", "ecd": "ecd", "ram": "ram"}
    called = {f"{prefix[product]}:{operation}" for product, operation, *_ in map(str.split, calls) if product != "sts"}
    expect(set(statement["Action"]) == called, f"allowed, or called, but not both: {set(statement['Action']) ^ called}")


def test_whole(work, whole):
    _, calls = export(work, whole)
    check_policy(calls)
    expect(missing(whole) == {}, f"after a whole export nothing is missing: {missing(whole)}")
    expect(not (whole / "failures.ndjson").exists() and not (work / "pwned").exists(), "nothing failed, and no name acted")
    for principal in ("user/alice", "user/erin", "user/bob", "role/image-janitor", "root"):
        expected, found = decisions(ROOT / "examples/acme", principal), decisions(whole, principal)
        expect(len(expected) == 77, "the example has 77 images")
        expect(expected == found, f"{principal}: other decisions than on examples/acme: "
               f"{[(k, expected.get(k), found.get(k)) for k in expected.keys() | found.keys() if expected.get(k) != found.get(k)]}")
    expect(len([c for c in calls if " ListImage " in c]) == 9, "70 images are 9 pages of 8")
    _, again = export(work, whole)
    expect([c.split()[1] for c in again] == ["GetCallerIdentity"], f"a whole export asks for nothing again: {again}")


def test_every_gap(work, whole):
    copy = work / "gap"
    # That they are shared is known already, by SharedCount; with whom matters to nobody who deletes.
    counted = {image["ImageId"] for path in whole.glob("DescribeImages.*") for line in path.read_text().splitlines()
               for image in json.loads(line)["Response"]["Images"] if image.get("SharedCount")}
    for path in sorted(whole.glob("*.ndjson")):
        lines = path.read_text().splitlines(keepends=True)
        for at, line in enumerate(lines):
            envelope = json.loads(line)
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            (copy / path.name).write_text("".join(lines[:at] + lines[at + 1 :]))
            need, found = need_of(envelope, counted), missing(copy)
            expect(set(found) == ({need} if need else set()), f"without line {at + 1} of {path.name}: {found}")
            for command in found.values():
                # As a shell reads what was copied; a name that acts would leave a file.
                words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, text=True,
                                       cwd=work).stdout.split("\0")[:-1]
                parameters = dict(zip(words[3:], words[4:]))
                parent = PARENT.get(envelope["Operation"])
                expect(words[0] == "aliyun" and words[2] == envelope["Operation"] and
                       (parent is None or parameters.get(f"--{parent}") == envelope["Request"][parent]), f"other call: {command}")


def test_interrupted(work, whole):
    out = work / "interrupted"
    faults = {"FAKE_THROTTLE_EVERY": 5, "FAKE_CUT_EVERY": 7}
    for kill_at in (9, 45, 60):
        export(work, out, status=-9, FAKE_KILL_AT=kill_at, **faults)
    # As if it had been killed while it wrote.
    torn = out / "DescribeImagePermission.ndjson"
    torn.write_bytes(torn.read_bytes()[:-20])
    _, calls = export(work, out, **faults)
    expect(envelopes(out) == envelopes(whole), "killed and resumed: the same export")
    expect(not any(" ListImage " in call for call in calls), "what was there is not asked for again")
    expect(missing(out) == {}, "nothing is missing after the last run")


def test_failures(work, whole):
    out = work / "failures"
    shutil.copytree(whole, out)
    for name in ("DescribeTemplates", "GetPolicy", "ListPoliciesForUser", "ListWuyingServer", "DescribeDesktops.cn-shanghai"):
        (out / f"{name}.ndjson").unlink()
    dry, calls = export(work, out, "--dry-run")
    expect(calls == [], "a dry run calls nothing")
    expect({tuple(line.split()[1:3]) for line in dry.stdout.splitlines()} == {
        ("sts", "GetCallerIdentity"), ("ecd", "DescribeTemplates"), ("ecd", "DescribeDesktops"), ("ram", "ListPoliciesForUser"),
        ("ram", "GetPolicy"), ("appstream-center", "ListWuyingServer")}, f"a dry run prints what is missing: {dry.stdout}")
    _, calls = export(work, out, "--tries", "3", status=1, FAKE_FAIL="DescribeTemplates=ServiceUnavailable "
                         "GetPolicy:janitor=EntityNotExist.Policy ListPoliciesForUser:bob=NoPermission "
                         "ListWuyingServer=InternalError DescribeDesktops=Throttling.User")
    recorded = {(e["Operation"], e["Response"]["Code"])
                for e in map(json.loads, (out / "failures.ndjson").read_text().splitlines())}
    expect(recorded == {("DescribeTemplates", "ServiceUnavailable"), ("GetPolicy", "EntityNotExist.Policy"),
                        ("ListWuyingServer", "InternalError")}, f"recorded: {recorded}")
    expect(len([c for c in calls if "DescribeTemplates" in c]) == 3 and len([c for c in calls if "janitor" in c]) == 1,
           "what may pass is tried again, what is final is not")
    expect(set(missing(out)) == {"DescribeTemplates", "ListWuyingServer", "DescribeDesktops RegionId=cn-shanghai",
                                 "GetPolicy PolicyName=janitor PolicyType=Custom", "ListPoliciesForUser UserName=bob"},
           f"named as missing: {missing(out)}")
    export(work, out)
    expect(envelopes(out) == envelopes(whole), "once nothing fails any more the export is whole")


def test_refusals(work, whole):
    other = work / "other"
    shutil.copytree(whole, other)
    account = json.loads((other / "account.json").read_text())
    (other / "account.json").write_text(json.dumps(account | {"AccountId": "1"}))
    done, _ = export(work, other, status=2)
    expect("account 1," in done.stderr, f"another account's folder is refused: {done.stderr}")
    export(work, work / "x", "--regions", "a b", status=2)
    export(work, work / "x", "--nonsense", status=2)
    done, _ = export(work, work / "x", status=2, FAKE_FAIL="GetCallerIdentity=InvalidAccessKeyId.NotFound")
    expect("InvalidAccessKeyId.NotFound" in done.stderr, f"why it could not begin: {done.stderr}")
    dry, calls = export(work, work / "new", "--dry-run", "--profile", "audit", "--regions", "cn-hangzhou")
    expect(calls == [] and not (work / "new").exists(), "a dry run leaves nothing")
    expect("aliyun ram ListPoliciesForUser --profile audit --UserName EACH_USER" in dry.stdout, f"dry run: {dry.stdout}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "bin").mkdir()
        stand_in = work / "bin/aliyun"
        stand_in.write_text(f"#!/bin/sh\nexec {shlex.quote(os.path.realpath(sys.executable))} -S {HERE}/fake_aliyun.py \"$@\"\n")
        stand_in.chmod(0o755)
        world = read_world(ROOT / "examples/acme")
        for images in world["lists"]["DescribeImages"].values():
            for image in images:
                if image.get("SharedCount"):
                    world["lists"]["DescribeImagePermission"].setdefault(image["ImageId"], ["1180452266309914"])
        world["lists"]["ListUsers"][""].append({"UserName": EVIL, "UserId": "1"})
        world["lists"]["ListGroupsForUser"][EVIL] = world["lists"]["ListPoliciesForUser"][EVIL] = []
        (work / "world.json").write_text(json.dumps(world))
        whole = work / "whole"
        for test in (test_whole, test_every_gap, test_interrupted, test_failures, test_refusals):
            test(work, whole)
        expect(not (work / "pwned").exists(), "a name acted")
    sys.exit(1 if failures else 0)


main()
