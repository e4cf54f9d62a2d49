# Defaults: where each comes from, what wins, what a file in the folder cannot do; suggestions for what was mistyped.
export HOME=$PWD/home
mkdir -p home/.config/imagewarden
run config
cat >imagewarden.toml <<'TOML'
inventory = "exports"
as = "user/alice"
strict = false
rules = ["guards.json"]

[check]
format = "csv"

["policy lint"]
fail-level = "security"
TOML
cat >home/.config/imagewarden/imagewarden.toml <<'TOML'
strict = true
color = "never"
audit-log = "/var/log/images.db"
TOML
cp -r "$examples/acme" exports
cp "$examples/guards.json" guards.json
run config
IMAGEWARDEN_FORMAT=json IMAGEWARDEN_AS=user/bob run config check
run check img-1 --no-audit --now 2026-11-24T08:00:00Z
run check imgc-45p3gon3ij1ip19qk --no-audit --now 2026-11-24T08:00:00Z --format table --no-config --inventory exports --as user/alice
run rules list --quiet --no-config --format csv --output rules.csv
printf 'no-audit = true\n' >imagewarden.toml
run check img-1
printf '\ncolor = "blue"\n' >imagewarden.toml
run check img-1
printf 'as = "user/alice\n' >imagewarden.toml
run check img-1
run check img-1 --config missing.toml
chmod 666 imagewarden.toml
run config
IMAGEWARDEN_RULE=guards.json run check img-1 --no-config
# Rules that the folder names can only forbid more.
mkdir stranger
cd stranger || exit 2
printf 'rules = "weak.json"\n' >imagewarden.toml
cat >weak.json <<'JSON'
{"schema": "imagewarden-rules/1", "name": "weak", "version": "1", "operation": "appstreaming:DeleteImage",
 "override": [{"id": "not-in-use", "when": [{"condition": {"StringEquals": {"image:Name": "never"}}}]}]}
JSON
decide() { run check img-3p0aztjye98fhf7lz --as user/alice --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit --format csv "$@" | cut -d, -f1-6; }
decide
decide --rules weak.json
printf 'limit = -5\n' >imagewarden.toml
run config
