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
    Percent,
    JobsPerSecond,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Megabytes => "MiB",
            Self::MegabytesPerSecond => "MB/s",
            Self::Percent => "%",
            Self::JobsPerSecond => "jobs/s",
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
        let of_ratio = match self.goal {
            Some(Goal::Faster(least) | Goal::AtLeast(least)) => Some(self.ratio()? >= least),
            Some(Goal::AtMost(most)) => Some(self.ratio()? <= most),
            None => None,
        };
        let of_ceiling = self.ceiling.map(|ceiling| self.pick.of(&self.ours) < ceiling);
        Some(of_ratio.unwrap_or(true) && of_ceiling.unwrap_or(true)).filter(|_| of_ratio.or(of_ceiling).is_some())
    }

    fn goal_in_words(&self) -> Option<String> {
        let ratio = self.goal.map(|goal| match goal {
            Goal::Faster(least) | Goal::AtLeast(least) => format!("at least {least}"),
            Goal::AtMost(most) => format!("at most {most}"),
        });
        let ceiling = self.ceiling.map(|ceiling| format!("under {ceiling} {}", self.unit.name()));
        let words: Vec<_> = ratio.into_iter().chain(ceiling).collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.name();
        write!(f, "{:<18} ours {:>9.2} {unit:<6}", self.name, self.pick.of(&self.ours))?;
        if let Some(ratio) = self.ratio() {
            write!(f, " theirs {:>9.2} {unit:<6} ratio {ratio:>5.2}", self.pick.of(&self.theirs))?;
        }
        if let (Some(goal), Some(met)) = (self.goal_in_words(), self.met()) {
            write!(f, "   goal {goal}: {}", if met { "met" } else { "NOT MET" })?;
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
                "goal": row.goal_in_words(),
                "met": row.met(),
                "ours_runs": row.ours,
                "theirs_runs": row.theirs,
            })
        })
        .collect();
    let report = json!({ "users": users, "rows": rows });
    fs::write(file, format!("{report:#}\n")).unwrap();
}
