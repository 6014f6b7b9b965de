//! The imports of the scaled set-up: files with users of their own, of which some are broken and some are there already, and what has
//! to have become of them in the end, whatever happened meanwhile.

use muster::domain::{
    import::ImportSummary,
    job::{JobId, JobStatus},
};

use crate::{postgres::Database, support::Client};

/// Users of a file: several transactions.
const USERS: u64 = 12_000;

/// Of the users who are there before.
const BEFORE: &str = "before";

/// Of the users of the files.
const AFTER: &str = "after";

/// What is to become of a user.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Inserted,
    /// It is there already, and the import may change it.
    Updated,
    /// It is there already, and the import may only insert.
    Duplicate,
    /// It has no e-mail address that is one.
    Broken,
}

/// One of them. No two have the same number, nor users in common.
pub struct Import {
    number: usize,
    id: JobId,
}

impl Import {
    /// Submits one to a connection in which [`users_before`] are.
    pub async fn submit(client: &Client, connection: &str, number: usize) -> Self {
        let file: String = (1..=USERS)
            .map(|user| match fate(number, user) {
                Fate::Broken => line(&broken(user), AFTER),
                _ => line(&email(number, user), AFTER),
            })
            .collect();
        let settings: &[&str] = if is_upsert(number) { &["upsert"] } else { &[] };
        Self { number, id: client.import(connection, settings, file.as_bytes()).await }
    }

    /// Compares its page and its failed users with what there has to be.
    pub async fn assert_right(&self, client: &Client) {
        let job = client.job(&self.id).await;
        let count = |fates: &[Fate]| self.users().filter(|(_, fate)| fates.contains(fate)).count() as u64;
        let expected = ImportSummary {
            total: USERS,
            inserted: count(&[Fate::Inserted]),
            updated: count(&[Fate::Updated]),
            failed: count(&[Fate::Duplicate, Fate::Broken]),
            passed_over: 0,
        };
        assert_eq!((job.status, job.summary), (JobStatus::Completed, Some(expected)), "{}: {job:?}", self.number);
        let failed: Vec<String> = self
            .users()
            .filter_map(|(user, fate)| match fate {
                Fate::Broken => Some(broken(user)),
                Fate::Duplicate => Some(email(self.number, user)),
                Fate::Inserted | Fate::Updated => None,
            })
            .collect();
        let told = client.failed_users(&self.id).await;
        assert!(told.iter().map(|user| user["email"].as_str().unwrap()).eq(failed), "{}: {told:?}", self.number);
    }

    fn users(&self) -> impl Iterator<Item = (u64, Fate)> {
        (1..=USERS).map(|user| (user, fate(self.number, user)))
    }

    /// E-mail addresses and names of those who have to be there in the end.
    fn users_after(&self) -> impl Iterator<Item = (String, String)> {
        self.users().filter(|(_, fate)| *fate != Fate::Broken).map(|(user, fate)| {
            let name = if fate == Fate::Duplicate { BEFORE } else { AFTER };
            (email(self.number, user), name.to_owned())
        })
    }
}

/// The file of the users who are there before the import with this number.
pub fn users_before(number: usize) -> String {
    (1..=USERS).filter(|user| is_there(*user)).map(|user| line(&email(number, user), BEFORE)).collect()
}

/// Compares the users of the connection with those that all its imports together come to: none twice, none lost.
pub async fn assert_users(database: &Database, connection: &str, imports: &[Import]) {
    let mut expected: Vec<(String, String)> = imports.iter().flat_map(Import::users_after).collect();
    expected.sort();
    let sql = "SELECT email, users.name FROM users JOIN connections ON connections.seq = connection_seq WHERE connections.id = $1
               ORDER BY email";
    let mut database = database.connect().await;
    let users: Vec<(String, String)> = sqlx::query_as(sql).bind(connection).fetch_all(&mut database).await.unwrap();
    let first = users.iter().zip(&expected).find(|(user, expected)| user != expected);
    assert!(
        users == expected,
        "{} users instead of {}, and the first other one: {first:?}",
        users.len(),
        expected.len()
    );
    let counted: i64 = sqlx::query_scalar("SELECT users FROM connections WHERE id = $1")
        .bind(connection)
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(counted, expected.len() as i64);
    let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM import_users").fetch_one(&mut database).await.unwrap();
    assert_eq!(noted, 0, "of imports that have ended");
}

/// Of those with an even number and of those with an odd one every second.
fn is_upsert(number: usize) -> bool {
    number % 4 < 2
}

fn is_there(user: u64) -> bool {
    user % 10 == 1
}

fn fate(number: usize, user: u64) -> Fate {
    if user.is_multiple_of(100) {
        Fate::Broken
    } else if !is_there(user) {
        Fate::Inserted
    } else if is_upsert(number) {
        Fate::Updated
    } else {
        Fate::Duplicate
    }
}

fn email(number: usize, user: u64) -> String {
    format!("{user}@import-{number}.example.com")
}

fn broken(user: u64) -> String {
    format!("broken {user}")
}

fn line(email: &str, name: &str) -> String {
    format!("{{\"email\":\"{email}\",\"name\":\"{name}\"}}\n")
}
