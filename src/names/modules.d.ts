/** The part of dns-packet that is used here; it ships no types. */
declare module "dns-packet" {
	export interface Question {
		name: string;
		type: string;
		class: string;
	}
	export interface Answer {
		name: string;
		type: string;
		class: "IN";
		ttl: number;
		data: string;
	}
	export interface Option {
		type: string;
		udpPayloadSize?: number;
	}
	export const question: {
		/** @throws Error for what is none */
		decode: ((packet: Uint8Array, offset: number) => Question) & { bytes: number };
	};
	export const AUTHORITATIVE_ANSWER: number;
	export const TRUNCATED_RESPONSE: number;
	export const RECURSION_DESIRED: number;
	export const RECURSION_AVAILABLE: number;
	/** @throws Error for what is no packet */
	export function decode(packet: Uint8Array): { additionals: Option[] };
	export function encode(packet: {
		type: "response";
		id: number;
		flags: number;
		questions: Question[];
		answers: Answer[];
	}): Uint8Array;
}
