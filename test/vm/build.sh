#!/bin/bash
# Makes the machine that run.sh boots, in build/vm (VM_CACHE): Debian 12's kernel
# 6.1, an initrd, and a root disk with a dozen packages. Everything comes from
# the Debian mirror of this machine's apt sources (VM_MIRROR and
# VM_SECURITY_MIRROR name others); nothing outside of build/vm is written.
# Needs root and the packages of `test/packages.sh vm`.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${VM_CACHE:-build/vm}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
export PATH=$PATH:/usr/sbin:/sbin

# kmod: modules are loaded when they are asked for; the others are what tests need (test/requires.ts).
packages=busybox-static,iproute2,nftables,mount,kmod,strace,tmux,procps,attr,xz-utils,zstd
# What it takes to reach the disk, the repository and the command.
first_modules='virtio_pci virtio_blk virtio_console crc32c_generic ext4 9pnet_virtio 9p qemu_fw_cfg'

# The repository of Debian that apt knows by this label.
mirror() {
	# shellcheck disable=SC2016 # apt's variable, not the shell's
	apt-get indextargets --format '$(ORIGIN):$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^Debian:$1 //p" | sort -u | head -n 1
}

sources() {
	local main security
	main=${VM_MIRROR:-$(mirror Debian)}
	security=${VM_SECURITY_MIRROR:-$(mirror Debian-Security)}
	[ -n "$main" ] || { echo "test/vm/build.sh: no Debian mirror in this machine's apt sources (set VM_MIRROR)" >&2; exit 1; }
	echo "deb [signed-by=$keyring] $main bookworm main"
	[ -z "$security" ] || echo "deb [signed-by=$keyring] $security bookworm-security main"
}

# The system without documentation, and beside it the package of the newest kernel.
make_root() {
	# shellcheck disable=SC2016 # for the shell that mmdebstrap starts
	local download='export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG; cd "$1/.." && apt-get -qq download $(
		apt-cache depends linux-image-amd64 | sed -n "s/^ *Depends: \(linux-image-6[^ ]*\)/\1/p" | head -n 1)'
	local list
	list=$(sources)
	TMPDIR=$work mmdebstrap --quiet --mode=root --variant=essential --architectures=amd64 --include=$packages \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='APT::Sandbox::User "root"' \
		--customize-hook="$download" bookworm "$root" "$list"
	echo vm >"$root/etc/hostname"
	echo '127.0.0.1 localhost vm' >"$root/etc/hosts"
	mkdir "$root/bunker"
}

# Most of a kernel's modules drive hardware that no virtual machine has.
make_modules() {
	dpkg-deb -x "$work"/linux-image-*.deb "$work/kernel"
	release=$(basename "$work"/kernel/lib/modules/*)
	mv "$work/kernel/lib/modules" "$root/lib/"
	local modules=$root/lib/modules/$release/kernel
	rm -rf "$modules/sound" "$modules/arch/x86/kvm"
	find "$modules/drivers" -mindepth 1 -maxdepth 1 \
		! -name block ! -name char ! -name firmware ! -name net ! -name virtio -exec rm -rf {} +
	find "$modules/drivers/net" -mindepth 1 -type d ! -name ipvlan -prune -exec rm -rf {} +
	chroot "$root" depmod "$release"
}

# vmlinuz is a program that unpacks an ELF kernel, which takes an emulated
# processor longer than the rest of the boot; qemu starts the ELF file as well.
# Offsets: Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length).
make_kernel() {
	local vmlinuz=$work/kernel/boot/vmlinuz-$release setup offset length
	setup=$(od -An -tu1 -j 0x1f1 -N 1 "$vmlinuz")
	offset=$(od -An -tu4 -j 0x248 -N 4 "$vmlinuz")
	length=$(od -An -tu4 -j 0x24c -N 4 "$vmlinuz")
	# The last four bytes are the length of what was packed.
	head -c $(((setup + 1) * 512 + offset + length - 4)) "$vmlinuz" | tail -c $((length - 4)) |
		xz -dc --single-stream >"$cache/kernel" || cp "$vmlinuz" "$cache/kernel"
}

make_initrd() {
	local tree=$work/initrd module
	mkdir -p "$tree"/{bin,dev,proc,sys,root,modules}
	cp "$root/bin/busybox" "$tree/bin/"
	install -m 755 test/vm/guest/init "$tree/init"
	for module in $first_modules; do
		chroot "$root" modprobe --show-depends --set-version "$release" "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/order"
	while read -r module; do
		cp "$root$module" "$tree/modules/"
		echo "${module##*/}"
	done <"$work/order" >"$tree/modules/order"
	(cd "$tree" && find . | "$root/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) | gzip -1 >"$cache/initrd"
}

# What is written to it is thrown away, so there is no journal. It comes last: with it the machine is complete.
make_disk() {
	mke2fs -q -F -t ext4 -b 4096 -O ^has_journal -m 0 -E lazy_itable_init=1,root_owner=0:0 -d "$root" "$work/disk" 4G >/dev/null
	mv "$work/disk" "$cache/disk"
}

[ "$(id -u)" = 0 ] || { echo 'test/vm/build.sh: needs root, for the owners of the files on the disk' >&2; exit 1; }
# mmdebstrap mounts /proc in the root that it makes. Killed, it would leave that on
# the host, and rm would walk into it: so all of this has mounts of its own, and processes that end with it.
[ -n "${VM_BUILD_INSIDE-}" ] || VM_BUILD_INSIDE=1 exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$BASH" "$PWD/test/vm/build.sh" "$@"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
rm -rf --one-file-system "$cache"/work.* # of one that was killed
work=$(mktemp -d "$(realpath "$cache")/work.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
make_root
make_modules
make_kernel
make_initrd
make_disk
