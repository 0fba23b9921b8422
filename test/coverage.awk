# coverage.awk: adds up what gcov says of one source in many programs, and judges it.
#
# Reads the output of `gcov -t -b -c`. reasons: test/coverage.txt; all=1: shows also what has a reason.

BEGIN {
	while ((getline entry < reasons) > 0) {
		if (entry ~ /^(#|$)/)
			continue
		split(entry, part, " \\| ")
		known++
		in_file[known] = part[1]; in_line[known] = part[2]; reason[known] = part[3]
	}
}

# A source is named from where the compiler ran: test/sim/../../net.c is net.c.
/^ *-: *0:Source:/ {
	file = $0
	sub(/.*Source:/, "", file)
	while (sub(/[^\/.]+\/\.\.\//, "", file))
		;
	sub(/^\.\//, "", file)
	wanted = file ~ /^(apps\/)?[a-z0-9_]+\.c$/
	if (wanted && !(file in files)) {
		files[file] = 1
		order[++sources] = file
	}
	next
}

!wanted || /^(function|call|unconditional) / { next }

/^branch / {
	key = file SUBSEP line SUBSEP $2
	if (!(key in taken)) {
		taken[key] = 0
		branches[file]++
	}
	if ($3 == "taken")
		taken[key] += $4
	next
}

/^ *[-#=0-9*]+: *[0-9]+:/ {
	split($0, part, ":")
	count = part[1]
	gsub(/ /, "", count)
	line = part[2] + 0
	text[file, line] = substr($0, index($0, part[2] ":") + length(part[2]) + 1)
	if (count == "-")
		next
	if (!((file, line) in runs)) {
		runs[file, line] = 0
		lines[file]++
		if (line > last[file])
			last[file] = line
	}
	sub(/\*$/, "", count)
	if (count !~ /^[#=]/)
		runs[file, line] += count
}

function percent(part, whole)
{
	return whole ? sprintf("%6.1f", 100 * part / whole) : "     -"
}

function row(name, l, lr, b, bt)
{
	printf "%-16s %6d %s %9d %s\n", name, l, percent(lr, l), b, percent(bt, b)
}

# Why a line, or a branch of it, is not reached; "" when nobody has said.
function why(file, line,   i)
{
	for (i = 1; i <= known; i++)
		if (in_file[i] == file && index(text[file, line], in_line[i])) {
			used[i] = 1
			return reason[i]
		}
	return ""
}

# What is not run below a line that has a reason has the same one.
function left(file, line, what,   r, t)
{
	r = why(file, line)
	if (r == "" && what == "not run" && file == before_file && line <= before_line + 3)
		r = before
	if (r != "") {
		before = r
		before_file = file
		before_line = line
	} else if (what == "not run") {
		unknown++
	} else {
		unknown_branches++
	}
	if (r != "" && !all)
		return
	t = text[file, line]
	gsub(/^[ \t]+/, "", t)
	printf "%s:%d: %s: %s%s\n", file, line, what, t, r == "" ? "" : "   (" r ")"
}

function judge(name, have, most,   good)
{
	good = have >= most
	printf "%s of the core: %.1f %%, at least %d %%: %s\n", name, have, most, good ? "yes" : "NO"
	if (good)
		passed++
	else
		failed++
}

END {
	printf "%-16s %6s %6s %9s %6s\n", "file", "lines", "%", "branches", "%"
	for (i = 1; i <= sources; i++)
		for (j = i + 1; j <= sources; j++)
			if (order[j] < order[i]) {
				t = order[i]; order[i] = order[j]; order[j] = t
			}
	for (key in taken) {
		split(key, part, SUBSEP)
		if (taken[key])
			branches_taken[part[1]]++
		else {
			missed[part[1], part[2]]++
			which[part[1], part[2]] = which[part[1], part[2]] " " part[3]
		}
		of[part[1], part[2]]++
	}
	for (key in runs) {
		split(key, part, SUBSEP)
		if (runs[key])
			lines_run[part[1]]++
	}
	for (i = 1; i <= sources; i++) {
		f = order[i]
		row(f, lines[f], lines_run[f], branches[f], branches_taken[f])
		l += lines[f]; lr += lines_run[f]; b += branches[f]; bt += branches_taken[f]
	}
	row("all", l, lr, b, bt)
	print ""
	for (i = 1; i <= sources; i++) {
		f = order[i]
		for (n = 1; n <= last[f]; n++) {
			if ((f, n) in runs && !runs[f, n])
				left(f, n, "not run")
			else if ((f, n) in missed)
				left(f, n, "branch" which[f, n] " of " of[f, n])
		}
	}
	for (i = 1; i <= known; i++)
		if (!used[i])
			print "note: test/coverage.txt has what is reached now: " in_file[i] " | " in_line[i]
	judge("lines", l ? 100 * lr / l : 0, 95)
	judge("branches", b ? 100 * bt / b : 0, 90)
	printf "not in test/coverage.txt: %d lines not run, %d lines with a branch not taken\n", unknown,
		unknown_branches
	if (unknown)
		failed++
	else
		passed++
	printf "%d passed, %d failed\n", passed, failed
	exit failed > 0
}
