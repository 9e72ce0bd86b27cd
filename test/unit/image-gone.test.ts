/** Images that are removed while a command looks at them: it finds them whole, or not at all. */

import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createContainer } from "../../src/container/create.ts";
import { find, list, save } from "../../src/image/image.ts";
import { Store } from "../../src/kernel/store.ts";
import { blobsDirectory } from "../../src/places.ts";
import { runOptions } from "./run-options.ts";

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true });
});

const ID = `sha256:${"a".repeat(64)}`;
const OPTIONS = runOptions({ image: "gone", command: ["true"] });

/** A store with one image, `gone:latest`. */
function storeWithImage(): Store {
	const root = mkdtempSync(`${tmpdir()}/bunker-gone-`);
	directories.push(root);
	const store = Store.open({ root, runRoot: `${root}/run` });
	mkdirSync(blobsDirectory(store.places), { recursive: true });
	const config = { architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [] } };
	writeFileSync(`${blobsDirectory(store.places)}/${"a".repeat(64)}`, JSON.stringify(config));
	store.run("INSERT INTO image (id, size, arrived) VALUES (?, 0, '2026-01-01T00:00:00.000000000Z')", ID);
	store.run("INSERT INTO tag (reference, image, updated) VALUES ('gone:latest', ?, '')", ID);
	return store;
}

function removeImage(store: Store): void {
	store.run("DELETE FROM image WHERE id = ?", ID);
	rmSync(`${blobsDirectory(store.places)}/${"a".repeat(64)}`, { force: true });
}

/** The same store, where somebody removes the image right after the first row of it was read. */
function removedWhenRead(store: Store): Store {
	const racing: Store = Object.create(store);
	racing.all = (sql, ...values) => {
		const rows = store.all(sql, ...values);
		if (/FROM image(_layer)?\b/.test(sql)) removeImage(store);
		return rows as never;
	};
	return racing;
}

test("an image is found as long as it is there", () => {
	const store = storeWithImage();
	expect(find(store, "gone")?.id).toBe(ID);
	expect(list(store, { all: true })).toHaveLength(1);
});

test("an image that is removed between its row and its config is not found", () => {
	expect(find(removedWhenRead(storeWithImage()), "gone")).toBeUndefined();
});

test("a list passes over an image that is just removed", () => {
	expect(list(removedWhenRead(storeWithImage()), { all: true })).toEqual([]);
});

test("save says that the image was removed where it goes before its config, or a layer, is read", async () => {
	const target = { fd: -1, name: "nowhere", isFile: false };
	const early = storeWithImage();
	const racing: Store = Object.create(early);
	racing.first = (sql, ...values) => {
		const row = early.first(sql, ...values);
		removeImage(early);
		return row as never;
	};
	await expect(save(racing, ["gone"], () => target)).rejects.toThrow(
		"save gone:latest: the image was removed meanwhile",
	);
	const late = storeWithImage();
	const removing = () => {
		removeImage(late);
		return { ...target, fd: openSync("/dev/null", "w") };
	};
	await expect(save(late, ["gone"], removing)).rejects.toThrow("save gone:latest: the image was removed meanwhile");
});

test("create says that there is no such image where it was removed before the container was inserted", () => {
	const store = storeWithImage();
	const racing: Store = Object.create(store);
	racing.transaction = (work) => {
		removeImage(store);
		return store.transaction(work);
	};
	expect(() => createContainer(racing, OPTIONS, null)).toThrow("No such image: gone:latest");
});
