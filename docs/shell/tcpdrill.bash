# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion for bash. What can stand where is asked of the program itself.

_tcpdrill() {
	local -a words=()
	local i glued=0 line current before
	# Bash has cut the words at "=" and ":"; --stack=NAME and level:must are one word to us.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == [=:] && ${#words[@]} -gt 0 ]]; then
			words[${#words[@]} - 1]+=${COMP_WORDS[i]}
			glued=1
		elif ((glued)); then
			words[${#words[@]} - 1]+=${COMP_WORDS[i]}
			glued=0
		else
			words+=("${COMP_WORDS[i]}")
		fi
	done
	current=${words[${#words[@]} - 1]}
	before=
	[[ $COMP_WORDBREAKS == *"="* && $current == --*=* ]] && before=${current%%=*}=
	[[ $COMP_WORDBREAKS == *":"* && $current == *:* ]] && before=${current%:*}:
	current=${current#"$before"}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:pkt)
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
				compgen -d -- "$current"
				compgen -f -X '!*.pkt' -- "$current"
			) ;;
		:files)
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
				compgen -f -- "$current"
			) ;;
		:dirs)
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
				compgen -d -- "$current"
			) ;;
		*)
			line=${line%%$'\t'*}
			[[ $line == *[:=] ]] && compopt -o nospace 2>/dev/null
			COMPREPLY+=("${line#"$before"}") ;;
		esac
	done < <("$1" complete -- "${words[@]}" 2>/dev/null)
}

complete -F _tcpdrill tcpdrill
