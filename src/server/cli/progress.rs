//! Progress bars on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of users; `None` while their number is not known.
pub fn users(total: Option<u64>) -> ProgressBar {
    bar(total, "{bar:30} {human_pos}/{human_len} users, {per_sec}, {eta} left")
}

/// A bar of a file's bytes; `None` for a stream.
pub fn bytes(total: Option<u64>) -> ProgressBar {
    bar(total, "{bar:30} {bytes}/{total_bytes}, {eta} left{msg}")
}

fn bar(total: Option<u64>, template: &str) -> ProgressBar {
    // Where standard error is no terminal, nothing is drawn.
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = if total.is_some() { template } else { "{spinner} {elapsed}{msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
