# Logged decisions made again: the same, not at hand, and what would change with other rules or policies.
ask() { "$program" "$@" --inventory "$examples/acme" --now 2026-11-24T08:00:00Z >/dev/null; }
replay() { run audit replay --inventory "$examples/acme" "$@" | blank; }
ask check --all img-unknown --as user/alice
ask check img-unknown m-s6b9q5fa4cohko2fb --as user/carol --context acs:SourceIp=203.0.113.20 --context acs:MFAPresent=true
ask explain m-s6b9q5fa4cohko2fb --as user/zhang.wei --rules "$examples/guards.json"
replay
replay 2 79 --format ndjson
replay --rules "$examples/guards.json"
run audit replay --inventory "$examples/acme-lab" | blank
replay --against "$examples/guards.json" --limit 3
replay --against "$examples/policies/image-operators.json"
cp "$examples/policies/image-operators.json" image-operator.json
replay --against image-operator.json --limit 2
printf '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "appstreaming:List*", "Resource": "*"}]}' >image-operator.json
replay --against image-operator.json --limit 2
replay --against image-operator.json --limit 1 --format json
replay --against "$examples/guards.json" --rules "$examples/guards.json"
replay 1
replay 1000
run audit replay
run audit replay --inventory "$examples/acme" --audit-log missing.db
