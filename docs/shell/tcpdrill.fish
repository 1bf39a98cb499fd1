# SPDX-License-Identifier: BSD-2-Clause
# Completion for fish. What can stand where is asked of the program itself.

function __tcpdrill_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l current $words[-1]
	for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
		switch $line
			case :pkt
				__fish_complete_suffix $current .pkt
			case :files
				__fish_complete_path $current
			case :dirs
				__fish_complete_directories $current
			case '*'
				echo $line
		end
	end
end

complete -c tcpdrill -f -a '(__tcpdrill_complete)'
