#!/bin/sh
# Runs a command in a network namespace of its own: bridges, addresses and
# firewall rules of a suite are none of the host's, and gone with it.
# BUNKER_OWN_NETWORK tells those that change it that it is not the host's.
# usage: own-network.sh COMMAND…
BUNKER_OWN_NETWORK=1 exec unshare --net sh -c 'busybox ip link set lo up && exec "$@"' sh "$@"
