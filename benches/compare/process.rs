//! Running other programs and measuring them.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How often the memory of a process is looked at; the kernel keeps its peak, so only the last moment can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Ours and theirs in turn, so that whatever else the machine does falls on both.
pub fn alternate<O, T>(rounds: usize, mut ours: impl FnMut() -> O, mut theirs: impl FnMut() -> T) -> (Vec<O>, Vec<T>) {
    (0..rounds).map(|_| (ours(), theirs())).unzip()
}

/// Runs a program that has to succeed, and returns the seconds it took.
pub fn seconds(command: &mut Command) -> f64 {
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).status().expect("the program can be started");
    let seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?}: {status}");
    seconds
}

/// Runs a program that has to succeed, and returns the most MiB that it had in memory at once.
pub fn peak_mib(command: &mut Command) -> f64 {
    let mut child = command.stdin(Stdio::null()).spawn().expect("the program can be started");
    let mut peak_kib = 0;
    loop {
        peak_kib = peak_kib.max(peak_kib_now(&child).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}: {status}");
            break f64::from(peak_kib) / 1024.0;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The peak until now; a process that has just ended has none.
fn peak_kib_now(child: &Child) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A process that ends when this is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
