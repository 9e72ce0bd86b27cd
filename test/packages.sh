#!/bin/sh
# Installs the system packages that a group of targets needs and that are not
# there, where that is possible (root, apt-get); names them all otherwise.
# usage: packages.sh build|check|test|demo|vm
set -eu

# what must be there (a command, or a file): the Debian package it comes with
build='gcc:gcc /usr/include/stdio.h:libc6-dev node:nodejs npm:npm'
check='clang-format:clang-format'
test='busybox:busybox-static podman:podman skopeo:skopeo runc:runc crun:crun bwrap:bubblewrap
	mkfs.ext4:e2fsprogs tmux:tmux bash:bash zsh:zsh fish:fish curl:curl strace:strace zstd:zstd xz:xz-utils setfattr:attr setpriv:util-linux
	/usr/lib/podman/netavark:netavark ip:iproute2 nft:nftables nsenter:util-linux iperf3:iperf3 iptables:iptables dig:bind9-dnsutils'
demo='busybox:busybox-static'
vm='mmdebstrap:mmdebstrap mke2fs:e2fsprogs xz:xz-utils qemu-system-x86_64:qemu-system-x86 setpriv:util-linux
	/usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring'

case ${1-} in
build) wanted=$build ;;
check) wanted="$build $check" ;;
test) wanted="$build $check $test" ;;
demo) wanted=$demo ;;
vm) wanted=$vm ;;
*) echo "usage: packages.sh build|check|test|demo|vm" >&2 && exit 2 ;;
esac

is_there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	# The dynamic busybox of the package "busybox" is no use as an image's only file.
	busybox) command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] ;;
	esac
}

missing=
for pair in $wanted; do
	is_there "${pair%:*}" || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "bunker needs these packages (Debian's names) for 'make $1':$missing" >&2
	exit 1
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# Lists that are there may do, and an update may fail for a source that does not matter.
apt-get -qq update >&2 || true
# shellcheck disable=SC2086 # a list of names
apt-get -qq -y install --no-install-recommends $missing >&2 || {
	echo "bunker needs these packages, and apt-get could not install them:$missing" >&2
	exit 1
}
