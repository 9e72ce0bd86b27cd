/** Names and ids of containers: docker's rule for names, and generated ones. */

import { randomBytes } from "../../ffi/random.ts";
import { EXIT, Failure } from "../failure.ts";

/** adjective_surname: people who made computing, networks and containers possible. */
const ADJECTIVES =
	"able amber ample azure bold brave breezy brisk bright calm candid clear clever crisp curious daring deft eager early earnest easy fair famous fancy fearless fine fleet fond frank free fresh gentle glad golden grand happy hardy hearty honest jolly keen kind lively logical loyal lucid lucky mellow merry mighty modest neat nimble noble open patient plain plucky polite proud quick quiet rapid ready robust sharp shiny silent sincere smart snug sober solid spry steady sturdy sunny swift tidy trusty upbeat vivid warm wise witty worthy zesty";
const SURNAMES =
	"abbate allen babbage backus baran bartik berners blackwell boole borg brooks cerf church clarke cocke codd conway corbato dahl dijkstra easley engelbart estrin feinler floyd goldberg hamilton hamming holberton hoare hopper iverson johnson kahn karp kay keller kernighan kilburn kleinrock knuth lamarr lamport lampson liskov lovelace mcbride mccarthy mcilroy meitner milner moore naur neumann nygaard ousterhout perlman perlis pike postel raymond ritchie sammet shannon shaw spence stallman steele stroustrup sutherland tanenbaum tarjan thompson torvalds turing wilkes wilkinson wirth zuse";

/** A name like `brave_lovelace`. @param attempt more than 0: a number is added, since the plain ones were taken */
export function generateName(attempt: number): string {
	const pick = (words: string) => {
		const list = words.split(" ");
		return list[Math.floor(Math.random() * list.length)] as string;
	};
	const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
	return attempt === 0 ? name : `${name}${Math.floor(Math.random() * 10 ** attempt)}`;
}

/** Checks a name. @throws Failure (125) */
export function checkName(name: string): void {
	// moby, daemon/names: RestrictedNamePattern
	if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return;
	throw new Failure(`invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, {
		exitCode: EXIT.refused,
	});
}

/** 64 random hex digits that are not a decimal number in their first twelve, so that a short id is never taken for one. */
export function generateId(): string {
	for (;;) {
		const id = randomBytes(32).toHex();
		if (/[a-f]/.test(id.slice(0, 12))) return id;
	}
}
