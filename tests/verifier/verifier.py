#!/usr/bin/env python3
"""docs/verify.py and `imagewarden audit verify` over one log, its checkpoints and proofs, and over what somebody made of them
who knows the format: both must agree, and name the same record.

Arguments: the program, the source tree.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

PROGRAM, ROOT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
failures = 0


def expect(holds, what):
    global failures
    if not holds:
        failures += 1
        print(f"FAILED: {what}")


def program(*arguments, status=(0,)):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if status is not None and done.returncode not in status:
        sys.exit(f"imagewarden {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def verify(*arguments):
    return subprocess.run([sys.executable, ROOT / "docs/verify.py", *arguments], capture_output=True, text=True)


def sha(data):
    return hashlib.sha256(data).digest()


class Forger:
    """Writes past the program: the triggers go for the time of the change and come back as they were."""

    def __init__(self, log):
        self.base = sqlite3.connect(log)

    def __enter__(self):
        self.triggers = self.base.execute("select name, sql from sqlite_schema where type = 'trigger'").fetchall()
        for name, _ in self.triggers:
            self.base.execute(f"drop trigger {name}")
        return self

    def __exit__(self, *_):
        for _, sql in self.triggers:
            self.base.execute(sql)
        self.base.commit()
        self.base.close()

    def leaves(self):
        return [leaf for (leaves,) in self.base.execute("select leaves from runs order by first_seq") for leaf in leaves.split(b"\n")[:-1]]

    def rewrite(self, leaves):
        """All records anew, with the hashes that fit them."""
        edge, hashes = [], b""
        for seq, leaf in enumerate(leaves):
            node = sha(b"\0" + leaf)
            hashes += node
            while seq & 1:
                node, seq = sha(b"\1" + edge.pop() + node), seq >> 1
                hashes += node
            edge.append(node)
        self.base.execute("delete from runs")
        self.base.execute("insert into runs values (0, ?, ?, ?)", (len(leaves), hashes, b"".join(leaf + b"\n" for leaf in leaves)))


def edited(leaf, **members):
    record = {**json.loads(leaf), **members}
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def change_record(forger):
    leaves, nodes = forger.base.execute("select leaves, nodes from runs where first_seq <= 4 order by first_seq desc limit 1").fetchone()
    forger.base.execute("update runs set leaves = ? where leaves = ?", (leaves.replace(b"user/alice", b"user/mallo"), leaves))


def change_node(forger):
    first, nodes = forger.base.execute("select first_seq, nodes from runs where count > 1 order by first_seq limit 1").fetchone()
    forger.base.execute("update runs set nodes = ? where first_seq = ?", (flip(nodes, len(nodes) - 1), first))


def change_stored_hash(forger):
    nodes, = forger.base.execute("select nodes from runs where first_seq = 0").fetchone()
    forger.base.execute("update runs set nodes = ? where first_seq = 0", (nodes + nodes,))


def rewriting(change):
    def apply(forger):
        leaves = forger.leaves()
        forger.rewrite(change(leaves) or leaves)
    return apply


def drop_note(forger):
    forger.base.execute("delete from checkpoints")


def rewritten_without_checkpoints(forger):
    drop_note(forger)
    rewriting(lambda leaves: leaves[:3] + [edited(leaves[3], user="eve")] + leaves[4:])(forger)


def cut_off(forger):
    drop_note(forger)
    forger.base.execute("delete from details where seq >= 5")
    forger.rewrite(forger.leaves()[:5])


def sql(text):
    return lambda forger: forger.base.execute(text)


def on_note(change):
    """Changes the last stored note."""
    def apply(forger):
        row, note = forger.base.execute("select id, note from checkpoints order by id desc limit 1").fetchone()
        forger.base.execute("update checkpoints set note = ? where id = ?", (change(note), row))
    return apply


def last_character(text):
    return text[:-4] + ("A" if text[-4] != "A" else "B") + text[-3:]


# What is done to the log, and what both name: a record, or a part of the message of docs/verify.py.
TAMPERED = [
    (change_record, "record 2"),
    (change_node, "record"),
    (change_stored_hash, "record"),
    (rewriting(lambda leaves: leaves[:3] + leaves[4:]), "record 3"),
    (rewriting(lambda leaves: leaves[:3] + [leaves[4], leaves[3]] + leaves[5:]), "record 3"),
    (rewriting(lambda leaves: leaves[:2] + [leaves[2].replace(b'","', b'", "', 1)] + leaves[3:]), "record 2"),
    (rewriting(lambda leaves: leaves[:2] + [edited(leaves[2], time="2001-01-01T00:00:00.000000Z")] + leaves[3:]), "record 2"),
    (rewriting(lambda leaves: leaves[:4] + [edited(leaves[4], pseq=json.loads(leaves[4])["pseq"] + 1)] + leaves[5:]), "record 4"),
    (rewriting(lambda leaves: leaves[:4] + [edited(leaves[4], origin="example.com/other")] + leaves[5:]), "record 4"),
    (rewriting(lambda leaves: leaves[:4] + [edited(leaves[4], kind="log-start")] + leaves[5:]), "record 4"),
    (rewriting(lambda leaves: leaves[:3] + [edited(leaves[3], user="eve")] + leaves[4:]), "stored checkpoint"),
    (sql("update runs set count = count + 1 where first_seq = 0"), "record"),
    (sql("update details set detail = detail || ' '"), "record"),
    (sql("insert into details values (999, 'x')"), "record"),
    (on_note(last_character), "stored checkpoint"),
    (on_note(lambda note: note.replace("example.com/images", "example.com/other")), "stored checkpoint"),
    (on_note(lambda note: note.replace("\u2014 ", "- ")), "stored checkpoint"),
    (sql("update checkpoints set size = size - 1 where id = (select max(id) from checkpoints)"), "stored checkpoint"),
    (sql("update checkpoints set id = -id"), "stored checkpoint"),
]


def make(folder):
    """A log with details and with checkpoints of two keys; returns it, its last checkpoint and the key of that."""
    log, checkpoint = folder / "log.db", folder / "log.checkpoint"
    program("audit", "init", "--audit-log", log, "--origin", "example.com/images", "--key", folder / "one.key")
    check = ("check", "img-1", "img-2", "img-\u00e9\u20ac", "--as", "user/alice", "--inventory", ROOT / "examples/acme", "--audit-log", log,
             "--now", "2026-11-24T08:00:00Z", "--audit-detail", "full")
    program(*check, status=(0, 1, 2))
    program("audit", "checkpoint", "--audit-log", log, "--key", folder / "one.key")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "two.key"], check=True, capture_output=True)
    os.chmod(folder / "two.key", 0o600)
    program(*check, status=(0, 1, 2))
    program("audit", "checkpoint", "--audit-log", log, "--key", folder / "two.key", "--checkpoint-file", checkpoint)
    records = [json.loads(line) for line in program("audit", "list", "--audit-log", log, "--format", "ndjson").stdout.splitlines()]
    keys = [record["note"] for record in records if record["kind"] == "key-change"]
    expect(len(keys) == 2, f"{len(keys)} keys are announced")
    return log, checkpoint, keys


def check_log(folder, log, checkpoint, keys):
    good = verify(log)
    expect(good.returncode == 0 and "UNANCHORED" in good.stdout, f"the log as it was made: {good.stdout}{good.stderr}")
    anchored = verify(log, "--checkpoint", checkpoint, "--vkey", keys[1])
    expect(anchored.returncode == 0 and "\nANCHORED: " in anchored.stdout, f"with its checkpoint: {anchored.stdout}{anchored.stderr}")
    for what, arguments, status in (
        ("the key of an earlier checkpoint", ("--checkpoint", checkpoint, "--vkey", keys[0]), 1),
        ("one key too many", ("--checkpoint", checkpoint, "--vkey", keys[1], "--vkey", keys[0]), 1),
        ("a checkpoint without a key", ("--checkpoint", checkpoint), 2),
        ("a key without a checkpoint", ("--vkey", keys[1]), 2),
        ("no checkpoint", ("--checkpoint", log, "--vkey", keys[1]), 2),
        ("another key's id", ("--checkpoint", checkpoint, "--vkey", keys[1][:-4] + "AAA="), 2),
    ):
        expect(verify(log, *arguments).returncode == status, what)
    expect(verify(folder / "none.db").returncode == 2 and not (folder / "none.db").exists(), "a log that is not there")
    expect(verify(checkpoint).returncode == 2, "a file that is no log")
    optimised = subprocess.run([sys.executable, "-O", ROOT / "docs/verify.py", log], capture_output=True)
    expect(optimised.returncode != 0, "python3 -O leaves the checks out")


def check_tampered(folder, log):
    copy = folder / "copy.db"
    for number, (change, named) in enumerate(TAMPERED):
        shutil.copyfile(log, copy)
        with Forger(copy) as forger:
            change(forger)
        ours, theirs = program("audit", "verify", "--audit-log", copy, status=None), verify(copy)
        expect(ours.returncode == 1, f"change {number}: the program says {ours.returncode} {ours.stdout}{ours.stderr}")
        expect(theirs.returncode == 1 and named in theirs.stderr, f"change {number}, {named}: {theirs.returncode} {theirs.stdout}{theirs.stderr}")
        # Of a run that is wrong as a whole, the program names a record inside of it.
        seq = re.match(r"record (\d+): (?!.*(its run|detail))", theirs.stderr)
        if seq:
            expect(re.search(rf"record {seq[1]}\b", ours.stdout + ours.stderr), f"change {number}: {theirs.stderr} but {ours.stdout}{ours.stderr}")


    for missing in (1, 100, 4096):
        shutil.copyfile(log, copy)
        os.truncate(copy, copy.stat().st_size - missing)
        ours, theirs = program("audit", "verify", "--audit-log", copy, status=None), verify(copy)
        expect(ours.returncode == 2 and "cut off within a page" in ours.stderr, f"{missing} bytes cut off: {ours.stdout}{ours.stderr}")
        expect(theirs.returncode == 2 and "cut off within a page" in theirs.stderr, f"{missing} cut off: {theirs.stdout}{theirs.stderr}")


def check_anchor(folder, log, checkpoint, keys):
    """What agrees with itself: only a checkpoint from outside tells."""
    copy = folder / "copy.db"
    for change in (rewritten_without_checkpoints, cut_off):
        shutil.copyfile(log, copy)
        with Forger(copy) as forger:
            change(forger)
        expect(verify(copy).returncode == 0, f"{change.__name__}: not whole in itself")
        anchored = verify(copy, "--checkpoint", checkpoint, "--vkey", keys[1])
        expect(anchored.returncode == 1 and "from outside" in anchored.stderr, f"{change.__name__}: {anchored.stdout}{anchored.stderr}")
    # A checkpoint by a key that is announced only after the records that it covers.
    shutil.copyfile(log, copy)
    with Forger(copy) as forger:
        text = forger.base.execute("select note from checkpoints order by id limit 1").fetchone()[0].partition("\n\n")[0] + "\n"
        (folder / "message").write_text(text)
        sign = ("openssl", "pkeyutl", "-sign", "-inkey", folder / "two.key", "-rawin", "-in", folder / "message")
        signature = subprocess.run(sign, check=True, capture_output=True).stdout
        line = base64.b64encode(bytes.fromhex(keys[1].split("+")[1]) + signature).decode()
        forger.base.execute("update checkpoints set note = ? where id = (select min(id) from checkpoints)",
                            (f"{text}\n\u2014 example.com/images {line}\n",))
    early = verify(copy)
    expect(early.returncode == 1 and "stored checkpoint 1: " in early.stderr, f"a key of later: {early.stdout}{early.stderr}")
    expect(program("audit", "verify", "--audit-log", copy, status=None).returncode == 1, "a key of later, by the program")
    text = checkpoint.read_text()
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line == "\n":
            continue
        (folder / "changed").write_text("".join(lines[:number] + [last_character(line) if len(line) > 4 else "9" + line] + lines[number + 1:]))
        expect(verify(log, "--checkpoint", folder / "changed", "--vkey", keys[1]).returncode != 0, f"line {number + 1} of the checkpoint changed")


def check_proofs(folder, log, keys):
    size = len(program("audit", "list", "--audit-log", log, "--format", "ndjson").stdout.splitlines())
    for seq in range(size):
        text = program("audit", "prove", seq, "--audit-log", log).stdout
        (folder / "proof").write_text(text)
        good = verify("--proof", folder / "proof", "--vkey", keys[1])
        expect(good.returncode == 0 and json.loads(good.stdout)["seq"] == seq, f"the proof of {seq}: {good.stderr}")
        expect(verify("--proof", folder / "proof", "--vkey", keys[0]).returncode == 1, f"the proof of {seq} by another key")
    expect(verify("--proof", folder / "proof").returncode == 2, "a proof without a key")
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        for at in {0, len(line) // 2, max(len(line) - 3, 0), len(line) - 1}:
            other = ALPHABET[(ALPHABET.find(line[at]) + 1) % 64]  # before the padding: bits that carry nothing
            (folder / "changed").write_text("".join(lines[:number] + [line[:at] + other + line[at + 1:]] + lines[number + 1:]))
            done = verify("--proof", folder / "changed", "--vkey", keys[1])
            expect(done.returncode == 1, f"line {number + 1}, character {at} of the proof changed: {done.returncode} {done.stdout}")


def check_cosigned(folder, checkpoint, log, keys):
    """A witness's signature (c2sp.org/tlog-cosignature), made by openssl."""
    def openssl(*arguments):
        return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout

    openssl("genpkey", "-algorithm", "ed25519", "-out", "witness.pem")
    key = b"\4" + openssl("pkey", "-in", "witness.pem", "-pubout", "-outform", "DER")[-32:]
    key_id = sha(b"witness.example/w\n" + key)[:4]
    vkey = f"witness.example/w+{key_id.hex()}+{base64.b64encode(key).decode()}"
    text = checkpoint.read_text()
    (folder / "message").write_text("cosignature/v1\ntime 1795507300\n" + text.partition("\n\n")[0] + "\n")
    signature = openssl("pkeyutl", "-sign", "-inkey", "witness.pem", "-rawin", "-in", "message")
    for time, status in (1795507301, 1), (1795507300, 0):
        line = base64.b64encode(key_id + time.to_bytes(8, "big") + signature).decode()
        (folder / "cosigned").write_text(f"{text}\u2014 witness.example/w {line}\n")
        done = verify(log, "--checkpoint", folder / "cosigned", "--vkey", keys[1], "--vkey", vkey)
        expect(done.returncode == status, f"cosigned at {time}: {done.returncode} {done.stderr}")
    expect(verify(log, "--checkpoint", folder / "cosigned", "--vkey", vkey).returncode == 1, "a witness alone")
    expect(verify(log, "--checkpoint", checkpoint, "--vkey", keys[1], "--vkey", vkey).returncode == 1, "not cosigned")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    log, checkpoint, keys = make(folder)
    check_log(folder, log, checkpoint, keys)
    check_tampered(folder, log)
    check_anchor(folder, log, checkpoint, keys)
    check_proofs(folder, log, keys)
    check_cosigned(folder, checkpoint, log, keys)
print(f"{len(TAMPERED)} changed logs, {failures} failures")
sys.exit(failures > 0)
