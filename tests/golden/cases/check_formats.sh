# The main job in each format; carol's permission depends on where she calls from.
ask() { run check "$@" --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit; }
ask --all --as user/alice
ask --all --as user/alice --format csv
images=$("$program" check --all --as user/alice --inventory "$examples/acme" --no-audit --format csv | awk -F, 'NR>1 && !seen[$6]++ {print $1}')
# shellcheck disable=SC2086
ask $images --as user/alice --format ndjson
first=$(head -n1 <<<"$images")
ask "$first" img-unknown "" --as user/bob --format json
ask "$first" --as user/carol
ask "$first" --as user/carol --context acs:SourceIp=192.0.2.1
ask "$first" --as user/dave
ask "$first" --as root
printf '%s\n\n  img-unknown \r\n' "$first" >ids.txt
ask --ids-from ids.txt --as user/alice --format csv
# The environment does not choose how JSON is read: the same bytes.
ask "$first" --as user/alice --format csv >one.csv
SIMDJSON_FORCE_IMPLEMENTATION=none-such ask "$first" --as user/alice --format csv | cmp - one.csv
