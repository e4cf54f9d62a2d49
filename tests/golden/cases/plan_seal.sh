# A plan that is sealed, verified and carried out by its script, with ids that try to act.
plan() { run "$@" --now 2026-11-24T08:00:00Z --audit-log images.db; }
mkdir exports bin
cat >exports/account.json <<'JSON'
{"AccountId": "1000000000000001", "Regions": ["cn-a"]}
JSON
write_images() {
  python3 - "$@" <<'PYTHON'
import json, sys
ids = ["img-1", "img-'$(touch acted)`touch acted`", "--help\n\x1b[2J\u202eimg", "img-4", "=cmd|' /C calc'!A0"]
images = [{"ImageId": id, "ImageName": f"<b>{id}</b>", "AliUid": 1000000000000001, "ImageType": "User", "Status": "AVAILABLE",
           "ProductType": "CloudApp", "ImageRegionList": ["cn-a"]} for id in ids if id not in sys.argv[1:]]
write = lambda name, body: open(f"exports/{name}.json", "w").write(json.dumps(body))
write("ListImage", {"Count": len(images), "Data": images})
write("ListAppInstanceGroup", {"TotalCount": 0, "AppInstanceGroupModels": []})
lines = [json.dumps({"Operation": "DescribeImagePermission", "Request": {"ImageId": id}, "AccountId": "1000000000000001", "RegionId": "cn-a",
                     "Response": {"AliUids": []}}) for id in ids]
open("exports/permissions.ndjson", "w").write("\n".join(lines) + "\n")
PYTHON
}
write_images
"$program" audit init --origin example.com/images --key images.key --audit-log images.db | sed -n 's/^vkey //p' >images.vkey
plan plan --where 'region = cn-a' --as root --inventory exports --key images.key --output plan.json
plan plan verify plan.json --inventory exports --vkey images.vkey
plan audit replay --inventory exports | blank
plan plan verify plan.json --inventory exports
plan plan verify plan.json img-9 --inventory exports --vkey images.vkey
echo "# one byte, anywhere"
python3 - "$program" <<'PYTHON'
import subprocess, sys
plan = open("plan.json", "rb").read()
accepted = 0
for at in range(0, len(plan), 211):
    for other in (plan[:at] + bytes([plan[at] ^ 1]) + plan[at + 1:], plan[:at] + plan[at + 1:]):
        open("changed.json", "wb").write(other)
        done = subprocess.run([sys.argv[1], "plan", "verify", "changed.json", "--inventory", "exports", "--vkey", "images.vkey", "--no-audit"], capture_output=True)
        accepted += done.returncode != 2 or done.stdout != b""
print("accepted:", accepted)
PYTHON
sed 's/"order":1/"order":9/' plan.json >changed.json
plan plan verify changed.json --inventory exports --vkey images.vkey
plan plan script changed.json --vkey images.vkey
plan plan verify exports/account.json --inventory exports --vkey images.vkey
echo "# the script, and a service that deletes"
cat >bin/aliyun <<'FAKE'
#!/usr/bin/env bash
export LC_ALL=C
printf '%q ' "$@" >>calls; echo >>calls
case $* in *img-4*) echo '{"Success": false, "Code": "400"}' ;; *) echo '{"Data": true, "Success": true}' ;; esac
FAKE
chmod +x bin/aliyun
plan plan script plan.json --vkey images.vkey --output delete.sh
bash -n delete.sh && sed -n '/^# plan/,$p' delete.sh | sed -E 's/images\+[^'"'"' )]+/images+KEY/' | blank
carry_out() {
  echo "\$ delete.sh"
  IMAGEWARDEN=$program PATH=$PWD/bin:$PATH bash delete.sh plan.json exports --no-audit 2>&1
  echo "[exit $?]"
  [ -f calls ] && cat calls && rm calls
}
carry_out </dev/null
# One confirmed, one mistyped, one typed as it is shown, one that the service refuses, one that is not asked about any more.
printf '%s\n' img-1 img-2 '--help\u{a}\u{1b}[2J\u{202e}img' img-4 | carry_out
echo "# the ground moves: an image is gone, another is in use"
write_images img-1
echo '{"TotalCount": 1, "AppInstanceGroupModels": [{"AppInstanceGroupId": "aig-1", "AppCenterImageId": "img-4"}]}' >exports/ListAppInstanceGroup.json
plan plan verify plan.json --inventory exports --vkey images.vkey
carry_out </dev/null
plan plan verify plan.json --inventory exports --vkey images.vkey --rules "$examples/guards.json" | sed -E 's/\b[0-9a-f]{64}\b/HASH/'
ls acted 2>&1
echo "# nothing to verify against: the script stops at the first image"
mv exports gone
carry_out </dev/null
echo "# a plan of no image"
plan plan --where 'name ~ "nothing-*"' --as root --inventory gone --key images.key --output empty.json
plan plan verify empty.json --inventory gone --vkey images.vkey
