#!/bin/sh
# Downloads the statexec binary for this machine from a release, verifies its checksum, and puts it into a folder.
# Usage: fetch.sh BASE_URL FOLDER [SIGNERS]; BASE_URL is the URL of the folder with the files of the release, SIGNERS a file
# with the public keys of who may sign it, as ssh-keygen(1) has them under ALLOWED SIGNERS. With it, the release's signature
# is verified first.
set -eu

fail() {
  echo "statexec: $1" >&2
  exit 125
}

[ $# -eq 2 ] || [ $# -eq 3 ] || fail "fetch.sh needs a base URL, a folder, and may take a file of signers; got $# arguments"
signature=
if [ $# -eq 3 ]; then
  [ -s "$3" ] || fail "the file of signers \"$3\" is missing or empty"
  command -v ssh-keygen >/dev/null || fail "a signature is checked by ssh-keygen, which is not on PATH"
  signers=$(cd "$(dirname -- "$3")" && pwd)/$(basename -- "$3")
  signature=$1/SHA256SUMS.sig
fi
[ "$(uname -s)" = Linux ] || fail "only Linux is supported, not $(uname -s)"
case $(uname -m) in
  x86_64) file=statexec-linux-x64 ;;
  aarch64 | arm64) file=statexec-linux-arm64 ;;
  *) fail "there is no binary for $(uname -m), only for x86_64 and aarch64" ;;
esac
# Only the loader of musl, not that of glibc: Alpine.
if ! ls /lib64/ld-linux-* /lib/ld-linux-* >/dev/null 2>&1 && ls /lib/ld-musl-* >/dev/null 2>&1; then file=$file-musl; fi

# Nothing but HTTPS, whatever the server redirects to; from this machine itself, as for a test, also plain HTTP.
proto="=https"
case $1 in
  http://127.0.0.1:* | http://localhost:*) proto="=http,https" ;;
  https://*) ;;
  *) fail "got the base URL \"$1\", expected one that begins with https://" ;;
esac

mkdir -p "$2"
cd "$2"
curl --proto "$proto" --tlsv1.2 --fail --silent --show-error --location --retry 3 --remote-name-all "$1/SHA256SUMS" "$1/$file" ||
  fail "cannot fetch $1/$file"
if [ -n "$signature" ]; then
  curl --proto "$proto" --tlsv1.2 --fail --silent --show-error --location --retry 3 --remote-name "$signature" ||
    fail "cannot fetch $signature"
  ssh-keygen -q -Y verify -f "$signers" -I statexec -n statexec-release -s SHA256SUMS.sig <SHA256SUMS >/dev/null ||
    fail "$1/SHA256SUMS is not signed by any of $3; do not use it"
  rm SHA256SUMS.sig
fi
grep "  $file\$" SHA256SUMS >"$file.sum" || fail "$1/SHA256SUMS has no checksum for $file"
sha256sum -c "$file.sum" >/dev/null || fail "$1/$file is not what SHA256SUMS says; do not use it"
chmod 755 "$file"
mv "$file" statexec
rm SHA256SUMS "$file.sum"
