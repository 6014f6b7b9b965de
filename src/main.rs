//! The program `muster`.

/// Gives memory back to the operating system, whichever thread it was freed on, and SQLite's too: glibc keeps it for each
/// of its arenas, so that a server's memory would grow with every few imports and sign-ins.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    muster::server::cli::run()
}
