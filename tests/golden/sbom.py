#!/usr/bin/env python3
"""The bill of materials of this build: every member that CycloneDX 1.5 demands and none that it does not know, the same bytes twice,
and every library that the program loads or says it was built with is in it.

Arguments: the program, the source tree, the build folder.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

program, root, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
COMPONENT = {"type", "bom-ref", "supplier", "name", "version", "hashes", "licenses", "purl", "externalReferences", "properties"}


def make(folder, **environment):
    path = pathlib.Path(folder) / "bill.json"
    subprocess.run([root / "scripts/sbom", "--build", build, "--output", path], check=True, env={**os.environ, **environment})
    return path.read_bytes()


def check_component(component):
    assert set(component) <= COMPONENT and component["type"] in ("application", "library", "data"), component
    assert component["name"] and component["bom-ref"], component
    for one in component.get("hashes", []):
        assert set(one) == {"alg", "content"} and one["alg"] == "SHA-256" and re.fullmatch("[0-9a-f]{64}", one["content"]), one
    for one in component.get("properties", []):
        assert set(one) == {"name", "value"} and all(isinstance(value, str) and value for value in one.values()), one
    for one in component.get("externalReferences", []):
        assert set(one) == {"type", "url"} and one["type"] == "website" and "://" in one["url"], one
    for one in component.get("licenses", []):
        assert set(one) == {"license"} and set(one["license"]) == {"id"}, one
    if component["type"] == "library":
        assert re.fullmatch(r"pkg:deb/debian/[a-z0-9][a-z0-9.%B-]+@[A-Za-z0-9.~%-]+\?arch=[a-z0-9]+", component["purl"]), component
        assert component["bom-ref"] == component["purl"] and component["version"] and component["supplier"]["name"], component
    else:
        assert component["hashes"], component


def check_bill(bill):
    assert list(bill) == ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"], list(bill)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", bill["serialNumber"])
    assert set(bill["metadata"]) == {"timestamp", "component"}
    time.strptime(bill["metadata"]["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
    whole = bill["metadata"]["component"]
    assert whole["type"] == "application" and whole["version"], whole
    for component in (whole, *bill["components"]):
        check_component(component)
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references + [whole["bom-ref"]])) == len(references) + 1, "a reference twice"
    assert bill["dependencies"] == [{"ref": whole["bom-ref"], "dependsOn": references}]
    return whole, bill["components"]


with tempfile.TemporaryDirectory() as folder:
    made = make(folder)
    assert make(folder) == made, "two bills of one build differ"
    later = json.loads(make(folder, SOURCE_DATE_EPOCH="86400"))
    assert later["metadata"]["timestamp"] == "1970-01-02T00:00:00Z", later["metadata"]["timestamp"]
    stripped = pathlib.Path(folder) / "stripped"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    program_hash = hashlib.sha256(stripped.read_bytes()).hexdigest()
bill = json.loads(made)
assert later["serialNumber"] != bill["serialNumber"]
whole, components = check_bill(bill)
assert whole["hashes"][0]["content"] == program_hash

told = json.loads(subprocess.run([program, "--version", "--format", "json"], capture_output=True, text=True, check=True).stdout)
assert whole["version"] == told["version"]
assert {"name": "imagewarden:commit", "value": told["commit"]} in whole["properties"], (whole["properties"], told["commit"])
data = {one["name"]: "sha256:" + one["hashes"][0]["content"] for one in components if one["type"] == "data"}
assert data == {one["name"] + ".json": one["digest"] for one in told["rules"]}, data

# What the program names, by the source package that it comes from: the versions agree.
sources = {"Boost": "boost1.74", "fmt": "fmtlib", "OpenSSL": "openssl", "simdjson": "simdjson", "SQLite": "sqlite3",
           "SQLiteCpp": "sqlitecpp", "tl::expected": "tl-expected", "toml++": "tomlplusplus", "yaml-cpp": "yaml-cpp", "zlib": "zlib", "zstd": "libzstd"}
built = dict(next(p["value"] for p in one["properties"] if p["name"] == "imagewarden:source-package").split(" ")
             for one in components if one["type"] == "library")
for library in told["libraries"]:
    version = built.get(sources[library["name"]], "")
    assert re.sub(r"^\d+:", "", version).startswith(library["built_with"]), (library, version)
# Every library that is loaded has a package in the bill.
packages = {(one["name"], next(p["value"] for p in one["properties"] if p["name"] == "imagewarden:linkage")) for one in components if one["type"] == "library"}
loaded = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout)
for path in loaded:
    real = os.path.realpath(path)
    for name in (real, real.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True, check=False).stdout
        if found:
            assert (found.split(":")[0], "shared") in packages, (path, found)
assert loaded and ("libsqlitecpp-dev", "static") in packages and ("libtomlplusplus-dev", "headers") in packages, sorted(packages)
print(len(packages), "packages,", len(loaded), "loaded libraries")
