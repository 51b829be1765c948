#!/bin/sh
# Builds the image and tries it: `make image`. Needs Podman or Docker.
#
# Run as the Containerfile says, but without any network: it must become healthy, flag what lies in
# /exports, satisfy `doctor`, end in order, and be healthy again on the same /data.
set -eu

ENGINE=${ENGINE:-$(command -v podman || command -v docker)} || {
    echo "Neither podman nor docker is here; ENGINE names another one." >&2
    exit 3
}
IMAGE=${IMAGE:-channelwatch}
NAME=channelwatch-smoke-$$
EXPORTS=$(mktemp -d)
ROOT=$(cd "$(dirname "$0")/../.." && pwd)

leave() {
    code=$?
    [ "$code" = 0 ] || "$ENGINE" logs --tail 40 "$NAME" >&2 || true
    "$ENGINE" rm -f "$NAME" >/dev/null 2>&1 || true
    "$ENGINE" volume rm "$NAME" >/dev/null 2>&1 || true
    rm -rf "$EXPORTS"
    exit "$code"
}
trap leave EXIT

inside() { "$ENGINE" exec "$NAME" channelwatch "$@"; }

# Tries a command every two seconds, five minutes long, and says how long it took.
until_true() {
    what=$1 began=$(date +%s)
    shift
    until "$@" >/dev/null 2>&1; do
        [ $(($(date +%s) - began)) -lt 300 ] || {
            echo "not $what within five minutes" >&2
            "$@"
        }
        sleep 2
    done
    echo "$what after $(($(date +%s) - began)) s"
}

flagged() {
    inside export flagged -o /tmp/flagged.csv &&
        [ "$("$ENGINE" exec "$NAME" sh -c 'wc -l </tmp/flagged.csv')" -gt 1 ]
}

format=
case $ENGINE in *podman*) format="--format docker" ;; esac # its own drops the health check
# shellcheck disable=SC2086
[ "${BUILD:-yes}" = no ] || "$ENGINE" build $format -f "$ROOT/ops/deploy/Containerfile" -t "$IMAGE" "$ROOT"

cp -r "$ROOT/fixtures/corpus/exports/ChatExport_2025-08-28_azaim_en" "$EXPORTS"
chmod -R a+rX "$EXPORTS"
"$ENGINE" run -d --name "$NAME" --network none --read-only --tmpfs /tmp \
    -v "$NAME:/data" -v "$EXPORTS:/exports:ro" "$IMAGE" >/dev/null
until_true healthy inside health
until_true flagging flagged
inside doctor || [ $? = 1 ]
"$ENGINE" stop -t 120 "$NAME" >/dev/null
code=$("$ENGINE" inspect -f '{{.State.ExitCode}}' "$NAME")
[ "$code" = 0 ] || { echo "ended with $code" >&2; exit 1; }
"$ENGINE" start "$NAME" >/dev/null
until_true "healthy again" inside health
