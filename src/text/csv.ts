/** One line of comma-separated values, as docker's flags have them (RFC 4180; Go's encoding/csv). */

/**
 * `a=b,"c=d,e"` → `a=b` and `c=d,e`.
 * @returns undefined where a quotation mark stands where none may, or is not closed
 */
export function csvFields(line: string): string[] | undefined {
	const fields: string[] = [];
	for (let at = 0; at <= line.length; ) {
		const match: RegExpExecArray | null = /^(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/s.exec(line.slice(at));
		if (!match) return undefined;
		fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
		at += match[0].length;
		if (!match[0].endsWith(",")) break;
	}
	return fields;
}
