/** DNS over TCP: each packet has its length in front, 16 bits (RFC 1035, 4.2.2; RFC 7766). */

/** A packet with its length. */
export function framed(packet: Uint8Array): Uint8Array {
	const frame = new Uint8Array(packet.length + 2);
	frame[0] = packet.length >> 8;
	frame[1] = packet.length & 255;
	frame.set(packet, 2);
	return frame;
}

/** Bytes as they come, packets as they are whole. */
export class Frames {
	private bytes = new Uint8Array(0);

	/** @param piece copied */
	add(piece: Uint8Array): void {
		const grown = new Uint8Array(this.bytes.length + piece.length);
		grown.set(this.bytes);
		grown.set(piece, this.bytes.length);
		this.bytes = grown;
	}

	/** The next whole packet. */
	next(): Uint8Array | undefined {
		if (this.bytes.length < 2) return undefined;
		const size = ((this.bytes[0] as number) << 8) | (this.bytes[1] as number);
		if (this.bytes.length < size + 2) return undefined;
		const packet = this.bytes.slice(2, size + 2);
		this.bytes = this.bytes.slice(size + 2);
		return packet;
	}
}
