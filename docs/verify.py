"""Verifies an audit log, or proofs of single records, by the formats of audit-log.md alone. Needs Python 3.9 and
`openssl` 3. It does not look at the triggers of the file; `imagewarden audit verify` does.
Exit status 0: good; 1: bad, and one line says what fails first; 2: wrong arguments, or nothing that can be read."""
import argparse, base64, functools, hashlib, json, pathlib, re, sqlite3, subprocess, sys, tempfile
OPENSSL = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature".split()
SPKI = bytes.fromhex("302a300506032b6570032100")  # what openssl wants before the 32 bytes of a public key
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
PROOF = r"c2sp\.org/tlog-proof@v1\nextra (.+)\nindex (0|[1-9][0-9]*)((?:\n.+)*)\n\n((?:.|\n)+)"
INTEGERS = {"count", "pseq", "schema", "seq"}
TEXTS = set("""account code decided_at decision engine host image inventory kind note operation origin outcome permission possible_codes
    principal request rules time user verb writer""".split())
KINDS = "log-start decision batch-start batch-end key-change redaction retention import heartbeat rotation".split()
place = "arguments"  # what is being looked at
sha = lambda data: hashlib.sha256(data).digest()
root_of = lambda edge: functools.reduce(lambda right, left: sha(b"\1" + left + right), reversed(edge)) if edge else sha(b"")
def decode(text, size=None):  # base64 in its one form
    data = base64.b64decode(text, validate=True)
    assert base64.b64encode(data).decode() == text and size in (None, len(data)), f"not base64 of {size or 'any'} bytes: {text!r}"
    return data
def parse_key(text):  # NAME+ID+KEY; the first byte of KEY says what it signs: 1 logs, 4 cosignatures
    name, key_id, data = text.split("+", 2)
    assert sha(name.encode() + b"\n" + decode(data, 33))[:4].hex() == key_id, f"not the id of this key: {text!r}"
    return name, key_id, decode(data)[0], decode(data)[1:]
def parse_note(data):  # a checkpoint: origin, size, root; an empty line; signatures
    text, _, lines = data.decode().rpartition("\n\n")
    (origin, size, root, *_), signatures = text.split("\n"), re.findall("— ([^ \n]+) ([^ \n]+)\n", lines)
    assert lines and "".join(f"— {name} {signature}\n" for name, signature in signatures) == lines, "no signatures"
    assert re.fullmatch("0|[1-9][0-9]*", size) and not re.search(rb"[\x00-\x09\x0b-\x1f]", data), "no checkpoint"
    return text + "\n", (origin, int(size), decode(root, 32)), [(name, decode(signature)) for name, signature in signatures]
def openssl_verifies(key, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in ("key", SPKI + key), ("text", text), ("signature", signature):
            pathlib.Path(folder, name).write_bytes(content)
        return subprocess.run(OPENSSL, cwd=folder, capture_output=True).returncode == 0
def check_signed(text, tree, signatures, keys, quorum):  # a wrong signature of a known key makes the whole note wrong
    signed = set()
    for key, data in [(key, data) for name, data in signatures for key in keys if key[:2] == (name, data[:4].hex())]:
        time, start = (f"cosignature/v1\ntime {int.from_bytes(data[4:12], 'big')}\n", 12) if key[2] == 4 else ("", 4)
        good = key[2] in (1, 4) and openssl_verifies(key[3], (time + text).encode(), data[start:])
        assert good, f"the signature of {key[0]!r} does not verify"
        signed.add(key)
    assert (tree[0], 1) in {key[::2] for key in signed} and quorum(key in signed for key in keys), "not signed by its keys"
def check_openssl():  # RFC 8032, test 2: an openssl that cannot do it must not look like a bad signature
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    assert openssl_verifies(key, b"\x72", signature), "this openssl cannot verify Ed25519 signatures of files: version 3 can"
def parse_record(leaf, origin, seq):
    record = json.loads(leaf)
    assert CANONICAL.encode(record).encode() == leaf and len(leaf) < 65536, "not canonical"
    for name, value in record.items():  # empty members are left out, but for those that are always there
        assert type(value) is str if name in TEXTS else name in INTEGERS and type(value) is int and 0 <= value < 2**53, f"member {name!r}"
        assert value or name in ("pseq", "seq", "writer"), f"an empty {name!r}"
    assert record["kind"] in KINDS and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d\.\d{6}Z", record["time"]), "kind or time"
    assert (record["schema"], record["origin"], record["seq"], record["kind"] == "log-start") == (1, origin, seq, not seq), "misplaced"
    return record

def verify_log(path, anchors, keys):
    global place
    log = sqlite3.connect(f"{pathlib.Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    log.text_factory, ((origin,),) = bytes, log.execute("begin").execute("select value from meta where key = 'origin'")
    page, wal = log.execute("pragma page_size").fetchone()[0], pathlib.Path(f"{path}-wal")  # what a page lacks, SQLite reads as zeroes
    assert pathlib.Path(path).stat().st_size % page == 0 or wal.exists() and wal.stat().st_size, "it is cut off within a page"
    stored = log.execute("select id, size, note from checkpoints order by id").fetchall()
    roots = {**dict.fromkeys([size for _, size, _ in stored] + [tree[1] for _, tree, _ in anchors]), 0: sha(b"")}
    edge, seq, counters, last, announced, covered, origin = [], 0, {}, "", [], 0, origin.decode()
    for first, count, nodes, leaves in log.execute("select first_seq, count, nodes, leaves from runs order by first_seq"):
        place, leaves, offset = f"record {seq}", leaves.split(b"\n"), 0
        assert first == seq and leaves.pop() == b"" and len(leaves) == count > 0, "its run is cut, or starts elsewhere"
        details = dict(log.execute("select seq, detail from details where seq >= ? and seq < ?", (first, first + count)))
        for leaf in leaves:
            place, node, index = f"record {seq}", sha(b"\0" + leaf), seq
            record, hashes = parse_record(leaf, origin, seq), node
            assert record["time"] >= last and record["pseq"] == counters.get(record["writer"], 0), "its time or pseq is wrong"
            counters[record["writer"]], last = record["pseq"] + 1, "closed" if record["kind"] == "rotation" else record["time"]
            announced += [(seq, parse_key(record["note"]))] if record["kind"] == "key-change" else []
            assert seq not in details or record["decision"] == "sha256:" + sha(details[seq]).hex(), "it has another detail"
            while index & 1:
                node, index = sha(b"\1" + edge.pop() + node), index >> 1
                hashes += node
            assert nodes[offset:offset + len(hashes)] == hashes, "other hashes are stored"
            edge, seq, offset = edge + [node], seq + 1, offset + len(hashes)
            if seq in roots: roots[seq] = root_of(edge)
        assert offset == len(nodes), "its run holds more hashes"
    assert not log.execute("select 1 from details where seq < 0 or seq >= ?", (seq,)).fetchone(), "a detail of a later record"
    place = "the log as a whole"
    assert seq, "no record, not even log-start"
    for row, size, data in stored:
        place = f"stored checkpoint {row}"
        note, grown, covered = parse_note(data), size >= covered, size
        assert grown and note[1] == (origin, size, roots[size]), "of other records, of another log, or of fewer than before"
        check_signed(*note, [key for at, key in announced if at < size], any)
    for place, note in (("the checkpoint from outside", note) for note in anchors):
        assert note[1] == (origin, note[1][1], roots[note[1][1]]), f"not of this log, or of other records than its {seq}"
        check_signed(*note, keys, all)
    print(f"{origin!r}: {seq} records and {len(stored)} checkpoints are good, root {root_of(edge).hex()}")
    print(f"ANCHORED: {max(tree[1] for _, tree, _ in anchors)} records" if anchors else "UNANCHORED: compared with nothing")

def verify_proof(data, keys):
    assert (parts := re.fullmatch(PROOF, data.decode())), "no proof that carries its record"
    leaf, index, siblings = decode(parts[1]), int(parts[2]), [decode(line, 32) for line in parts[3].split("\n")[1:]]
    text, tree, signatures = parse_note(parts[4].encode())
    record, node, inner = parse_record(leaf, tree[0], index), sha(b"\0" + leaf), (index ^ (tree[1] - 1)).bit_length()
    assert index < tree[1] and len(siblings) == inner + bin(index >> inner).count("1"), "too many hashes, or too few"
    for level, sibling in enumerate(siblings):  # from level `inner` on the record stands at the right edge
        node = sha(b"\1" + (sibling + node if level >= inner or index >> level & 1 else node + sibling))
    assert node == tree[2], "the record does not lead to the root of the checkpoint"
    check_signed(text, tree, signatures, keys, all)
    print(json.dumps(record))
if not __debug__: sys.exit("python3 -O leaves the checks out")
parser = argparse.ArgumentParser(usage="verify.py LOG [--checkpoint FILE]... [--vkey KEY]... | --proof FILE --vkey KEY...")
parser.add_argument("log", nargs="?")
for option in ("--proof", "--checkpoint", "--vkey"): parser.add_argument(option, action="append", default=[])
given = parser.parse_args()
try:
    assert bool(given.log) != bool(given.proof) and bool(given.vkey) == bool(given.proof or given.checkpoint), parser.usage
    check_openssl()
    place, keys = "the log", [parse_key(text) for text in given.vkey]
    for place in given.proof: verify_proof(pathlib.Path(place).read_bytes(), keys)
    if given.log: verify_log(given.log, [parse_note(pathlib.Path(path).read_bytes()) for path in given.checkpoint], keys)
except Exception as error:
    (parser.error if place in ("arguments", "the log") or isinstance(error, OSError) else sys.exit)(f"{place}: {error!r}")
