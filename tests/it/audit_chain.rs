//! The audit log's hash chain: it holds, and damage to it is found.

use muster::{
    domain::{
        audit::{Actor, Event},
        timestamp::Timestamp,
    },
    server::{
        service::{Broken, Verified},
        store::audit::NewEntry,
    },
};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::{
    databases::on_every_database,
    support::{NOW, World},
};

on_every_database! {
    appends_at_once_make_one_chain,
}

fn entry(event: &Event) -> NewEntry {
    NewEntry::new(NOW, Actor::System, event).unwrap()
}

async fn verify(world: &World, expect: Option<&str>) -> Result<Verified, Broken> {
    world.services.operator_verify_audit(expect.map(|text| text.parse().unwrap())).await.unwrap()
}

async fn world_with_entries(count: u64) -> World {
    let world = World::new().await;
    for sessions in 0..count {
        let email = "ann@acme.test".to_owned();
        world.store.append_audit(&entry(&Event::SessionsEnded { email, sessions })).await.unwrap();
    }
    world
}

async fn appends_at_once_make_one_chain(world: World) {
    let other = world.store_of_another_process().await;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let store = if task % 2 == 0 { world.store.clone() } else { other.clone() };
            tokio::spawn(async move {
                for sessions in 0..10 {
                    let event = Event::SessionsEnded { email: format!("{task}@acme.test"), sessions };
                    store.append_audit(&entry(&event)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let verified = verify(&world, None).await.unwrap();
    assert_eq!((verified.entries, verified.gaps, verified.last.unwrap().seq), (160, 0, 160));
    let details: Vec<String> = world.column("SELECT details FROM audit_log ORDER BY seq").await;
    for task in 0..16 {
        let expected: Vec<_> =
            (0..10).map(|sessions| format!("{{\"email\":\"{task}@acme.test\",\"sessions\":{sessions}}}")).collect();
        let of_task: Vec<_> = details.iter().filter(|details| expected.contains(details)).cloned().collect();
        assert_eq!(of_task, expected, "each task's entries are there, in its order");
    }
}

#[tokio::test]
async fn the_database_refuses_changes() {
    let world = world_with_entries(3).await;
    let sqlite = world.sqlite();
    let copy = "SELECT 2, at, actor, member_id, member_email, 'signed_out', job_id, address, user_agent, details,
                       prev_hash, hash FROM audit_log WHERE seq = 2";
    for (statement, why) in [
        ("UPDATE audit_log SET address = '192.0.2.1' WHERE seq = 2".to_owned(), "can't be changed"),
        ("UPDATE OR REPLACE audit_log SET seq = 1 WHERE seq = 2".to_owned(), "can't be changed"),
        ("DELETE FROM audit_log WHERE seq = 3".to_owned(), "can't be deleted"),
        ("DELETE FROM audit_log".to_owned(), "can't be deleted"),
        (format!("INSERT OR REPLACE INTO audit_log {copy}"), "must follow the last"),
        (format!("REPLACE INTO audit_log {copy}"), "must follow the last"),
        (format!("INSERT INTO audit_log {}", copy.replacen("2,", "9,", 1)), "must follow the last"),
        // The right number, but after another entry than the last.
        (format!("INSERT INTO audit_log {}", copy.replacen("2,", "4,", 1)), "must follow the last"),
    ] {
        let error = sqlite.execute(&statement, []).unwrap_err().to_string();
        assert!(error.contains(why), "{statement}: {error}");
    }
    assert_eq!(verify(&world, None).await.unwrap().entries, 3);
}

/// The database in the hands of someone who knows about the triggers.
fn tamper(world: &World, statements: &str) -> Connection {
    let sqlite = world.sqlite();
    sqlite
        .execute_batch(&format!(
            "DROP TRIGGER audit_log_is_not_updated; DROP TRIGGER audit_log_is_not_deleted;
             DROP TRIGGER audit_log_is_a_chain; {statements}"
        ))
        .unwrap();
    sqlite
}

/// The hash of a row as `docs/AUDIT.md` has it, written anew.
fn documented_hash(columns: [Option<String>; 11]) -> String {
    let mut hash = Sha256::new();
    for column in columns {
        match column {
            Some(text) => hash.update(format!("{}:{text}\n", text.len())),
            None => hash.update("-\n"),
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives an entry the hash that fits its columns.
fn rehash(sqlite: &Connection, seq: i64) {
    let columns = sqlite
        .query_row(
            "SELECT prev_hash, seq, at, actor, member_id, member_email, action, job_id, address, user_agent, details
             FROM audit_log WHERE seq = ?1",
            [seq],
            |row| {
                let text = |index| row.get::<_, Option<String>>(index);
                let number = |index| -> rusqlite::Result<_> {
                    Ok(row.get::<_, Option<i64>>(index)?.map(|number| number.to_string()))
                };
                let at = Timestamp(row.get(2)?).to_string();
                Ok([
                    text(0)?,
                    number(1)?,
                    Some(at),
                    text(3)?,
                    number(4)?,
                    text(5)?,
                    text(6)?,
                    text(7)?,
                    text(8)?,
                    text(9)?,
                    text(10)?,
                ])
            },
        )
        .unwrap();
    sqlite.execute("UPDATE audit_log SET hash = ?2 WHERE seq = ?1", (seq, documented_hash(columns))).unwrap();
}

#[tokio::test]
async fn any_changed_column_is_found() {
    for change in [
        "at = at + 1",
        "actor = 'operator'",
        "member_id = 7",
        "member_email = ''",
        "action = 'signed_out'",
        "job_id = 'job_0000000000000000'",
        "address = '192.0.2.1'",
        "user_agent = 'curl'",
        "details = '{}'",
        "prev_hash = replace(prev_hash, 'a', 'b') || 'c'",
        "hash = 'c' || hash",
        // The same bytes, cut differently.
        "member_email = substr(action, 1, 1), action = substr(action, 2)",
    ] {
        let world = world_with_entries(5).await;
        tamper(&world, &format!("UPDATE audit_log SET {change} WHERE seq = 3"));
        assert_eq!(verify(&world, None).await, Err(Broken::Changed(3)), "{change}");
    }
}

#[tokio::test]
async fn entries_that_are_removed_inserted_reordered_or_replaced_are_found() {
    let out_of_order = |expected, found| Err(Broken::OutOfOrder { expected, found });
    let copy = "at, actor, member_id, member_email, action, job_id, address, user_agent, details, prev_hash, hash
                FROM audit_log";
    for (statements, rehashed, expected) in [
        ("DELETE FROM audit_log WHERE seq = 3".to_owned(), None, out_of_order(3, 4)),
        ("DELETE FROM audit_log WHERE seq = 1".to_owned(), None, out_of_order(1, 2)),
        // Closing the gap changes what was hashed; hashing it anew breaks the link to the one before.
        ("DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3".to_owned(), None, Err(Broken::Changed(3))),
        ("DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3".to_owned(), Some(3), Err(Broken::NotLinked(3))),
        // A changed entry with the right hash is not the one that the next follows.
        ("UPDATE audit_log SET address = '192.0.2.1' WHERE seq = 3".to_owned(), Some(3), Err(Broken::NotLinked(4))),
        ("UPDATE audit_log SET seq = 99 WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = 3; UPDATE audit_log SET seq = 3 WHERE seq = 99".to_owned(), None, Err(Broken::Changed(2))),
        (format!("INSERT INTO audit_log SELECT 6, {copy} WHERE seq = 5"), Some(6), Err(Broken::NotLinked(6))),
        (format!("INSERT INTO audit_log SELECT 7, {copy} WHERE seq = 5"), None, out_of_order(6, 7)),
    ] {
        let world = world_with_entries(5).await;
        let sqlite = tamper(&world, &statements);
        if let Some(seq) = rehashed {
            rehash(&sqlite, seq);
        }
        assert_eq!(verify(&world, None).await, expected, "{statements}");
    }
}

#[tokio::test]
async fn a_cut_off_end_or_a_new_chain_is_found_with_a_noted_entry() {
    let world = world_with_entries(5).await;
    let last = verify(&world, None).await.unwrap().last.unwrap();
    let noted = format!("{}:{}", last.seq, last.hash);
    assert!(verify(&world, Some(&noted)).await.is_ok());
    let sqlite = tamper(&world, "DELETE FROM audit_log WHERE seq = 5");
    assert_eq!(verify(&world, None).await.unwrap().entries, 4, "nothing else tells");
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Missing(5)));
    world.store.append_audit(&entry(&Event::SignedOut {})).await.unwrap();
    assert_eq!(verify(&world, None).await.unwrap().entries, 5);
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Replaced(5)));
    sqlite.execute("DELETE FROM audit_log", []).unwrap();
    assert_eq!(verify(&world, None).await.unwrap(), Verified { entries: 0, gaps: 0, last: None });
    assert_eq!(verify(&world, Some(&noted)).await, Err(Broken::Missing(5)));
}
