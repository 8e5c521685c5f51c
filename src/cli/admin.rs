//! `huiyi admin`: the first people of head office. No account begins with a password (S24).

use clap::{Args, Subcommand};
use entity::codes::StaffRole;
use entity::values::PersonName;

use super::{Failure, Settings, logs, process, say};
use crate::audit::service::Author;
use crate::config::Config;
use crate::staff::service::{self as staff, NewStaff};

const CREATE_EXAMPLES: &str = "\
Examples:
  huiyi admin create --staff-no A001 --name 王晓明 --config huiyi.toml

Prints a one-time token with which the person sets the password; it is shown once.";

const INVITE_EXAMPLES: &str = "\
Examples:
  huiyi admin invite --staff-no A001 --config huiyi.toml

For a token that got lost; earlier tokens of the same person die.";

/// Make administrators
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Add an administrator and print the one-time token
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// Print another one-time token for somebody who is on the staff
    #[command(after_help = INVITE_EXAMPLES)]
    Invite(Invite),
}

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Number to sign in with
    #[arg(long, value_name = "NUMBER")]
    staff_no: String,
    /// Name shown
    #[arg(long)]
    name: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args, Debug)]
pub(super) struct Invite {
    /// Number to sign in with
    #[arg(long, value_name = "NUMBER")]
    staff_no: String,
    #[command(flatten)]
    settings: Settings,
}

impl Admin {
    pub(super) fn run(self) -> Result<(), Failure> {
        logs::of_tool()?;
        match self {
            Self::Create(create) => create.run(),
            Self::Invite(invite) => invite.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let new = NewStaff {
                staff_no: self.staff_no.clone(),
                name: PersonName(self.name),
                role: StaffRole::Admin,
                store_id: None,
                region_id: None,
            };
            let author = Author::system("huiyi admin create");
            let id = staff::hire(&app, &author, new).await?;
            let token = staff::invite(&app, &author, id).await?;
            show(&app.config, &self.staff_no, "admin", &token);
            Ok(())
        })
    }
}

impl Invite {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let numbers = [self.staff_no.clone()];
            let found = staff::by_numbers(app.db.read(), &numbers).await?;
            let person = found.get(&self.staff_no).ok_or_else(|| {
                Failure::Failed(format!("nobody on the staff has the number {}", self.staff_no))
            })?;
            let audience = if matches!(person.role, StaffRole::Admin | StaffRole::Auditor) {
                "admin"
            } else {
                "guide"
            };
            let author = Author::system("huiyi admin invite");
            let token = staff::invite(&app, &author, person.id).await?;
            show(&app.config, &self.staff_no, audience, &token);
            Ok(())
        })
    }
}

fn show(config: &Config, staff_no: &str, audience: &str, token: &str) {
    let url = super::serve::url_of(&config.server.listen);
    say(format!(
        "One-time token of {staff_no}, shown once:\n  {token}\n\n\
         Set the password with it (at least 8 characters):\n  \
           curl -s {url}/v1/{audience}/invitations:accept -H 'content-type: application/json' \\\n    \
             -d '{{\"token\":\"{token}\",\"password\":\"…\"}}'\n\n\
         Then sign in:\n  \
           curl -s {url}/v1/{audience}/sessions -H 'content-type: application/json' \\\n    \
             -d '{{\"staff_no\":\"{staff_no}\",\"password\":\"…\",\"device\":\"terminal\"}}'"
    ));
}
