# Starts and stops one private server in a directory of its own. Sourced after packages.sh.
# A server's directory holds data/, log, pid, port and mode; it belongs to the server's user.
# shellcheck shell=bash

# shellcheck disable=SC2034 # read by the scripts that source this
servers=(postgres mariadb redis)
server_user=huiyi-test
start_seconds=60
stop_seconds=30

# Database servers refuse to run as root, so root hands them to a system user of their own.
make_server_user() {
    [ "$(id -u)" = 0 ] || return 0
    id -u "$server_user" >/dev/null 2>&1 && return 0
    say "running as root: creating the system user $server_user, who runs the servers"
    useradd --system --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin "$server_user"
}

# as_server_user COMMAND...: replaces the shell, so call it in a subshell or in the background.
as_server_user() {
    local clean=(env -i "PATH=$PATH:/usr/sbin:/sbin" LANG=C.UTF-8 TZ=UTC)
    [ "$(id -u)" = 0 ] || exec "${clean[@]}" "$@"
    exec setpriv --reuid="$(id -u "$server_user")" --regid="$(id -g "$server_user")" \
        --clear-groups -- "${clean[@]}" "$@"
}

# place_of DIR: where the servers of DIR live. That is DIR itself, unless the server user cannot
# reach it (a checkout under /root, say): then a directory under /tmp named after DIR.
place_of() {
    [ "$(id -u)" = 0 ] || { echo "$1"; return; }
    mkdir -p "$1"
    chmod 755 "$1"
    if (as_server_user test -x "$1") 2>/dev/null; then
        echo "$1"
        return
    fi
    local place
    place="/tmp/huiyi-${1##*/}-$(printf %s "$1" | cksum | cut -d' ' -f1)"
    [ -d "$place" ] || mkdir -m 755 "$place"
    if [ -L "$place" ] || [ ! -O "$place" ]; then
        die "$place belongs to somebody else: remove it"
    fi
    echo "$place"
}

# mine DIR: servers that root started are root's to stop, and their files root's to remove.
mine() {
    [ ! -e "$1" ] || [ -w "$1" ] ||
        die "$1 belongs to $(stat -c %U "$1"): use the account that started these servers"
}

comm_of() {
    case "$1" in
    postgres) echo postgres ;;
    mariadb) echo mariadbd ;;
    redis) echo redis-server ;;
    esac
}

# pid_of NAME DIR: the pid of the running server, or failure. A pid file alone proves nothing
# after a crash: the process must be that program and work in this very data directory.
pid_of() {
    local pid comm
    pid=$(cat "$2/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    comm=$(cat "/proc/$pid/comm" 2>/dev/null) || return 1
    [ "$comm" = "$(comm_of "$1")" ] || return 1
    [ "$(readlink "/proc/$pid/cwd")" = "$(realpath "$2/data")" ] || return 1
    echo "$pid"
}

# lives_in DIR: whether any process, a killed server's orphaned child too, still works there.
lives_in() {
    local here
    here=$(realpath "$1") || return 1
    find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$here" 2>/dev/null | grep -q .
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port DIR: the port of last time when it is free, so that a developer's settings stay true;
# otherwise a random one below the range from which the kernel takes outgoing ports.
free_port() {
    local port
    port=$(cat "$1/port" 2>/dev/null) || port=
    while [ -z "$port" ] || port_is_taken "$port"; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    done
    echo "$port"
}

# create_data NAME DIR: fills an empty data directory.
create_data() {
    local program data=$2/data
    program=$(program_of "$1")
    case "$1" in
    postgres)
        (cd "$data" && as_server_user "${program%/*}/initdb" -D "$data" -U huiyi --auth=trust \
            --locale=C.UTF-8 -E UTF8 --no-sync)
        ;;
    mariadb)
        (cd "$data" && as_server_user mariadb-install-db --no-defaults --datadir="$data" \
            --skip-name-resolve --auth-root-authentication-method=socket --skip-test-db)
        ;;
    redis) ;;
    esac
}

# arguments_of NAME DIR PORT MODE: one argument a line. `fast` gives up surviving a power cut for
# speed (tests); `durable` is what production would run (benches).
arguments_of() {
    local data=$2/data
    case "$1" in
    postgres)
        printf '%s\n' -D "$data" -c listen_addresses=127.0.0.1 -c "port=$3" \
            -c unix_socket_directories= -c max_connections=300 -c timezone=UTC
        [ "$4" = durable ] || printf '%s\n' -c fsync=off -c full_page_writes=off
        ;;
    mariadb)
        printf '%s\n' --no-defaults --datadir="$data" --bind-address=127.0.0.1 --port="$3" \
            --socket= --skip-name-resolve --max-connections=300 --default-time-zone=+00:00 \
            --character-set-server=utf8mb4 --collation-server=utf8mb4_bin \
            --innodb-buffer-pool-size=128M --pid-file="$data/mariadbd.pid" \
            --init-file="$2/init.sql"
        if [ "$4" = durable ]; then
            echo --innodb-flush-log-at-trx-commit=1
        else
            printf '%s\n' --innodb-flush-log-at-trx-commit=2 --innodb-doublewrite=0 --sync-frm=0 \
                --lock-wait-timeout=120
        fi
        ;;
    redis)
        printf '%s\n' --bind 127.0.0.1 --port "$3" --dir "$data" --save '' --appendonly no \
            --daemonize no
        ;;
    esac
}

# is_ready NAME PORT: whether the server answers, asked without any client program but
# PostgreSQL's own. MariaDB greets only after it has run its init file.
is_ready() {
    case "$1" in
    postgres) "$(dirname "$(program_of postgres)")/pg_isready" -q -h 127.0.0.1 -p "$2" -t 2 ;;
    mariadb) [[ "$(talk "$2" '' 40)" == *MariaDB* ]] ;;
    redis) [ "$(talk "$2" 'PING\r\n' 5)" = +PONG ] ;;
    esac
}

# talk PORT SAY BYTES: sends a line and prints the first printable bytes of the answer.
talk() {
    # shellcheck disable=SC2016 # the inner shell expands it
    local script='exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "$1" >&3 && head -c "$2" <&3'
    timeout 2 bash -c "$script" "$1" "$2" "$3" 2>/dev/null | tr -cd '[:print:]' || true
}

wait_until_ready() {
    local deadline=$((SECONDS + start_seconds))
    while ! is_ready "$1" "$3"; do
        # The shell that becomes the server has its pid already: only a dead one has failed.
        kill -0 "$4" 2>/dev/null || return 1
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
    pid_of "$1" "$2" >/dev/null
}

# A PostgreSQL that was killed leaves its lock file, and believes it as long as any process has
# that number. We know better: nobody works in the directory any more.
forget_killed() {
    local deadline=$((SECONDS + stop_seconds))
    while lives_in "$1/data"; do
        [ $SECONDS -lt $deadline ] || die "processes of a killed server still work in $1/data"
        sleep 0.1
    done
    rm -f "$1/data/postmaster.pid"
}

# launch NAME DIR PORT MODE: starts the server in a session of its own, out of reach of Ctrl-C.
launch() {
    local arguments
    mapfile -t arguments < <(arguments_of "$@")
    (
        cd "$2/data" || exit
        # Our own lock (descriptor 9) must not live on in the server.
        exec 9>&- >"$2/log" 2>&1 </dev/null
        as_server_user setsid "$(program_of "$1")" "${arguments[@]}"
    ) &
    echo $! >"$2/pid"
    echo "$3" >"$2/port"
    echo "$4" >"$2/mode"
}

# prepare NAME DIR: the directory and its data, made by and for the server user.
prepare() {
    mkdir -p "$2/data"
    chmod 700 "$2/data"
    if [ "$1" = mariadb ]; then
        echo "CREATE USER IF NOT EXISTS huiyi@'127.0.0.1' IDENTIFIED BY 'huiyi';
GRANT ALL PRIVILEGES ON *.* TO huiyi@'127.0.0.1' WITH GRANT OPTION;" >"$2/init.sql"
    fi
    [ "$(id -u)" != 0 ] || chown -R "$server_user:" "$2"
    [ -e "$2/complete" ] && return 0
    # An interrupted start leaves half a data directory: begin again.
    find "$2/data" -mindepth 1 -delete
    if ! create_data "$1" "$2" >"$2/log" 2>&1; then
        tail -n 20 "$2/log" >&2
        die "$1: cannot create the data directory $2/data"
    fi
    touch "$2/complete"
}

# start_server NAME DIR MODE
start_server() {
    local name=$1 dir=$2 mode=$3 port try pid began=$SECONDS
    prepare "$name" "$dir"
    forget_killed "$dir"
    for try in 1 2 3; do
        port=$(free_port "$dir")
        launch "$name" "$dir" "$port" "$mode"
        pid=$(cat "$dir/pid")
        if wait_until_ready "$name" "$dir" "$port" "$pid"; then
            say "$name is up on 127.0.0.1:$port ($mode, $((SECONDS - began)) s)"
            return 0
        fi
        stop_server "$name" "$dir"
        # Somebody may have taken the port between our look and the server's bind.
        rm -f "$dir/port"
    done
    tail -n 20 "$dir/log" >&2
    die "$name did not start ($try tries); its log is $dir/log"
}

# stop_server NAME DIR: stops exactly this server; nothing happens when it does not run.
stop_server() {
    local pid signal=TERM deadline=$((SECONDS + stop_seconds))
    if ! pid=$(pid_of "$1" "$2"); then
        rm -f "$2/pid"
        return 0
    fi
    # INT is PostgreSQL's fast shutdown; TERM would wait for its clients to leave.
    [ "$1" != postgres ] || signal=INT
    kill -s "$signal" "$pid" 2>/dev/null || true
    while pid_of "$1" "$2" >/dev/null; do
        if [ $SECONDS -ge $deadline ]; then
            say "$1 (pid $pid) does not stop: killing it"
            # QUIT lets PostgreSQL's postmaster take its children along.
            [ "$1" = postgres ] && signal=QUIT || signal=KILL
            kill -s "$signal" "$pid" 2>/dev/null || true
            sleep 1
            break
        fi
        sleep 0.1
    done
    rm -f "$2/pid"
    say "$1 is down"
}
