#!/bin/sh
# The first container: makes a small image and runs it, printing each command.
# Everything is kept under build/demo, and nothing of it is left afterwards.
# usage: demo.sh dist/bunker
set -eu
bunker=$1
BUNKER_ROOT=$PWD/build/demo/root
BUNKER_RUN_ROOT=$PWD/build/demo/run
export BUNKER_ROOT BUNKER_RUN_ROOT

say() {
	printf '\n$'
	for word; do
		case $word in
		*[!a-zA-Z0-9_./:=,@%+-]* | '') printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
}
type_in() {
	say "$@"
	"$@"
}

clean_up() {
	ids=$("$bunker" ps -a -q 2>/dev/null || true)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$ids" ] || "$bunker" rm -f $ids >/dev/null 2>&1 || true
	rm -rf "$PWD/build/demo"
}
if [ "$(id -u)" != 0 ]; then
	echo "make demo: bunker needs root, for now: try 'sudo make demo'" >&2
	exit 1
fi
rm -rf "$PWD/build/demo"
trap clean_up EXIT

type_in test/busybox.sh build/demo/busybox.tar
type_in "$bunker" import build/demo/busybox.tar busybox
type_in "$bunker" images
type_in "$bunker" run -d --name web busybox top
type_in "$bunker" ps
type_in "$bunker" exec web ps
type_in "$bunker" rm -f web
# shellcheck disable=SC2016 # expanded in the container
type_in "$bunker" run --rm --hostname first busybox sh -c 'echo "hello from $(hostname), process $$ of its own machine"'
