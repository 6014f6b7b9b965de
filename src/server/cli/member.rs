//! `muster member`

use std::{
    io::{IsTerminal, stdin},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::{domain::role::Role, server::random};

use super::{CliError, DataFlags, open, print};

/// Add and list tenant members, and set their roles.
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
    /// Print every member: e-mail address and role
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
                for member in services.operator_members().await? {
                    print(format_args!("{}\t{}", member.email, member.role.title()))?;
                }
                store.close().await;
            }
            Command::SetRole { email, role, data } => {
                let (store, services) = open(&data).await?;
                services.operator_set_role(&email, role).await?;
                print(format_args!("{}\t{}", email.to_lowercase(), role.title()))?;
                store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
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
