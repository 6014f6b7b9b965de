//! `muster member`

use std::{
    io::{IsTerminal, stdin},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::{
    domain::{member::MemberChange, role::Role},
    server::random,
};

use super::{CliError, DataFlags, open, print};

/// Manage tenant members: the people who may sign in to Muster.
#[derive(Debug, Args)]
pub struct Member {
    #[command(subcommand)]
    command: Command,
}

const ROLE_HELP: &str = "admin, editor-users, viewer-users or viewer-config";

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a member. The password is read from standard input if that is a pipe; else one is made and printed
    Add {
        /// E-mail address to sign in with
        email: String,
        #[arg(long, help = ROLE_HELP, default_value = "viewer-users")]
        role: Role,
        #[command(flatten)]
        data: DataFlags,
    },
    /// Print every member: e-mail address, role, and whether they are active or disabled
    List {
        #[command(flatten)]
        data: DataFlags,
    },
    /// Change a member's role, which works at once
    SetRole {
        /// E-mail address of the member
        email: String,
        #[arg(help = ROLE_HELP)]
        role: Role,
        #[command(flatten)]
        data: DataFlags,
    },
    /// Take away the second factor of a member who lost it: they sign in by their password alone until they set up another
    ResetSecondFactor(Target),
    /// End a member's sessions and download links, and keep them from signing in
    Disable(Target),
    /// Let a disabled member sign in again
    Enable(Target),
    /// Delete a member
    Remove(Target),
    /// End all sessions of a member
    SignOut(Target),
}

/// Which member.
#[derive(Debug, Args)]
struct Target {
    /// E-mail address of the member
    email: String,
    #[command(flatten)]
    data: DataFlags,
}

impl Member {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Add { email, role, data } => {
                let (store, services) = open(&data).await?;
                let given = password_from_pipe()?;
                let made = given.is_none();
                let password = given.unwrap_or_else(random::password);
                let member = services.operator_add_member(&email, role, password.clone()).await?;
                print(format_args!("{}\t{}", member.email, member.role.title()))?;
                if made {
                    print(format_args!("password\t{password}"))?;
                }
                store.close().await;
            }
            Command::List { data } => {
                let (store, services) = open(&data).await?;
                for listed in services.operator_members().await? {
                    let state = if listed.disabled { "Disabled" } else { "Active" };
                    print(format_args!("{}\t{}\t{state}", listed.member.email, listed.member.role.title()))?;
                }
                store.close().await;
            }
            Command::SetRole { email, role, data } => {
                let (store, services) = open(&data).await?;
                services.operator_set_role(&email, role).await?;
                print(format_args!("{}\t{}", email.to_lowercase(), role.title()))?;
                store.close().await;
            }
            Command::Disable(target) => target.change(MemberChange::Disable, "disabled").await?,
            Command::Enable(target) => target.change(MemberChange::Enable, "enabled").await?,
            Command::Remove(target) => target.change(MemberChange::Remove, "removed").await?,
            Command::SignOut(Target { email, data }) => {
                let (store, services) = open(&data).await?;
                let member = services.operator_sign_out(&email).await?;
                print(format_args!("{}\tsigned out", member.email))?;
                store.close().await;
            }
            Command::ResetSecondFactor(Target { email, data }) => {
                let (store, services) = open(&data).await?;
                services.operator_reset_second_factor(&email).await?;
                print(format_args!("{}\tno second factor", email.to_lowercase()))?;
                store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Target {
    async fn change(self, change: MemberChange, done: &str) -> Result<(), CliError> {
        let (store, services) = open(&self.data).await?;
        let member = services.operator_change_member(&self.email, change).await?;
        print(format_args!("{}\t{done}", member.email))?;
        store.close().await;
        Ok(())
    }
}

/// The first line of standard input, unless that is a terminal or empty: a password on the command line would be seen
/// in the list of processes.
fn password_from_pipe() -> Result<Option<String>, CliError> {
    if stdin().is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()).filter(|password| !password.is_empty()))
}
