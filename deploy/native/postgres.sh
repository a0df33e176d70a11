#!/bin/sh
# PostgreSQL of this machine: Debian's programs over a data folder and a port of their own; started and stopped.
#
#   postgres.sh install          what it needs: PostgreSQL 15 or newer (through apt where it may)
#   postgres.sh prepare          only make it: password of its administrator, data folder, settings
#   postgres.sh start            make it if it is not there, start it, wait until it answers
#   postgres.sh run              in the foreground, for supervisord; makes what is missing
#   postgres.sh stop | status
#   postgres.sh kill             kill -9 of all its processes, as a machine that fails would
#   postgres.sh clean            stop, and remove what it holds
#
# From the environment:
#   LIENTHONG_CLUSTER            the cluster's folder, data/cluster unless told. PostgreSQL refuses to run as root; where
#                                its own user may not pass to that folder, postgres/ there only leads to the data
#   LIENTHONG_POSTGRES_PORT      25432 unless told
#   LIENTHONG_POSTGRES_LISTEN    addresses to answer at, 127.0.0.1 unless told
#   LIENTHONG_POSTGRES_OPTIONS   further settings of the server: "-c fsync=off"
#
# The administrator's password is in secrets/postgres.password. With tls/postgres.crt and tls/postgres.key nobody gets
# in over the network without TLS.
set -eu
umask 077
here=$(cd -P "$(dirname "$0")" && pwd)
project=$(cd -P "$here/../.." && pwd)

folder=${LIENTHONG_CLUSTER:-$project/data/cluster}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
port=${LIENTHONG_POSTGRES_PORT:-25432}
listen=${LIENTHONG_POSTGRES_LISTEN:-127.0.0.1}
options=${LIENTHONG_POSTGRES_OPTIONS:-}
password=$folder/secrets/postgres.password
oldest=15
ready_within_s=60
stopped_within_s=60
longest_socket_path=90

fail() {
    echo "postgres: $*" >&2
    exit 1
}

# --- What it needs -----------------------------------------------------------------------------------------------

# The newest of Debian's versions that is not too old; its programs are not on the path.
programs() {
    for found in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5nr); do
        major=${found#/usr/lib/postgresql/}
        if [ "${major%/bin}" -ge "$oldest" ] && [ -x "$found/postgres" ]; then
            echo "$found"
            return
        fi
    done
    return 1
}

install() {
    programs >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing postgresql …"
        # Debian's package would make and start a cluster of its own; nobody asked for one.
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null || true
    fi
    programs >/dev/null || fail "install your system's package 'postgresql' ($oldest or newer), then call this again."
}

# --- Whose it is -------------------------------------------------------------------------------------------------

# PostgreSQL refuses to run as root: then it runs as the user that Debian's package made for it.
owner() {
    if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi
}

as_owner() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups "$@"
    else
        "$@"
    fi
}

# Root's folders are often closed to others; then the data lies where Debian keeps such data, under a name that follows
# from the folder's.
find_home() {
    home=$folder/postgres
    if [ "$(id -u)" = 0 ]; then
        if [ -L "$home" ]; then
            home=$(readlink "$home")
        elif [ ! -d "$home" ] && [ -d "$folder" ] && ! (cd / && as_owner test -x "$folder"); then
            home=/var/lib/postgresql/lienthong-$(echo "$folder" | cksum | cut -d' ' -f1)
        fi
    fi
    data=$home/data
    socket=$home/socket
}

# --- Making it ---------------------------------------------------------------------------------------------------

prepare() {
    install
    bin=$(programs)
    mkdir -p "$folder/secrets"
    chmod a+x "$folder"
    find_home
    mkdir -p "$home"
    [ "$home" = "$folder/postgres" ] || ln -sfn "$home" "$folder/postgres"
    if [ ! -s "$password" ]; then
        od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$password.new"
        mv "$password.new" "$password"
    fi
    chown "$(owner)" "$home"
    (cd / && as_owner test -w "$home") || fail "$(owner) cannot get to $home; give LIENTHONG_CLUSTER another folder."
    as_owner mkdir -p "$socket"
    if [ ! -e "$data/PG_VERSION" ]; then
        make_data
    fi
    write_settings
}

make_data() {
    rm -rf "$data.new"
    # initdb reads the password from a file, and its user may not read ours.
    cp "$password" "$home/password"
    chown "$(owner)" "$home/password"
    (cd / && as_owner "$bin/initdb" -D "$data.new" --username=postgres --pwfile="$home/password" --locale=C.UTF-8 \
        --encoding=UTF8 --auth=scram-sha-256 --data-checksums >"$home/initdb.log" 2>&1) && made=0 || made=1
    rm -f "$home/password"
    [ $made = 0 ] || fail "initdb failed; $home/initdb.log says why."
    mv "$data.new" "$data"
}

write_settings() {
    sockets=$socket
    [ ${#socket} -le $longest_socket_path ] || sockets=
    tls=off
    if [ -s "$folder/tls/postgres.crt" ] && [ -s "$folder/tls/postgres.key" ]; then
        tls=on
        for file in postgres.crt postgres.key; do
            cp "$folder/tls/$file" "$data/$file"
            chown "$(owner)" "$data/$file"
            chmod 600 "$data/$file"
        done
    fi
    cat >"$data/lienthong.conf" <<CONF
listen_addresses = '$listen'
port = $port
unix_socket_directories = '$sockets'
ssl = $tls
ssl_cert_file = 'postgres.crt'
ssl_key_file = 'postgres.key'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '128MB'
wal_compression = on
max_wal_size = '2GB'
# Old files of the log are removed, not written over: who was forgotten is gone with them.
wal_recycle = off
jit = off
log_min_messages = 'warning'
# What is written is not logged: it may be sealed, but it is nobody's business.
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
CONF
    grep -q "lienthong.conf" "$data/postgresql.conf" || echo "include 'lienthong.conf'" >>"$data/postgresql.conf"
    over_network=host
    [ $tls = off ] || over_network=hostssl
    cat >"$data/pg_hba.conf" <<HBA
local    all  all               scram-sha-256
$over_network  all  all  0.0.0.0/0    scram-sha-256
$over_network  all  all  ::/0         scram-sha-256
HBA
    chown "$(owner)" "$data/lienthong.conf" "$data/pg_hba.conf"
}

# --- Running it --------------------------------------------------------------------------------------------------

is_running() {
    [ -s "$data/postmaster.pid" ] || return 1
    first=$(head -n 1 "$data/postmaster.pid")
    # A number may have been given to another process since a kill -9.
    kill -0 "$first" 2>/dev/null && [ "$(readlink "/proc/$first/cwd")" = "$data" ]
}

answers() {
    "$bin/pg_isready" -q -t 1 -h "${listen%%,*}" -p "$port"
}

start() {
    prepare
    if is_running; then
        echo "postgres: runs at port $port"
        return
    fi
    waited=0
    until is_running && answers; do
        # After a kill -9 it does not start before the last of its old processes has gone, so more than once is tried.
        if [ $((waited % 20)) = 0 ] && ! is_running; then
            # shellcheck disable=SC2086
            (cd / && as_owner setsid "$bin/postgres" -D "$data" $options) >>"$home/postgres.log" 2>&1 </dev/null &
        fi
        [ $waited -lt $((ready_within_s * 10)) ] || fail "it does not answer at port $port; $home/postgres.log says why."
        sleep 0.1
        waited=$((waited + 1))
    done
    echo "postgres: ready at port $port"
}

run() {
    prepare
    is_running && fail "it runs already, at port $port."
    cd /
    if [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2086
        exec setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups "$bin/postgres" -D "$data" $options
    fi
    # shellcheck disable=SC2086
    exec "$bin/postgres" -D "$data" $options
}

# A fast stop: transactions in hand are taken back, and the next start has nothing to recover.
stop() {
    if ! is_running; then
        echo "postgres: does not run"
        return
    fi
    first=$(head -n 1 "$data/postmaster.pid")
    kill -INT "$first"
    waited=0
    while kill -0 "$first" 2>/dev/null; do
        [ $waited -lt $((stopped_within_s * 10)) ] || fail "process $first does not stop."
        sleep 0.1
        waited=$((waited + 1))
    done
    echo "postgres: stopped"
}

status() {
    if is_running; then
        echo "postgres: runs at port $port, process $(head -n 1 "$data/postmaster.pid")"
    else
        echo "postgres: does not run"
        return 1
    fi
}

find_home
case ${1:-} in
install) install ;;
prepare) prepare ;;
start) start ;;
run) run ;;
stop) stop ;;
status) status ;;
kill)
    is_running || fail "it does not run."
    first=$(head -n 1 "$data/postmaster.pid")
    # shellcheck disable=SC2046
    kill -9 "$first" $(cat "/proc/$first/task/$first/children")
    ;;
clean)
    stop
    rm -rf "$home" "$folder/postgres" "$password"
    ;;
*) fail "one of install, prepare, start, run, stop, status, kill, clean" ;;
esac
