#!/bin/sh
# Downloads the statexec binary for this machine from a release, verifies its checksum, and puts it into a folder.
# Usage: fetch.sh BASE_URL FOLDER; BASE_URL is the URL of the folder with the files of the release.
set -eu

fail() {
  echo "statexec: $1" >&2
  exit 125
}

[ $# -eq 2 ] || fail "fetch.sh needs two arguments, a base URL and a folder; got $#"
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
grep "  $file\$" SHA256SUMS >"$file.sum" || fail "$1/SHA256SUMS has no checksum for $file"
sha256sum -c "$file.sum" >/dev/null || fail "$1/$file is not what SHA256SUMS says; do not use it"
chmod 755 "$file"
mv "$file" statexec
rm SHA256SUMS "$file.sum"
