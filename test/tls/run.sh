#!/bin/sh
# run.sh: makes the certificates in a temporary folder and runs the tests that are given over TLS.
#
# usage: run.sh TEST...

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

sh test/tls/certs.sh "$folder"
case $? in
0) ;;
77)
	echo "SKIP test-tls: there is no openssl"
	exit 0
	;;
*)
	echo "test-tls: the certificates could not be made"
	exit 1
	;;
esac

E2E_TLS=$folder
export E2E_TLS
sh test/run.sh "$@"
