# What no list names is not asked about, and that is said: nothing that is missing counts as a no.
cp -r "$examples/acme" acme
rm acme/ram/ListUsers.json
run policy who-can appstreaming:DeleteImage --inventory acme
run policy diff "$examples/acme" acme --limit 1
"$program" report --inventory acme --format json --output report.json --now 2026-11-24T08:00:00Z || true
grep -o '"text":"Who else[^"]*"' report.json | sort -u
run policy who-can appstreaming:DeletImage --inventory acme
mkdir bare empty
cp "$examples/acme/account.json" bare
run check --all --as root --inventory bare --now 2026-11-24T08:00:00Z --no-audit
run plan --where unused --as root --inventory bare --now 2026-11-24T08:00:00Z --no-audit
"$program" report --inventory bare --format json --output report.json --now 2026-11-24T08:00:00Z || true
grep -o '"text":"Images of[^"]*"' report.json | sort -u
# Without an account nothing can be decided for an image.
run inventory validate --inventory empty
run report --inventory empty --format json
# A policy that is new, and whose document is not there, may allow anything.
mkdir old
echo '{"AccountId": "1", "Regions": ["cn-a"]}' >old/account.json
echo '{"Users": {"User": [{"UserName": "alice"}]}, "IsTruncated": false}' >old/ListUsers.json
echo '{"Roles": {"Role": []}, "IsTruncated": false}' >old/ListRoles.json
echo '{"Groups": {"Group": []}}' >old/ListGroupsForUser.UserName=alice.json
echo '{"Policies": {"Policy": []}}' >old/ListPoliciesForUser.UserName=alice.json
cp -r old new
echo '{"Policies": {"Policy": [{"PolicyName": "unseen", "PolicyType": "Custom"}]}}' >new/ListPoliciesForUser.UserName=alice.json
run policy diff old new --fail-on new-access --limit 1
# A record that does not say which image it uses may use any: the list is named as one that does not tell.
cp -r "$examples/acme" unclear
python3 - <<'PYTHON'
import json
path = "unclear/appstream/ListAppInstanceGroup.p1.json"
body = json.load(open(path))
del body["AppInstanceGroupModels"][0]["AppCenterImageId"]
json.dump(body, open(path, "w"))
PYTHON
run inventory validate --inventory unclear
run check imgc-945cw76c4fnektea6 --as user/alice --inventory unclear --now 2026-11-24T08:00:00Z --no-audit
# Without the bundles it is not known what goes with an image.
rm acme/ecd/cn-*/DescribeBundles*
run plan m-s6b9q5fa4cohko2fb --as user/alice --inventory acme --now 2026-11-24T08:00:00Z --no-audit
