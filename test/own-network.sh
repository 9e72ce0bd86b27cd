#!/bin/sh
# Runs a command in a network namespace of its own: bridges, addresses and
# firewall rules of a suite are none of the host's, and gone with it.
# usage: own-network.sh COMMAND…
exec unshare --net sh -c 'busybox ip link set lo up && exec "$@"' sh "$@"
