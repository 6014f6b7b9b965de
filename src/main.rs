//! The program `muster`.

fn main() -> std::process::ExitCode {
    muster::server::cli::run()
}
