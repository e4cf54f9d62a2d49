# For authors of policies: one request, who may, tests, lint, diff, on files and on an inventory.
now() { run "$@" --now 2026-11-24T08:00:00Z; }
simulate() { now policy simulate --action appstreaming:DeleteImage "$@"; }
cp -r "$examples/policies" .
simulate --as user/anyone --policy policies/image-operators.json
simulate --as user/anyone --policy policies/image-operators.json --context acs:MFAPresent=true --context acs:SourceIp=192.0.2.1
simulate --as user/anyone --policy policies/image-operators.json --missing-context
simulate --as user/anyone --policy policies/broken/image-guard.json --no-context acs:SourceVpc
simulate --as user/carol --inventory "$examples/acme"
simulate --as user/alice --inventory "$examples/acme" --without image-operator
simulate --as user/alice --inventory "$examples/acme" --without image-operater
simulate --as user/bob --inventory "$examples/acme" --policy policies/image-operators.json --no-context acs:MFAPresent
simulate --as role/ci-images --inventory "$examples/acme" --session-policy policies/janitor-session.json
simulate --as user/erin --inventory "$examples/acme" --format json
simulate --as user/anyone
simulate --inventory "$examples/acme"
now policy who-can appstreaming:DeleteImage --inventory "$examples/acme"
now policy who-can appstreaming:DeleteImage --inventory "$examples/acme" --only-via group --format csv
now policy who-can appstreaming:DeleteImage --inventory "$examples/acme-lab"
run policy who-can --inventory "$examples/acme"
run policy test policies --coverage --mutate
for name in policies/broken/*.yaml; do run policy test "$name" | tail -n 3; done
for name in policies/broken/*.json; do run policy lint "$name" | cut -d'(' -f1 | head -n 4; done
for name in policies/*.json; do
  case $name in *waivers*) continue ;; esac
  now policy diff "$name" "policies/broken/$(basename "$name")" --fail-on any
done
now policy diff policies/image-guard.json policies/image-guard.json --fail-on any
now policy diff "$examples/acme" "$examples/acme" --fail-on any
run policy diff policies/image-guard.json "$examples/acme"
run policy diff policies/image-guard.json
printf 'tests:\n  - name: x\n    principle: user/a\n' >bad.yaml
run policy test bad.yaml
printf '{"Version": "1", "Statement": [}' >bad.json
run policy lint bad.json
run policy simulate --as user/x --action a:b --policy bad.json
run policy lint --explain RAM017
run policy lint --explain RAM999
run policy lint policies/image-operators.json policies/image-operators.waivers.json
run policy diff policies policies --now 2026-11-24T08:00:00Z
for action in DeleteImage 'appstreaming:*' appstreaming: ''; do
  run policy who-can "$action" --inventory "$examples/acme"
  run policy simulate --as user/x --policy policies/image-guard.json --action "$action"
done
run policy diff policies/image-guard.json policies/image-guard.json --action DeleteImage
