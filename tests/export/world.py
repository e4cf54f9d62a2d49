"""The small world that fake_aliyun.py serves: the lists of examples/acme, whatever pages they were saved in."""
import dataclasses
import gzip
import json
import re
import urllib.parse


@dataclasses.dataclass(frozen=True)
class How:
    path: tuple  # of the list in a body
    paging: str  # number | token | marker | whole
    total: str = ""


LISTS = {
    "ListImage": How(("Data",), "number", "Count"),
    "ListAppInstanceGroup": How(("AppInstanceGroupModels",), "number", "TotalCount"),
    "ListWuyingServer": How(("WuyingServerList",), "number", "TotalCount"),
    "DescribeTemplates": How(("Data",), "number", "TotalCount"),
    "DescribeImages": How(("Images",), "token"),
    "DescribeDesktopGroups": How(("DesktopGroups",), "token"),
    "DescribeDesktops": How(("Desktops",), "token", "TotalCount"),
    "DescribeBundles": How(("Bundles",), "token"),
    "DescribeImagePermission": How(("AliUids",), "whole"),
    "ListUsers": How(("Users", "User"), "marker"),
    "ListGroups": How(("Groups", "Group"), "marker"),
    "ListRoles": How(("Roles", "Role"), "marker"),
    "ListGroupsForUser": How(("Groups", "Group"), "whole"),
    "ListPoliciesForUser": How(("Policies", "Policy"), "whole"),
    "ListPoliciesForGroup": How(("Policies", "Policy"), "whole"),
    "ListPoliciesForRole": How(("Policies", "Policy"), "whole"),
}
REGIONAL = ("DescribeImages", "DescribeDesktopGroups", "DescribeDesktops", "DescribeBundles")
PARENT = {
    "DescribeImagePermission": "ImageId",
    "ListGroupsForUser": "UserName",
    "ListPoliciesForUser": "UserName",
    "ListPoliciesForGroup": "GroupName",
    "ListPoliciesForRole": "RoleName",
} | {operation: "RegionId" for operation in REGIONAL}


def body_of(how, items, total, token):
    body = items
    for name in reversed(how.path):
        body = {name: body}
    if how.total:
        body[how.total] = total
    if how.paging == "marker":
        body["IsTruncated"] = bool(token)
        if token:
            body["Marker"] = token
    elif token:
        body["NextToken"] = token
    return {"RequestId": "X", **body}


def responses(folder):
    """Every operation, its parameters and its answer in a folder of exports; .zst files are not read."""
    for path in sorted(folder.rglob("*")):
        if path.name.endswith((".ndjson", ".ndjson.gz")):
            text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
            for line in text.splitlines():
                envelope = json.loads(line)
                yield envelope["Operation"], envelope["Request"], envelope["Response"]
        elif path.suffix == ".json" and path.name != "account.json":
            operation, *rest = path.name.removesuffix(".json").split(".")
            parameters = dict(re.findall(r"^([A-Za-z]+)=(.*)$", part)[0] for part in rest if "=" in part)
            yield operation, {k: urllib.parse.unquote(v) for k, v in parameters.items()}, json.loads(path.read_text())


def read_world(folder):
    account = json.loads((folder / "account.json").read_text())
    world = {"account": account["AccountId"], "regions": account["Regions"], "lists": {name: {} for name in LISTS}, "policies": {}}
    for operation, parameters, answer in responses(folder):
        if operation == "GetPolicy":
            world["policies"][f"{parameters['PolicyType']}/{parameters['PolicyName']}"] = answer
        if operation not in LISTS:
            continue
        items = answer
        for name in LISTS[operation].path:
            items = items[name]
        world["lists"][operation].setdefault(parameters.get(PARENT.get(operation, ""), ""), []).extend(items)
    return world
