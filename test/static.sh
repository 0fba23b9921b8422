#!/bin/sh
# static.sh: what the analyzers say of the sources, manuals, scripts and example configs.
#
# Debian: gcc clang-tidy cppcheck mandoc shellcheck yamllint. A tool that is missing is a SKIP. The
# last line counts one check for each tool and file. .clang-tidy has the choice of its checks.

# For loop_kqueue.c, where there is no kqueue.
flags='-std=c99 -D_POSIX_C_SOURCE=200809L -I. -isystem test/kqueue'
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wformat=2
	-Walloca -Wbad-function-cast -Wcast-align=strict -Wcast-qual -Wdate-time -Wdouble-promotion
	-Wduplicated-branches -Wduplicated-cond -Wformat-overflow=2 -Wformat-signedness
	-Wimplicit-fallthrough=5 -Wjump-misses-init -Wmissing-prototypes -Wnull-dereference
	-Wold-style-definition -Wpointer-arith -Wredundant-decls -Wshift-overflow=2
	-Wstack-usage=16384 -Wstrict-prototypes -Wstringop-overflow=4 -Wundef -Wunused-macros
	-Wwrite-strings'

# What the tools get wrong: file | check | a part of the line it is said of | why it is wrong. The
# check is the tool's name for it; a line holds for every tool that says the same.
exceptions()
{
	cat <<'END'
frame.c|use-of-uninitialized-value|memcpy(p + i, &w|the memcpy before it writes all of w
hub.c|core.NullDereference|h->live[h->live_count - 1]|hub_start has set live_count to 0 when live is NULL
hub.c|implicit-widening|HUB_TURN_MS * 1000|two constants, 10,000 in all
loop_select.c|implicit-widening|timeout % 1000 * 1000|less than a million
sha1.c|implicit-widening|load(p + 4 * i)|i is less than 16 here
os.c|cert-err34-c|sscanf(text|the kernel wrote the text, a number of pages
client/options.c|use-of-uninitialized-value|memcpy(field, &n|n is 1 from the start
config_load.c|Wformat=|columns += fprintf|%c or %02X of a byte: the same in both types
config_load.c|cert-err33-c|fclose(f)|it was only read
END
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0 all=0
: >"$dir/used"
exceptions >"$dir/exceptions"

# Reads "file:line:column: ... [check]" and leaves out the exceptions, which it notes as used.
judge()
{
	awk -F: -v list="$dir/exceptions" -v used="$dir/used" -v here="$PWD/" '
	BEGIN {
		while ((getline entry < list) > 0) {
			n++
			split(entry, part, "|")
			file[n] = part[1]; check[n] = part[2]; text[n] = part[3]
		}
	}
	!/^[^ :]+\.[ch]:[0-9]+:[0-9]+: / || / note: / { next }
	{
		sub(here, ""); sub(/^\.\//, "")
		line = ""
		for (i = 0; i < $2 && (getline line < $1) > 0; i++)
			;
		close($1)
		for (i = 1; i <= n; i++)
			if ($1 == file[i] && index($0, check[i]) && index(line, text[i])) {
				print i >> used
				next
			}
		if (!seen[$0]++)
			print
	}'
}

row()
{
	printf '%-26s %6s %9s %9s %6s\n' "$@"
}

# tool NAME PROGRAM COMMAND FILE...: runs the function COMMAND for each file, two at a time.
tool()
{
	name=$1 program=$2 command=$3 begun=$(date +%s) bad=0
	shift 3
	if ! command -v "$program" >/dev/null 2>&1; then
		echo "SKIP $name: there is no $program"
		return
	fi
	rm -f "$dir"/out.*
	count=0
	for file in "$@"; do
		count=$((count + 1))
		out=$dir/out.$(printf '%03d' "$count")
		"$command" "$file" >"$out" 2>&1 &
		[ $((count % 2)) -ne 0 ] || wait
	done
	wait
	for out in "$dir"/out.*; do
		[ ! -s "$out" ] || bad=$((bad + 1))
	done
	findings=$(cat "$dir"/out.* | wc -l)
	passed=$((passed + count - bad)) failed=$((failed + bad)) all=$((all + 1))
	row "$name" "$count" "$findings" "$([ "$bad" -eq 0 ] && echo clean || echo FAILED)" \
		"$(($(date +%s) - begun))"
	cat "$dir"/out.*
}

# The words in $flags and $warnings are meant to be split.
# shellcheck disable=SC2086
gcc_warnings()
{
	LC_ALL=C gcc $flags $warnings -O2 -c -o /dev/null "$1" 2>&1 | judge
}

# The two see different paths: at -O2 it looks into functions that were inlined.
# shellcheck disable=SC2086
gcc_analyzer()
{
	for level in -O0 -O2; do
		LC_ALL=C gcc $flags -fanalyzer $level -c -o /dev/null "$1" 2>&1
	done | judge
}

# One file a run: clang-tidy 14 mixes up the va_lists of several.
# shellcheck disable=SC2086
tidy()
{
	clang-tidy -quiet "$1" -- $flags 2>/dev/null | judge
}

# Each file alone, then all of them together.
cppcheck_run()
{
	platform=$1
	shift
	cppcheck -q --std=c99 --platform="$platform" --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem -I. -D_POSIX_C_SOURCE=200809L \
		--template='{file}:{line}:{column}: {severity}: {message} [{id}]' "$@" 2>&1 | judge
}

cppcheck_both()
{
	cppcheck_run unix64 "$1"
	cppcheck_run unix32 "$1"
}

# Whether the pages that are named exist is another machine's matter.
manual()
{
	mandoc -Tlint "$1" 2>&1 | grep -Ev 'referenced manual not found|outdated mandoc.db'
}

# Its notes are matters of taste; SC1007 takes `a= b=` for a slip, SC2044 fears spaces in our names.
script()
{
	shellcheck -S warning -e SC1007,SC2044 -f gcc "$1" 2>&1
}

yaml()
{
	yamllint -f parsable \
		-d '{extends: default, rules: {line-length: {max: 100}, document-start: disable}}' \
		"$1" 2>&1
}

sources=$(ls ./*.c ./apps/*.c ./client/*.c | sed 's/^\.\///')
scripts=$(find test .ci -name '*.sh' -o -path .ci/run | sort)
row tool files findings result seconds
# Names without spaces.
# shellcheck disable=SC2086
{
	tool 'gcc, warnings' gcc gcc_warnings $sources
	tool 'gcc -fanalyzer' gcc gcc_analyzer $sources
	tool clang-tidy clang-tidy tidy $sources
	tool cppcheck cppcheck cppcheck_both $sources
	tool mandoc mandoc manual ./*.[1-9]
	tool shellcheck shellcheck script $scripts
	tool yamllint yamllint yaml wsrelay.yaml dist/*.yaml dist/*/*.yaml
}

n=0
while read -r entry; do
	n=$((n + 1))
	grep -qx "$n" "$dir/used" || echo "note: this exception was not needed: $entry"
done <"$dir/exceptions"
[ "$all" -gt 0 ] || { echo "there is none of the tools"; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
