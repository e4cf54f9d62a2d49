#!/usr/bin/env python3
"""Stands in for the `aliyun` command line: serves pages of a small world, and fails as the cloud does.

FAKE_ALIYUN_WORLD names the world's file, made by export.py. Environment: FAKE_PAGE_MAX (items a page at most),
FAKE_THROTTLE_EVERY and FAKE_CUT_EVERY (each n-th call), FAKE_KILL_AT (the call that kills its caller), FAKE_FAIL
(`OPERATION=CODE` or `OPERATION:VALUE=CODE`, separated by blanks), FAKE_LOG (one line a call).
"""
import json
import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from world import LISTS, PARENT, body_of


def setting(name):
    return int(os.environ.get(name) or 0)


def error(code, message="as arranged"):
    sys.stderr.write(f"ERROR: SDK.ServerError\nErrorCode: {code}\nRecommend: \nRequestId: X\nMessage: {message}\n")
    sys.exit(1)


def read_arguments(arguments):
    product, operation, parameters, at = arguments[0], arguments[1], {}, 2
    while at < len(arguments):
        if arguments[at] == "--force":
            at += 1
            continue
        name = arguments[at].removeprefix("--")
        if name == arguments[at] or at + 1 == len(arguments) or name in parameters:
            error("MissingParameter", f"cannot read {arguments[at:]}")
        parameters[name] = arguments[at + 1]
        at += 2
    return product, operation, parameters


def main():
    world = json.loads(pathlib.Path(os.environ["FAKE_ALIYUN_WORLD"]).read_text())
    product, operation, parameters = read_arguments(sys.argv[1:])
    log = pathlib.Path(os.environ["FAKE_LOG"])
    with log.open("a") as lines:
        lines.write(" ".join([product, operation] + [f"{k}={v}" for k, v in parameters.items()]) + "\n")
    count = log.read_text().count("\n")
    if count == setting("FAKE_KILL_AT"):
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit(1)
    if setting("FAKE_THROTTLE_EVERY") and count % setting("FAKE_THROTTLE_EVERY") == 0:
        error("Throttling.User", "Request was denied due to user flow control.")
    for rule in os.environ.get("FAKE_FAIL", "").split():
        what, code = rule.split("=")
        if what == operation or what.split(":")[0] == operation and what.split(":")[1] in parameters.values():
            if product == "appstream-center":  # answers errors in a body as well
                print(json.dumps({"Code": code, "Message": "as arranged", "RequestId": "X", "Success": False}, indent=1))
                return
            error(code)
    if product in ("ecd", "appstream-center") and parameters.pop("version", None) not in ("2020-09-30", "2021-09-01"):
        error("MissingParameter", "no version")
    if operation == "GetCallerIdentity":
        answer = {"AccountId": world["account"], "IdentityType": "RAMUser"}
    elif operation == "DescribeRegions":
        answer = {"Regions": [{"RegionId": region} for region in world["regions"]]}
    elif operation == "GetPolicy":
        answer = world["policies"].get(f"{parameters['PolicyType']}/{parameters['PolicyName']}")
        if answer is None:
            error("EntityNotExist.Policy", "The policy does not exist.")
    else:
        answer = page_of(world, operation, parameters)
    text = json.dumps(answer, indent="\t", ensure_ascii=False) + "\n"
    if setting("FAKE_CUT_EVERY") and count % setting("FAKE_CUT_EVERY") == 0:
        text = text[: len(text) // 2]
    sys.stdout.write(text)


def page_of(world, operation, parameters):
    how = LISTS[operation]
    key = parameters.get(PARENT.get(operation, ""), "") if operation != "DescribeImagePermission" else parameters["ImageId"]
    items = world["lists"][operation].get(key)
    if items is None:
        error("InvalidParameter.NotFound", f"{operation} does not know {key}")
    size = min(setting("FAKE_PAGE_MAX") or 1000, int(parameters.get("PageSize", parameters.get("MaxResults", "1000"))))
    if how.paging == "number":
        begin = (int(parameters.get("PageNumber", 1)) - 1) * size
    elif how.paging == "whole":
        begin, size = 0, len(items)
    else:
        token = parameters.get("NextToken", parameters.get("Marker"))
        # A token is opaque; this one holds what JSON and shells have to escape.
        begin = int(token.split("\\")[1]) if token else 0
    rest = len(items) > begin + size
    return body_of(how, items[begin : begin + size], len(items), f'to"ken\\{begin + size}\\ $x' if rest else "")


main()
