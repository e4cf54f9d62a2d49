# The log as evidence: a key, checkpoints, proofs, what an auditor holds against it, and how it ends.
ask() { run check "$@" --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z | blank; }
signed() { blank | sed -E 's/^[A-Za-z0-9+\/]{43}=$/HASH/; s/^(— [^ ]+) .*/\1 SIGNATURE/; s/^vkey .*/vkey VKEY/; s/images-2\.db\+[^,]*/VKEY/'; }
run audit init --origin example.com/images --key images.key --vkey-file images.vkey --checkpoint-file images.checkpoint | signed
stat -c '%a %n' images.key
run audit checkpoint | signed
ask img-unknown img-unknown-2 --key images.key --checkpoint-file images.checkpoint
run audit list | blank
run audit verify | blank
run audit verify --checkpoint images.checkpoint --vkey images.vkey | blank
run audit verify --checkpoint images.checkpoint
run audit verify --checkpoint images.checkpoint --vkey images.vkey --resume | blank
run audit prove 3 --output record-3.proof
run audit verify --proof record-3.proof --vkey images.vkey | blank
sed 's/^index 3$/index 4/' record-3.proof >changed.proof
run audit verify --proof changed.proof --vkey images.vkey
run audit prove 99
cp imagewarden-audit.db copy.db
ask img-unknown --key images.key --checkpoint-file images.checkpoint
run audit consistency 2 images.checkpoint | signed
run audit consistency 9 2
echo "a copy from before cannot be signed on, and does not pass for the log:"
run audit checkpoint --audit-log copy.db --key images.key --checkpoint-file images.checkpoint
run audit verify --audit-log copy.db --checkpoint images.checkpoint --vkey images.vkey
chmod 644 images.key
run audit checkpoint --key images.key
chmod 600 images.key
run audit redact 3
echo "what would contradict what was published, or go wrong later, is refused before anything happens:"
cp copy.db fork.db
run audit rotate --audit-log fork.db --key images.key --next fork-2.db --checkpoint-file images.checkpoint
run audit rotate --key images.key --next missing-folder/images-2.db
run audit init --audit-log other.db --origin example.com/other --key images.key --checkpoint-file images.checkpoint
run audit verify --output images.key
run audit verify --output imagewarden-audit.db.lock
ask img-unknown --checkpoint-file images.checkpoint
ask img-unknown --audit-log "my log.db" --key images.key
ls | grep -v -e -wal -e -shm
run audit rotate --key images.key --next images-2.db | signed
run audit rotate --key images.key --next images-2.db | signed
run audit rotate --key images.key --next images-3.db | signed
ask img-unknown
ask img-unknown --audit-log images-2.db
run audit list --audit-log images-2.db --limit 3 | blank
run audit verify --audit-log images-2.db --previous imagewarden-audit.db | blank
run audit verify --audit-log images-2.db --previous copy.db | blank
run audit stats --audit-log images-2.db | blank
run audit export --audit-log images-2.db --format csv | signed
run audit export --audit-log images-2.db --format table
