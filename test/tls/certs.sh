#!/bin/sh
# certs.sh: makes the keys and certificates of the TLS tests with openssl.
#
# usage: certs.sh FOLDER. It then holds ca.pem, the test CA, and for each of p256, p384, rsa2048,
# rsa4096 and chain NAME.pem, a certificate for localhost, 127.0.0.1 and ::1, and NAME.key (PKCS#8).
# chain.pem is the server's certificate and the intermediate's that signed it; the CA signed all
# others. They hold for 30 days. Exit status 77: there is no openssl.

command -v openssl >/dev/null 2>&1 || exit 77
mkdir -p "$1" && cd "$1" || exit 1
umask 077

cat >req.cnf <<'END'
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
END

# key NAME KIND
key()
{
	case $2 in
	rsa) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$1.key" ;;
	*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key" ;;
	esac
}

# certificate NAME SUBJECT EXTENSIONS OPTION...: signed as the options say.
certificate()
{
	name=$1 subject=$2 extensions=$3
	shift 3
	openssl req -new -config req.cnf -key "$name.key" -subj "/CN=$subject" -out req.csr &&
		openssl x509 -req -in req.csr -days 30 -sha256 -extfile req.cnf \
			-extensions "$extensions" "$@" -out "$name.pem"
}

make_all()
{
	key ca P-256 && certificate ca 'wsrelay test CA' ca -signkey ca.key || return
	for name in p256:P-256 p384:P-384 rsa2048:rsa rsa4096:rsa; do
		key "${name%:*}" "${name#*:}" &&
			certificate "${name%:*}" localhost server -CA ca.pem -CAkey ca.key \
				-CAcreateserial || return
	done
	key middle P-256 && certificate middle 'wsrelay test intermediate' ca \
		-CA ca.pem -CAkey ca.key -CAcreateserial &&
		key chain P-256 && certificate chain localhost server \
		-CA middle.pem -CAkey middle.key -CAcreateserial &&
		cat middle.pem >>chain.pem
}

make_all >log 2>&1 || {
	cat log >&2
	exit 1
}
rm -f req.csr log
