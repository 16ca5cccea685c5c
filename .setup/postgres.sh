#!/usr/bin/env bash
# PostgreSQL: tests run the queue on a cluster of their own.
source "$(dirname "$0")/lib.sh"

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have initdb ||
    apt_install "tests of the queue on PostgreSQL" postgresql
