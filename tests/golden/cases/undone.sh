# What cannot be undone is not begun where its result has no place to go to.
run audit init --audit-log log.db --key log.key --vkey-file none/log.vkey
run audit init --audit-log log.db --key log.key --checkpoint-file none/checkpoint
run audit init --audit-log log.db --key log.key --output none/result
ls
"$program" audit init --audit-log log.db --key log.key >made.txt
"$program" check --as root --inventory "$examples/acme" --audit-log log.db --now 2026-11-24T08:00:00Z \
  img-unknown >decided.txt || true
before=$(sha256sum <log.db)
run audit rotate --audit-log log.db --key log.key --next next.db --vkey-file none/next.vkey
echo "another key" >other.vkey
run audit rotate --audit-log log.db --key log.key --next next.db --vkey-file other.vkey
run audit rotate --audit-log log.db --key log.key --next next.db --checkpoint-file none/checkpoint
run audit rotate --audit-log log.db --key log.key --next next.db --output none/result
run audit redact 2 --force --audit-log log.db --output none/result
[ "$before" = "$(sha256sum <log.db)" ] || echo "the log has changed"
ls
# A variable that nobody set is no leave to go without what it names.
run check img-unknown --as root --inventory "$examples/acme" --audit-log log.db --key ''
run check --all --as root --inventory "$examples/acme" --audit-log log.db --no-context ''
run plan --all --where '' --as root --inventory "$examples/acme" --audit-log log.db
[ "$before" = "$(sha256sum <log.db)" ] || echo "the log has changed"
