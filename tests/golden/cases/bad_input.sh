# One bad file: one line with file, offset, pointer, what and what was expected; exit 2; nothing decided, nothing logged.
ask() {
  run check --all --as user/alice --inventory exports --now 2026-11-24T08:00:00Z "$@"
  ls -- *.db 2>/dev/null && echo "a log was made"
}
cp -r "$examples/acme" exports
bad=exports/ListWuyingServer.p9.json
try() {
  echo "# $1"
  ask
  rm -rf "$bad"
}
: >$bad; try "empty file"
printf '{"WuyingServerList": [' >$bad; try "truncated"
printf '{"TotalCount": 1} trailing' >$bad; try "trailing content"
printf '{"Total\0Count": 1}' >$bad; try "NUL byte"
printf '\xef\xbb\xbf{}' >$bad; try "byte order mark"
printf '{"WuyingServerList": [{"WuyingServerId": "\xff"}]}' >$bad; try "invalid UTF-8"
printf '{"WuyingServerList": [{"WuyingServerId": "\\ud800"}]}' >$bad; try "lone surrogate"
printf '{"Other": "\\udc00x"}' >$bad; try "lone surrogate in a field that is not read"
printf '{"WuyingServerList": [{"WuyingServerId": "a", "WuyingServerId": "b"}]}' >$bad; try "duplicate key"
printf '{"WuyingServerList": [{"WuyingServerId": "a", "wuyingServerId": "b"}]}' >$bad; try "two spellings of a key"
printf '{"WuyingServerList": [{"WuyingServerId": ["a"]}]}' >$bad; try "wrong type"
printf '{"WuyingServerList": [], "TotalCount": 99999999999999999999}' >$bad; try "number out of range"
printf '{"WuyingServerList": [1 2]}' >$bad; try "missing comma"
printf '{"Other": [1 2]}' >$bad; try "missing comma in a field that is not read"
printf '[%.0s' $(seq 100000) >$bad; try "100,000 open brackets"
printf '{"WuyingServerList": [{"WuyingServerId": "%0300d"}]}' 0 >$bad; try "an id of 300 bytes"
mkfifo $bad; try "a FIFO"
mkdir exports/loop; ln -s ../loop exports/loop/again; ln -s "$PWD/exports" exports/loop/root; echo "# a loop of links"; ask --no-audit | tail -n 4; rm -r exports/loop
printf '{"Policy": {"PolicyName": "p", "PolicyType": "Custom"}, "DefaultPolicyVersion": {"VersionId": "v1", "PolicyDocument": "no json"}}' >exports/GetPolicy.PolicyName=p.json
ask; ask --skip-bad-files --no-audit | tail -n 3
