# An export with holes and recorded failures.
ask() { run check "$@" --inventory "$examples/acme-lab" --now 2026-11-24T08:00:00Z --no-audit; }
ask --all --as user/lab-admin
ask --all --as user/lab-admin --format csv
ask --all --as user/lab-admin --strict --format csv
run inventory summary --inventory "$examples/acme-lab" --now 2026-11-24T08:00:00Z
run inventory validate --inventory "$examples/acme-lab"
run inventory validate --inventory "$examples/acme"
echo "# every code that an inventory can predict"
for question in "acme user/alice" "acme user/bob" "acme-lab user/lab-admin"; do
  "$program" check --all img-unknown --as "${question#* }" --inventory "$examples/${question% *}" --now 2026-11-24T08:00:00Z --no-audit --format csv
done | cut -d, -f6 | grep '\.\|[A-Z]' | sort -u
