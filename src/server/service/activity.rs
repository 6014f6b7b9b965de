//! Reading the audit log: the page Activity, exports and the check of the chain.

use crate::{
    domain::{
        activity::{ActivityEntry, ActivityFilter, ActivityForm, ActivityPage, Detail, DetailValue},
        audit::{Action, Actor, Event},
        cursor::Cursor,
        error::AppError,
        role::Permission,
        timestamp::Timestamp,
    },
    server::store::{Store, StoreError, audit::Run, audit_chain::Record},
};

pub use crate::server::store::audit_chain::{Anchor, Broken, Verified, Verifier};

use super::{Caller, OperatorError, Origin, Services};

/// Entries that are read at once where all are: about half a megabyte.
const BATCH: u32 = 1_000;

impl Services {
    /// One page of the audit log; `cursor` is another page's or empty. What is wrong with the filters is on the page,
    /// which then has no entries.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see the activity; [`AppError::NotFound`] for a page that there
    /// can't be.
    pub async fn list_activity(
        &self,
        caller: &Caller,
        form: &ActivityForm,
        cursor: &str,
    ) -> Result<ActivityPage, AppError> {
        self.allow(caller, Permission::SeeActivity).await?;
        let cursor: Option<Cursor> = match cursor {
            "" => None,
            text => Some(text.parse().map_err(|_| AppError::NotFound)?),
        };
        let members =
            self.store.members(self.clock.now()).await?.into_iter().map(|listed| listed.member.email).collect();
        let page = match form.check() {
            Ok(filter) => self.activity_page(&filter, cursor).await?,
            Err(errors) => ActivityPage { errors, ..ActivityPage::default() },
        };
        Ok(ActivityPage { members, ..page })
    }

    async fn activity_page(&self, filter: &ActivityFilter, cursor: Option<Cursor>) -> Result<ActivityPage, StoreError> {
        let (upwards, run) = match cursor {
            None => (false, Run::Downto(i64::MAX)),
            Some(Cursor::OlderThan(seq)) => (false, Run::Downto(seq.saturating_sub(1))),
            Some(Cursor::NewerThan(seq)) => (true, Run::From(seq.saturating_add(1))),
        };
        // One entry more than a page has tells whether there is another page in this direction.
        let wanted = ActivityPage::SIZE + 1;
        let mut records = self.store.audit_records(filter, run, wanted as u32).await?;
        let more = records.len() == wanted;
        records.truncate(ActivityPage::SIZE);
        if upwards {
            records.reverse();
        }
        let first = records.first().map(|(record, _)| Cursor::NewerThan(record.seq));
        let last = records.last().map(|(record, _)| Cursor::OlderThan(record.seq));
        Ok(ActivityPage {
            newer: first.filter(|_| if upwards { more } else { cursor.is_some() }),
            older: last.filter(|_| upwards || more),
            entries: records.into_iter().map(|(record, at)| entry(record, at)).collect(),
            ..ActivityPage::default()
        })
    }

    /// Begins an export of the entries that the filters let through, up to the one that records this export.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a filter that is wrong; [`AppError::Forbidden`] unless the member may see the activity.
    pub async fn export_activity(&self, caller: &Caller, form: &ActivityForm) -> Result<ActivityExport, AppError> {
        self.allow(caller, Permission::SeeActivity).await?;
        let filter = form.check().map_err(|errors| {
            AppError::Invalid(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
        })?;
        // What was typed may be anything, a password too: it is recorded only if it is in the log already.
        let member = match filter.member.clone() {
            Some(member) => {
                let of_member = ActivityFilter { member: Some(member.clone()), ..ActivityFilter::default() };
                let known = !self.store.audit_records(&of_member, Run::Downto(i64::MAX), 1).await?.is_empty();
                Some(if known { member } else { "nobody in the log".to_owned() })
            }
            None => None,
        };
        let day = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let event = Event::ActivityExported {
            member,
            action: filter.action.map(|action| action.slug().to_owned()),
            from: day(&form.from),
            to: day(&form.to),
        };
        let entry = self.entry(caller.actor(), caller.origin(), &event)?;
        Ok(self.begin_export(filter, self.store.append_audit(&entry).await?))
    }

    /// Begins an export of all entries, up to the one that records this export.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_export_activity(&self) -> Result<ActivityExport, OperatorError> {
        let event = Event::ActivityExported { member: None, action: None, from: None, to: None };
        let entry = self.entry(Actor::Operator, &Origin::default(), &event)?;
        Ok(self.begin_export(ActivityFilter::default(), self.store.append_audit(&entry).await?))
    }

    fn begin_export(&self, filter: ActivityFilter, last: i64) -> ActivityExport {
        ActivityExport { store: self.store.clone(), filter, next: i64::MIN, last }
    }

    /// Checks the whole chain in the database; `expected` must be in it.
    ///
    /// # Errors
    /// When the store fails. What is wrong with the chain is no error of this.
    pub async fn operator_verify_audit(
        &self,
        expected: Option<Anchor>,
    ) -> Result<Result<Verified, Broken>, OperatorError> {
        let mut verifier = Verifier::new(false, expected);
        let mut all = self.begin_export(ActivityFilter::default(), i64::MAX);
        loop {
            let records = all.next_records().await?;
            if records.is_empty() {
                return Ok(verifier.finish());
            }
            for record in &records {
                if let Err(broken) = verifier.check(record) {
                    return Ok(Err(broken));
                }
            }
        }
    }
}

/// An export of the audit log, read a batch at a time: the oldest entry first, one JSON object a line.
#[derive(Debug)]
pub struct ActivityExport {
    store: Store,
    filter: ActivityFilter,
    next: i64,
    last: i64,
}

impl ActivityExport {
    /// The next lines; `None` after the last.
    ///
    /// # Errors
    /// When the store fails: then the export is not complete.
    pub async fn next_lines(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let records = self.next_records().await?;
        let mut lines = Vec::new();
        for record in &records {
            serde_json::to_writer(&mut lines, record).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            lines.push(b'\n');
        }
        Ok((!records.is_empty()).then_some(lines))
    }

    async fn next_records(&mut self) -> Result<Vec<Record>, StoreError> {
        if self.next > self.last {
            return Ok(Vec::new());
        }
        let records = self.store.audit_records(&self.filter, Run::From(self.next), BATCH).await?;
        let records: Vec<_> = records.into_iter().map(|(record, _)| record).collect();
        match records.last().map(|last| last.seq.checked_add(1)) {
            Some(Some(next)) => self.next = next,
            // Nothing can come any more.
            Some(None) | None => self.last = i64::MIN,
        }
        Ok(records)
    }
}

/// An entry in words. One that was tampered with is shown as it is: the page is no place to fail at it.
fn entry(record: Record, at: Timestamp) -> ActivityEntry {
    let mut details = match Event::read(&record.action, &record.details) {
        Ok(event) => event.into_details(),
        Err(_) => vec![Detail { label: "Unreadable".to_owned(), value: DetailValue::Text(record.details) }],
    };
    let who = match (record.actor.as_str(), record.member_email) {
        ("member" | "client", Some(name)) => name,
        ("system", _) => "System".to_owned(),
        ("operator", _) => "Command line".to_owned(),
        (_, account) => {
            if let Some(email) = account {
                details.insert(0, Detail { label: "Account".to_owned(), value: DetailValue::Text(email) });
            }
            "Nobody signed in".to_owned()
        }
    };
    ActivityEntry {
        seq: record.seq,
        at,
        who,
        action: record.action.parse().map_or(record.action, |action: Action| action.title().to_owned()),
        job_id: record.job_id.and_then(|id| id.parse().ok()),
        address: record.address,
        user_agent: record.user_agent,
        details,
    }
}
