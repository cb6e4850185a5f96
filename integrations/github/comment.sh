#!/bin/sh
# Puts a comment that `statexec --history --history-format markdown` wrote below a pull request, in the place of the one that an
# earlier job wrote. Usage: comment.sh FILE; the rest is in the variables of GitHub Actions, and the token in GITHUB_TOKEN.
# The job has done its work by now: what fails here is said, and the status stays 0.
set -u

skip() {
  echo "statexec: no comment was written: $1" >&2
  exit 0
}

[ $# -eq 1 ] && [ -s "$1" ] || skip "comment.sh needs a file that is not empty"
command -v jq >/dev/null && command -v curl >/dev/null || skip "it takes jq and curl"
[ -n "${GITHUB_TOKEN:-}" ] || skip "there is no token"
number=$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH") || skip "the event cannot be read"
[ -n "$number" ] || exit 0

# The token comes by standard input: everybody on the machine can read arguments.
api() {
  printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" |
    curl --config - --fail-with-body --silent --show-error --retry 3 --max-time 60 \
      --header "Accept: application/vnd.github+json" "$@"
}

issues=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues
mark=$(head -n 1 "$1")
id=
page=1
while [ -z "$id" ]; do
  comments=$(api "$issues/$number/comments?per_page=100&page=$page") || skip "the comments cannot be read: $comments"
  # People can write our first line too, so that only a program's comment is replaced.
  id=$(printf '%s' "$comments" |
    jq -r --arg mark "$mark" '[.[] | select(.user.type == "Bot" and (.body | startswith($mark)))][0].id // empty') ||
    skip "the list of comments is not what was expected"
  [ "$(printf '%s' "$comments" | jq length)" -eq 100 ] || break
  page=$((page + 1))
done
body=$(mktemp) || skip "there is no place for a temporary file"
trap 'rm -f "$body"' EXIT
jq -n --rawfile text "$1" '{body: $text}' >"$body"
if [ -n "$id" ]; then
  said=$(api --request PATCH --data "@$body" "$issues/comments/$id")
else
  said=$(api --request POST --data "@$body" "$issues/$number/comments")
fi || skip "a job of a fork may not write one, and others need the permission pull-requests: write: $said"
