#!/usr/bin/env python3
"""The C library through ctypes gives the bytes of the program: every image of the examples, several callers, contexts, rules, and
from many threads at once; what is wrong is said in the words of the program. Arguments: the prefix, the source tree."""
import concurrent.futures
import json
import pathlib
import subprocess
import sys

prefix, root = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
sys.path.insert(0, str(root / "examples/embedding"))
import decide as iw  # noqa: E402

NOW = "2026-11-24T08:00:00Z"
compared = 0


def run(*arguments):
    done = subprocess.run([str(prefix / "bin/imagewarden"), *arguments], cwd=root, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def same(found, wanted, what):
    global compared
    compared += 1
    if found != wanted:
        sys.exit(f"{what}: the library\n{found!r}\nthe program\n{wanted!r}")


def compare(inventory_path, caller, context=(), absent=(), rules=(), strict=False, not_before=None, max_age=None):
    options = ["--as", caller, "--inventory", inventory_path, "--now", NOW, "--no-audit", "--quiet"]
    options += [part for key, value in context for part in ("--context", f"{key}={value}")]
    options += [part for key in absent for part in ("--no-context", key)]
    options += [part for path in rules for part in ("--rules", path)]
    options += ["--strict"] if strict else []
    options += ["--max-age", max_age] if max_age else []
    what = " ".join(options)
    inventory = iw.Inventory([str(root / inventory_path)], [str(root / path) for path in rules], not_before)
    decider = iw.Decider(inventory, caller, NOW, context=context, absent=absent, strict=strict)
    del inventory  # a decider keeps what it needs
    status, lines, error = run("check", "--all", *options, "--format", "ndjson")
    if status == 2:
        sys.exit(error)
    images = [json.loads(line)["image"] for line in lines.splitlines()] + ["no-such-image", ""]
    lines += run("check", *images[-2:], *options, "--format", "ndjson")[1]
    decided = [decider.decide(image) for image in images]
    # Paths in sources and headers are as they were given.
    same(b"".join(decided).replace(f"{root}/".encode(), b""), lines, what)
    same(decider.outcomes(images), [json.loads(line)["outcome"] for line in lines.splitlines()], what)
    same(decider.check(images).replace(f"{root}/".encode(), b""), run("check", *images, *options, "--format", "json")[1], what)
    same(decider.check([]).count(b'"decisions":[]'), 1, what)
    for image in (images[0], images[len(images) // 2], images[-2]):
        same(decider.explain(image).replace(f"{root}/".encode(), b""), run("explain", image, *options, "--format", "json")[1], what)
    return decider, images, decided


decider, images, decided = compare("examples/acme", "user/alice")
compare("examples/acme", "1740265893310827:user/dave", strict=True)
compare("examples/acme", "user/carol", context=[("acs:SourceIp", "203.0.113.20"), ("acs:MFAPresent", "true")])
compare("examples/acme", "role/image-janitor", absent=["acs:SecureTransport"])
compare("examples/acme", "root", rules=["examples/guards.json"])
compare("examples/acme", "user/alice", not_before="2026-11-20T08:00:00Z", max_age="4d")
compare("examples/acme-lab", "user/lab-admin")
compare("examples/acme-lab", "user/lab-dev")

# One decider, many threads; ctypes gives up Python's lock while the library works.
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    same(list(pool.map(decider.decide, images * 20)), decided * 20, "threads")

# An account may stand beside the principal.
inventory = iw.Inventory([str(root / "examples/acme")])
same(iw.Decider(inventory, "user/alice", NOW, account="1740265893310827").decide(images[0]), decided[0], "account")
for arguments, wanted in (
        ({"principal": "user/alcie"}, ["check", "img-1", "--as", "user/alcie"]),
        ({"principal": "group/staff"}, ["check", "img-1", "--as", "group/staff"])):
    try:
        iw.Decider(inventory, now=NOW, **arguments)
        sys.exit(f"{arguments}: no error")
    except iw.ImagewardenError as error:
        status, _, text = run(*wanted, "--inventory", "examples/acme", "--now", NOW, "--no-audit")
        same((2, f"imagewarden: {error}\n"), (status, text), arguments)
same(f"imagewarden {iw.library.iw_version().decode()}".encode(), run("--version")[1].splitlines()[0], "version")
print(f"{compared} comparisons")
