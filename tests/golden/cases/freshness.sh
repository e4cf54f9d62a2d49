# The age of what an answer rests on, and exports that are too old to count: those of the example are 96 hours old.
now="--now 2026-11-24T08:00:00Z"
ask() { run check "$@" --inventory "$examples/acme" $now --no-audit; }
ask img-dkqu7w0c0lrr8y5jw --as user/alice --max-age 96h
ask img-dkqu7w0c0lrr8y5jw --as user/alice --max-age 95h
ask --all --as root --max-age 3d | grep -E '^(\$|[0-9]+ images|note|rests|\[)'
ask img-dkqu7w0c0lrr8y5jw --as root --max-age 4d --format ndjson | grep -o '"facts".*'
run inventory validate --inventory "$examples/acme" $now --max-age 2h
run inventory summary --inventory "$examples/acme" $now --max-age 2h --format csv | head -n 4
ask --all --as root --max-age 2
ask --all --as root --max-age=-1h
