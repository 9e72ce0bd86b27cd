/**
 * `completion SHELL`: a script for the shell. It asks `bunker __complete`, which
 * answers with a candidate a line (a tab and a description may follow), or
 * `:file` or `:directory` where the shell knows better.
 */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { malformed } from "../flags/usage.ts";
import { verb } from "./verb.ts";

/**
 * The line is read, not COMP_WORDS: bash breaks words at `:` and `=`, and what
 * stands before the last of those stays on the line. An alias (docker) is
 * answered by bunker.
 */
const BASH = `# bunker: completion for bash. In ~/.bashrc: source <(bunker completion bash)
_bunker() {
	local -a words
	local line="\${COMP_LINE:0:COMP_POINT}" program=bunker typed kept
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	[[ \${words[0]} == */* ]] && program=\${words[0]}
	mapfile -t COMPREPLY < <("$program" __complete bash "\${words[@]:1}" 2>/dev/null)
	if [[ \${COMPREPLY[0]} == :* ]]; then
		[[ \${COMPREPLY[0]} == :directory ]] && compopt -o dirnames || compopt -o default
		COMPREPLY=()
		return
	fi
	typed=\${words[-1]}
	kept=\${typed%"\${typed##*[:=]}"}
	COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
}
complete -F _bunker bunker
`;

const ZSH = `#compdef bunker
# bunker: completion for zsh. In ~/.zshrc, after compinit: source <(bunker completion zsh)
_bunker() {
	local -a lines entries
	local line
	lines=("\${(@f)$(bunker __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
	case $lines[1] in
		:file) _files ;;
		:directory) _files -/ ;;
		*)
			for line in $lines; do
				line=\${line//:/\\\\:}
				entries+=("\${line/$'\\t'/:}")
			done
			_describe -V bunker entries
			;;
	esac
}
compdef _bunker bunker
`;

const FISH = `# bunker: completion for fish. bunker completion fish > ~/.config/fish/completions/bunker.fish
function __bunker_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l lines (bunker __complete fish $words[2..-1] 2>/dev/null)
	switch "$lines[1]"
		case :file :directory
			__fish_complete_path (commandline -ct)
		case '*'
			printf '%s\\n' $lines
	end
end
complete -c bunker -f -a '(__bunker_complete)'
`;

const SCRIPTS: Record<string, string> = { bash: BASH, zsh: ZSH, fish: FISH };

export default verb({
	usage: "bash|zsh|fish",
	operands: { least: 1, most: 1 },
	flags: {},
	completes: [Object.keys(SCRIPTS)],
	description: "Verbs, flags, and the names of containers and images are completed.",
	examples: ["completion bash"],
	run({ operands: [shell = ""] }) {
		const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
		if (!script) throw malformed(`completion for "${shell}": bash, zsh and fish are known`);
		writeOut(STDOUT, script);
		return 0;
	},
});
