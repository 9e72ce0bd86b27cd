#!/bin/bash
# Boots the machine of build.sh, runs one command in it as root, in the repository
# at /bunker (read-only but for build/, which is the guest's own), and exits with 0
# if the command did. Its output, both streams, is printed as it comes.
# usage: run.sh [--cgroup v2|hybrid] [--timeout SECONDS] COMMAND [ARGUMENT...]
# It writes nothing: qemu unlinks what the guest's disk would have become.
# shellcheck disable=SC2054 # the commas are qemu's
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${VM_CACHE:-build/vm}
cgroup=v2
limit=600
while :; do
	case ${1-} in
	--cgroup) cgroup=$2 ;;
	--timeout) limit=$2 ;;
	*) break ;;
	esac
	shift 2
done
case $cgroup in v2 | hybrid) ;; *) echo "test/vm/run.sh: no cgroup mode $cgroup" >&2 && exit 2 ;; esac

# A comma ends an option of qemu's; twice, it is a comma.
printf -v command '%q ' "$@"
passed=(-fw_cfg "name=opt/bunker/command,string=${command//,/,,}" -fw_cfg "name=opt/bunker/cgroup,string=$cgroup")

# Emulated: where /dev/kvm is there it does not always run a guest (VM_ACCEL=kvm tries it).
accel=(-accel "${VM_ACCEL:-tcg,thread=multi,tb-size=512}" -cpu max,la57=off)
machine=(-nodefaults -no-user-config -no-reboot -display none -nic none -machine pc,usb=off,hpet=off,vmport=off
	-smp 2 -m 2048 -device isa-debug-exit)
arguments='console=ttyS0 panic=-1 loglevel=3 audit=0 nokaslr mitigations=off no_timer_check nowatchdog'
kernel=(-kernel "$cache/kernel" -initrd "$cache/initrd"
	-append "$arguments random.trust_cpu=on rcupdate.rcu_expedited=1")
disks=(-drive "file=$cache/disk,if=none,id=disk,format=raw,snapshot=on,cache=unsafe" -device virtio-blk-pci,drive=disk
	-fsdev "local,id=repository,path=$PWD,security_model=none,multidevs=remap,readonly=on"
	-device virtio-9p-pci,fsdev=repository,mount_tag=repository)
# The kernel speaks when it dies; the command's output has a port of its own.
consoles=(-chardev file,id=kernel,path=/dev/fd/1,append=on -serial chardev:kernel
	-chardev file,id=output,path=/dev/fd/1,append=on -device virtio-serial-pci -device virtserialport,chardev=output)

# Each ends with whoever has started it, even if that is killed. The cat: qemu
# opens a pipe anew, as it could not open a socket.
with_us=(setpriv --pdeathsig KILL)
status=0
TMPDIR=$cache "${with_us[@]}" timeout --foreground --kill-after=5 "$limit" "${with_us[@]}" qemu-system-x86_64 "${machine[@]}" \
	"${accel[@]}" "${kernel[@]}" "${disks[@]}" "${consoles[@]}" "${passed[@]}" </dev/null 2>&1 | cat ||
	status=${PIPESTATUS[0]}
case $status in
65) exit 0 ;; # guest/boot: 040 octal, twice, and 1
67) exit 1 ;;
124) echo "test/vm/run.sh: the guest was ended after $limit s" >&2 ;;
*) echo "test/vm/run.sh: the guest ended without a result (qemu: $status)" >&2 ;;
esac
exit 1
