declare module "*.so" {
	const path: string;
	export default path;
}
declare module "*/build/helper" {
	const path: string;
	export default path;
}
