/**
 * What the firewall tells the sockets that hold published ports: packets with
 * this mark come from an internal network's containers, and are not for them.
 * "bunk"; the host and others' networks mark with single bits or small numbers.
 */
export const FROM_INTERNAL = 0x62756e6b;
