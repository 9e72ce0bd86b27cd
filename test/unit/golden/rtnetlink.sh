#!/bin/bash
# Captures what ip(8) sends for what src/network/link.ts describes, with strace,
# in a network namespace of its own: rtnetlink.txt beside this script. Once; that
# ip refuses some of it where the kernel lacks a module does not matter.
# usage: test/own-network.sh test/unit/golden/rtnetlink.sh > test/unit/golden/rtnetlink.txt
set -u
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT

echo "# What ip ($(ip -V | sed 's/ip utility, //;s/,.*//')) sends for each command: messages that change something,"
echo "# as strace shows them (rtnetlink.sh). In that namespace bunker0 is 2, eth0 4,"
echo "# veth0123456 5; the descriptor of a netns is 4."
t() {
	echo; echo "\$ ip $*"
	strace -e trace=sendmsg -e write=3,4,5 -o "$trace" ip "$@" 2>/dev/null
	awk '/nlmsg_type=RTM_/{keep = /nlmsg_type=RTM_(NEW|DEL)/} /^ \|/{ if (keep) { row = substr($0, 11, 49); gsub(/ +/, " ", row); sub(/^ /, "", row); sub(/ $/, "", row); print row } }' "$trace"
}

t link add name bunker0 address 02:01:02:03:04:05 mtu 1400 type bridge
t link add name br-0123456789ab type bridge
t link add master bunker0 name veth0123456 mtu 1400 up type veth peer name eth0 netns /proc/self/ns/net address 02:42:0a:00:00:02 mtu 1400
t address add 10.1.2.3/24 broadcast + dev bunker0
t address add 10.1.3.0/31 dev bunker0
t address add fd00::1/64 dev bunker0 nodad
t link set dev eth0 up
t link set dev bunker0 mtu 1400
t address add 10.1.2.4/24 broadcast + dev eth0
t -6 address add fd00::4/64 dev eth0 nodad
t route replace default via 10.1.2.1 dev eth0
t -6 route replace default via fd00::2 dev eth0
t route replace default dev eth0
t -6 route replace default dev eth0
t link add link bunker0 netns /proc/self/ns/net name mv address 02:42:0a:00:00:02 mtu 1400 type macvlan mode bridge
t link add link bunker0 netns /proc/self/ns/net name mp address 02:42:0a:00:00:03 type macvlan mode private
t link add link bunker0 netns /proc/self/ns/net name me address 02:42:0a:00:00:04 type macvlan mode vepa
t link add link bunker0 netns /proc/self/ns/net name mt address 02:42:0a:00:00:05 type macvlan mode passthru
t link add link bunker0 netns /proc/self/ns/net name iv type ipvlan mode l2 bridge
t link add link bunker0 netns /proc/self/ns/net name ip type ipvlan mode l3 private
t link add link bunker0 netns /proc/self/ns/net name ie mtu 1400 type ipvlan mode l3s vepa
t link add name dm-0123456789ab up type dummy
t link add link bunker0 name bunker0.20 up type vlan id 20
t link set dev veth0123456 type bridge_slave isolated on
t link set dev veth0123456 type bridge_slave hairpin on
t link set dev veth0123456 master bunker0
t link delete dev veth0123456
