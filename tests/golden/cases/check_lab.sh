# An export with holes and recorded failures.
ask() { run check "$@" --inventory "$examples/acme-lab" --now 2026-11-24T08:00:00Z --no-audit; }
ask --all --as user/lab-admin
ask --all --as user/lab-admin --format csv
ask --all --as user/lab-admin --strict --format csv
run inventory summary --inventory "$examples/acme-lab" --now 2026-11-24T08:00:00Z
run inventory validate --inventory "$examples/acme-lab"
run inventory validate --inventory "$examples/acme"
