# table.awk: the tables of bench.sh, out of lines of name=value pairs: server, of (the scenario), and
# what load.c says. Each figure is the best of the rounds.

{
	delete pair
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		pair[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
	server = pair["server"]
	of = pair["of"]
	if (!(of in seen)) {
		seen[of] = 1
		scenario[++scenarios] = of
	}
	if (server != "counted" && !(server in known)) {
		known[server] = 1
		name[++servers] = server
	}
	if (pair["ok"] != 1) {
		wrong[server, of]++
		next
	}
	if (pair["others"] + 0 > disturbed)
		disturbed = pair["others"] + 0
	if (pair["own"] + 0 > 95)
		full[server, of] = 1
	if (pair["round"] + 0 > last)
		last = pair["round"] + 0
	cpu[server, of, pair["round"] + 0] = pair["cpu"]
	for (key in pair)
		keep(server, of, key, pair[key])
}

# The highest rate, the lowest of everything else.
function keep(server, of, key, v)
{
	if (!((server, of, key) in best) ||
	    (key == "rate" ? v + 0 > best[server, of, key] + 0 : v + 0 < best[server, of, key] + 0))
		best[server, of, key] = v
}

# The median of what wsrelay took over what raw took, round by round.
function middle(of,    i, j, n, v, sorted)
{
	for (i = 1; i <= last; i++) {
		if (cpu["wsrelay", of, i] == "" || cpu["raw", of, i] + 0 == 0)
			continue
		v = cpu["wsrelay", of, i] / cpu["raw", of, i]
		for (j = n++; j > 0 && sorted[j] > v; j--)
			sorted[j + 1] = sorted[j]
		sorted[j + 1] = v
	}
	if (n == 0)
		return "-"
	return sprintf("%.2f", (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2)
}

# ---- how figures are shown

function short(v)
{
	if (v == "")
		return "-"
	v += 0
	return sprintf(v < 0.9995 ? "%.3f" : v < 99.995 ? "%.2f" : v < 999.95 ? "%.1f" : "%.0f", v)
}

function ratio(a, b)
{
	return a == "" || b + 0 == 0 ? "-" : sprintf("%.2f", a / b)
}

function grouped(v,    s, out)
{
	if (v == "")
		return "-"
	s = sprintf("%.0f", v)
	while (length(s) > 3) {
		out = "," substr(s, length(s) - 2) out
		s = substr(s, 1, length(s) - 3)
	}
	return s out
}

function of_idle(s, v)
{
	return s ~ /^idle-/ ? short(v) : "-"
}

# ---- the tables

function cell(server, s, key)
{
	return (server, s) in wrong ? "FAILED" : short(best[server, s, key])
}

function main_table(    row, i, s)
{
	row = "%-18s %11s %6s %6s %5s %6s %7s %7s %7s %5s %5s %6s %6s\n"
	printf row, "", "deliveries", "us", "us,", "ratio", "median", "p50", "p99", "p99.9", "p99", "KiB/",
		"calls/", "alloc/"
	printf row, "scenario", "/s", "each", "raw", "/raw", "/raw", "us", "us", "us", "/raw", "idle",
		"deliv.", "messg."
	for (i = 1; i <= scenarios; i++) {
		s = scenario[i]
		printf row, s,
			grouped(best["wsrelay", s, "rate"]) (("wsrelay", s) in full ? "+" : ""),
			cell("wsrelay", s, "cpu"), cell("raw", s, "cpu"),
			ratio(best["wsrelay", s, "cpu"], best["raw", s, "cpu"]),
			middle(s),
			short(best["wsrelay", s, "p50"]), short(best["wsrelay", s, "p99"]),
			short(best["wsrelay", s, "p999"]),
			ratio(best["wsrelay", s, "p99"], best["raw", s, "p99"]),
			of_idle(s, best["wsrelay", s, "idle"]), short(best["counted", s, "calls"]),
			short(best["counted", s, "allocations"])
	}
	print ""
	print "us: CPU time of the server, the kernel's in it, for each delivered message; in idle for"
	print "each pong, in churn for each connection. Every figure is the best of its rounds, since"
	print "noise only adds; ratio: wsrelay's best over the raw limit's best; median: of the ratios"
	print "of the rounds. + : the load generator's core was full, the server can do more."
	if (disturbed != "")
		printf "Other programs took up to %d %% of the server's core.\n", disturbed
}

function growth_ratio(label, tail,    n, shown)
{
	for (n = 10; n <= 10000; n *= 10) {
		if (!(("fan-" n tail) in seen))
			return
		shown = shown sprintf(" %10s", ratio(best["wsrelay", "fan-" n tail, "cpu"],
		                                     best["raw", "fan-" n tail, "cpu"]))
	}
	printf "%-34s%s\n", label, shown
}

function growth_memory(    i, s, n, names, shown)
{
	for (i = 1; i <= scenarios; i++) {
		s = scenario[i]
		if (s ~ /^idle-/) {
			n++
			names = names sprintf(" %10s", grouped(substr(s, 6)))
			shown = shown sprintf(" %10s", short(best["wsrelay", s, "idle"]))
		}
	}
	if (n > 1)
		printf "%-34s%s\n%-34s%s\n", "idle clients", names, "KiB for each", shown
}

function growth_table()
{
	print "\nGrowth"
	printf "%-34s %10s %10s %10s %10s\n", "receivers, 64 B", "10", "100", "1,000", "10,000"
	growth_ratio("ratio to raw, 1 in flight", "-64-1")
	growth_ratio("ratio to raw, 64 in flight", "-64-64")
	growth_memory()
}

# One figure of all servers, and wsrelay's over the best peer's.
function peers_table(title, key, only,    i, j, s, v, least)
{
	printf "\n%s\n%-19s", title, "scenario"
	for (j = 1; j <= servers; j++)
		printf " %9s", name[j]
	print "  ratio"
	for (i = 1; i <= scenarios; i++) {
		s = scenario[i]
		if (s !~ only)
			continue
		least = ""
		printf "%-19s", s
		for (j = 1; j <= servers; j++) {
			v = best[name[j], s, key]
			printf " %9s", cell(name[j], s, key)
			if (name[j] != "raw" && name[j] != "wsrelay" && v != "" &&
			    (least == "" || v + 0 < least + 0))
				least = v
		}
		printf " %6s\n", ratio(best["wsrelay", s, key], least)
	}
}

END {
	main_table()
	if (("fan-10-64-1") in seen && ("fan-10000-64-1") in seen)
		growth_table()
	if (servers > 2) {
		peers_table("Beside peers: us each; ratio: to the best of them", "cpu", ".")
		peers_table("Beside peers: p99, us", "p99", ".")
		peers_table("Beside peers: KiB for each idle client", "idle", "^idle-")
	}
}
