//! A row of figures: how it is printed, and how it is kept.

use std::{fmt, fs, path::Path};

use serde_json::json;

/// What is measured, which decides what is better and how it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Milliseconds,
    Megabytes,
    MegabytesPerSecond,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Megabytes => "MiB",
            Self::MegabytesPerSecond => "MB/s",
        }
    }
}

/// What the ratio has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// So many times as fast: their time divided by ours.
    Faster(f64),
    /// At most so many times: ours divided by theirs.
    AtMost(f64),
    /// At least so many times: ours divided by theirs.
    AtLeast(f64),
}

/// Which of the runs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The least: whatever else the machine does can only make a run slower.
    Least,
    /// The most, of rates and of memory.
    Most,
    Median,
    /// The 95th percentile.
    P95,
}

impl Pick {
    fn of(self, runs: &[f64]) -> f64 {
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        match self {
            Self::Least => sorted[0],
            Self::Most => sorted[last],
            Self::Median => sorted[last / 2],
            Self::P95 => sorted[(last * 95).div_ceil(100)],
        }
    }
}

/// One line of the report.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub unit: Unit,
    pub pick: Pick,
    pub ours: Vec<f64>,
    /// Empty where there is nothing to compare with.
    pub theirs: Vec<f64>,
    pub goal: Option<Goal>,
    /// What ours must not reach, whatever theirs is.
    pub ceiling: Option<f64>,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        let (ours, theirs) = (self.pick.of(&self.ours), self.pick.of(self.theirs.get(..).filter(|t| !t.is_empty())?));
        Some(if matches!(self.goal, Some(Goal::Faster(_))) { theirs / ours } else { ours / theirs })
    }

    fn met(&self) -> Option<bool> {
        let ratio = self.ratio()?;
        let ratio_is_met = match self.goal? {
            Goal::Faster(least) | Goal::AtLeast(least) => ratio >= least,
            Goal::AtMost(most) => ratio <= most,
        };
        Some(ratio_is_met && self.ceiling.is_none_or(|ceiling| self.pick.of(&self.ours) < ceiling))
    }

    fn goal_in_words(&self) -> String {
        let mut words = match self.goal {
            Some(Goal::Faster(least) | Goal::AtLeast(least)) => format!("at least {least}"),
            Some(Goal::AtMost(most)) => format!("at most {most}"),
            None => return String::new(),
        };
        if let Some(ceiling) = self.ceiling {
            words.push_str(&format!(" and under {ceiling} {}", self.unit.name()));
        }
        words
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.name();
        write!(f, "{:<18} ours {:>9.2} {unit:<5}", self.name, self.pick.of(&self.ours))?;
        if let Some(ratio) = self.ratio() {
            let met = if self.met() == Some(true) { "met" } else { "NOT MET" };
            let theirs = self.pick.of(&self.theirs);
            write!(f, " theirs {theirs:>9.2} {unit:<5} ratio {ratio:>5.2}   goal {}: {met}", self.goal_in_words())?;
        }
        Ok(())
    }
}

/// Keeps every run, so that the noise can be seen.
pub fn write_json(file: &Path, users: u64, rows: &[Row]) {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "unit": row.unit.name(),
                "statistic": format!("{:?}", row.pick).to_lowercase(),
                "ours": row.pick.of(&row.ours),
                "theirs": row.ratio().map(|_| row.pick.of(&row.theirs)),
                "ratio": row.ratio(),
                "goal": row.goal.map(|_| row.goal_in_words()),
                "met": row.met(),
                "ours_runs": row.ours,
                "theirs_runs": row.theirs,
            })
        })
        .collect();
    let report = json!({ "users": users, "rows": rows });
    fs::write(file, format!("{report:#}\n")).unwrap();
}
