#!/bin/sh
# run.sh: runs the fuzzers one after the other, with progress and a table, or merges what they find.
#
# usage: run.sh fuzz|fuzz-merge NAME... ; SECONDS_EACH is how long each runs, FUZZ_CC its compiler.
# New inputs and crashes go to test/fuzz/fuzz_found/; the kept corpus changes with fuzz-merge only.

what=$1
shift
dir=test/fuzz found=test/fuzz/fuzz_found
seconds=${SECONDS_EACH:-60}
passed=0 failed=0

if ! printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n)\n{ return !p && n; }\n' |
	${FUZZ_CC:-clang} -x c -fsanitize=fuzzer,address -o /dev/null - 2>/dev/null; then
	echo "fuzz: ${FUZZ_CC:-clang} with libFuzzer is missing (Debian: apt-get install clang)"
	exit 1
fi

build()
{
	echo "building $1"
	${MAKE:-make} -s "$dir/fuzz_$1" || exit 1
	mkdir -p "$found/$1" "$dir/corpus/$1"
}

options()
{
	printf '%s' "-artifact_prefix=$found/crash-$1- -timeout=60 -rss_limit_mb=1024 -max_len=$2"
	[ ! -f "$dir/$1.dict" ] || printf ' %s' "-dict=$dir/$1.dict"
}

# The longest input that is worth its time.
longest()
{
	case $1 in
	http) echo 9000 ;;
	frames) echo 8192 ;;
	utf8|base64) echo 1024 ;;
	*) echo 4096 ;;
	esac
}

# A line of progress each five seconds while the harness runs.
watch()
{
	begun=$(date +%s)
	while kill -0 "$2" 2>/dev/null; do
		sleep 1
		took=$(($(date +%s) - begun))
		[ $((took % 5)) -eq 0 ] || continue
		line=$(grep 'cov: ' "$found/$1.log" | tail -n 1 |
			sed 's/ L: .*//; s/ *lim: .*exec/ exec/')
		printf '%-8s %4d / %d s  %s\n' "$1" "$took" "$seconds" "$line"
	done
}

stat()
{
	sed -n "s/^stat::$2: *//p" "$found/$1.log" | tail -n 1
}

fuzz()
{
	build "$1"
	rm -f "$found"/crash-"$1"-*
	# Freed memory is kept for a while only: fresh pages are what takes the time.
	# shellcheck disable=SC2046 # options are words
	ASAN_OPTIONS=quarantine_size_mb=4 "$dir/fuzz_$1" $(options "$1" "$(longest "$1")") \
		-max_total_time="$seconds" \
		-print_final_stats=1 "$found/$1" "$dir/corpus/$1" > "$found/$1.log" 2>&1 &
	fuzzer=$!
	trap 'kill $fuzzer 2>/dev/null; exit 130' INT TERM
	watch "$1" "$fuzzer"
	wait "$fuzzer"
	status=$?
	crashes=$(find "$found" -name "crash-$1-*" | wc -l)
	new=$(stat "$1" new_units_added)
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$found/$1.log" | tail -n 1)
	row=$(printf '%-8s %10s %8s %6s %6s %8s' "$1" "$(stat "$1" number_of_executed_units)" \
		"$(stat "$1" average_exec_per_sec)" "${edges:--}" "${new:--}" "$crashes")
	table="$table$row
"
	if [ "$status" -eq 0 ] && [ "$crashes" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		grep -E 'does not hold|one call|ERROR:|runtime error|SUMMARY' "$found/$1.log" |
			head -n 5
		find "$found" -name "crash-$1-*" -exec echo "    the input: {}" \;
	fi
}

# What each file reaches by itself, as choose.awk wants it: a merge tells only what is new in each.
reached()
{
	set -- "$1" "$found/merge"/*
	fuzzer=$dir/fuzz_$1
	shift
	echo $#
	echo 0
	printf '%s\n' "$@"
	n=0
	for file in "$@"; do
		printf '1\n0\n%s\n' "$file" > "$found/merge.control"
		"$fuzzer" -merge_inner=1 -merge_control_file="$found/merge.control" > /dev/null 2>&1
		sed -n "s/^\(STARTED\|FT\|COV\) 0/\1 $n/p" "$found/merge.control"
		n=$((n + 1))
	done
}

# At most 40 files, the ones that reach most, smaller ones first.
merge()
{
	build "$1"
	rm -rf "$found/merge" "$found/chosen"
	mkdir -p "$found/merge" "$found/chosen"
	# shellcheck disable=SC2046
	"$dir/fuzz_$1" $(options "$1" 70000) -merge=1 "$found/merge" "$dir/corpus/$1" "$found/$1" \
		> "$found/$1.log" 2>&1 || {
		tail -n 5 "$found/$1.log"
		failed=$((failed + 1))
		return
	}
	echo "$1: $(find "$found/merge" -type f | wc -l) files reach all; choosing"
	reached "$1" > "$found/reached"
	awk -f "$dir/choose.awk" "$found/reached" > "$found/names"
	n=0
	while read -r file; do
		n=$((n + 1))
		cp "$file" "$found/chosen/$(printf %02d "$n")"
	done < "$found/names"
	[ "$n" -gt 0 ] || exit 1
	rm -f "$dir/corpus/$1"/*
	cp "$found/chosen"/* "$dir/corpus/$1"/
	rm -rf "$found/merge" "$found/chosen" "$found/merge.control" "$found/reached" \
		"$found/names"
	echo "$1: $n files, $(cat "$dir/corpus/$1"/* | wc -c) bytes"
	passed=$((passed + 1))
}

mkdir -p "$found"
table=
for name in "$@"; do
	if [ "$what" = fuzz ]; then fuzz "$name"; else merge "$name"; fi
done
if [ "$what" = fuzz ]; then
	printf '\n%-8s %10s %8s %6s %6s %8s\n%s' harness runs runs/s edges new crashes "$table"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
