/** All verbs: what the help says of each, and the module that knows the rest, imported when it is asked for. */

import type { Verb } from "./verb.ts";

export interface Entry {
	/** one line */
	summary: string;
	load(): Promise<Verb>;
	/** started by bunker itself, not by people */
	hidden?: boolean;
}

/** verb → entry, in the order of the help */
export const verbs: Readonly<Record<string, Entry>> = {
	run: {
		summary: "Create a container from an image and run a program in it",
		load: async () => (await import("./run.ts")).default,
	},
	create: {
		summary: "Create a container from an image, to be started later",
		load: async () => (await import("./create.ts")).default,
	},
	exec: {
		summary: "Run a further program in a running container",
		load: async () => (await import("./exec.ts")).default,
	},
	ps: { summary: "List containers", load: async () => (await import("./ps.ts")).default },
	logs: { summary: "Print what a container has written", load: async () => (await import("./logs.ts")).default },
	stop: { summary: "Stop containers: ask, wait, then kill", load: async () => (await import("./stop.ts")).default },
	kill: { summary: "Send a signal to containers", load: async () => (await import("./kill.ts")).default },
	start: { summary: "Start containers that have stopped", load: async () => (await import("./start.ts")).default },
	restart: {
		summary: "Stop containers, if they run, and start them again",
		load: async () => (await import("./restart.ts")).default,
	},
	pause: {
		summary: "Pause containers: all their processes stand still",
		load: async () => (await import("./pause.ts")).default,
	},
	unpause: {
		summary: "Let paused containers run again",
		load: async () => (await import("./unpause.ts")).default,
	},
	rename: { summary: "Give a container another name", load: async () => (await import("./rename.ts")).default },
	top: {
		summary: "List the processes of a container",
		load: async () => (await import("./top.ts")).default,
	},
	stats: {
		summary: "Show what containers use, again and again",
		load: async () => (await import("./stats.ts")).default,
	},
	port: {
		summary: "Print where the ports of a container are on the host",
		load: async () => (await import("./port.ts")).default,
	},
	attach: {
		summary: "Attach to a running container: its output here, our input and signals there",
		load: async () => (await import("./attach.ts")).default,
	},
	update: {
		summary: "Change what containers may use, and when they restart",
		load: async () => (await import("./update.ts")).default,
	},
	wait: {
		summary: "Wait until containers stop, and print their exit codes",
		load: async () => (await import("./wait.ts")).default,
	},
	rm: { summary: "Remove containers", load: async () => (await import("./rm.ts")).default },
	commit: {
		summary: "Make an image of what a container has changed",
		load: async () => (await import("./commit.ts")).default,
	},
	cp: {
		summary: "Copy files and directories between a container and the host",
		load: async () => (await import("./cp.ts")).default,
	},
	diff: {
		summary: "List what a container has changed of its image",
		load: async () => (await import("./diff.ts")).default,
	},
	export: {
		summary: "Write a container's root to an archive",
		load: async () => (await import("./export.ts")).default,
	},
	inspect: {
		summary: "Print everything about containers, images, networks and volumes, as JSON",
		load: async () => (await import("./inspect.ts")).default,
	},
	"container inspect": {
		summary: "Print everything about containers, as JSON",
		load: async () => (await import("./container-inspect.ts")).default,
	},
	"image inspect": {
		summary: "Print everything about images, as JSON",
		load: async () => (await import("./image-inspect.ts")).default,
	},
	images: { summary: "List images", load: async () => (await import("./images.ts")).default },
	history: {
		summary: "Print how an image came to be",
		load: async () => (await import("./history.ts")).default,
	},
	import: {
		summary: "Make an image from a tar of a root file system",
		load: async () => (await import("./import.ts")).default,
	},
	load: {
		summary: "Take in images from an archive of docker save, or of the OCI's",
		load: async () => (await import("./load.ts")).default,
	},
	save: {
		summary: "Write images to an archive that docker and podman load, too",
		load: async () => (await import("./save.ts")).default,
	},
	tag: { summary: "Give an image one more name", load: async () => (await import("./tag.ts")).default },
	rmi: { summary: "Remove images", load: async () => (await import("./rmi.ts")).default },
	info: { summary: "Print what bunker sees of this host", load: async () => (await import("./info.ts")).default },
	version: { summary: "Print the version", load: async () => (await import("./version.ts")).default },
	completion: {
		summary: "Print a script that completes command lines in a shell",
		load: async () => (await import("./completion.ts")).default,
	},
	events: {
		summary: "Print what happens to containers, images, networks and volumes, as it happens",
		load: async () => (await import("./events.ts")).default,
	},
	"container prune": {
		summary: "Remove containers that have stopped",
		load: async () => (await import("./container-prune.ts")).default,
	},
	"image prune": {
		summary: "Remove images that nothing uses",
		load: async () => (await import("./image-prune.ts")).default,
	},
	"network connect": {
		summary: "Connect a container to a network",
		load: async () => (await import("./network-connect.ts")).default,
	},
	"network create": {
		summary: "Make a network",
		load: async () => (await import("./network-create.ts")).default,
	},
	"network disconnect": {
		summary: "Disconnect a container from a network",
		load: async () => (await import("./network-disconnect.ts")).default,
	},
	"network inspect": {
		summary: "Print everything about networks, as JSON",
		load: async () => (await import("./network-inspect.ts")).default,
	},
	"network ls": {
		summary: "List networks",
		load: async () => (await import("./network-ls.ts")).default,
	},
	"network prune": {
		summary: "Remove networks that no running container uses",
		load: async () => (await import("./network-prune.ts")).default,
	},
	"network rm": {
		summary: "Remove networks",
		load: async () => (await import("./network-rm.ts")).default,
	},
	"system df": {
		summary: "Print what images, containers and volumes take on the disk",
		load: async () => (await import("./system-df.ts")).default,
	},
	"system prune": {
		summary: "Remove all that is not used",
		load: async () => (await import("./system-prune.ts")).default,
	},
	"volume create": {
		summary: "Make a volume",
		load: async () => (await import("./volume-create.ts")).default,
	},
	"volume inspect": {
		summary: "Print everything about volumes, as JSON",
		load: async () => (await import("./volume-inspect.ts")).default,
	},
	"volume ls": {
		summary: "List volumes",
		load: async () => (await import("./volume-ls.ts")).default,
	},
	"volume prune": {
		summary: "Remove volumes that no container uses",
		load: async () => (await import("./volume-prune.ts")).default,
	},
	"volume rm": {
		summary: "Remove volumes",
		load: async () => (await import("./volume-rm.ts")).default,
	},
	__boot: {
		summary: "Start containers with a restart policy again, after a boot of the host",
		load: async () => (await import("./boot.ts")).default,
		hidden: true,
	},
	__reap: {
		summary: "Do what follows the end of a container: --rm, --restart",
		load: async () => (await import("./reap.ts")).default,
		hidden: true,
	},
	__resolve: {
		summary: "Answer what the containers of a network ask for by name",
		load: async () => (await import("./resolve.ts")).default,
		hidden: true,
	},
};

/** Verbs under a noun, as docker has them beside the short forms: `container ls` is `ps`. */
export interface Group {
	/** one line */
	summary: string;
	/** the verb's name within the group, aliases too → its name in `verbs` */
	verbs: Readonly<Record<string, string>>;
}

/** noun → group, in the order of the help */
export const groups: Readonly<Record<string, Group>> = {
	container: {
		summary: "Manage containers",
		verbs: {
			attach: "attach",
			commit: "commit",
			cp: "cp",
			create: "create",
			diff: "diff",
			exec: "exec",
			export: "export",
			inspect: "container inspect",
			kill: "kill",
			list: "ps",
			logs: "logs",
			ls: "ps",
			pause: "pause",
			port: "port",
			prune: "container prune",
			ps: "ps",
			remove: "rm",
			rename: "rename",
			restart: "restart",
			rm: "rm",
			run: "run",
			start: "start",
			stats: "stats",
			stop: "stop",
			top: "top",
			update: "update",
			unpause: "unpause",
			wait: "wait",
		},
	},
	image: {
		summary: "Manage images",
		verbs: {
			history: "history",
			import: "import",
			inspect: "image inspect",
			list: "images",
			load: "load",
			ls: "images",
			prune: "image prune",
			remove: "rmi",
			rm: "rmi",
			save: "save",
			tag: "tag",
		},
	},
	network: {
		summary: "Manage networks",
		verbs: {
			connect: "network connect",
			create: "network create",
			disconnect: "network disconnect",
			inspect: "network inspect",
			list: "network ls",
			ls: "network ls",
			prune: "network prune",
			remove: "network rm",
			rm: "network rm",
		},
	},
	system: {
		summary: "Manage bunker",
		verbs: {
			df: "system df",
			events: "events",
			info: "info",
			prune: "system prune",
		},
	},
	volume: {
		summary: "Manage volumes",
		verbs: {
			create: "volume create",
			inspect: "volume inspect",
			list: "volume ls",
			ls: "volume ls",
			prune: "volume prune",
			remove: "volume rm",
			rm: "volume rm",
		},
	},
};

/** A group of this name; undefined if there is none. */
export function groupOf(name: string): Group | undefined {
	return Object.hasOwn(groups, name) ? groups[name] : undefined;
}

/** A verb of this name; undefined if there is none. */
export function entryOf(name: string): Entry | undefined {
	return Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}
