//! The page Activity: its filters, and what it shows.

use serde::{Deserialize, Serialize};

use super::{
    audit::Action,
    cursor::Cursor,
    export::FieldInput,
    job::JobId,
    timestamp::{MILLIS_PER_DAY, Timestamp},
};

/// The address of the page Activity.
pub const PATH: &str = "/activity";

/// The filters as they were typed, right or wrong; empty: not set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActivityForm {
    /// E-mail address of the member.
    #[serde(default)]
    pub member: String,
    /// Slug of the action.
    #[serde(default)]
    pub action: String,
    /// First day, as `2026-11-23`.
    #[serde(default)]
    pub from: String,
    /// Last day, as `2026-11-23`.
    #[serde(default)]
    pub to: String,
}

/// A filter of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilterPlace {
    /// The action.
    Action,
    /// The first day.
    From,
    /// The last day.
    To,
}

/// What is wrong with a filter: where, and one sentence for the person who can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterError {
    /// Where.
    pub place: FilterPlace,
    /// What is wrong.
    pub message: String,
}

/// The filters with every rule kept. Days are those of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivityFilter {
    /// E-mail address of the member, as it then was.
    pub member: Option<String>,
    /// What was done.
    pub action: Option<Action>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant: the end of the last day.
    pub before: Option<Timestamp>,
}

impl ActivityForm {
    /// Whether no filter is set.
    pub fn is_empty(&self) -> bool {
        [&self.member, &self.action, &self.from, &self.to].iter().all(|text| text.trim().is_empty())
    }

    /// Checks every filter.
    ///
    /// # Errors
    /// All that is wrong at once, in the order of the form.
    pub fn check(&self) -> Result<ActivityFilter, Vec<FilterError>> {
        let mut errors = Vec::new();
        let mut wrong = |place, message: String| errors.push(FilterError { place, message });
        let member = Some(self.member.trim().to_lowercase()).filter(|text| !text.is_empty());
        let action = match self.action.trim() {
            "" => None,
            slug => slug.parse().map_err(|message| wrong(FilterPlace::Action, message)).ok(),
        };
        let mut day = |place, text: &str| match text.trim() {
            "" => None,
            text => {
                let day = Timestamp::from_date(text);
                if day.is_none() {
                    wrong(place, "Write a day of the calendar like 2026-11-23.".to_owned());
                }
                day
            }
        };
        let (from, to) = (day(FilterPlace::From, &self.from), day(FilterPlace::To, &self.to));
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            wrong(FilterPlace::To, "The last day is before the first.".to_owned());
        }
        if errors.is_empty() {
            Ok(ActivityFilter { member, action, from, before: to.map(|to| to.plus_millis(MILLIS_PER_DAY)) })
        } else {
            Err(errors)
        }
    }
}

/// One thing about an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: DetailValue,
}

/// A detail's value: how it is shown is the page's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetailValue {
    /// Words.
    Text(String),
    /// A count.
    Number(u64),
    /// A size in bytes.
    Bytes(u64),
    /// A checksum in hexadecimal digits.
    Sha256(String),
    /// An export's fields and their titles.
    Fields(Vec<FieldInput>),
}

/// An entry of the audit log as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who, in words.
    pub who: String,
    /// What, in words.
    pub action: String,
    /// The job that it is about.
    pub job_id: Option<JobId>,
    /// The address it came from; absent for the server itself.
    pub address: Option<String>,
    /// What the browser said it was.
    pub user_agent: Option<String>,
    /// The rest.
    pub details: Vec<Detail>,
}

/// One page of entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActivityPage {
    /// At most [`ActivityPage::SIZE`] entries; none where a filter is wrong.
    pub entries: Vec<ActivityEntry>,
    /// Cursor of the page with newer entries, if there are any.
    pub newer: Option<Cursor>,
    /// Cursor of the page with older entries, if there are any.
    pub older: Option<Cursor>,
    /// What is wrong with the filters.
    pub errors: Vec<FilterError>,
    /// E-mail addresses of the present members, to choose from.
    pub members: Vec<String>,
}

impl ActivityPage {
    /// Entries on a page.
    pub const SIZE: usize = 50;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(member: &str, action: &str, from: &str, to: &str) -> ActivityForm {
        ActivityForm { member: member.into(), action: action.into(), from: from.into(), to: to.into() }
    }

    #[test]
    fn filters() {
        use FilterPlace::{Action as A, From, To};
        let day = |text| Timestamp::from_date(text);
        for (form, expected) in [
            (form("", "", "", ""), Ok(ActivityFilter::default())),
            (
                form(" Ann@Acme.Test ", "downloaded", " 2026-11-23", "2026-11-23"),
                Ok(ActivityFilter {
                    member: Some("ann@acme.test".into()),
                    action: Some(Action::Downloaded),
                    from: day("2026-11-23"),
                    before: day("2026-11-24"),
                }),
            ),
            (form("", "", "2026-12-31", "2027-01-01"), {
                let (from, before) = (day("2026-12-31"), day("2027-01-02"));
                Ok(ActivityFilter { from, before, ..ActivityFilter::default() })
            }),
            (form("", "x", "2026-02-30", "tomorrow"), Err(vec![A, From, To])),
            (form("", "", "2026-11-24", "2026-11-23"), Err(vec![To])),
        ] {
            let places = |errors: Vec<FilterError>| errors.into_iter().map(|error| error.place).collect::<Vec<_>>();
            assert_eq!(form.check().map_err(places), expected, "{form:?}");
        }
        assert!(form(" ", "", "", "").is_empty());
        assert!(!form("", "", "", "x").is_empty());
    }
}
