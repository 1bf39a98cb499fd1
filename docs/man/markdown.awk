# SPDX-License-Identifier: BSD-2-Clause
#
# Turns the Markdown of docs/report.md into mdoc(7): sections, paragraphs, lists, tables with a name
# in the first column, `code`, blocks of code. Not for other files.

# Text with `code` set as literals, a request each; what touches the code stays with it.
function put_text(text,   part, n, i, k, after) {
	gsub(/\\/, "\\e", text)
	n = split(text, part, "`")
	for (i = 1; i <= n; i++) {
		if (i % 2 == 0) {
			after = part[i + 1]
			match(after, /^[.,:;)]+/)
			printf ".Ql %s", quoted(part[i])
			if (RLENGTH > 0) {
				for (k = 1; k <= RLENGTH; k++)
					printf " %s", substr(after, k, 1)
				part[i + 1] = substr(after, RLENGTH + 1)
			}
			printf "\n"
			continue
		}
		sub(/^ +/, "", part[i])
		sub(/ +$/, "", part[i])
		if (part[i] != "")
			put_sentences(part[i])
	}
}

# A sentence a line, as mdoc wants it.
function put_sentences(text) {
	while (match(text, /[.!?:] +[A-Z]/)) {
		put_line(substr(text, 1, RSTART))
		text = substr(text, RSTART + 1)
		sub(/^ +/, "", text)
	}
	put_line(text)
}

# In lines that are not too long for the source of a man page.
function put_line(text,   at) {
	while (length(text) > 78) {
		for (at = 78; at > 1 && substr(text, at, 1) != " "; at--)
			;
		if (at == 1)
			break
		print_line(substr(text, 1, at - 1))
		text = substr(text, at + 1)
	}
	print_line(text)
}

function print_line(text) {
	print (text ~ /^[.']/ ? "\\&" : "") text
}

function quoted(text) {
	gsub(/"/, "\\(dq", text)
	gsub(/-/, "\\-", text)
	return "\"\\&" text "\""
}

function end_table() {
	if (in_table != "")
		print ".El"
	in_table = ""
}

function end_paragraph() {
	if (paragraph != "") {
		if (!after_heading)
			print ".Pp"
		put_text(paragraph)
		after_heading = 0
	}
	paragraph = ""
}

/^```/ {
	end_table()
	end_paragraph()
	in_code = !in_code
	print in_code ? ".Bd -literal -offset indent" : ".Ed"
	next
}

in_code {
	gsub(/\\/, "\\e")
	print_line($0)
	next
}

/^[-*] / {
	end_paragraph()
	if (in_table != "list") {
		end_table()
		print ".Bl -bullet"
		in_table = "list"
	}
	print ".It"
	put_text(substr($0, 3))
	next
}

in_table == "list" && /^ +[^ ]/ {
	sub(/^ +/, "")
	put_text($0)
	next
}

/^#+ / {
	end_table()
	end_paragraph()
	level = index($0, " ") - 1
	sub(/^#+ /, "")
	gsub(/[`"]/, "")
	if (level > 1)
		print ".Ss " $0
	after_heading = 1
	next
}

/^\|/ {
	end_paragraph()
	after_heading = 0
	if ($0 ~ /^\|[-|: ]+$/)
		next
	line = $0
	sub(/^\| */, "", line)
	sub(/ *\|$/, "", line)
	at = index(line, " | ")
	name = substr(line, 1, at - 1)
	if (in_table == "") {
		print ".Bl -tag -width Ds"
		in_table = "table"
		next
	}
	gsub(/`/, "", name)
	print ".It Cm " quoted(name)
	put_text(substr(line, at + 3))
	next
}

/^$/ {
	end_table()
	end_paragraph()
	next
}

{
	end_table()
	paragraph = paragraph == "" ? $0 : paragraph " " $0
}

END {
	end_table()
	end_paragraph()
}
