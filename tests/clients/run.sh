#!/bin/sh
# Runs Connect clients of other languages against the sandbox, in every format that they speak, and prints what comes of it.
#
#     tests/clients/run.sh [the program shomei-sandbox]
#
# A client that is not at hand is left out, aloud. Each is installed into a folder of its own, which is removed at the end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../target/debug/shomei-sandbox}
work=$(mktemp -d)
"$program" --listen 127.0.0.1:0 --empty --pocketsign-token token > "$work/ready" &
sandbox=$!
trap 'kill $sandbox; rm -rf "$work"' EXIT
until grep -q '^pocketsign' "$work/ready"; do sleep 0.1; done
url=$(sed -n 's/^pocketsign \([^ ]*\).*/\1/p' "$work/ready")
failed=0
ran=0

left_out() {
    echo "LEFT OUT: $1" >&2
}

echo '| client | format | response |'
echo '| --- | --- | --- |'

if command -v npm > /dev/null && (cd "$work" && npm install --silent --no-audit --no-fund \
    @connectrpc/connect@2 @connectrpc/connect-node@2 @bufbuild/protobuf@2 > /dev/null 2>&1); then
    cp "$here/connect.mjs" "$work"
    (cd "$work" && node connect.mjs "$url" token) || failed=1
    ran=$((ran + 1))
else
    left_out 'the client for Node: npm, or its packages, cannot be had'
fi

if python3 -m venv "$work/venv" > /dev/null 2>&1 && "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'connectrpc==0.13.*' > /dev/null 2>&1; then
    "$work/venv/bin/python" "$here/connect.py" "$url" token || failed=1
    ran=$((ran + 1))
else
    left_out 'the client for Python: python3, or its package, cannot be had'
fi

if command -v curl > /dev/null; then
    call() {
        what=$1
        expected=$2
        shift 2
        status=$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer token' "$@") || true
        echo "| curl | $what | $status |"
        [ "$status" = "$expected" ] || { failed=1; echo "curl, $what: expected $expected" >&2; }
    }
    list=$url/pocketsign.verify.v2.CertificateService/ListCertificates
    call 'JSON' 200 -H 'Content-Type: application/json' -d '{}' "$list"
    call 'binary' 415 -H 'Content-Type: application/proto' -d '' "$list"
    call 'GET' 200 "$list?encoding=json&message=%7B%7D"
    call 'HTTP/2 without TLS' 000 --http2-prior-knowledge -H 'Content-Type: application/json' -d '{}' "$list"
    ran=$((ran + 1))
else
    left_out 'curl'
fi

[ "$ran" -gt 0 ] || left_out 'every client: nothing was tested'
exit $failed
