/**
 * The database: opening it, transactions, statements. Which rows there are is
 * the business of the modules whose nouns they are; SQL stands beside them.
 *
 * WAL with synchronous=NORMAL: a killed process loses nothing, a power cut at
 * most the last transactions. The process ends by `_exit`, without closing:
 * closing the last connection checkpoints and syncs (2 ms).
 */

import { Database, type SQLQueryBindings } from "bun:sqlite";
import { makeDirectory, removeTree } from "../../ffi/directory.ts";
import { readFileIfThere, writeFile } from "../../ffi/file.ts";
import { trace, traces } from "../environment.ts";
import { Failure } from "../failure.ts";
import { databasePath, type Places } from "../places.ts";
import { migrations } from "./schema.ts";

/**
 * The WAL is read whole by whoever opens the database while nobody else has it
 * open: 1.3 ms for the 1000 pages that SQLite lets it grow to by default.
 */
const SETTINGS = `
PRAGMA busy_timeout = 20000;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 200`;

/** A value that a statement takes. */
export type Value = SQLQueryBindings;

export class Store {
	private constructor(
		private readonly database: Database,
		readonly places: Places,
	) {}

	/**
	 * Opens the database of these places, made and migrated if need be. The
	 * root directory must exist.
	 * @throws Failure if it cannot be opened or is from a newer bunker
	 */
	static open(at: Places): Store {
		const path = databasePath(at);
		let database: Database;
		try {
			database = new Database(path, { create: true, strict: true });
			database.exec(SETTINGS);
			migrate(database, path);
		} catch (error) {
			if (error instanceof Failure) throw error;
			throw new Failure(`open the database ${path}: ${(error as Error).message}`, { cause: error });
		}
		return new Store(database, at);
	}

	/**
	 * Opens a copy of the database, for a look that touches nothing: opening the
	 * database itself may write to its -shm and -wal. Empty where there is none.
	 */
	static openCopy(at: Places): Store {
		const path = databasePath(at);
		const main = readFileIfThere(path);
		if (!main) return Store.prepared(new Database(":memory:", { strict: true }), path, at);
		const copy = `/dev/shm/bunker-${crypto.randomUUID()}`;
		try {
			makeDirectory(copy, 0o700);
			writeFile(`${copy}/db`, main, 0o600);
			writeFile(`${copy}/db-wal`, readFileIfThere(`${path}-wal`) ?? new Uint8Array(), 0o600);
			return Store.prepared(new Database(`${copy}/db`, { strict: true }), path, at);
		} finally {
			// An open database needs its names no longer.
			removeTree(copy);
		}
	}

	private static prepared(database: Database, path: string, at: Places): Store {
		migrate(database, path);
		return new Store(database, at);
	}

	/**
	 * Runs the work as one write transaction, or as a part of the one it is called
	 * in. Never across slow work: everybody else waits. By hand: what bun:sqlite
	 * has for it prepares six statements first, 0.2 ms.
	 */
	transaction<T>(work: () => T): T {
		if (this.database.inTransaction) return work();
		attempt(() => this.database.run("BEGIN IMMEDIATE"));
		try {
			const result = work();
			attempt(() => this.database.run("COMMIT"));
			return result;
		} catch (error) {
			// A full disk has rolled back already.
			if (this.database.inTransaction) this.database.run("ROLLBACK");
			throw error;
		}
	}

	/** All rows of a query. */
	all<Row>(sql: string, ...values: Value[]): Row[] {
		if (traces("store")) trace("store", `${sql.trim()} ${JSON.stringify(values)}`);
		return attempt(() => this.database.query<Row, Value[]>(sql).all(...values));
	}

	/** The first row of a query; undefined if there is none. */
	first<Row>(sql: string, ...values: Value[]): Row | undefined {
		if (traces("store")) trace("store", `${sql.trim()} ${JSON.stringify(values)}`);
		return attempt(() => this.database.query<Row, Value[]>(sql).get(...values)) ?? undefined;
	}

	/** Executes a statement. @returns how many rows it changed */
	run(sql: string, ...values: Value[]): number {
		if (traces("store")) trace("store", `${sql.trim()} ${JSON.stringify(values)}`);
		return attempt(() => this.database.query<unknown, Value[]>(sql).run(...values)).changes;
	}
}

/** A full or broken disk is the user's to know of; a violated constraint is the caller's. */
function attempt<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		const code = (error as { code?: string }).code ?? "";
		if (!/^SQLITE_(FULL|IOERR|READONLY|CORRUPT|CANTOPEN|BUSY)/.test(code)) throw error;
		throw new Failure(`use the database: ${(error as Error).message}`, { cause: error });
	}
}

/** True if the error says that a UNIQUE or PRIMARY KEY constraint was violated. */
export function isConflict(error: unknown): boolean {
	const code = (error as { code?: string } | undefined)?.code ?? "";
	return code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY";
}

/** True if the error says that a row it refers to is not there. */
export function isOrphan(error: unknown): boolean {
	return (error as { code?: string } | undefined)?.code === "SQLITE_CONSTRAINT_FOREIGNKEY";
}

function migrate(database: Database, path: string): void {
	const version = () => (database.query("PRAGMA user_version").get() as { user_version: number }).user_version;
	const from = version();
	if (from > migrations.length) throw new Failure(`the database ${path} is of a newer bunker (format ${from})`);
	if (from === migrations.length) return;
	database.exec("PRAGMA journal_mode = WAL");
	database
		.transaction(() => {
			// Somebody else may have migrated while we waited for the lock.
			for (let step = version(); step < migrations.length; step++) {
				database.exec(migrations[step] as string);
				database.exec(`PRAGMA user_version = ${step + 1}`);
			}
		})
		.immediate();
}
