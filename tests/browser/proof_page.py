#!/usr/bin/env python3
"""The page that `audit prove --html` writes, in Chromium: it says `valid`; with one character of its data changed, anywhere, it
does not; it loads nothing, and what was put into it does not run.

Arguments: Chromium, the program, the source tree. With IMAGEWARDEN_SCREENSHOTS=FOLDER the pages' pictures are kept there.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source tree stays as it is
import chromium  # noqa: E402

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
VERDICT = "document.getElementById('verdict').textContent"
TEXT_OF = "[...document.querySelectorAll('dd')].map((element) => element.textContent)"
DONE = "document.body.dataset.done === 'yes'"
# What a browser without Ed25519 answers, and one that has no WebCrypto at all.
NO_ED25519 = "SubtleCrypto.prototype.importKey = async () => { throw new DOMException('no such algorithm', 'NotSupportedError'); };"
NO_CRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });"
failures = 0


def expect(holds, what):
    global failures
    if not holds:
        failures += 1
        print(f"FAILED: {what}")


def make_proof(program, examples, folder):
    """A log with a checkpoint over some decisions, one of them with hostile text in it; its page, proof and record."""
    def run(*arguments, status=(0,)):
        done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
        if done.returncode not in status:
            sys.exit(f"imagewarden {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    run("audit", "init", "--audit-log", "log.db", "--origin", "example.com/images", "--key", "log.key")
    images = ["img-1", "img-\u202e<b>2", "img-3", "img-4"]
    check = ("check", "--as", "user/alice", "--inventory", str(examples / "acme"), "--now", "2026-11-24T08:00:00Z", "--audit-log", "log.db")
    for image in images:
        run(*check, image, status=(0, 1, 2))
    run("audit", "checkpoint", "--audit-log", "log.db", "--key", "log.key")
    records = [json.loads(line) for line in run("audit", "list", "--audit-log", "log.db", "--format", "ndjson").splitlines()]
    seq = str(next(record["seq"] for record in records if record.get("image") == images[1]))
    return (run("audit", "prove", seq, "--audit-log", "log.db", "--html"), run("audit", "prove", seq, "--audit-log", "log.db"),
            records[int(seq)])


class Page:
    """The text of a page, and the places in it that hold its data."""

    def __init__(self, text):
        self.text = text
        self.places = [match.span(1) for match in re.finditer(r'<pre (?:class="key"|id="proof")>\n(.*?)</pre>', text, re.DOTALL)]

    def data(self, number=-1):
        start, end = self.places[number]
        return self.text[start:end]

    def with_data(self, text, number=-1):
        start, end = self.places[number]
        return self.text[:start] + text + self.text[end:]


def other_characters(c):
    """Characters to put in the place of `c`: in base64 the next one, so that close to the padding only bits change that carry
    nothing; a digit more; another letter; and what the HTML parser, a trimming reader or a lenient decoder passes over."""
    near = ALPHABET[(ALPHABET.index(c) + 1) % 64] if c in ALPHABET else "A"
    return [near] + [other for other in (" ", "\n", "=", "<", "\u200b") if other != c]


def changes(text):
    """Pairs of what was changed and the changed text: in every line the ends, the middle and the characters before the padding;
    lines gone and lines twice."""
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        body = line.rstrip("\n")
        pads = len(body) - len(body.rstrip("="))
        spots = {0, len(body) // 3, len(body) // 2, len(body) - 1, len(body) - pads - 1, len(body)}
        for spot in sorted(spot for spot in spots if 0 <= spot < len(line)):
            at = start + spot
            for other in other_characters(text[at])[: 6 if spot >= len(body) - pads - 1 else 1]:
                yield f"line {number}, character {spot}: {text[at]!r} becomes {other!r}", text[:at] + other + text[at + 1:]
            yield f"line {number}, character {spot} gone", text[:at] + text[at + 1:]
        yield f"line {number} gone", text[:start] + text[start + len(line):]
        if not line.startswith("\u2014"):  # a signature may stand there twice
            yield f"line {number} twice", text[:start] + line + text[start:]
        start += len(line)
    yield "no line feed at the end", text[:-1]
    yield "a line feed more", text + "\n"


def forged_record(proof):
    """The proof with another record in it, everything else as it was."""
    extra = next(line for line in proof.splitlines() if line.startswith("extra "))[6:]
    record = base64.b64decode(extra).replace(b'"verb":"check"', b'"verb":"chuck"')
    return proof.replace(extra, base64.b64encode(record).decode())


def cosigned(folder, proof):
    """The proof with a witness's signature (c2sp.org/tlog-cosignature) at its end, and the witness's key."""
    witness = Signer(folder, 4, "witness.example/w")
    time = 1795507300
    checkpoint = proof.split("\n\n")[1] + "\n"
    return proof + witness.line(f"cosignature/v1\ntime {time}\n{checkpoint}", time.to_bytes(8, "big")), witness.vkey


class Signer:
    """The log's own key in the hands of somebody who signs what the program would not write; by openssl."""

    def __init__(self, folder, kind, name):
        self.folder, self.name = folder, name
        self._run("genpkey", "-algorithm", "ed25519", "-out", "signer.pem")
        key = bytes([kind]) + self._run("pkey", "-in", "signer.pem", "-pubout", "-outform", "DER")[-32:]
        self.id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(key).decode()}"

    def _run(self, *arguments):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True).stdout

    def line(self, message, before=b""):
        (pathlib.Path(self.folder) / "message").write_text(message)
        signature = self._run("pkeyutl", "-sign", "-inkey", "signer.pem", "-rawin", "-in", "message")
        return f"\u2014 {self.name} {base64.b64encode(self.id + before + signature).decode()}\n"

    def proof(self, record, index=0, size=1, origin="example.com/images"):
        """Of a tree that holds this record alone, or says that it holds more."""
        root = base64.b64encode(hashlib.sha256(b"\0" + record).digest()).decode()
        text = f"{origin}\n{size}\n{root}\n"
        return f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(record).decode()}\nindex {index}\n\n{text}\n{self.line(text)}"


class Tester:
    def __init__(self, browser, folder):
        self.browser, self.path = browser, pathlib.Path(folder) / "page.html"

    def verdict(self, page, done=DONE):
        self.path.write_text(page, encoding="utf-8", newline="")
        self.browser.open(self.path, done)
        return self.browser.evaluate(VERDICT)

    def verdict_with(self, script, page):
        """In a browser in which `script` ran before the page did."""
        added = self.browser.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        try:
            return self.verdict(page)
        finally:
            self.browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])

    def is_shown(self):
        return bool(self.browser.evaluate("!document.getElementById('record').hidden || document.querySelector('dd') !== null"))

    def screenshot(self, name):
        if "IMAGEWARDEN_SCREENSHOTS" in os.environ:
            picture = self.browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
            (pathlib.Path(os.environ["IMAGEWARDEN_SCREENSHOTS"]) / name).write_bytes(base64.b64decode(picture))


def check_good(tester, page, proof, record):
    browser = tester.browser
    expect(tester.verdict(page.text) == "valid", f"the page as it was made: {browser.evaluate(VERDICT)}")
    expect(page.data() == proof, "the page carries another proof than `audit prove` writes")
    tester.screenshot("valid.png")
    shown = browser.evaluate(TEXT_OF)
    for value in record.values():
        text = str(value).replace("\u202e", "\\u{202e}")
        expect(text in shown, f"{text} of the record is not shown")
    for key, answer in ((page.data(0), "The same key."), (page.data(0)[:-1], "Another key")):
        browser.evaluate(f"(() => {{ const own = document.getElementById('own'); own.value = {json.dumps(key)};"
                         " own.dispatchEvent(new Event('input')); })()")
        expect(browser.evaluate("document.getElementById('compared').textContent").startswith(answer), f"the key compared: {answer}")


def check_changed(tester, page):
    count = 0
    for number in range(len(page.places)):
        for what, text in changes(page.data(number)):
            # A key of one line stands without a line feed: one at its end, and the line gone, are tested by the others.
            verdict = tester.verdict(page.with_data(text, number))
            expect(verdict.startswith("invalid: "), f"place {number}, {what}: {verdict}")
            expect(not tester.is_shown(), f"place {number}, {what}: the record is shown")
            count += 1
    tester.screenshot("invalid.png")
    forged = tester.verdict(page.with_data(forged_record(page.data())))
    expect(forged == "invalid: the record does not lead to the root of the checkpoint", f"another record: {forged}")
    return count


def check_witness(tester, page, folder):
    proof, key = cosigned(folder, page.data())
    one = page.with_data(proof)
    expect(tester.verdict(one) == "valid", "a signature of somebody who is not asked about")
    start = page.places[0][0] - len('<pre class="key">\n')
    both = one[:start] + f'<pre class="key">\n{key}</pre>\n' + one[start:]
    expect(tester.verdict(both) == "valid", f"a cosigned checkpoint: {tester.browser.evaluate(VERDICT)}")
    expect("witness.example/w" in " ".join(tester.browser.evaluate(TEXT_OF)), "the witness is not shown")
    line = proof.splitlines()[-1]
    for spot in (len("\u2014 witness.example/w ") + 7, len(line) // 2, len(line) - 4):
        changed = line[:spot] + other_characters(line[spot])[0] + line[spot + 1:]
        verdict = tester.verdict(both.replace(line, changed))
        expect(verdict.startswith("invalid: "), f"a changed cosignature: {verdict}")
    verdict = tester.verdict(both.replace(line + "\n", ""))
    expect(verdict == "invalid: the checkpoint is not signed by witness.example/w", f"without its cosignature: {verdict}")


def check_forged(tester, page, folder, record):
    """What is signed and leads to its root, and still is no record at its place in this log."""
    signer = Signer(folder, 1, "example.com/images")
    base = page.with_data(signer.vkey, 0)
    good = {**record, "seq": 0}

    def verdict(*arguments, **members):
        return tester.verdict(Page(base).with_data(signer.proof(*arguments, **members)))

    def canonical(members):
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    expect(verdict(canonical(good)) == "valid", f"a log of one record: {tester.browser.evaluate(VERDICT)}")
    without = {name: value for name, value in good.items() if name != "pseq"}
    for what, reason, arguments in (
        ("another place", "the record says that it is number 7", (canonical({**good, "seq": 7}),)),
        ("another log", "the record is of another log", (canonical({**good, "origin": "example.com/other"}),)),
        ("a checkpoint of another log", "the record is of another log", (canonical(good), 0, 1, "example.com/other")),
        ("no checkpoint of it", "the checkpoint does not cover", (canonical({**good, "seq": 1}), 1, 1)),
        ("a size too large", "the proof has too few hashes", (canonical(good), 0, 2)),
        ("an index that is not one", "the index is not a decimal", (canonical(good), "00", 1)),
        ("a space", "the record is not in canonical form", (canonical(good).replace(b'":"', b'": "', 1),)),
        ("an escape", "the record is not in canonical form", (canonical(good).replace(b"check", b"\\u0063heck"),)),
        ("a member twice", "the record is not in canonical form", (canonical(good).replace(b'{"account"', b'{"account":"1","account"'),)),
        ("an unknown member", "the record has an unknown member", (canonical({**good, "extra": "1"}),)),
        ("a member too few", "the record lacks a member", (canonical(without),)),
        ("an empty member", "`note` of the record is empty", (canonical({**good, "note": ""}),)),
        ("another type", "`image` of the record has another type", (canonical({**good, "image": 1}),)),
        ("a number too large", "`pseq` of the record has another type", (canonical({**good, "pseq": 2**53}),)),
        ("another version", "the record is of another version", (canonical({**good, "schema": 2}),)),
        ("another kind", "the record is of another version", (canonical({**good, "kind": "praise"}),)),
        ("a list", "the record is not a JSON object", (b"[]",)),
        ("no UTF-8", "the record is not JSON", (canonical(good).replace(b"check", b"\xff"),)),
        ("a byte order mark", "the record is not JSON", (b"\xef\xbb\xbf" + canonical(good),)),
    ):
        found = verdict(*arguments)
        expect(found.startswith("invalid: " + reason), f"{what}: {found}")
    other_id = signer.vkey.replace(signer.id.hex(), "00000000")
    found = tester.verdict(Page(page.with_data(other_id, 0)).with_data(signer.proof(canonical(good))))
    expect(found == "invalid: a key has not the id of its name and key", f"a key with another id: {found}")


def check_lesser_browsers(tester, page):
    changed = page.with_data(forged_record(page.data()))
    for script in (NO_ED25519, NO_CRYPTO):
        verdict = tester.verdict_with(script, page.text)
        expect(verdict.startswith("not checked: this browser "), f"{script}: {verdict}")
        expect(not tester.is_shown(), f"{script}: the record is shown")
    tester.screenshot("unchecked.png")
    verdict = tester.verdict_with(NO_ED25519, changed)
    expect(verdict.startswith("invalid: "), f"changed, without Ed25519: {verdict}")
    tester.browser.call("Emulation.setScriptExecutionDisabled", value=True)
    verdict = tester.verdict(page.text, "true")
    expect(verdict.startswith("not checked: "), f"without JavaScript: {verdict}")
    tester.browser.call("Emulation.setScriptExecutionDisabled", value=False)


def check_foreign_code(tester, page):
    """The content security policy: last, as what it stops is complained about."""
    browser = tester.browser
    for code in ("<script>document.body.dataset.foreign = 'yes'</script>", "<svg onload=\"document.body.dataset.foreign = 'yes'\"></svg>"):
        browser.complaints.clear()
        expect(tester.verdict(page.text.replace("<footer>", code + "<footer>")) == "valid", f"with {code}")
        expect(browser.evaluate("document.body.dataset.foreign") is None, f"{code} ran")
        expect(any("Content Security Policy" in complaint for complaint in browser.complaints), f"{code}: nothing was refused")
    edited = tester.verdict(page.text.replace("await checkPath(proof)", "").replace("checkPath(proof)", "1"), "true")
    expect(edited.startswith("not checked: "), f"with an edited program: {edited}")
    tester.verdict(page.text.replace("<footer>", "<img src=\"https://example.invalid/x.png\"><footer>"))
    expect(browser.requests == {f"file://{tester.path}"}, f"asked for {browser.requests}")


def main():
    browser_program, program, source = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), pathlib.Path(sys.argv[3]).resolve()
    with tempfile.TemporaryDirectory() as folder, chromium.Browser(browser_program) as browser:
        text, proof, record = make_proof(program, source / "examples", folder)
        tester, page = Tester(browser, folder), Page(text)
        check_good(tester, page, proof, record)
        count = check_changed(tester, page)
        expect(count >= 100, f"only {count} changes were tried")
        check_witness(tester, page, folder)
        check_forged(tester, page, folder, record)
        check_lesser_browsers(tester, page)
        expect(browser.requests == {f"file://{tester.path}"}, f"asked for {browser.requests}")
        expect(not browser.complaints, f"complaints: {browser.complaints[:3]}")
        check_foreign_code(tester, page)
    print(f"{count} changed pages, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
