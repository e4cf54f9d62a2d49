# The compliance report: from an inventory, from a log, from both; compared with one before; refused.
now="--now 2026-11-24T08:00:00Z"
count() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print({k: r["inventory"]["summary"][k] for k in ("images","allow","deny")}, len(r["findings"]), "findings", r["comparison"] and {k: r["comparison"][k] for k in ("new","unchanged")})' "$1"; }
run report
run report --as user/alice
run report --inventory "$examples/acme" --format csv
run report --inventory "$examples/acme" --format table
run report --inventory "$examples/acme" $now --output whoever.html
run report --inventory "$examples/acme" $now --output again.html
cmp whoever.html again.html && echo "the same bytes"
run report --inventory "$examples/acme" $now --as user/alice --format json --output alice.json
count alice.json
run report --inventory "$examples/acme" $now --format json --output whoever.json --compare alice.json
count whoever.json
run report --inventory "$examples/acme-lab" $now --format json --output lab.json --compare alice.json
count lab.json
run report --inventory "$examples/acme" $now --compare whoever.html
for form in sarif junit oscal; do
  run report --inventory "$examples/acme" $now --no-audit --format $form --output alice.$form
  run report --inventory "$examples/acme" $now --no-audit --format $form --output again.$form
  cmp alice.$form again.$form && echo "the same bytes"
done
grep -c '<testcase' alice.junit
run report --inventory "$examples/acme" $now --format csv --output tables
for table in tables/*.csv; do echo "$table $(wc -l <"$table")"; done
cat tables/findings.csv tables/controls.csv tables/access.csv
echo '{"schema": "imagewarden-controls/1", "name": "own", "version": "1", "waivers": [{"check": "image-shared-out", "subject": "*", "owner": "o", "reason": "r", "expires": "2026-11-23"}]}' >own.json
run report --inventory "$examples/acme" --controls own.json
sed -i 's/image-shared/images-shared/' own.json
run report --inventory "$examples/acme" $now --controls own.json --format csv --output tables
cat tables/waivers.csv
grep '^waivers-expired' tables/findings.csv
"$program" audit init --origin example.com/images >init.txt
"$program" check --all --as user/alice --inventory "$examples/acme" $now >check.txt
run report --format csv --output log-tables $now
grep -v root, log-tables/log.csv | sed -E 's/^(decisions a day),[0-9-]+/\1,DAY/'
grep ^log- log-tables/findings.csv | blank
python3 -c 'b = bytearray(open("imagewarden-audit.db", "rb").read()); b[b.find(b"imgc-51l8awrjgfhy7buzt") + 5] ^= 1; open("bad.db", "wb").write(b)'
run report --audit-log bad.db $now --output bad.html
grep -o 'The audit log does not verify[^/]*' bad.html
cp check.txt no-log.db
run report --audit-log no-log.db $now --output bad.html
