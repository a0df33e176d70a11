#!/bin/sh
# Puts what deploy/native/credentials.py made into a namespace, each Secret with the files of one kind of pod:
#
#   python deploy/native/credentials.py DIR --host kafka-1 … --host vault --host files
#   deploy/kubernetes/secrets.sh DIR NAMESPACE
#
# Values go from files to the cluster, and never through a command line. Done again, it brings changed files.
set -eu
[ $# = 2 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2; }
dir=$1 namespace=$2

secret() {
    name=$1
    shift
    for file in "$@"; do
        # A token is shown under the name that every process looks for.
        case $file in *.vault-token) key=vault-token ;; *.files-token) key=files-token ;; *) key=$(basename "$file") ;; esac
        set -- "$@" "--from-file=$key=$dir/$file"
        shift
    done
    kubectl -n "$namespace" create secret generic "$name" "$@" --dry-run=client -o yaml | kubectl -n "$namespace" apply -f -
}

secret ca tls/ca.pem
secret http tls/http.crt tls/http.key
secret shared secrets/internal.token secrets/issuer.key secrets/session.key secrets/answers.key
secret heads secrets/heads.json
secret kafka tls/broker.pem secrets/admin.password
secret postgres tls/postgres.crt tls/postgres.key secrets/postgres.password
secret init secrets/admin.password secrets/postgres.password secrets/auditor.password secrets/vault.password \
    secrets/intake.password secrets/routing.password secrets/payments.password secrets/postal.password \
    secrets/reporting.password secrets/reporting-live.password
secret vault secrets/vault.password secrets/vault.key secrets/vault.tokens
secret files secrets/files.tokens
for who in intake routing payments postal reporting; do
    secret "$who" "secrets/$who.password" "secrets/$who.vault-token" "secrets/$who.files-token"
done
secret live secrets/reporting-live.password
secret front secrets/front.vault-token
