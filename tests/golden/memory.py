#!/usr/bin/env python3
"""The program with less and less memory: it does its work, or says in one line what it lacks, and ends with 2. No signal ends it.

Arguments: the program, the source tree.
"""
import gzip
import pathlib
import resource
import subprocess
import sys
import tempfile

program, root = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
MEBI = 1 << 20
COMMANDS = {
    "inventory summary": ["inventory", "summary", "--inventory", root / "examples/acme"],
    "check": ["check", "--all", "--as", "user/alice", "--inventory", root / "examples/acme", "--no-audit", "--format", "json",
              "--now", "2026-11-24T08:00:00Z"],
    "packed": ["inventory", "summary", "--inventory", "packed"],
    "verify": ["audit", "verify", "--audit-log", "log.db"],
    "replay": ["audit", "replay", "--audit-log", "log.db", "--inventory", root / "examples/acme"],
}
seen = set()
failed = False
with tempfile.TemporaryDirectory() as folder:
    packed = pathlib.Path(folder) / "packed"
    for source in sorted((root / "examples/acme").rglob("*.json")):
        target = packed / source.relative_to(root / "examples/acme")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.name == "account.json":
            target.write_bytes(source.read_bytes())
        else:
            target.with_name(target.name + ".gz").write_bytes(gzip.compress(source.read_bytes()))
    subprocess.run([program, "check", "--all", "--as", "user/alice", "--inventory", root / "examples/acme", "--audit-log", "log.db"], cwd=folder,
                   stdout=subprocess.DEVNULL, check=False)
    for name, command in COMMANDS.items():
        whole = subprocess.run([program, *command], cwd=folder, capture_output=True, check=False)
        for limit in range(20 * MEBI, 200 * MEBI, MEBI // 2):
            done = subprocess.run([program, *command], cwd=folder, capture_output=True, check=False,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            lines = done.stderr.decode().splitlines()
            if done.returncode == 127 or b"shared librar" in done.stderr:
                continue  # the loader of the system
            if done.returncode == whole.returncode and done.stdout == whole.stdout:
                seen.add((name, "done"))
                if limit > 120 * MEBI:
                    break
                continue
            seen.add((name, "refused"))
            complaints = [line for line in lines if not line.startswith("note: ")]
            if done.returncode != 2 or len(complaints) != 1 or not complaints[0].startswith("imagewarden: ") or "damaged" in complaints[0]:
                print(f"FAILED: {name} with {limit / MEBI} MiB: status {done.returncode}", *lines[:5], sep="\n    ")
                failed = True
missing = {(name, end) for name in COMMANDS for end in ("done", "refused")} - seen
if missing:
    print("FAILED: never came to", sorted(missing))
sys.exit(1 if failed or missing else 0)
