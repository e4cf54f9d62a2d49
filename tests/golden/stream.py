#!/usr/bin/env python3
"""`check --ids-from - --format ndjson` as a filter in a pipe: it answers what has come in before it waits for more, holds no more in
memory than a few batches, stops reading when nobody takes its answers, and ends in good order when its reader goes away.

Arguments: the program, the source tree.
"""
import json
import os
import pathlib
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

program, root = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
ASK = ["--as", "user/alice", "--inventory", str(root / "examples" / "acme"), "--now", "2026-11-24T08:00:00Z"]
KNOWN = [json.loads(line)["image"] for line in subprocess.run(
    [program, "check", "--all", *ASK, "--no-audit", "--format", "ndjson"], capture_output=True, text=True, check=False,
).stdout.splitlines()]
PATIENCE = 120  # seconds after which something that should have come is missing
os.chdir(tempfile.mkdtemp())


def start(*words, **pipes):
    return subprocess.Popen([program, "check", "--ids-from", "-", "--format", "ndjson", *ASK, *words],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **pipes)


def image(line):
    return json.loads(line)["image"]


def line_of(process):
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    assert ready, "no answer, although an id has come in"
    return process.stdout.readline()


def records(log):
    lines = subprocess.run([program, "audit", "list", "--audit-log", log, "--format", "ndjson", "--limit", "100000000"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == "decision"]


def answers_while_it_reads(*words):
    process = start(*words)
    for one in KNOWN[:5] + ["img-not-there"]:
        process.stdin.write(f"{one}\n".encode())
        process.stdin.flush()
        assert image(line_of(process)) == one
    # Half a line is no id yet; its end makes it one.
    process.stdin.write(KNOWN[0][:4].encode())
    process.stdin.flush()
    process.stdin.write(f"{KNOWN[0][4:]}\n{KNOWN[1]}".encode())
    process.stdin.close()
    assert [image(line) for line in process.stdout] == KNOWN[:2]
    assert process.wait(PATIENCE) == 1, "one image is not there, which is a denial"
    assert process.stderr.read() == b""


def same_as_a_list():
    ids = "".join(f"{one}\n" for one in KNOWN * 300 + ["img-not-there"])
    pathlib.Path("ids").write_text(ids)
    for form in ("ndjson", "csv"):
        outputs = []
        for source, given in (("-", ids), ("ids", None)):
            done = subprocess.run([program, "check", "--ids-from", source, "--format", form, *ASK, "--no-audit"], input=given,
                                  capture_output=True, text=True, check=False)
            assert done.returncode == 1 and done.stderr == "", done.stderr
            outputs.append(done.stdout)
        assert outputs[0] == outputs[1] and len(outputs[0].splitlines()) >= len(KNOWN) * 300
    nothing = subprocess.run([program, "check", "--ids-from", "-", "--format", "ndjson", *ASK], input="", capture_output=True,
                             text=True, check=False)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", ""), nothing


def peak_memory(count):
    """KiB of one run over so many ids."""
    ids = "".join(f"{KNOWN[i % len(KNOWN)]}\n" for i in range(count))
    pathlib.Path("many").write_text(ids)
    with open("many", "rb") as given, open(os.devnull, "wb") as away:
        # A pipe, not a file, so that it is read as it comes.
        cat = subprocess.Popen(["cat"], stdin=given, stdout=subprocess.PIPE)
        # AddressSanitizer keeps what was freed, which would count.
        environment = os.environ | {"ASAN_OPTIONS": "quarantine_size_mb=1:detect_leaks=0"}
        child = os.posix_spawn(program, [program, "check", "--ids-from", "-", "--format", "ndjson", *ASK, "--no-audit"], environment,
                               file_actions=[(os.POSIX_SPAWN_DUP2, cat.stdout.fileno(), 0), (os.POSIX_SPAWN_DUP2, away.fileno(), 1)])
        cat.stdout.close()
        _, status, usage = os.wait4(child, 0)
        cat.wait()
    assert os.waitstatus_to_exitcode(status) in (0, 1, 3), status
    return usage.ru_maxrss


def bounded_memory():
    little, much = peak_memory(20_000), peak_memory(200_000)
    assert much < 1.5 * little, f"{much} KiB for 200,000 ids, {little} KiB for 20,000"


def back_pressure():
    """Nobody takes the answers: then no more ids are taken either."""
    process = start("--no-audit")
    os.set_blocking(process.stdin.fileno(), False)
    block = "".join(f"{KNOWN[i % len(KNOWN)]}\n" for i in range(2000)).encode()
    taken, last = 0, time.monotonic()
    while time.monotonic() - last < 3:
        _, ready, _ = select.select([], [process.stdin], [], 0.2)
        if not ready:
            continue
        try:
            taken += os.write(process.stdin.fileno(), block[taken % len(block):])
            last = time.monotonic()
        except BlockingIOError:
            pass
        assert taken < 16 << 20, "it reads on although its answers are not taken"
    # Now they are, and nothing is missing.
    os.set_blocking(process.stdin.fileno(), True)
    counted = []
    reader = threading.Thread(target=lambda: counted.append(sum(1 for _ in process.stdout)))
    reader.start()
    process.stdin.close()
    reader.join(PATIENCE)
    assert process.wait(PATIENCE) in (0, 1, 3)
    whole = (block * (taken // len(block) + 1))[:taken].decode()
    assert counted == [len(whole.splitlines())], f"{counted} answers to {len(whole.splitlines())} ids"


def reader_goes_away():
    process = start("--audit-log", "gone.db")

    def feed():
        try:
            while True:
                process.stdin.write("".join(f"{one}\n" for one in KNOWN).encode())
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    shown = [line_of(process) for _ in range(10)]
    process.stdout.close()
    assert process.wait(PATIENCE) == 2
    feeder.join(PATIENCE)
    complaint = process.stderr.read().decode()
    assert complaint.startswith("imagewarden: cannot write the result: standard output: ") and complaint.count("\n") == 1, complaint
    logged = records("gone.db")
    for line in shown:
        place = json.loads(line)["audit"]["seq"]
        assert [record["image"] for record in logged if record["seq"] == place] == [image(line)]
    subprocess.run([program, "audit", "verify", "--audit-log", "gone.db", "--quiet"], check=True, capture_output=True)


def bad_line():
    ids = "".join(f"{one}\n" for one in KNOWN)
    process = start("--audit-log", "bad.db")
    out, err = process.communicate(ids.encode() + b"img-\xff\n" + ids.encode(), timeout=PATIENCE)
    assert process.returncode == 2
    assert [image(line) for line in out.splitlines()] == KNOWN, "what stands before the bad line is answered, no more"
    assert err.decode().startswith(f"imagewarden: -:{len(KNOWN) + 1}: ") and err.count(b"\n") == 1, err
    assert len(records("bad.db")) == len(KNOWN)
    process = start("--no-audit")
    out, err = process.communicate(b"x" * (1 << 20), timeout=PATIENCE)
    assert process.returncode == 2 and out == b"" and err.count(b"\n") == 1 and len(err) < 300, err


def lists_that_are_none():
    """A file on standard input, so that everything is there at once: a line without end costs no more than the limit of a line."""
    for content, answers, complaint in ((b"\xef\xbb\xbf" + KNOWN[0].encode() + b"\n", 0, b":1: byte order mark"),
                                        (KNOWN[0].encode() + b"\n" + bytes(40_000_000), 1, b":2: a line of more than 4096 bytes")):
        path = pathlib.Path("list")
        path.write_bytes(content)
        with path.open("rb") as file:
            done = subprocess.run([program, "check", "--ids-from", "-", "--format", "ndjson", *ASK, "--no-audit"], stdin=file,
                                  capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 2 and done.stdout.count(b"\n") == answers, done
        assert done.stderr.count(b"\n") == 1 and complaint in done.stderr, done.stderr


def unreadable_input():
    done = subprocess.run(["sh", "-c", '"$@" <&-', "sh", program, "check", "--ids-from", "-", "--format", "ndjson", *ASK, "--no-audit"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done


def main():
    signal.alarm(15 * 60)
    assert len(KNOWN) > 5
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers_while_it_reads("--no-audit")
    answers_while_it_reads("--audit-log", "while.db")
    same_as_a_list()
    bounded_memory()
    back_pressure()
    reader_goes_away()
    bad_line()
    lists_that_are_none()
    unreadable_input()


main()
