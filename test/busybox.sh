#!/bin/sh
# Makes a root file system with the distribution's static busybox and nothing
# else, as a tar. No /dev, /proc or /sys: making what it mounts on is the engine's job.
# usage: busybox.sh FILE.tar
set -eu
"$(dirname "$0")/packages.sh" demo

out=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root"
mkdir -p "$root/bin" "$root/etc" "$root/home" "$root/root" "$root/var/spool"
mkdir -m 1777 "$root/tmp"
chmod 700 "$root/root"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
cat >"$root/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
app:x:1000:1000:app:/home:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false
EOF
cat >"$root/etc/group" <<'EOF'
root:x:0:
daemon:x:1:
audio:x:29:app
app:x:1000:
nogroup:x:65534:
EOF
mkdir -p "$(dirname "$out")"
busybox tar -C "$root" -cf "$out.new" .
mv "$out.new" "$out"
