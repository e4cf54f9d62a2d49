#!/usr/bin/env python3
"""Names that try to act, in every output. The same small world is written twice, once with harmless names and once with names of
HTML, escape sequences, marks of direction, line breaks, formulas, markup and shell commands; then every verb runs in every format
on both. What comes out must be of the same shape, hold every name as it was given or visibly escaped, and act on nothing.

A verb or a format that the program offers and this file does not know is a failure.

Arguments: the program, the source tree.
"""
import collections
import csv
import html.parser
import io
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import urllib.parse
import xml.etree.ElementTree

program, root = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
NOW = ("--now", "2026-11-24T08:00:00Z")
PWNED = "pwned"  # the file that every shell command below would make
TEXTS = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>&amp;&#60;b&#62;",
    "' onmouseover=alert(1) x='\" onfocus=alert(1) autofocus x=\"",
    "</title></style></script></pre></table><!--<iframe src=javascript:alert(1)>-->",
    "\x1b[31m\x1b[2J\x1b[1A\x1b]0;title\x07\x1b]8;;https://example.invalid\x1b\\link\x1b]8;;\x1b\\\x9b31m\x9d0;t\x9c\x7f\x08\x08",
    "\u202eevil\u2066a\u2067b\u2068c\u2069d\u200fe\u200ef\u061cg\u200bh\ufeffi\xadj\U000e0041k\u2060",
    "line\nforged allow\r\nforged deny\rforged over\ttab\x00nul\u2028ls\u2029ps\x85nel\x0bvt\x0cff",
    "=HYPERLINK(\"https://example.invalid\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1,\"x\";=1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "**bold** [x](javascript:alert(1)) `code` | cell | # head\u00a0---",
    "]]><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;<?xml version='1.0'?>",
    "%s%n%d {} {0} ${HOME} \\u{1b} \\n",
    f"$(touch {PWNED})`touch {PWNED}`';touch {PWNED};'\";touch {PWNED};\"",
    f"\n touch {PWNED} #\n'\n touch {PWNED}\nEOF\n touch {PWNED}\n",
    f"--output={PWNED}",
    "not ok 1 - x # SKIP\nok 2\nend_of_record\nSF:x\nDA:1,1\n---\n...\n1..0",
)
# Harmless ones with the same signs of patterns, paths and ARNs, so that policies mean the same.
PLAIN = tuple(re.sub("[^:*?/=.${}|,]", "x", text) for text in TEXTS)
MARK = re.compile(r"~([a-z]+?)(\d+)~")  # ends every name: what it is the name of, and the number of its text
ACTING = ("Cc", "Cf", "Zl", "Zp")


def acts(character):
    return unicodedata.category(character) in ACTING


def shown(text):
    """The visible form of text, as docs and errors have it: the program's own is held against this one."""
    return "".join(f"\\u{{{ord(c):x}}}" if acts(c) else c for c in text)


def in_argument(text):
    return text.replace("\0", "")  # no argument and no file name can hold it


def in_file_name(text):
    return re.sub("[/.]", "|", in_argument(text))


def toml_text(text):
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def in_key(text):
    return in_argument(text).replace("=", "|")  # KEY=VALUE is parted at the first


def in_explanation(text):
    return re.sub("[{}]", "|", text)  # these hold placeholders


# What is wrong with an output, by its kind. Each takes bytes and returns its problems, its shape (what has to be the same with
# harmless names), and the pieces of text that it holds.

def decoded(output):
    try:
        return output.decode(), []
    except UnicodeDecodeError as error:
        return output.decode(errors="replace"), [f"no UTF-8: {error}"]


def acting_characters(text, allowed="\n"):
    found = {f"U+{ord(c):04X}" for c in text if acts(c) and c not in allowed}
    return [f"acting characters {sorted(found)}"] if found else []


def read_text(output):
    text, problems = decoded(output)
    return problems + acting_characters(text), text.count("\n"), text.split("\n")


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)


def form_of(value):
    """What a JSON value is, without its texts and numbers."""
    if isinstance(value, dict):
        return ("object", tuple(sorted(("~" if MARK.search(key) else key, form_of(item)) for key, item in value.items())))
    if isinstance(value, list):
        return ("list", tuple(sorted((form_of(item) for item in value), key=repr)))
    return type(value).__name__


def no_repeats(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value


def read_json(output):
    text, problems = decoded(output)
    problems += acting_characters(text, CANONICAL)
    try:
        value = json.loads(text, object_pairs_hook=no_repeats)
    except ValueError as error:
        return problems + [f"no JSON: {error}"], None, []
    return problems, form_of(value), list(strings_of(value))


# What RFC 8785, the form that docs/audit-export.md gives to JSON, leaves as it is.
CANONICAL = "\n" + "".join(chr(c) for c in range(0x7f, 0xe0080) if acts(chr(c)))


def read_ndjson(output):
    lines = output.split(b"\n")
    problems = [] if lines[-1] == b"" else ["does not end with a line"]
    parts = [read_json(line) for line in lines[:-1]]
    return (problems + [problem for part in parts for problem in part[0]], sorted((part[1] for part in parts), key=repr),
            [text for part in parts for text in part[2]])


def read_csv(output):
    text, problems = decoded(output)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    problems += [f"a formula: {cell!r}" for row in rows for cell in row if cell[:1] and cell[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"]
    return problems, [len(row) for row in rows], [cell for row in rows for cell in row]


def read_xml(output):
    try:
        tree = xml.etree.ElementTree.fromstring(output)
    except xml.etree.ElementTree.ParseError as error:
        return [f"no XML: {error}"], None, []
    elements = list(tree.iter())
    texts = [text for element in elements for text in (element.text, element.tail, *element.attrib.values()) if text]
    return ([] if b"<!DOCTYPE x" not in output and b"<!ENTITY" not in output else ["a document type of somebody else"],
            sorted((element.tag, tuple(sorted(element.attrib))) for element in elements), texts)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.shape, self.problems, self.texts = collections.Counter(), [], []

    def handle_starttag(self, tag, attrs):
        self.shape[tag, tuple(sorted(name for name, _ in attrs))] += 1
        for name, value in attrs:
            if name.startswith("on"):
                self.problems.append(f"<{tag} {name}>")
            if name in ("href", "src", "action", "formaction") and not (value or "").startswith(("#", "data:")):
                self.problems.append(f"<{tag} {name}={value!r}>")
            self.texts.append(value or "")

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.shape["comment", data] += 1

    def handle_decl(self, decl):
        self.shape["declaration", decl] += 1


def read_html(output):
    text, problems = decoded(output)
    page = Page()
    page.feed(text)
    page.close()
    # Line breaks of the page's own; those of a name are visible.
    problems += page.problems + acting_characters("".join(page.texts))
    return problems, page.shape, page.texts


def read_shell(output):
    text, problems = decoded(output)
    done = subprocess.run(["bash", "-n"], input=output, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        problems.append(f"bash -n: {done.stderr.decode(errors='replace')}")
    return problems + acting_characters(text), text.count("\n"), text.split("\n")


def read_tap(output):
    problems, shape, texts = read_text(output)
    return problems, (shape, collections.Counter(re.match(r"(not ok|ok|1\.\.|#| |TAP)?", line).group() for line in texts)), texts


def read_lcov(output):
    problems, shape, texts = read_text(output)
    return problems, (shape, collections.Counter(line.partition(":")[0] for line in texts)), texts


KINDS = {"text": read_text, "json": read_json, "shown": read_json, "ndjson": read_ndjson, "csv": read_csv, "xml": read_xml, "html": read_html, "shell": read_shell,
         "tap": read_tap, "lcov": read_lcov}


WAYS = (str, in_argument, in_file_name, in_key, in_explanation)
SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def plain_form(text):
    """Without the visible escapes of texts (`\\u{a}`) and of JSON, and without backslashes; keys are compared in lower case."""
    text = re.sub(r"\\+(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|([ntrbf]))", lambda m: SIGNS[m[3]] if m[3] else chr(int(m[1] or m[2], 16)), text)
    return text.replace("\\", "").lower()


# How a name may stand in an output: as it is, without what its place cannot hold.
NAMES = tuple({way(text) for way in WAYS} for text in TEXTS)
ENDS = tuple(tuple({plain_form(name) for name in names}) for names in NAMES)
# What a text of several lines would make a line of its own begin with.
FORGED = tuple({piece for text in TEXTS for piece in re.split("[\n\r]", text)[1:] if piece.strip()})


class World:
    """A folder with exports, rules, policies, tests, waivers and a log, in which everything that has a name has one of `texts`."""

    def __init__(self, folder, texts):
        self.folder, self.texts = folder, texts
        self.seen = collections.defaultdict(set)
        folder.mkdir()
        self.write_exports()
        self.write_rules()
        self.write_policies()

    def name(self, place, number):
        text = self.texts[number]
        return f"{in_argument(text) if place in ('user', 'role', 'imageid') else text}~{place}{number}~"

    def argument(self, place, number):
        return in_argument(self.name(place, number))

    def numbers(self):
        return range(len(self.texts))

    def write(self, path, value):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    def images(self, number):
        name = lambda place: self.name(place, number)
        common = {"AliUid": 1, "ImageName": name("imagename"), "ImageType": "User", "Status": "AVAILABLE", "ProductType": "CloudApp",
                  "ImageRegionList": ["cn-a", name("region")], "VersionId": name("version"), "BizType": 1, "SystemDiskSize": 60,
                  "TagList": [{"Key": name("tagkey"), "Value": name("tagvalue")}, {"Key": "owner", "Value": name("owner")}],
                  "GmtCreate": "2024-01-01 00:00:00"}
        return [{**common, "ImageId": f"img-clean-{number}"}, {**common, "ImageId": name("imageid")},
                {**common, "ImageId": f"img-used-{number}", "ParentImageId": name("parent"), "Status": name("status"),
                 "ProductType": name("product"), "SessionType": name("session")},
                {**common, "ImageId": f"img-type-{number}", "ImageType": name("imagetype")}]

    def write_exports(self):
        envelopes = []

        def add(operation, response, **request):
            envelopes.append({"Operation": operation, "Request": request, "AccountId": "1", "RegionId": "cn-a",
                              "ExportedAt": "2026-11-20T08:00:00Z", "Response": response})

        images = [image for number in self.numbers() for image in self.images(number)]
        add("ListImage", {"Count": len(images), "Data": images})
        users = [*self.numbers()]
        name = self.name
        add("ListAppInstanceGroup", {"TotalCount": len(users), "AppInstanceGroupModels": [
            {"AppInstanceGroupId": name("groupid", n), "AppInstanceGroupName": name("groupname", n), "AppCenterImageId": f"img-used-{n}",
             "Status": name("groupstatus", n), "RegionId": name("region", n)} for n in users]})
        add("ListWuyingServer", {"TotalCount": len(users), "WuyingServerList": [
            {"WuyingServerId": name("serverid", n), "WuyingServerName": name("servername", n), "ImageId": f"img-used-{n}",
             "Status": name("serverstatus", n), "BizRegionId": "cn-a"} for n in users]})
        add("DescribeTemplates", {"TotalCount": len(users), "Data": [
            {"TemplateId": name("templateid", n), "TemplateName": name("templatename", n), "ImageId": f"img-clean-{n}",
             "TemplateType": "CUSTOM_TEMPLATE", "ProductType": "CLOUD_DESKTOP", "RegionConfigList": [{"RegionId": "cn-a"}]} for n in users]})
        add("DescribeDesktopGroups", {"DesktopGroups": [
            {"DesktopGroupId": name("poolid", n), "DesktopGroupName": name("poolname", n), "ImageId": f"img-used-{n}"} for n in users]},
            RegionId="cn-a")
        add("DescribeDesktops", {"TotalCount": len(users), "Desktops": [
            {"DesktopId": name("desktopid", n), "DesktopName": name("desktopname", n), "ImageId": f"img-used-{n}",
             "DesktopStatus": name("desktopstatus", n)} for n in users]}, RegionId="cn-a")
        for image in images:
            shared = [name("shared", int(image["ImageId"].split("-")[-1]))] if image["ImageId"].startswith("img-used-") else []
            add("DescribeImagePermission", {"AliUids": shared}, ImageId=image["ImageId"], RegionId="cn-a")
        add("ListUsers", {"IsTruncated": False, "Users": {"User": [
            {"UserName": name, "UserId": f"{n}", "DisplayName": "x"} for n, name in enumerate(["alice", *(name("user", n) for n in users)])]}})
        add("ListGroups", {"IsTruncated": False, "Groups": {"Group": [{"GroupName": name("group", n)} for n in users]}})
        add("ListRoles", {"IsTruncated": False, "Roles": {"Role": [{"RoleName": name("role", n), "RoleId": f"{n}"} for n in users]}})
        admin = {"Policy": [{"PolicyName": "AdministratorAccess", "PolicyType": "System"}]}
        add("ListPoliciesForUser", {"Policies": admin}, UserName="alice")
        add("ListGroupsForUser", {"Groups": {"Group": []}}, UserName="alice")
        for n in users:
            policy = {"Policy": [{"PolicyName": name("policy", n), "PolicyType": "Custom"}]}
            add("ListPoliciesForUser", {"Policies": policy}, UserName=name("user", n))
            add("ListGroupsForUser", {"Groups": {"Group": [{"GroupName": name("group", n)}]}}, UserName=name("user", n))
            add("ListPoliciesForGroup", {"Policies": policy}, GroupName=name("group", n))
            add("ListUsersForGroup", {"Users": {"User": [{"UserName": name("user", n)}]}}, GroupName=name("group", n))
            add("ListPoliciesForRole", {"Policies": policy}, RoleName=name("role", n))
            add("GetPolicy", {"Policy": {"PolicyName": name("policy", n), "PolicyType": "Custom"}, "DefaultPolicyVersion": {
                "VersionId": "v1", "PolicyDocument": json.dumps(self.policy(n))}}, PolicyName=name("policy", n), PolicyType="Custom")
            trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
                "RAM": ["acs:ram::2:root", f"acs:ram::2:user/{name('trusted', n)}"], "Service": [name("service", n)]}}]}
            add("GetRole", {"Role": {"RoleName": name("role", n), "RoleId": f"{n}", "AssumeRolePolicyDocument": json.dumps(trust)}},
                RoleName=name("role", n))
        self.write("exports/account.json", {"AccountId": "1", "Regions": ["cn-a"], "ExportedAt": "2026-11-20T08:00:00Z"})
        # One envelope file a folder with a hostile name, so that each of them is read.
        for n in users:
            part = envelopes[n::len(users)]
            self.write(f"exports/{in_file_name(self.name('folder', n))}/all.ndjson", "".join(json.dumps(one) + "\n" for one in part))

    def policy(self, n):
        return {"Version": "1", "Statement": [
            {"Sid": self.name("sid", n), "Effect": "Allow", "Action": ["appstreaming:DeleteImage", self.name("action", n)], "Resource": "*",
             "Condition": {"StringNotEquals": {"acs:SourceVpc": [self.name("value", n)], f"app:{self.name('key', n)}": ["x"]}}},
            {"Effect": "Deny", "Action": "appstreaming:*", "Resource": [self.name("resource", n)]},
            {"Effect": self.name("effect", n), "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {self.name("operator", n): {"acs:SourceIp": self.name("ip", n)}}}]}

    def write_rules(self):
        name = self.name
        self.rules = self.write("rules.json", {
            "schema": "imagewarden-rules/1", "name": "guards", "version": "1",
            "operation": "appstreaming:DeleteImage", "guards": [
                {"id": f"guard-{n}", "when": [{"condition": {"StringEquals": {f"image:Tag/{name('ruletag', n)}": name("rulevalue", n)}}},
                                              {"condition": {"StringEquals": {"image:Name": name("imagename", n)},
                                                             "StringLike": {"image:Id": "img-used-*"}}}],
                 "explanation": in_explanation(name("explanation", n)), "remedy": in_explanation(name("remedy", n))} for n in self.numbers()]})
        controls = [{"id": name("controlid", n), "framework": name("frameworkid", n), "number": name("number", n), "title": name("title", n),
                     "explanation": name("controltext", n), "checks": ["deletion-direct"]} for n in self.numbers()]
        self.controls = self.write("controls.json", {
            "schema": "imagewarden-controls/1", "name": name("controlsname", 0), "version": name("controlsversion", 0), "controls": controls,
            "frameworks": [{"id": name("frameworkid", n), "name": name("framework", n), "source": name("source", n)} for n in self.numbers()],
            "waivers": [{"check": check, "subject": name("subject", n), "owner": name("waiverowner", n), "reason": name("reason", n),
                         "expires": day} for n in self.numbers() for check, day in (("log-root", "2027-01-31"), ("log-reach", "2026-01-31"))]})

    def write_policies(self):
        for n in self.numbers():
            stem = in_file_name(self.name("policyfile", n))
            self.write(f"policies/{stem}.json", self.policy(n))
            self.write(f"newer/{stem}.json", {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "appstreaming:*", "Resource": "*"}]})
            test = lambda place, expect: {"name": self.name(place, n), "principal": f"user/{self.name('testuser', n)}",
                                          "action": "appstreaming:DeleteImage", "expect": expect, "resource": self.name("testresource", n),
                                          "context": {f"app:{self.name('key', n)}": self.name("testvalue", n),
                                                      "acs:SourceVpc": self.name("testvpc", n)}}
            self.write(f"tests/{in_file_name(self.name('testfile', n))}.test.json", {
                "policies": [{"name": self.name("testpolicy", n), "document": {"Version": "1", "Statement": self.policy(n)["Statement"][:2]}}],
                "tests": [test("passing", "allow"), test("failing", "explicit-deny")]})
        self.waivers = self.write("lint.waivers.json", {"schema": "imagewarden-lint-waivers/1", "waivers": [
            {"rule": rule, "policy": self.name("lintpolicy", n), "owner": self.name("lintowner", n), "reason": self.name("lintreason", n),
             "expires": "2026-01-31"} for n in self.numbers() for rule in ("RAM047", "RAM048")]})

    def commands(self, form):
        """Each verb with the command lines that show what has a name, for a format; it is added to them."""
        name, numbers, exports = self.argument, self.numbers(), str(self.folder / "exports")
        log, key = ("--audit-log", str(self.folder / "log.db")), str(self.folder / "log.key")
        vkey, plan = str(self.folder / "log.vkey"), str(self.folder / "plan.json")
        where = ("--inventory", exports, "--rules", self.rules)
        context = [part for n in numbers for part in ("--context", f"app:{in_key(name('contextkey', n))}={name('contextvalue', n)}")]
        alice = ("--as", "user/alice", *context, "--no-audit", *where)
        images = [image for n in numbers for image in (f"img-clean-{n}", name("imageid", n), f"img-used-{n}", f"img-type-{n}")]
        ids = self.write("ids.txt", "".join(f"{self.texts[n].split(chr(10))[0].strip() or 'x'}\n" for n in numbers))
        for path in {self.folder / f"rotate-{form}.db"} if (self.folder / "log.db").exists() else ():
            if not path.exists():
                shutil.copy(self.folder / "log.db", path)
        bad_log = ("--audit-log", str(self.folder / "bad.db"))
        policies, newer = str(self.folder / "policies"), str(self.folder / "newer")
        return {
            "check": [["--all", *alice], ["--strict", *alice, "--", *images], ["--ids-from", ids, *alice]],
            "plan": [["--all", *alice], ["--where", "unused and not tag keep", *alice]],
            "plan verify": [[plan, "--vkey", vkey, "--no-audit", *where]],
            "plan script": [[plan, "--vkey", vkey]],
            "explain": [[*alice, "--", image] for image in images] + [
                [f"img-clean-{n}", "--as", f"user/{name('user', n)}", "--no-audit", *where] for n in numbers],
            "report": [["--controls", self.controls, *log, *where, "--as", "user/alice", *context, "--compare", str(self.folder / "old.json")],
                       ["--no-audit", *where], bad_log],
            "inventory summary": [where],
            "inventory validate": [where],
            "policy simulate": [["--as", f"{kind}/{name(kind, n)}", "--action", "appstreaming:DeleteImage", "--resource", name("resource", n),
                                 "--resource-group", name("resourcegroup", n), "--context", f"app:{in_key(name('key', n))}={name('contextvalue', n)}",
                                 *more, *where] for n in numbers for kind, more in (("user", ()), ("role", ("--missing-context",)))],
            "policy test": [[str(self.folder / "tests"), "--coverage", "--lcov", str(self.folder / "out.lcov"), "--cobertura",
                             str(self.folder / "out.xml")], [str(self.folder / "tests"), "--mutate", "--max-mutants", "200"]],
            "policy lint": [[policies], [policies, "--waivers", self.waivers], where[:2]],
            "policy who-can": [["appstreaming:DeleteImage", *where[:2]], ["appstreaming:DeleteImage", "--resource", name("resource", 0), *where[:2]]],
            "policy diff": [[policies, newer], [str(next(pathlib.Path(policies).iterdir())), str(next(pathlib.Path(newer).iterdir()))]],
            "rules list": [where[2:]],
            "rules show": [[f"guard-{n}", *where[2:]] for n in numbers],
            "rules validate": [[self.rules]],
            "rules errors": [where[2:]],
            "audit init": [["--audit-log", str(self.folder / f"new-{form}.db")]],
            "audit list": [log, [*log, "--principal", f"user/{name('user', 0)}"]],
            "audit show": [[f"{n}", *log] for n in range(len(images) + 1)],
            "audit stats": [log],
            "audit verify": [log, bad_log],
            "audit checkpoint": [[*log, "--key", key]],
            "audit prove": [["3", *log]] + [[n, *log, "--html"] for n in ("3", "4") if form == "table"],
            "audit consistency": [["1", "2", *log]],
            "audit export": [log],
            "audit replay": [[*log, *where], [*log, *where[:2], "--against", self.rules]],
            "audit redact": [[{"table": "3", "json": "4"}.get(form, "5"), *log, "--force"]],
            "audit rotate": [["--audit-log", str(self.folder / f"rotate-{form}.db"), "--key", key, "--next",
                              str(self.folder / f"next-{form}.db")]],
            "config": [["--config", self.write("defaults.toml", "".join(
                f'{key} = {toml_text(self.name(key.replace("-", ""), n) if n else "a")}\n'
                for n, key in enumerate(("inventory", "as", "rules", "audit-log", "key", "checkpoint-file", "actions", "waivers"))))]],
            "completion": [["bash"], ["zsh"], ["fish"]],
            "man": [[], ["check"]],
        }


FORMATS = {"table": "text", "json": "json", "ndjson": "ndjson", "csv": "csv", "sarif": "shown", "junit": "xml", "tap": "tap", "ocsf": "ndjson",
           "cloudevents": "ndjson", "oscal": "shown", "html": "html"}
# What stands in a text of the program in shell quotes, so that it can be copied, is looked at when it is run.
failures = collections.Counter()


def fail(what, *details):
    failures[what] += 1
    if failures[what] <= 3 and sum(failures.values()) <= 400:
        print(f"FAILED: {what}", *(f"    {detail}"[:400] for detail in details), sep="\n")


def is_name(kind, text, mark):
    before, number = text[:mark.start()], int(mark.group(2))
    if kind in ("ndjson", "shown") and "%" in before and plain_form(urllib.parse.unquote(before)).endswith(ENDS[number]):
        return True  # a URI: the file of a SARIF location, the subject of an event
    if not plain_form(before).endswith(ENDS[number]):
        return False
    # In JSON a text that is a name and nothing else is that name, to the character.
    alone = kind in ("json", "ndjson") and mark.end() == len(text) and plain_form(before) in ENDS[number]
    return not alone or before in NAMES[number] or before.lower() in {name.lower() for name in NAMES[number]}


def inspect(kind, output, world, checks_names=True):
    """Problems of an output, its shape, and the places whose names it shows."""
    problems, shape, texts = KINDS[kind](output)
    problems, places = list(problems), set()
    for text in texts:
        if kind in ("text", "shell", "tap") and text.startswith(FORGED):  # LCOV has such lines itself; its shape tells
            problems.append(f"a line that a name made: {text!r}")
        for mark in MARK.finditer(text):
            places.add(mark.group(1))
            if checks_names and kind != "shell" and world.texts is TEXTS and not is_name(kind, text, mark):
                problems.append(f"not the name: {text[max(0, mark.start() - 60):mark.end()]!r}")
    return problems, shape, places


def run(world, arguments, status=None):
    done = subprocess.run([program, *arguments], cwd=world.folder, capture_output=True, check=False, env=ENVIRONMENT)
    if status is not None and done.returncode not in status:
        sys.exit(f"imagewarden {arguments}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done


ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


def prepare(world):
    """A log with decisions of everybody about everything, a sealed plan, an earlier report."""
    log, where = ("--audit-log", "log.db", *NOW), ("--inventory", "exports", "--rules", world.rules)
    run(world, ["audit", "init", *log, "--origin", "example.com/images", "--key", "log.key", "--vkey-file", "log.vkey"], (0,))
    context = ("--context", f"app:{in_key(world.argument('contextkey', 0))}={world.argument('contextvalue', 0)}")
    run(world, ["check", "--all", "--as", "user/alice", *context, "--audit-detail", "full", *log, *where], (1,))
    for n in world.numbers():
        run(world, ["check", f"img-clean-{n}", "--as", f"user/{world.argument('user', n)}", *log, *where], (0, 1, 3))
    run(world, ["audit", "checkpoint", *log, "--key", "log.key"], (0,))
    run(world, ["plan", "--all", "--as", "user/alice", *context, *log, *where, "--key", "log.key", "--output", "plan.json"], (1,))
    run(world, ["report", "--no-audit", "--inventory", "exports", *NOW, "--format", "json", "--output", "old.json"], (0,))
    content = bytearray((world.folder / "log.db").read_bytes())
    at = content.find(b"img-clean-3")
    content[at] ^= 1
    (world.folder / "bad.db").write_bytes(content)


def offered():
    """Every verb that the program has, with its formats and options, as its help says."""
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    names = [line[2:].split("  ")[0] for line in text.partition("verbs:\n")[2].partition("\n\n")[0].split("\n")]
    verbs = {}
    for name in names:
        lines = subprocess.run([program, *name.split(), "--help"], capture_output=True, text=True, check=True).stdout.split("\n")
        options = {line.split()[0]: line[4:].split("  ")[0].split()[1:] for line in lines if line.startswith("  --")}
        (formats,) = (line[30:].split(", ") for line in lines if line.startswith("  --format "))
        verbs[name] = (formats, [option for option, values in options.items() if values])
    assert len(verbs) > 20 and verbs["check"][0] == ["table", "json", "ndjson", "csv"], verbs
    return verbs


def outputs_of(world, verb, form, arguments):
    """Runs a command; its outputs by their names: what each is, and its bytes."""
    folder = world.folder / "out"
    extra = ["--format", form] + (["--output", str(folder)] if (verb, form) == ("report", "csv") else [])
    if verb in ("completion", "man"):
        extra = []
    done = run(world, [*verb.split(), *extra, *NOW, *arguments])
    kind = "html" if "--html" in arguments else "shell" if verb == "plan script" else "text" if extra[2:] else FORMATS[form]
    outputs = {"standard output": (kind, done.stdout), "standard error": ("text", done.stderr)}
    for path in sorted((*folder.glob("*"), *world.folder.glob("out.*"))):
        outputs[path.name] = ({"csv": "csv", "xml": "xml", "lcov": "lcov"}[path.suffix[1:]], path.read_bytes())
        path.unlink()
    return done.returncode, outputs


def try_verb(verb, form, plain, hostile):
    for number, (calm, bad) in enumerate(zip(plain.commands(form)[verb], hostile.commands(form)[verb], strict=True)):
        wanted_status, wanted = outputs_of(plain, verb, form, calm)
        status, found = outputs_of(hostile, verb, form, bad)
        where = f"{verb}, {form}, command {number}"
        if status != wanted_status or status == 2:
            fail(f"{where}: exit {status}, with harmless names {wanted_status}", found["standard error"][1], wanted["standard error"][1])
            continue
        if wanted.keys() != found.keys():
            fail(f"{where}: other files: {sorted(found)}, {sorted(wanted)}")
            continue
        for name, (kind, output) in found.items():
            problems, shape, places = inspect(kind, output, hostile, "--mutate" not in bad)  # mutants have other names
            _, wanted_shape, wanted_places = inspect(kind, wanted[name][1], plain)
            for problem in problems:
                fail(f"{where}, {name}", problem)
            if verb == "policy lint":  # finds more in such names
                continue
            if shape != wanted_shape:
                fail(f"{where}, {name}: another shape than with harmless names", *difference(wanted_shape, shape))
            if places != wanted_places and kind != "shell":
                fail(f"{where}, {name}: other names", sorted(places ^ wanted_places))
            for place in places:
                hostile.seen[place].add(kind)


def difference(wanted, found):
    if isinstance(wanted, (list, collections.Counter)):
        return [f"wanted {list((collections.Counter(map(repr, wanted)) - collections.Counter(map(repr, found))).items())[:3]}",
                f"found {list((collections.Counter(map(repr, found)) - collections.Counter(map(repr, wanted))).items())[:3]}"]
    if isinstance(wanted, tuple) and isinstance(found, tuple) and len(wanted) == len(found):
        return next((difference(one, other) for one, other in zip(wanted, found) if one != other))
    return [f"wanted {wanted!r}", f"found {found!r}"]


# One sample a kind that acts: a reader that lets it pass would let everything pass.
ACTING_SAMPLES = {
    "text": "a\x1b[31m", "json": '{"a": 1, "a": 2}', "shown": "{", "ndjson": '{"a": 1', "csv": "a,b\r\nx,=1\r\n", "html": "<p onclick=x>y</p>",
    "xml": "<a>\x01</a>", "shell": "echo '\n", "tap": "ok 1 - \u202ex\n", "lcov": "SF:\x9b\n"}


def main():
    for kind, sample in ACTING_SAMPLES.items():
        assert KINDS[kind](sample.encode())[0], f"{kind}: nothing is found in {sample!r}"
    assert ACTING_SAMPLES.keys() == KINDS.keys()
    with tempfile.TemporaryDirectory() as name:
        plain, hostile = World(pathlib.Path(name, "plain"), PLAIN), World(pathlib.Path(name, "hostile"), TEXTS)
        for world in (plain, hostile):
            prepare(world)
        for verb, (formats, _) in offered().items():
            for form in formats:
                if form not in FORMATS or verb not in plain.commands(form):
                    fail(f"{verb} in {form} is not tried")
                    continue
                try_verb(verb, form, plain, hostile)
        shown_places = sorted(hostile.seen)
    if len(shown_places) < 50:
        fail(f"names of {len(shown_places)} places only are seen in any output", *shown_places)
    print(f"names of {len(shown_places)} places, {sum(failures.values())} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
