#!/bin/sh
# Makes a file that holds an empty ext4 which counts projects, for tests of --storage-opt.
# usage: quota-disk.sh FILE
set -eu
PATH=$PATH:/usr/sbin:/sbin
truncate -s 48M "$1.new"
mke2fs -q -F -t ext4 -O ^has_journal,quota,project -E quotatype=prjquota,lazy_itable_init=0 "$1.new"
mv "$1.new" "$1"
