#!/bin/sh
# Apache Kafka of this machine: one broker or three, KRaft, TLS, SCRAM, access rules; fetched, started, stopped, cleaned.
#
#   kafka.sh install            what it needs: Java 17+, Maven, kcat (through apt where it may) and Kafka's published jars
#   kafka.sh start [1|3]        make the cluster if it is not there, start its nodes, wait until they are ready
#   kafka.sh stop | status      of all its nodes
#   kafka.sh prepare [1|3]      only make it: certificates, admin's password, properties, formatted folders
#   kafka.sh run NODE           one node in the foreground, for supervisord; prepares what is missing
#   kafka.sh node start NODE    one node, and wait until it is ready
#   kafka.sh node stop NODE     ask one node to stop, and wait until it has
#   kafka.sh kill NODE          kill -9
#   kafka.sh clean              stop, and remove what it holds
#
# From the environment:
#   LIENTHONG_CLUSTER      the cluster's folder, data/cluster unless told
#   LIENTHONG_KAFKA_NODES  how many, where the command does not say; 3 unless told
#   LIENTHONG_KAFKA_PORT   first port for clients, 20091 unless told; node i answers clients at port + i - 1, other
#                          brokers 200 and controllers 100 above it
#   LIENTHONG_KAFKA_JVM    memory and compiler of one node, "-Xms192m -Xmx384m -XX:TieredStopAtLevel=1" unless told: for
#                          minutes after its start, a broker's second compiler would take a third of two cores
#                          (bench/RESULTS.md); a machine of its own does better with it
#   LIENTHONG_KAFKA_JARS   where the jars are kept, lienthong/kafka-<version> in the user's cache folder unless told
set -eu
umask 077
here=$(cd -P "$(dirname "$0")" && pwd)
project=$(cd -P "$here/../.." && pwd)

version=$(sed -n '/<artifactId>kafka_/{n;s:.*<version>\(.*\)</version>.*:\1:p;}' "$here/pom.xml")
folder=${LIENTHONG_CLUSTER:-$project/data/cluster}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
kafka=$folder/kafka
jars=${LIENTHONG_KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/lienthong/kafka-$version}
ready_within_s=120
stopped_within_s=60
python=${PYTHON_OF_THE_PRODUCT:-$project/.venv/bin/python}

fail() {
    echo "kafka: $*" >&2
    exit 1
}

# --- What it needs -----------------------------------------------------------------------------------------------

java_is_enough() {
    found=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || return 1
    [ -n "$found" ] && [ "$found" -ge 17 ]
}

jars_are_there() {
    [ "$(cat "$jars/complete" 2>/dev/null)" = "$(cksum <"$here/kafka-jars.sha256")" ]
}

apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "Installing $* …"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install() {
    missing=
    java_is_enough || missing="$missing default-jre-headless"
    command -v kcat >/dev/null 2>&1 || missing="$missing kcat"
    jars_are_there || command -v mvn >/dev/null 2>&1 || missing="$missing maven"
    if [ -n "$missing" ] && ! apt_install $missing; then
        # kcat is somebody else's reader for one of the tests; the cluster does without.
        [ "$missing" = " kcat" ] || fail "install your system's packages$missing, then call this again."
    fi
    java_is_enough || fail "Java 17 or newer is needed and was not found: install a newer Java, then call this again."
    jars_are_there || fetch
}

fetch() {
    mkdir -p "$jars"
    exec 8>"$jars/lock"
    flock 8
    if ! jars_are_there; then
        echo "Fetching Apache Kafka $version into $jars …"
        find "$jars" -name '*.jar' -delete
        mvn -q -B -C -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars" ||
            fail "Maven could not fetch Kafka's jars; it needs a Maven repository (see ~/.m2/settings.xml)."
        (cd "$jars" && sha256sum --quiet --strict -c "$here/kafka-jars.sha256") >&2 ||
            fail "what was fetched into $jars is not what deploy/native/kafka-jars.sha256 names."
        cksum <"$here/kafka-jars.sha256" >"$jars/complete"
    fi
    exec 8>&-
}

needs() {
    java_is_enough || fail "Java 17 or newer is missing; call: deploy/native/kafka.sh install"
    jars_are_there || fail "Kafka's jars are missing in $jars; call: deploy/native/kafka.sh install"
    [ -x "$python" ] || fail "$python is missing; call: make setup"
}

# --- The cluster as it was made ------------------------------------------------------------------------------------

# $kafka/cluster holds NODES, PORT, CLUSTER and the nodes' directory ids D1 …: what may not change once it is formatted.
remembered() {
    [ -f "$kafka/cluster" ] && . "$kafka/cluster"
}

# A name in Kafka's own form: 16 random bytes in URL-safe base64; one that begins with a dash would look like an option.
uuid() {
    while :; do
        made=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
        case $made in -*) ;; *) break ;; esac
    done
    echo "$made"
}

prepare() {
    needs
    mkdir -p "$kafka" "$folder/secrets" "$folder/logs"
    exec 9>"$kafka/lock"
    flock 9
    wanted=${1:-}
    if remembered; then
        [ -z "$wanted" ] || [ "$wanted" = "$NODES" ] ||
            fail "$folder holds a cluster of $NODES, not of $wanted; take another folder, or clean this one."
        [ "${LIENTHONG_KAFKA_PORT:-$PORT}" = "$PORT" ] ||
            fail "the cluster of $folder was made for port $PORT; take another folder, or clean this one."
    else
        NODES=${wanted:-${LIENTHONG_KAFKA_NODES:-3}}
        PORT=${LIENTHONG_KAFKA_PORT:-20091}
        case $NODES in 1 | 3) ;; *) fail "a cluster has 1 or 3 nodes, not $NODES." ;; esac
        {
            echo "NODES=$NODES PORT=$PORT CLUSTER=$(uuid)"
            for i in $(seq "$NODES"); do echo "D$i=$(uuid)"; done
        } >"$kafka/cluster.new"
        mv "$kafka/cluster.new" "$kafka/cluster"
        remembered
    fi
    "$python" "$here/tls.py" "$folder"
    [ -s "$folder/secrets/admin.password" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$folder/secrets/admin.password"
    for i in $(seq "$NODES"); do
        mkdir -p "$kafka/$i"
        properties "$i" >"$kafka/$i/server.properties"
        # The broker writes meta.properties last, but a format that was cut short leaves a folder that starts badly.
        [ -f "$kafka/$i/formatted" ] || format "$i"
    done
    exec 9>&-
}

properties() {
    offset=$(($1 - 1))
    client=$((PORT + offset)) controller=$((PORT + 100 + offset)) internal=$((PORT + 200 + offset))
    voters=$(voters 100)
    replication=$NODES
    insync=$((NODES / 2 + 1))
    cat <<PROPERTIES
process.roles=broker,controller
node.id=$1
controller.quorum.bootstrap.servers=$voters
listeners=CLIENT://127.0.0.1:$client,INTERNAL://127.0.0.1:$internal,CONTROLLER://127.0.0.1:$controller
advertised.listeners=CLIENT://127.0.0.1:$client,INTERNAL://127.0.0.1:$internal,CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=INTERNAL
log.dirs=$kafka/$1/log

# Clients prove who they are by password (SCRAM), brokers and controllers by certificate; rules say who may do what.
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$folder/tls/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$folder/tls/ca.pem
listener.name.internal.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:CN=broker;User:admin

# What was acknowledged is on more than half of the nodes; nobody makes a topic by mistyping one.
default.replication.factor=$replication
min.insync.replicas=$insync
offsets.topic.replication.factor=$replication
offsets.topic.num.partitions=12
transaction.state.log.replication.factor=$replication
transaction.state.log.min.isr=$insync
transaction.state.log.num.partitions=12
share.coordinator.state.topic.replication.factor=$replication
share.coordinator.state.topic.min.isr=$insync
auto.create.topics.enable=false
unclean.leader.election.enable=false

group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=6000
PROPERTIES
}

# The nodes' addresses at so much above the first port: "127.0.0.1:20191,…".
voters() {
    list=
    for v in $(seq "$NODES"); do list="$list,127.0.0.1:$((PORT + $1 + v - 1))"; done
    echo "${list#,}"
}

format() {
    rm -rf "$kafka/$1/log"
    quorum=
    for v in $(seq "$NODES"); do
        eval "id=\$D$v"
        quorum="$quorum,$v@127.0.0.1:$((PORT + 99 + v)):$id"
    done
    # Everything goes through a file: what stands in a command line, the whole machine can read.
    arguments=$kafka/$1/format.arguments
    printf '%s\n' format -t "$CLUSTER" --initial-controllers "${quorum#,}" -c "$kafka/$1/server.properties" \
        --add-scram "SCRAM-SHA-512=[name=admin,password=$(cat "$folder/secrets/admin.password")]" >"$arguments"
    outcome=0
    said=$(java -Xmx128m -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$jars/*" \
        kafka.tools.StorageTool "@$arguments" 2>&1) || outcome=$?
    rm -f "$arguments"
    [ "$outcome" = 0 ] || fail "node $1 could not be formatted: $said"
    date -u +%FT%TZ >"$kafka/$1/formatted"
}

# --- Nodes ---------------------------------------------------------------------------------------------------------

node_is_known() {
    remembered || fail "$folder holds no cluster; call: deploy/native/kafka.sh start"
    case ${1:-} in [1-9]) [ "$1" -le "$NODES" ] && return ;; esac
    fail "which node? 1 to $NODES."
}

# The number is believed only while it is the node of this very folder: numbers are given again.
pid_of() {
    pid=$(cat "$kafka/$1/pid" 2>/dev/null) || return 1
    [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$kafka/$1/server.properties" || return 1
    echo "$pid"
}

log_of() {
    echo "$folder/logs/kafka-$1.log"
}

# Takes the place of this shell, so that whoever started it has the broker itself under its number.
become() {
    cd "$kafka/$1"
    exec $2 java ${LIENTHONG_KAFKA_JVM:--Xms192m -Xmx384m -XX:TieredStopAtLevel=1} -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
        "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$jars/*" kafka.Kafka "$kafka/$1/server.properties"
}

launch() {
    node_is_known "$1"
    ! pid_of "$1" >/dev/null || return 0
    # What the log said before is not what it says now.
    touch "$(log_of "$1")"
    wc -c <"$(log_of "$1")" >"$kafka/$1/log.before"
    # A session of its own: what is typed at the terminal that started it is not meant for it.
    (become "$1" setsid) >>"$(log_of "$1")" 2>&1 </dev/null &
    echo $! >"$kafka/$1/pid"
}

log_since() {
    tail -c "+$(($(cat "$kafka/$1/log.before") + 1))" "$(log_of "$1")" 2>/dev/null
}

await_ready() {
    waited=0
    until log_since "$1" | grep -q 'Kafka Server started'; do
        ! is_gone "$(cat "$kafka/$1/pid")" || complain "$1" "ended before it was ready"
        [ "$waited" -lt $((ready_within_s * 4)) ] || complain "$1" "was not ready within $ready_within_s s"
        sleep 0.25
        waited=$((waited + 1))
    done
}

complain() {
    echo "kafka: node $1 $2; the end of $(log_of "$1"):" >&2
    log_since "$1" | grep -v '^\s*\(at \|\.\.\. \)' | tail -n 20 >&2
    exit 4
}

end() {
    asked=
    for i in "$@"; do
        if pid=$(pid_of "$i"); then
            kill "$pid"
            asked="$asked $pid"
        fi
    done
    waited=0
    for pid in $asked; do
        until is_gone "$pid"; do
            [ "$waited" -lt $((stopped_within_s * 4)) ] || kill -9 "$pid" 2>/dev/null || :
            sleep 0.25
            waited=$((waited + 1))
        done
    done
}

end_at_once() {
    pid=$(pid_of "$1") || return 0
    kill -9 "$pid"
    until is_gone "$pid"; do sleep 0.05; done
}

# Its command line goes at once; only with the process go its ports, and the lock on its folder.
is_gone() {
    ! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

status() {
    remembered || fail "$folder holds no cluster."
    running=0
    for i in $(seq "$NODES"); do
        if pid=$(pid_of "$i"); then
            running=$((running + 1))
            echo "node $i runs as $pid, for clients at 127.0.0.1:$((PORT + i - 1))"
        else
            echo "node $i does not run"
        fi
    done
    [ "$running" = "$NODES" ]
}

# --- Commands ------------------------------------------------------------------------------------------------------

case ${1:-} in
install)
    install
    ;;
prepare)
    prepare "${2:-}"
    ;;
start)
    prepare "${2:-}"
    for i in $(seq "$NODES"); do launch "$i"; done
    for i in $(seq "$NODES"); do await_ready "$i"; done
    echo "Kafka $version answers at $(voters 0)"
    ;;
stop)
    if remembered; then end $(seq "$NODES"); fi
    ;;
status)
    status
    ;;
run)
    prepare
    node_is_known "${2:-}"
    ! pid_of "$2" >/dev/null || fail "node $2 of $folder runs already."
    echo $$ >"$kafka/$2/pid"
    become "$2" ""
    ;;
node)
    node_is_known "${3:-}"
    needs
    case $2 in
    start)
        launch "$3"
        await_ready "$3"
        ;;
    stop) end "$3" ;;
    *) fail "node start NODE, or node stop NODE." ;;
    esac
    ;;
kill)
    node_is_known "${2:-}"
    pid_of "$2" >/dev/null || fail "node $2 does not run."
    end_at_once "$2"
    ;;
clean)
    # What it holds goes away, so it need not put it in order first.
    if remembered; then
        for i in $(seq "$NODES"); do end_at_once "$i"; done
    fi
    rm -rf "$kafka" "$folder"/logs/kafka-*.log "$folder/secrets/admin.password"
    ;;
*)
    sed -n '2,/^set -eu/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
    ;;
esac
