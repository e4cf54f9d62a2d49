"""The statements and requests that all engines answer, and their translation to each engine's language.

Everything comes from a seeded generator, so that two runs ask the same. What one of the languages cannot say (`?` in a
pattern, NotAction, keys that a request leaves open) is left out for all of them.
"""

import ipaddress
import json
import random
import re
from pathlib import Path

SEED = 20261124
REQUESTS = 240
STATEMENTS_PER_POLICY = 20
ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"

# Service: its name in AWS's language, and its actions. The names are AWS's, since iam-simulate asks AWS's action table.
SERVICES = {
    "oss": ("s3", ["GetObject", "GetObjectAcl", "GetObjectTagging", "PutObject", "PutObjectAcl", "DeleteObject",
                   "RestoreObject"]),
    "ecs": ("ec2", ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances", "MonitorInstances"]),
    "ots": ("dynamodb", ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DeleteTable",
                         "DescribeTable"]),
}
IPS = ["10.1.2.3", "203.0.113.7", "198.51.100.4"]
VPCS = ["vpc-0", "vpc-1", "vpc-2", "vpc-3"]
AGENTS = ["console/3.1", "cli/2.0 linux"]


def statement(i):
    """Statement number `i`: effect, service (`*`: every), action patterns, pattern of the resource below the account,
    conditions (kind, values)."""
    if i == 50:  # what large accounts have: blocked networks
        return ("Deny", "*", ["*"], "*", [("ip", ["192.0.2.0/25", "192.0.2.128/28"])])
    kind = i % 10
    n = i - kind
    return [
        ("Allow", "oss", ["GetObject*"], f"team{n}/*", []),
        ("Allow", "ecs", ["StartInstances", "StopInstances", "RebootInstances"], f"instance/i-{n}-*", []),
        ("Allow", "ots", ["*"], f"table/app{n}-*", [("ip", ["10.0.0.0/8", "203.0.113.0/24"])]),
        ("Deny", "oss", ["Delete*", "Put*"], f"team{n}/protected/*", []),
        ("Allow", "oss", ["PutObject", "DeleteObject"], f"team{n}/*",
         [("vpc", [VPCS[n // 10 % 4], VPCS[(n // 10 + 1) % 4]])]),
        ("Deny", "ecs", ["Stop*", "Terminate*"], f"instance/i-{n}-prod*", [("mfa", [False])]),
        ("Allow", "ots", ["GetItem", "Query", "Scan"], f"table/shared{n}", []),
        ("Deny", "ots", ["Delete*"], f"table/app{n}-keep*", []),
        ("Allow", "ots", ["Describe*", "*Item"], f"table/*-{n}-stats", [("agent", ["console/*"]), ("mfa", [True])]),
        ("Allow", "oss", ["*"], f"scratch{n}/*", []),
    ][kind]


def request(rng, count):
    """(service, action, resource below the account, context)."""
    i = rng.randrange(count)
    n = i - i % 10
    name = rng.choice(["image.vhd", "2026/07/golden.vhd", "a/b/c.txt"])
    resources = [
        ("oss", f"team{n}/{name}"),
        ("oss", f"team{n}/protected/{name}"),
        ("ecs", f"instance/i-{n}-web{rng.randrange(9)}"),
        ("ots", f"table/app{n}-orders"),
        ("oss", f"elsewhere{n}/{name}"),
        ("ecs", f"instance/i-{n}-prod{rng.randrange(9)}"),
        ("ots", f"table/app{n}-keep{rng.randrange(9)}"),
        ("ots", f"table/shared{n}"),
        ("ots", f"table/daily-{n}-stats"),
        ("oss", f"scratch{n}/{name}"),
    ]
    # Five statements are about the first of these only.
    service, resource = rng.choice(resources if count > 5 else resources[:5])
    ip = f"192.0.2.{rng.randrange(160)}" if rng.random() < 0.1 else rng.choice(IPS)
    context = {"ip": ip, "mfa": rng.random() < 0.5, "vpc": rng.choice(VPCS), "agent": rng.choice(AGENTS)}
    return (service, rng.choice(SERVICES[service][1]), resource, context)


def ram_action(service, action):
    return "*" if service == "*" else f"{service}:{action}"


def ram_resource(service, relative):
    return "*" if relative == "*" else f"acs:{service}:*:*:{relative}"


def ram_request_resource(service, relative):
    return f"acs:{service}:{REGION}:{ACCOUNT}:{relative}"


def split_policies(items):
    return [items[at:at + STATEMENTS_PER_POLICY] for at in range(0, len(items), STATEMENTS_PER_POLICY)]


# RAM: the engine's own language.

RAM_KEYS = {"ip": "acs:SourceIp", "mfa": "acs:MFAPresent", "vpc": "acs:SourceVpc", "agent": "acs:UserAgent"}
OPERATORS = {"ip": "IpAddress", "mfa": "Bool", "vpc": "StringEquals", "agent": "StringLike"}


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else value


def iam_condition(conditions, keys):
    return {OPERATORS[kind]: {keys[kind]: [as_text(value) for value in values]} for kind, values in conditions}


def ram(statements, requests):
    documents = []
    for part in split_policies(statements):
        out = []
        for effect, service, actions, resource, conditions in part:
            entry = {"Effect": effect, "Action": [ram_action(service, action) for action in actions],
                     "Resource": [ram_resource(service, resource)]}
            if conditions:
                entry["Condition"] = iam_condition(conditions, RAM_KEYS)
            out.append(entry)
        documents.append(json.dumps({"Version": "1", "Statement": out}, separators=(",", ":")))
    return {"policies": documents, "requests": [
        {"principal": "user/alice", "action": ram_action(service, action),
         "resource": ram_request_resource(service, relative),
         "context": {RAM_KEYS[kind]: value for kind, value in context.items()}}
        for service, action, relative, context in requests]}


# AWS's language, for iam-simulate: the same with AWS's service names, ARNs and keys.

AWS_KEYS = {"ip": "aws:SourceIp", "mfa": "aws:MultiFactorAuthPresent", "vpc": "aws:SourceVpc", "agent": "aws:UserAgent"}
AWS_ACCOUNT = "123456789012"


def aws_resource(service, relative, region, account):
    if relative == "*":
        return "*"
    if service == "oss":
        return f"arn:aws:s3:::{relative}"
    return f"arn:aws:{SERVICES[service][0]}:{region}:{account}:{relative}"


def aws(statements, requests):
    policies = []
    for part_index, part in enumerate(split_policies(statements)):
        out = []
        for index, (effect, service, actions, resource, conditions) in enumerate(part):
            prefix = "" if service == "*" else SERVICES[service][0] + ":"
            entry = {"Sid": f"S{part_index * STATEMENTS_PER_POLICY + index}", "Effect": effect,
                     "Action": [prefix + action for action in actions],
                     "Resource": [aws_resource(service, resource, "*", "*")]}
            if conditions:
                entry["Condition"] = iam_condition(conditions, AWS_KEYS)
            out.append(entry)
        policies.append({"name": f"p{part_index}", "policy": {"Version": "2012-10-17", "Statement": out}})
    return {"policies": policies, "requests": [
        {"principal": f"arn:aws:iam::{AWS_ACCOUNT}:user/alice", "action": f"{SERVICES[service][0]}:{action}",
         "resource": {"resource": aws_resource(service, relative, "us-east-1", AWS_ACCOUNT), "accountId": AWS_ACCOUNT},
         "contextVariables": {AWS_KEYS[kind]: as_text(value) for kind, value in context.items()}}
        for service, action, relative, context in requests]}


# Cedar: an action written out is compared in the policy's scope, a pattern by `like` on a string of the context.

def quoted(text):
    return json.dumps(text)


def any_of(parts):
    return parts[0] if len(parts) == 1 else "(" + " || ".join(parts) + ")"


def cedar_condition(kind, values):
    return any_of([{"ip": lambda v: f"context.ip.isInRange(ip({quoted(v)}))",
                    "mfa": lambda v: f"context.mfa == {as_text(v)}",
                    "vpc": lambda v: f"context.vpc == {quoted(v)}",
                    "agent": lambda v: f"context.agent like {quoted(v)}"}[kind](value) for value in values])


def cedar_policy(effect, service, actions, resource, conditions):
    patterns = [ram_action(service, action) for action in actions]
    scope, when = "action", []
    if not any("*" in pattern for pattern in patterns):
        uids = [f"Action::{quoted(pattern)}" for pattern in patterns]
        scope = f"action == {uids[0]}" if len(uids) == 1 else "action in [" + ", ".join(uids) + "]"
    elif patterns != ["*"]:
        when.append(any_of([f"context.action like {quoted(pattern)}" for pattern in patterns]))
    if resource != "*":
        when.append(f"context.resource like {quoted(ram_resource(service, resource))}")
    when += [cedar_condition(kind, values) for kind, values in conditions]
    verb = "permit" if effect == "Allow" else "forbid"
    return f"{verb}(principal, {scope}, resource)" + (" when { " + " && ".join(when) + " }" if when else "") + ";"


def cedar(statements, requests):
    out = []
    for service, action, relative, context in requests:
        names = {"action": ram_action(service, action), "resource": ram_request_resource(service, relative)}
        out.append({"principal": {"type": "User", "id": "alice"}, "action": {"type": "Action", "id": names["action"]},
                    "resource": {"type": "Resource", "id": names["resource"]},
                    "context": {**names, "ip": {"__extn": {"fn": "ip", "arg": context["ip"]}}, "mfa": context["mfa"],
                                "vpc": context["vpc"], "agent": context["agent"]}})
    return {"policies": "\n".join(cedar_policy(*entry) for entry in statements), "requests": out}


# casbin: one policy line a statement; patterns as regular expressions and conditions as functions that the JavaScript
# side compiles once, which is faster than casbin's own regexMatch and eval.

CASBIN_MODEL = """[request_definition]
r = act, obj, ctx
[policy_definition]
p = id, act, obj, cond, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = like(r.act, p.act) && like(r.obj, p.obj) && holds(r.ctx, p.cond)
"""


def glob_regex(patterns):
    return "^(?:" + "|".join(".*".join(re.escape(part) for part in pattern.split("*")) for pattern in patterns) + ")$"


def casbin(statements, requests):
    lines = [[str(i), glob_regex([ram_action(service, action) for action in actions]),
              glob_regex([ram_resource(service, resource)]), json.dumps(conditions), effect.lower()]
             for i, (effect, service, actions, resource, conditions) in enumerate(statements)]
    return {"model": CASBIN_MODEL, "policies": lines, "requests": [
        {"act": ram_action(service, action), "obj": ram_request_resource(service, relative), "ctx": context}
        for service, action, relative, context in requests]}


# OPA: rules of their own for the bare outcome, so that it may stop at the first that holds and use its rule index.

def rego_text(field, pattern):
    if "*" not in pattern:
        return f"input.{field} == {quoted(pattern)}"
    if pattern.endswith("*") and "*" not in pattern[:-1]:
        return f"startswith(input.{field}, {quoted(pattern[:-1])})"
    return f"glob.match({quoted(pattern)}, null, input.{field})"


def rego_condition(kind, values):
    """The ways in which the condition can hold: one rule body each."""
    return [{"ip": lambda v: f"net.cidr_contains({quoted(v)}, input.ip)", "mfa": lambda v: f"input.mfa == {as_text(v)}",
             "vpc": lambda v: f"input.vpc == {quoted(v)}", "agent": lambda v: rego_text("agent", v)}[kind](value)
            for value in values]


def rego_bodies(service, actions, resource, conditions):
    bodies = [[] if action == "*" and service == "*" else [rego_text("action", ram_action(service, action))]
              for action in actions]
    if resource != "*":
        bodies = [body + [rego_text("resource", ram_resource(service, resource))] for body in bodies]
    for kind, values in conditions:
        bodies = [body + [way] for body in bodies for way in rego_condition(kind, values)]
    return ["; ".join(body) for body in bodies]


REGO_HEAD = """package ram

default outcome := "implicit-deny"

outcome := "explicit-deny" if denied

outcome := "allow" if {
  not denied
  permitted
}

decision := {"decision": outcome, "statements": denies} if outcome == "explicit-deny"

decision := {"decision": outcome, "statements": allows} if outcome == "allow"

decision := {"decision": outcome, "statements": []} if outcome == "implicit-deny"

default denied := false

default permitted := false
"""


def rego(statements, requests):
    lines = [REGO_HEAD]
    for i, (effect, service, actions, resource, conditions) in enumerate(statements):
        single, collected = ("permitted", "allows") if effect == "Allow" else ("denied", "denies")
        for body in rego_bodies(service, actions, resource, conditions):
            lines.append(f"{single} if {{ {body} }}\n{collected} contains {i} if {{ {body} }}")
    return {"policies": "\n".join(lines), "requests": [
        {"action": ram_action(service, action), "resource": ram_request_resource(service, relative), **context}
        for service, action, relative, context in requests]}


# A plain evaluation of the neutral form: what every engine must answer.

def matches(pattern, text):
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.DOTALL) is not None


def condition_holds(kind, values, context):
    found = context[kind]
    if kind == "ip":
        return any(ipaddress.ip_address(found) in ipaddress.ip_network(value) for value in values)
    return any(matches(value, found) for value in values) if kind == "agent" else found in values


def expected(statements, requests):
    answers = []
    for service, action, relative, context in requests:
        name, resource = ram_action(service, action), ram_request_resource(service, relative)
        hits = [i for i, (_, of, actions, pattern, conditions) in enumerate(statements)
                if any(matches(ram_action(of, wanted), name) for wanted in actions)
                and matches(ram_resource(of, pattern), resource)
                and all(condition_holds(kind, values, context) for kind, values in conditions)]
        denies = [i for i in hits if statements[i][0] == "Deny"]
        if denies:
            answers.append({"decision": "explicit-deny", "statements": denies})
        else:
            answers.append({"decision": "allow" if hits else "implicit-deny", "statements": hits})
    return answers


TRANSLATIONS = {"ram": ram, "aws": aws, "cedar": cedar, "casbin": casbin, "rego": rego}


def write(folder, count):
    """Writes FOLDER/COUNT.LANGUAGE.json for each language; returns the answers that all must give."""
    rng = random.Random(SEED + count)
    statements = [statement(i) for i in range(count)]
    requests = [request(rng, count) for _ in range(REQUESTS)]
    folder.mkdir(parents=True, exist_ok=True)
    for language, translate in TRANSLATIONS.items():
        (folder / f"{count}.{language}.json").write_text(json.dumps(translate(statements, requests)))
    return expected(statements, requests)


if __name__ == "__main__":
    from collections import Counter
    for size in (5, 100, 1000):
        answers = write(Path("build/peers/fixtures"), size)
        print(size, Counter(answer["decision"] for answer in answers), Counter(len(a["statements"]) for a in answers))
