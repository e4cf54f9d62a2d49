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
