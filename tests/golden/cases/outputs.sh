# Where a result goes: in the place of a file, into a pipe, behind what a descriptor has; and what it is never put over.
mkfifo pipe
timeout 20 cat pipe >from_pipe.txt &
run rules list --format csv --output pipe
wait
"$program" rules list --format csv >rules.csv
cmp rules.csv from_pipe.txt && echo "the pipe has it"
"$program" rules list --format csv --output /dev/stdout | cmp - rules.csv && echo "standard output has it"
"$program" rules list --format csv --output >(cat >substituted.txt)
sleep 1
cmp rules.csv substituted.txt && echo "the command has it"
(echo before; "$program" rules list --format csv --output /dev/stdout; echo after) >>log.txt
(echo before; cat rules.csv; echo after) | cmp - log.txt && echo "it stands behind what was there"
# Tables appear together.
mkdir -p tables/sharing.csv
run report --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit --format csv --output tables
ls tables
# The log, a key and what another option names.
cat >policy.json <<'JSON'
{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
JSON
cat >one.test.yaml <<'YAML'
policies: [policy.json]
tests:
  - {name: a, principal: user/a, action: "oss:GetObject", expect: allow}
YAML
"$program" audit init --audit-log log.db --key log.key >made.txt
before=$(cat log.db log.key | sha256sum)
run policy test one.test.yaml --lcov log.key
run policy test one.test.yaml --cobertura log.db --audit-log log.db
run policy test one.test.yaml --lcov found.txt --cobertura found.txt
run audit rotate --audit-log log.db --key log.key --next next.db --checkpoint-file next.db
run audit init --audit-log new.db --key new.db
run audit init --audit-log new.db --key new.key --vkey-file new.key
run audit init --audit-log new.db --vkey-file new.vkey
run check img-1 --as root --inventory "$examples/acme" --audit-log log.db --key log.key --checkpoint-file none/checkpoint
[ "$before" = "$(cat log.db log.key | sha256sum)" ] || echo "something has changed"
for file in new.db new.key next.db found.txt; do [ ! -e $file ] || echo "$file is there"; done
