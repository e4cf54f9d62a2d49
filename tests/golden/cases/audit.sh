# The log: made by the first decision, listed, shown, verified; and what happens to one that was changed.
ask() { run check "$@" --inventory "$examples/acme" --now 2026-11-24T08:00:00Z; }
run audit init --origin example.com/images | blank
run audit init | blank
ask img-unknown img-unknown-2 --as user/alice | blank
ask img-unknown --as user/bob --format ndjson | blank
run audit list | blank
run audit list --principal user/bob --format csv | blank
run audit list --limit 1 --format ndjson | blank
run audit show 2 | blank
run audit show 99
run audit verify | blank
: >empty.db
ask img-unknown --as user/alice --audit-log empty.db
run audit verify --audit-log empty.db
printf 'not a database, not a database, not a database, not a database, not a database, not a database, not a database' >foreign.db
ask img-unknown --as user/alice --audit-log foreign.db
ask img-unknown --as user/alice --audit-log missing-folder/log.db
ask img-unknown --as user/alice --audit-log other.db --audit-detail full | blank
run audit show 2 --audit-log other.db --format json | blank
twice() { "$program" check --all --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --audit-log twice.db --format ndjson | sed 's/"seq":[0-9]*//'; }
[ "$(twice)" = "$(twice)" ] && echo "the same question twice: the same bytes, but for the numbers of the records"
