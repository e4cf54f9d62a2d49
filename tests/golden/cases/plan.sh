# A clean-up as one: order, steps, totals; filters, and those that do not parse.
ask() { run plan "$@" --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit; }
ask --all img-nope
ask --where 'age > 90d and not tag keep and unused'
ask --where 'type = Community or shared' --format json
ask imgc-3tg9ifjw1v4xzr3oe imgc-3tg9ifjw1v4xzr3oe img-nope img-nope
ask --all --where 'agee > 90d'
ask --where 'age > 90x'
ask --where 'age > 90d and (unused'
ask
run plan --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit -- verify
run plan --where unused --as user/lab-admin --inventory "$examples/acme-lab" --now 2026-11-24T08:00:00Z --no-audit
run plan --where unused --as user/alice --inventory "$examples/acme" --no-audit --key k
run plan imgc-945cw76c4fnektea7 --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit
