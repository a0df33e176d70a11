#!/bin/sh
# One node of Kafka in the image apache/kafka, in compose and in Kubernetes. The image's own start knows neither
# --initial-controllers nor --add-scram, so that no administrator could ever sign in; this one formats the node with both,
# once, and then becomes the broker.
#
# From the environment:
#   KAFKA_<PROPERTY>      settings, named as the image names them: _ for a dot, __ for an underscore, ___ for a dash
#   CLUSTER_ID            name of the cluster, 16 bytes in URL-safe base64
#   INITIAL_CONTROLLERS   node@host:port:directory id of every node, the same on all of them
#   ADMIN_PASSWORD_FILE   file with the password of the super user `admin`
#   KAFKA_HEAP_OPTS       memory of the broker
set -eu
umask 077
home=${KAFKA_HOME:-/opt/kafka}
properties=${TMPDIR:-/tmp}/server.properties
export LOG_DIR="${LOG_DIR:-${TMPDIR:-/tmp}/logs}"

awk 'BEGIN {
    split("KAFKA_HOME KAFKA_VERSION KAFKA_OPTS KAFKA_HEAP_OPTS KAFKA_LOG4J_OPTS KAFKA_JMX_OPTS KAFKA_GC_LOG_OPTS " \
          "KAFKA_JVM_PERFORMANCE_OPTS", ours_not, " ")
    for (i in ours_not) skipped[ours_not[i]] = 1
    for (name in ENVIRON) {
        if (name !~ /^KAFKA_/ || name in skipped) continue
        key = tolower(substr(name, 7))
        gsub(/___/, "\001", key); gsub(/__/, "\002", key); gsub(/_/, ".", key)
        gsub(/\001/, "-", key); gsub(/\002/, "_", key)
        print key "=" ENVIRON[name]
    }
}' >"$properties"

logs=$(sed -n 's/^log\.dirs=//p' "$properties")
formatted=$(dirname "$logs")/formatted
if [ ! -f "$formatted" ]; then
    # A format that was cut short leaves a folder that starts badly; no broker has ever started on this one.
    rm -rf "$logs"
    arguments=${TMPDIR:-/tmp}/format.arguments
    # Through a file, for what stands in a command line can be read by others.
    printf '%s\n' format -t "$CLUSTER_ID" --initial-controllers "$INITIAL_CONTROLLERS" -c "$properties" \
        --add-scram "SCRAM-SHA-512=[name=admin,password=$(cat "$ADMIN_PASSWORD_FILE")]" >"$arguments"
    # The tool prints what it keeps of the password; a log is no place for that.
    outcome=0
    "$home/bin/kafka-run-class.sh" kafka.tools.StorageTool "@$arguments" >"$arguments.said" 2>&1 || outcome=$?
    rm -f "$arguments"
    [ "$outcome" = 0 ] || sed '/[Ss][Cc][Rr][Aa][Mm]/d' "$arguments.said" >&2
    rm -f "$arguments.said"
    [ "$outcome" = 0 ] || exit "$outcome"
    date -u +%FT%TZ >"$formatted"
fi
exec "$home/bin/kafka-server-start.sh" "$properties"
