# An organisation's own rules on top.
run rules validate "$examples/guards.json"
run rules list --rules "$examples/guards.json"
run check --all --as user/alice --inventory "$examples/acme" --rules "$examples/guards.json" --now 2026-11-24T08:00:00Z --no-audit
run check --all --as user/alice --inventory "$examples/acme" --rules "$examples/guards.json" --now 2026-12-30T08:00:00Z --no-audit --format csv
printf '{"schema":"imagewarden-rules/1","name":"x","version":"1","operation":"appstreaming:DeleteImage","guards":[{"id":"g","when":[{"condition":{"StringEquals":{"image:Statsu":"a"}}}],"explanation":"e","remedy":"r"}]}' >bad.json
run rules validate bad.json
run check --all --as user/alice --inventory "$examples/acme" --rules bad.json
