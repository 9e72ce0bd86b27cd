#!/bin/bash
# Runs a part of the suite on a machine whose only cgroups are v2 (run.sh), as
# root; builds that machine if it is not there. Where that cannot be, it says so
# and that is all, unless BUNKER_MUST_RUN is set.
# usage: suite.sh [--cgroup v2|hybrid] [--timeout SECONDS] [TEST FILE...]
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/../.."
disk=${VM_CACHE:-build/vm}/disk

# What cgroup v2 has a say in, what takes a module of the kernel (ipvlan, VLANs,
# SCTP, quotas), and a little that shows that the rest works on this kernel, too.
tests=(test/e2e/{cgroup,limits,oom,pause,stats,update,devices}*.test.ts
	test/kernel/{tape,devices,limits,freezer,links}.test.ts test/e2e/{init,self,macvlan,sctp,storage}.test.ts)
# It is emulated, and ten times as slow; these programs would double its disk.
settings='BUNKER_MUST_RUN=1 BUNKER_SLOW=10 BUNKER_WITHOUT="podman skopeo runc crun bwrap zsh fish"'

machine_is_there() {
	test/packages.sh vm || return
	if [ test/vm/build.sh -nt "$disk" ] || [ test/vm/guest/init -nt "$disk" ]; then test/vm/build.sh; fi
}

options=(--timeout 1800)
while [[ ${1-} == --* ]]; do
	options+=("$1" "$2")
	shift 2
done
[ $# -eq 0 ] || tests=("$@")

if ! machine_is_there; then
	echo 'test/vm: there is no machine with cgroup v2 only, so what asks for one is not tested' >&2
	[ -z "${BUNKER_MUST_RUN-}" ]
	exit
fi
# Making it in the guest would start 300 programs.
[ -e build/e2e/busybox.tar ] || test/busybox.sh build/e2e/busybox.tar
# The guest has no mke2fs.
[ -e build/e2e/quota.img ] || test/quota-disk.sh build/e2e/quota.img
exec setpriv --pdeathsig KILL test/vm/run.sh "${options[@]}" \
	bash -c "export $settings; exec sh test/own-network.sh node_modules/.bin/bun test --timeout 60000 \"\$@\"" suite "${tests[@]}"
