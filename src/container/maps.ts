/** Go's maps are sorted where they are shown. */

export function byName<Value>(map: Readonly<Record<string, Value>>): Record<string, Value> {
	return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
