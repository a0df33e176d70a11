#!/bin/sh
# The whole product on this machine, as it runs in a province: three brokers, PostgreSQL, each service a process.
#
#   cluster.sh run       install what is missing, make what it needs, start it, and stay until stopped (Ctrl-C)
#   cluster.sh start     the same in the background; returns when the front answers
#   cluster.sh stop      stop everything; what is stored stays
#   cluster.sh status    which processes run
#   cluster.sh clean     stop, and remove the cluster's folder
#   cluster.sh ctl …     hand the rest to supervisorctl: `ctl restart intake`, `ctl pid kafka:kafka-1`
#
# Folder and ports: deploy/native/cluster.env, or the environment. LIENTHONG_REHEARSAL=1 keeps a virtual clock.
set -eu
here=$(cd -P "$(dirname "$0")" && pwd)
cd "$here/../.."
set -a
. deploy/native/cluster.env
: "${LIENTHONG_PUBLIC_URL:=http://127.0.0.1:$LIENTHONG_FRONT_PORT}"
set +a
configuration=deploy/native/supervisord.conf
ready_within_s=300

fail() {
    echo "cluster: $*" >&2
    exit 1
}

ctl() {
    .venv/bin/supervisorctl --configuration $configuration "$@"
}

answers() {
    .venv/bin/python - "$LIENTHONG_PUBLIC_URL" <<'PYTHON'
import sys, httpx
try:
    sys.exit(not httpx.get(f"{sys.argv[1]}/readyz", timeout=5).is_success)
except httpx.TransportError:
    sys.exit(1)
PYTHON
}

prepare() {
    [ -x .venv/bin/supervisord ] || fail ".venv is not set up: make setup"
    deploy/native/kafka.sh install
    deploy/native/postgres.sh install
    umask 077
    mkdir -p "$LIENTHONG_CLUSTER/logs"
    .venv/bin/python deploy/native/credentials.py "$LIENTHONG_CLUSTER"
}

runs() {
    ctl pid >/dev/null 2>&1
}

stop() {
    runs || return 0
    ctl shutdown >/dev/null
    waited=0
    while runs; do
        [ $waited -lt 150 ] || fail "it does not stop: $LIENTHONG_CLUSTER/logs/supervisord.log says more"
        sleep 1
        waited=$((waited + 1))
    done
}

case ${1:-} in
run)
    prepare
    echo "Liên Thông: $LIENTHONG_PUBLIC_URL/  (cluster in $LIENTHONG_CLUSTER; logs beside it; stop with Ctrl-C)"
    exec .venv/bin/supervisord --configuration $configuration --silent
    ;;
start)
    runs && fail "it runs already: cluster.sh status"
    prepare
    nohup .venv/bin/supervisord --configuration $configuration --silent >"$LIENTHONG_CLUSTER/logs/start.log" 2>&1 &
    waited=0
    until answers; do
        [ $waited -lt $ready_within_s ] || fail "not ready within $ready_within_s s: cluster.sh status, $LIENTHONG_CLUSTER/logs"
        sleep 1
        waited=$((waited + 1))
    done
    echo "Liên Thông: $LIENTHONG_PUBLIC_URL/  (cluster in $LIENTHONG_CLUSTER)"
    ;;
stop) stop ;;
status) ctl status ;;
clean)
    stop
    LIENTHONG_CLUSTER=$LIENTHONG_CLUSTER deploy/native/postgres.sh clean >/dev/null 2>&1 || true
    LIENTHONG_CLUSTER=$LIENTHONG_CLUSTER deploy/native/kafka.sh clean >/dev/null 2>&1 || true
    rm -rf "$LIENTHONG_CLUSTER"
    ;;
ctl)
    shift
    ctl "$@"
    ;;
*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0" >&2; exit 2 ;;
esac
