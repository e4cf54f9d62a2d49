#!/usr/bin/env python3
"""Writes merkle-vectors.json: what the formats of the audit log have to be, by other means than the program's own.

Straight from the definitions (RFC 9162 §2.1, C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof); Ed25519 is that of
the Python package `cryptography`. The keys are those of tests 1 and 2 of RFC 8032 §7.1: known to everybody, for tests only.
"""
import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOG_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
WITNESS_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
ORIGIN = "log.example/a"
WITNESS = "witness.example/w"
TIME = 1795507200


def sha(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


LEAVES = [sha(b"\0record-%d" % i) for i in range(140)]


def root(leaves):
    """MTH of RFC 9162 §2.1.1, of leaf hashes."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def path(m, leaves):
    """PATH of §2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return path(m, leaves[:k]) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def subproof(m, leaves, whole=True):
    """SUBPROOF of §2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return subproof(m, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [root(leaves[:k])]


class Key:
    def __init__(self, name, kind, seed):
        self.name, self.kind, self.private = name, kind, Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha(name.encode() + b"\n" + bytes([kind]) + self.public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([kind]) + self.public)}"

    def line(self, text, time=TIME):
        if self.kind == 1:
            signature = self.private.sign(text.encode())
        else:
            signature = time.to_bytes(8, "big") + self.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return signed_line(self.name, self.id, signature)


def signed_line(name, key_id, signature):
    return f"\u2014 {name} {b64(key_id + signature)}\n"


log, witness = Key(ORIGIN, 1, LOG_SEED), Key(WITNESS, 4, WITNESS_SEED)
stranger = Key("stranger.example", 1, bytes(range(32)))
hashes = []


def number(data):
    """The place of a hash in `hashes`, so that each stands in the file once."""
    if data not in hashes:
        hashes.append(data)
    return hashes.index(data)


inclusion, consistency = [], []


def include(why, index, size, leaf, proof, top, ok=False):
    inclusion.append([why, index, size, number(leaf), number(top), [number(h) for h in proof], ok])


def consist(why, size1, size2, root1, root2, proof, ok=False):
    consistency.append([why, size1, size2, number(root1), number(root2), [number(h) for h in proof], ok])


def flip(data, bit):
    return (int.from_bytes(data, "big") ^ (1 << bit)).to_bytes(len(data), "big")


def lists(proof, extra):
    """A proof spoiled in every manner that leaves it a list of hashes."""
    yield "garbage before", [extra] + proof
    yield "garbage behind", proof + [extra]
    for i in range(len(proof)):
        yield f"hash {i} flipped", proof[:i] + [flip(proof[i], 8 * i)] + proof[i + 1:]
    if proof:
        yield "first hash away", proof[1:]
        yield "last hash away", proof[:-1]
        yield "last hash twice", proof + proof[-1:]
    if len(proof) > 1:
        yield "turned round", proof[::-1]
        yield "empty", []


SIZES = list(range(1, 10)) + [16, 21, 64, 65, 100, 127, 128, 129, 140]
for size in SIZES:
    some = range(size) if size < 10 else sorted({0, 1, size // 2, size - 2, size - 1})
    for index in some:
        include("good", index, size, LEAVES[index], path(index, LEAVES[:size]), root(LEAVES[:size]), True)
    some = range(1, size + 1) if size < 10 else sorted({1, 2, 6, size // 2, size - 1, size})
    for first in some:
        consist("good", first, size, root(LEAVES[:first]), root(LEAVES[:size]), subproof(first, LEAVES[:size]), True)
for size in (0, 1, 7):
    consist("good, from nothing", 0, size, root([]), root(LEAVES[:size]), [], True)
    consist("from nothing, another root", 0, size, LEAVES[0] if size != 1 else LEAVES[1], root(LEAVES[:size]), [])
    consist("from nothing, with a hash", 0, size, root([]), root(LEAVES[:size]), [LEAVES[0]])
for index, size in ((0, 1), (0, 2), (3, 4), (4, 5), (2, 7), (6, 7), (9, 21), (20, 21), (128, 140)):
    leaf, proof, top = LEAVES[index], path(index, LEAVES[:size]), root(LEAVES[:size])
    for why, spoiled in lists(proof, LEAVES[0]):
        include(why, index, size, leaf, spoiled, top)
    for why, i, n in (("index + 1", index + 1, size), ("index - 1", index - 1, size), ("index is size", size, size),
                      ("index ^ 2", index ^ 2, size), ("size * 2", index, size * 2), ("size / 2", index, size // 2),
                      ("size + 2^63", index, size + (1 << 63)), ("index + 2^63", index + (1 << 63), size), ("size 0", index, 0)):
        if i >= 0:
            include(why, i, n, leaf, proof, top)
    include("another leaf", index, size, flip(leaf, 5), proof, top)
    include("another root", index, size, leaf, proof, flip(top, 5))
    if size > 1:
        include("leaf for root", index, size, leaf, proof, leaf)
for first, size in ((1, 2), (2, 4), (3, 4), (2, 5), (4, 7), (6, 7), (6, 8), (7, 21), (16, 21), (100, 129)):
    root1, root2, proof = root(LEAVES[:first]), root(LEAVES[:size]), subproof(first, LEAVES[:size])
    for why, spoiled in lists(proof, LEAVES[0]):
        consist(why, first, size, root1, root2, spoiled)
    consist("first root before the proof", first, size, root1, root2, [root1] + proof)
    for why, m, n in (("sizes swapped", size, first), ("size1 + 1", first + 1, size), ("size1 - 1", first - 1, size), ("size2 * 2", first, size * 2),
                      ("size1 ^ 2", first ^ 2, size), ("size2 + 2^63", first, size + (1 << 63)), ("one size", first, first)):
        consist(why, m, n, root1, root2, proof)
    consist("roots swapped", first, size, root2, root1, proof)
    consist("another root1", first, size, flip(root1, 5), root2, proof)
    consist("another root2", first, size, root1, flip(root2, 5), proof)
for size in (1, 6):
    top = root(LEAVES[:size])
    consist("one size, other roots", size, size, top, flip(top, 0), [])
    consist("one size, a hash", size, size, top, top, [top])

# Notes: text, verifier keys, and what comes out: how many cosigners and their last time, or why not.
notes = []


def checkpoint(size, origin=ORIGIN, more=""):
    return f"{origin}\n{size}\n{b64(root(LEAVES[:size]))}\n{more}"


def note(why, text, keys, cosigners=None, last=0):
    notes.append({"why": why, "note": text, "vkeys": [key.vkey for key in keys], "cosigners": cosigners, "time": last})


for size in (0, 1, 7, 140):
    text = checkpoint(size)
    note(f"checkpoint of {size}", text + "\n" + log.line(text), [log], 0)
text = checkpoint(7)
both = text + "\n" + log.line(text) + witness.line(text)
other = checkpoint(6)
twin = Key("other.example/w", 4, WITNESS_SEED)
own_witness = Key("log.example/w", 4, LOG_SEED)
late = (1 << 63) - 1
note("cosigned", both, [log, witness], 1, TIME)
note("cosigned, nobody asks", both, [log], 0)
note("the keys in another order", both, [witness, log], 1, TIME)
note("the signatures in another order", text + "\n" + witness.line(text) + log.line(text), [log, witness], 1, TIME)
note("with further lines", checkpoint(7, more="more\n\u00e4\n") + "\n" + log.line(checkpoint(7, more="more\n\u00e4\n")), [log], 0)
note("a stranger beside", text + "\n" + stranger.line(text) + log.line(text), [log], 0)
note("a stranger's bad signature", text + "\n" + stranger.line(other) + log.line(text), [log], 0)
note("the log's name with an unknown id", text + "\n" + signed_line(ORIGIN, b"abcd", bytes(64)) + log.line(text), [log], 0)
note("the log's id under another name", text + "\n" + signed_line("b.example", log.id, bytes(64)) + log.line(text), [log], 0)
note("a line twice", text + "\n" + log.line(text) * 2 + witness.line(text) * 2, [log, witness], 1, TIME)
note("cosigned twice, the last time counts", text + "\n" + log.line(text) + witness.line(text, 9) + witness.line(text, 20) + witness.line(text, 10),
     [log, witness], 1, 20)
note("the last time that there is", text + "\n" + log.line(text) + witness.line(text, late), [log, witness], 1, late)
note("one witness under two names", both + twin.line(text, TIME + 1), [log, witness, twin], 1, TIME + 1)
note("a key given twice", both, [log, witness, log, witness], 1, TIME)
note("the log cosigns itself", text + "\n" + log.line(text) + own_witness.line(text), [log, own_witness], 0)
note("without the log's signature", text + "\n" + witness.line(text), [log, witness])
note("without the witness's signature", text + "\n" + log.line(text), [log, witness])
note("without the log's key", both, [witness])
note("without any key", both, [])
named_like_log = Key(ORIGIN, 4, WITNESS_SEED)
note("a witness of the log's name alone", text + "\n" + named_like_log.line(text), [named_like_log])
note("a witness of the log's name beside the log", text + "\n" + log.line(text) + named_like_log.line(text), [log, named_like_log], 1, TIME)
note("the log's key under another name", text + "\n" + Key("b.example", 1, LOG_SEED).line(text), [Key("b.example", 1, LOG_SEED)])
note("another text", other + "\n" + log.line(text), [log])
note("another origin", checkpoint(7, "log.example/b") + "\n" + log.line(text), [log])
note("signed for another origin", checkpoint(7, "log.example/b") + "\n" + log.line(checkpoint(7, "log.example/b")), [log])
note("a good line, then a bad one", text + "\n" + log.line(text) + log.line(other), [log])
note("a bad line, then a good one", text + "\n" + log.line(other) + log.line(text), [log])
note("a bad cosignature", text + "\n" + log.line(text) + witness.line(other), [log, witness])
raw = base64.b64decode(witness.line(text).split()[2])[4:]
for why, changed in (("cosigned at another time", (TIME + 1).to_bytes(8, "big") + raw[8:]), ("a short cosignature", raw[:-1]), ("a long one", raw + b"\0"),
                     ("a cosignature without time", raw[8:]), ("seven bytes", raw[:7])):
    note(why, text + "\n" + log.line(text) + signed_line(WITNESS, witness.id, changed), [log, witness])
note("beyond the last time", text + "\n" + log.line(text) + witness.line(text, late + 1), [log, witness])
raw = base64.b64decode(log.line(text).split()[2])[4:]
order = (1 << 252) + 27742317777372353535851937790883648493
malleable = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
for why, changed in (("a flipped bit", flip(raw, 77)), ("a short signature", raw[:-1]), ("a long signature", raw + b"\0"), ("s plus the order of the group", malleable),
                     ("zeroes", bytes(64))):
    note(why, text + "\n" + signed_line(ORIGIN, log.id, changed), [log])
note("a plain signature where a cosignature belongs", text + "\n" + log.line(text) + signed_line(WITNESS, witness.id, witness.private.sign(text.encode())),
     [log, witness])
note("a cosignature where a plain one belongs", text + "\n" + signed_line(ORIGIN, log.id, witness.private.sign(text.encode())), [log])

# tlog-proofs: a record and whether its proof holds.
proofs = []


def proof_text(index, size, extra=None, signer=(log,)):
    lines = ["c2sp.org/tlog-proof@v1"]
    if extra is not None:
        lines.append("extra " + b64(extra))
    lines.append(f"index {index}")
    lines += [b64(h) for h in path(index, LEAVES[:size])]
    covered = checkpoint(size)
    return "\n".join(lines) + "\n\n" + covered + "\n" + "".join(key.line(covered) for key in signer)


for index, size, extra, signer in ((0, 1, None, (log,)), (5, 7, b"record-5", (log, witness)), (139, 140, b"", (log,)), (64, 100, b"record-64", (log,))):
    proofs.append({"index": index, "size": size, "extra": None if extra is None else b64(extra), "text": proof_text(index, size, extra, signer)})

here = pathlib.Path(__file__).resolve().parent
document = {
    "about": "made by make_merkle_vectors.py; leaf i is `record-<i>`; rows: [why, index, size, leaf, root, proof, good] and "
             "[why, size1, size2, root1, root2, proof, good], hashes by their place in `hashes`",
    "keys": {"log": [LOG_SEED.hex(), log.vkey], "witness": [WITNESS_SEED.hex(), witness.vkey]},
    "roots": {str(size): number(root(LEAVES[:size])) for size in [0] + SIZES},
    "inclusion": inclusion,
    "consistency": consistency,
    "checkpoints": notes,
    "proofs": proofs,
    "hashes": [b64(h) for h in hashes],
}
parts = []
for key, value in document.items():
    rows = value.items() if isinstance(value, dict) else value
    if isinstance(value, str):
        parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
        continue
    brackets = "{}" if isinstance(value, dict) else "[]"
    texts = [f"{json.dumps(r[0])}: {json.dumps(r[1])}" if isinstance(value, dict) else json.dumps(r) for r in rows]
    parts.append(f"{json.dumps(key)}: {brackets[0]}\n" + ",\n".join(texts) + "\n" + brackets[1])
(here / "merkle-vectors.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")
