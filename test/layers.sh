#!/bin/sh
# layers.sh: the architecture, checked on the objects of the last build and on the sources.
# Calls go down only; each file shows only what bears its name; files and functions stay short.

passed=0 failed=0
pure="sha1 base64 utf8 frame http ring $(ls yaml_*.c | sed 's/\.c$//')"
lower="loop loop_poll loop_select loop_epoll loop_kqueue net log os budget tls_bearssl tls_pair tls_cert tls_pem tls_der"
core="hub conn hold input output metrics tls_none tls_server tls_conn"
may_include_core="budget hold ring net output input conn hub metrics tls_none tls_server tls_conn
	wsrelay"

# What compilers, sanitizers and fortified headers add by themselves; clang makes bcmp of memcmp.
helpers='^(__.*|bcmp|_GLOBAL_OFFSET_TABLE_|_ITM_.*|.*_chk)$'

good()
{
	passed=$((passed + 1))
}

bad()
{
	failed=$((failed + 1))
	echo "layers.sh: failed: $*"
}

# Nothing in $1 is good; otherwise it is what is wrong with $2.
none()
{
	if [ -z "$1" ]; then good; else bad "$2:" $1; fi
}

has()
{
	case " $(echo $1) " in *" $2 "*) return 0 ;; esac
	return 1
}

uses()
{
	nm -P -u "$1" | awk '{ sub(/@.*/, "", $1); print $1 }' | grep -Ev "$helpers"
}

shows()
{
	nm -P -g "$1" | awk '$2 != "U" && $2 != "w" && $2 != "v" { print $1 }' | grep -Ev "$helpers"
}

if ! command -v nm >/dev/null 2>&1; then
	echo "SKIP layers.sh: there is no nm"
	echo "0 passed, 0 failed"
	exit 0
fi

# ---- the objects that must be there, so that nothing is checked on an empty list

for name in $pure hub conn hold input output metrics loop net log os budget config config_load wsrelay apps/apps apps/relay \
	apps/echo; do
	if [ -f "$name.o" ] && [ -n "$(shows "$name.o")" ]; then good; else bad "no $name.o"; fi
done

# ---- pure modules: mem*, str* and each other; no state

pure_prefixes=$(echo $pure | sed 's/yaml_[a-z]*/yaml/g; s/ /|/g')
for name in $pure; do
	none "$(uses $name.o | grep -Ev "^(mem|str)[a-z]*$|^($pure_prefixes)(_|\$)")" \
		"$name.c is pure and calls"
	none "$(nm -P $name.o | awk '$2 ~ /^[bBC]$/ { print $1 }' | grep -v '^__')" \
		"$name.c is pure and keeps state"
done

# ---- calls go down only

for name in $lower; do
	[ -f $name.o ] || continue
	none "$(uses $name.o | grep -E '^(hub|conn|hold|input|output|metrics|config|apps?)(_|$)')" \
		"$name.c is below the hub and calls"
done
for name in config config_load; do
	none "$(uses $name.o |
		grep -E '^(hub|conn|hold|input|output|metrics|apps?|net|loop|log|os|ring)(_|$)')" \
		"$name.c calls"
done
for name in $core $lower $pure config config_load; do
	[ -f $name.o ] || continue
	none "$(uses $name.o | grep -E '^(apps$|app_|main$)')" "$name.c names an application"
	none "$(grep -nE '\bapp_(relay|echo|notify|chat)\b' $name.c)" "$name.c names an application"
done

# ---- applications: one symbol each, wsrelay.h only

for object in apps/*.o; do
	name=$(basename $object .o)
	[ $name = apps ] && continue
	none "$(shows $object | grep -v "^app_$name\$")" "$object shows"
	if [ "$(shows $object)" = "app_$name" ]; then good; else bad "$object has no app_$name"; fi
	none "$(uses $object | grep -E '^(loop|net|tls|os|ring|budget|input|output|metrics)_')" \
		"$object calls"
done
none "$(grep -l 'core\.h' apps/*.c)" "applications that include core.h"
for file in apps/*.c; do
	if grep -q '^#include "wsrelay\.h"' $file; then good; else bad "$file has no wsrelay.h"; fi
done

# ---- who includes core.h

for file in $(grep -lE '^#include "core\.h"' *.c); do
	if has "$may_include_core" ${file%.c}; then good; else bad "$file includes core.h"; fi
done

# ---- the client: what is pure, loop, log and os of the server; bytes of the peer by link_* only

client=$(ls client/*.c | sed 's/\.c$//' | grep -v '^client/link_')
# In a build with TLS these are there too, and see its lower files.
client_tls="client/link_bearssl client/trust client/verify"
[ -f client/link_bearssl.o ] || client=$(echo "$client" | grep -Ev '/(trust|verify)$')
for object in client/*.o; do
	calls=$(uses $object |
		grep -E "^(hub|conn|hold|input|output|metrics|config|apps?|net|ring|budget|tls|yaml)(_|\$)")
	! has "$client_tls" ${object%.o} ||
		calls=$(echo "$calls" | grep -Ev '^tls_(engine|random|cert|der|pem)(_|$)')
	none "$calls" "$object calls"
done
for name in $client; do
	if [ -f "$name.o" ] && [ -n "$(shows "$name.o")" ]; then good; else bad "no $name.o"; fi
	want="^$(basename $name)_"
	[ $name != client/wsclient ] || want='^main$'
	none "$(shows $name.o | grep -Ev "$want")" "$name.c shows what is not named after it"
	[ $name = client/scrape ] ||
		none "$(uses $name.o | grep -E '^(send|sendto|sendmsg|recv|recvfrom|recvmsg)$')" \
			"$name.c sends or receives"
done
for object in client/link_*.o; do
	none "$(shows $object | grep -v '^link_')" "$object shows what is not named after it"
	for call in start open recv send events shutdown close kind; do
		if has "$(shows $object)" link_$call; then good; else bad "$object: no link_$call"; fi
	done
done
none "$(uses client/url.o | grep -Ev '^(mem|str)[a-z]*$')" "client/url.c is pure and calls"
none "$(uses client/handshake.o | grep -Ev '^((mem|str)[a-z]*|v?snprintf|sha1|base64_[a-z]*)$')" \
	"client/handshake.c calls"
none "$(grep -l 'core\.h' client/*.[ch])" "files of the client that include core.h"

# ---- who sends and receives

for object in *.o apps/*.o; do
	name=${object%.o}
	calls=$(uses $object | grep -E '^(send|sendto|sendmsg|recv|recvfrom|recvmsg|readv|writev)$')
	case $name in
	tls_none) calls=$(echo "$calls" | grep -v '^recv$') ;;
	tls_conn) calls=$(echo "$calls" | grep -Ev '^(send|recv)$') ;;
	metrics) calls=$(echo "$calls" | grep -Ev '^(send|recv)$') ;;
	net) calls=$(echo "$calls" | grep -Ev '^(send|sendmsg)$') ;;
	esac
	none "$calls" "$name.c sends or receives"
done
for call in tls_recv tls_send; do
	if uses conn.o | grep -q "^$call\$"; then good; else bad "conn.c does not call $call"; fi
done

# ---- the name of a symbol begins with the name of its file

for object in *.o; do
	name=${object%.o}
	case $name in
	wsrelay) want='^main$' ;;
	sha1) want='^sha1$' ;;
	yaml_*) want='^yaml_' ;;
	config_load) want='^config_' ;;
	loop_*) want='^loop_' ;;
	tls_*) want='^tls_' ;;
	*) want="^${name}_" ;;
	esac
	none "$(shows $object | grep -Ev "$want")" "$name.c shows what is not named after it"
done
none "$(shows apps/apps.o | grep -v '^apps$')" "apps/apps.c shows"

# ---- short files, short functions, no conditions of the preprocessor inside them

for file in *.c *.h apps/*.c client/*.[ch]; do
	lines=$(awk 'END { print NR }' $file)
	if [ "$lines" -le 400 ]; then good; else bad "$file has $lines lines"; fi
done
for file in *.c apps/*.c client/*.c; do
	none "$(awk '
		/^{/ { begun = NR; name = last }
		begun && /^[ \t]*#[ \t]*if/ { print FILENAME ":" NR " #if inside a function" }
		/^}/ && begun {
			if (NR - begun + 1 > 60)
				print FILENAME ":" begun " " name " has " NR - begun + 1 " lines"
			begun = 0
		}
		{ last = $0 }' $file)" "$file"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
