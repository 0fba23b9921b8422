# choose.awk: picks at most 40 files that together reach most edges, then most features; among
# equals the smaller one. Reads what run.sh gathers from libFuzzer's -merge.
#
# The first lines are the number of files, the number of the first part, and the names; "STARTED i
# size", "FT i features..." and "COV i edges..." follow.

BEGIN { MOST = 40 }

FNR == 1 { files = $1; next }
FNR == 2 { next }
FNR <= files + 2 { name[FNR - 3] = $0; next }
$1 == "STARTED" { size[$2] = $3; next }
$1 == "FT" { for (i = 3; i <= NF; i++) feature[$2] = feature[$2] " " $i; next }
$1 == "COV" { for (i = 3; i <= NF; i++) edge[$2] = edge[$2] " " $i; next }

# What file f would add to what there is.
function gain(f, list, seen,    n, i, part, sum) {
	n = split(list[f], part, " ")
	for (i = 1; i <= n; i++)
		if (!(part[i] in seen))
			sum++
	return sum + 0
}

function take(f,    n, i, part) {
	n = split(edge[f], part, " ")
	for (i = 1; i <= n; i++)
		edges[part[i]]
	n = split(feature[f], part, " ")
	for (i = 1; i <= n; i++)
		features[part[i]]
	print name[f]
	taken[f]
}

END {
	for (count = 0; count < MOST; count++) {
		best = -1
		most = 0
		for (f in size) {
			if (f in taken)
				continue
			# A new edge is worth more than any number of new counts of known ones.
			g = gain(f, edge, edges) * 100000 + gain(f, feature, features)
			g += 1 / (2 + size[f])
			if (g >= 1 && g > most) {
				most = g
				best = f
			}
		}
		if (best < 0)
			break
		take(best)
	}
}
