# Every wrong command line is one clear line and exit 2.
run
run chek
run check
run check --as user/alice
run check --as user/alice --inventory missing-folder --no-audit img-1
run check --as alice --inventory "$examples/acme" --all
run check --as group/operators --inventory "$examples/acme" --all
run check --as user/nobody --inventory "$examples/acme" --all --no-audit
run check --as user/alicf --inventory "$examples/acme" --all --no-audit
run check --as user/alice --inventory "$examples/acme" --no-audit
run check --as user/alice --inventory "$examples/acme" --all --inventroy x
run check --as user/alice --inventory "$examples/acme" --all --context nonsense
run check --as user/alice --inventory "$examples/acme" --all --context acs:MFAPresent=true --no-context acs:mfapresent
run check --as user/alice --inventory "$examples/acme" --ids-from missing.txt
run check --as user/alice --inventory "$examples" --all --no-audit
run check --as user/alice --inventory "$examples/acme" --all --rules missing.json
run check --as user/alice --inventory "$examples/acme" --all --format sarif
run audit verify --audit-log missing.db
run audit show x
run rules show not-in-uze
