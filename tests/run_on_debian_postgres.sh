#!/usr/bin/env bash
# Runs the tests on the newest PostgreSQL that Debian's packages installed: a private cluster in a temporary directory,
# reached through a Unix socket, stopped and removed at the end. Arguments are handed to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

binaries=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -1)
if [ -z "$binaries" ] || [ ! -x "$binaries/initdb" ]; then
    echo "no Debian PostgreSQL here: apt-get install postgresql" >&2
    exit 3
fi

directory=$(mktemp -d /tmp/licet-debian-XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$directory"
    as_server=(runuser -u "$owner" --)
fi
stop() {
    "${as_server[@]}" "$binaries/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$directory"
}
trap stop EXIT

chmod 755 "$directory"
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077; printf %s "$password" >"$directory/password")
[ "$(id -u)" = 0 ] && chown "$owner" "$directory/password"
(
    cd "$directory"
    "${as_server[@]}" "$binaries/initdb" -D "$directory/data" -U licet_admin -E UTF8 --locale=C.UTF-8 \
        --auth=scram-sha-256 --pwfile="$directory/password" >/dev/null
    "${as_server[@]}" "$binaries/pg_ctl" -D "$directory/data" -w -l "$directory/server.log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$directory' -c fsync=off -c max_connections=60" start \
        >/dev/null
)
echo "testing on $("$binaries/postgres" --version)"
export DATABASE_URL="postgresql://licet_admin:$password@/postgres?host=$directory"
unset LICET_HOME LICET_TEST_HOME LICET_APP_DATABASE_URL
if [ $# = 0 ]; then # what speaks to the database; pages in a browser and pure rules do not depend on it
    set -- src/licet/config src/licet/core src/licet/parties src/licet/journal src/licet/registers/tests \
        src/licet/*/tests/test_database.py tests/test_every_table.py
fi
.venv/bin/python -m pytest -q -n 2 --dist loadfile -m "not browser" "$@"
