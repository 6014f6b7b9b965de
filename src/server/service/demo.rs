//! The demo tenant: something to look at right after the first start.

use std::io::{Write, pipe};

use crate::{
    domain::{
        audit::Event,
        connection::ConnectionName,
        import::{FailedUser, ImportProgress},
        role::Role,
    },
    server::{
        generate,
        import::{Import, ImportControl, Observed, Observer, Rules},
        random,
        store::user_writer::{ImportOptions, Mode},
    },
};

use super::{OperatorError, Services, passwords};

/// Users of the demo, over all its connections.
pub const DEMO_USERS: u64 = 10_000;

/// The demo's connections, each with its users and the seed that makes them.
const CONNECTIONS: [(&str, u64, u64); 2] =
    [("Username-Password-Authentication", 7_000, 1), ("Partner-Portal", DEMO_USERS - 7_000, 2)];

/// One member for each role.
const MEMBERS: [(&str, Role); 4] = [
    ("admin@acme.test", Role::Admin),
    ("editor@acme.test", Role::EditorUsers),
    ("viewer@acme.test", Role::ViewerUsers),
    ("config@acme.test", Role::ViewerConfig),
];

/// The demo's sign-ins.
pub struct DemoMembers {
    /// E-mail addresses and roles.
    pub members: Vec<(&'static str, Role)>,
    /// The password of all of them.
    pub password: String,
}

impl Services {
    /// Makes the demo's connections and users, where they are missing, and its members, whose password is set anew.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_make_demo(&self) -> Result<DemoMembers, OperatorError> {
        for (name, users, seed) in CONNECTIONS {
            let name: ConnectionName = name.parse().map_err(OperatorError::Invalid)?;
            if !self.store.connections().await?.iter().any(|stored| stored.connection.name == name) {
                self.operator_add_connection(name.clone()).await?;
            }
            let seq = self.operator_connection(name.as_str()).await?.seq;
            // A connection's users are written in one transaction, so they are all there or none is.
            if self.store.users_page(Some(seq), None).await?.users.is_empty() {
                let services = self.clone();
                tokio::task::spawn_blocking(move || services.add_generated_users(seq, users, seed))
                    .await
                    .map_err(|error| OperatorError::Invalid(error.to_string()))??;
            }
        }
        let password = self
            .settings
            .demo_password
            .clone()
            .filter(|password| !password.is_empty())
            .unwrap_or_else(random::password);
        let hash =
            passwords::hash(password.clone()).await.map_err(|error| OperatorError::Invalid(error.to_string()))?;
        for (email, role) in MEMBERS {
            if self.store.set_member_password_hash(email, &hash).await? {
                self.record_operator(Event::PasswordChanged { email: email.to_owned() }).await?;
            } else {
                self.store.add_member(email, role, &hash, self.clock.now()).await?;
                self.record_operator(Event::MemberAdded { email: email.to_owned(), role }).await?;
            }
        }
        Ok(DemoMembers { members: MEMBERS.to_vec(), password })
    }

    fn add_generated_users(&self, connection_seq: i64, users: u64, seed: u64) -> Result<(), OperatorError> {
        let invalid = |error: &dyn std::fmt::Display| OperatorError::Invalid(format!("the demo's users: {error}"));
        let (reader, writer) = pipe().map_err(|error| invalid(&error))?;
        let import = Import { rules: Rules { restore: true, now: self.clock.now() } };
        let options = ImportOptions { connection_seq, mode: Mode::Insert, ledger: None };
        let sink = Observed { sink: self.store.import_writer(options)?, observer: &mut Log };
        let summary = std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut writer = std::io::BufWriter::new(writer);
                // If the reader ends early, the import has the cause.
                let _ = generate::write_users(&mut writer, users, seed).and_then(|()| writer.flush());
            });
            import
                .run(reader, &ImportProgress::default(), sink, &ImportControl::default())
                .map_err(|error| invalid(&error))
        })?;
        if summary.inserted == users { Ok(()) } else { Err(invalid(&format_args!("{summary:?}"))) }
    }
}

/// Says who failed: generated users keep every rule, so that is a defect.
struct Log;

impl Observer for Log {
    fn failed(&mut self, user: &FailedUser) {
        tracing::error!(line = user.line, errors = ?user.errors, "a generated user was refused");
    }

    fn progressed(&mut self, _: &ImportProgress) {}
}
