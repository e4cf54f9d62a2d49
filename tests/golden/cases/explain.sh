# Everything behind one decision.
ask() { run explain "$@" --inventory "$examples/acme" --now 2026-11-24T08:00:00Z --no-audit; }
pick() { "$program" check --all --as user/alice --inventory "$examples/acme" --no-audit --format csv | awk -F, -v code="$1" '$6==code {print $1; exit}'; }
ask "$(pick ImageNotAllowDelete)" --as user/alice
ask "$(pick 200)" --as user/carol
ask "$(pick ImageDeleteFailed.NotAllowCommunityParent)" --as user/dave --format json
ask img-unknown --as user/alice
