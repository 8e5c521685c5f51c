# Finds programs and installs Debian's packages where they are missing. Sourced, not run.
# shellcheck shell=bash

# Everything we tell goes to stderr: stdout belongs to results (`services env`, bench lines).
say() { printf '%s\n' "$*" >&2 || true; }

die() {
    say "${0##*/}: $*"
    exit 1
}

# Succeeds when packages can be installed: as root, or through sudo without hanging on a
# password nobody can type (CI has no terminal).
may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || [ -t 0 ]
}

# install_packages PACKAGE...
install_packages() {
    may_install ||
        die "missing: $*. Install these packages (apt-get install $*), or run this as root or with sudo."
    say "installing Debian's packages: $*"
    local installer
    installer="$(dirname "${BASH_SOURCE[0]}")/install-packages"
    if [ "$(id -u)" = 0 ]; then
        "$installer" "$@" >&2
    else
        sudo "$installer" "$@" >&2
    fi
}

# program_of NAME: prints the path of a server's program, or fails. Debian keeps PostgreSQL's
# outside PATH, and /usr/sbin is not on an ordinary user's.
program_of() {
    local candidate candidates=()
    case "$1" in
    postgres) candidates=(/usr/lib/postgresql/*/bin/postgres) ;;
    mariadb) candidates=(mariadbd /usr/sbin/mariadbd /usr/local/sbin/mariadbd) ;;
    redis) candidates=(redis-server) ;;
    *) candidates=("$1") ;;
    esac
    # The newest PostgreSQL comes first; one from PATH is taken when Debian's is not there.
    [ "$1" != postgres ] || mapfile -t candidates < <(printf '%s\n' "${candidates[@]}" | sort -Vr; echo postgres)
    for candidate in "${candidates[@]}"; do
        command -v "$candidate" && return 0
    done
    return 1
}

# package_of NAME: the package that brings it. MariaDB's core packages are enough and, unlike
# mariadb-server, bring no service that starts by itself.
package_of() {
    case "$1" in
    postgres) echo postgresql ;;
    mariadb) echo mariadb-server-core ;;
    my_print_defaults) echo mariadb-client-core ;;
    redis) echo redis-server ;;
    *) echo "$1" ;;
    esac
}

# need NAME...: installs what is missing of these servers and programs, in one go.
need() {
    [ $# -gt 0 ] || return 0
    local name programs=() packages=()
    for name in "$@"; do
        programs+=("$name")
        # mariadb-install-db calls it.
        [ "$name" != mariadb ] || programs+=(my_print_defaults)
    done
    mapfile -t programs < <(printf '%s\n' "${programs[@]}" | sort -u)
    for name in "${programs[@]}"; do
        program_of "$name" >/dev/null || packages+=("$(package_of "$name")")
    done
    [ ${#packages[@]} -gt 0 ] || return 0
    install_packages "${packages[@]}"
    for name in "${programs[@]}"; do
        program_of "$name" >/dev/null ||
            die "$(package_of "$name") is installed, yet its program $name is not found"
    done
}
