/** Embedded as a file, not bundled: a worker's path. */
declare module "*/blob-worker.js" {
	const path: string;
	export default path;
}
