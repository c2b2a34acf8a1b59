//! The command line.

mod backup;
pub mod demo;
mod doctor;
mod explain;
mod language;
pub mod shop_file;
mod twilio;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::alert;
use crate::app::AppError;
use crate::config::{Config, ConfigError};
use crate::store::{Store, StoreError};
use crate::toml_file::TomlFileError;

/// Used when it exists and no other file is named.
const CONFIG_PATH: &str = "config/ringall.toml";

/// The phone of a small shop: every staff phone rings at once and somebody picks up.
#[derive(Debug, Parser)]
#[command(name = "ringall", version, about)]
pub struct Cli {
    /// The machine's settings; without it, config/ringall.toml if it exists, else the defaults
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default)
    Serve,
    /// Run the service on free loopback ports with a demo shop, phones and callers, and tell what happens
    Demo {
        /// End after the story: exit code 0 when it went right
        #[arg(long)]
        once: bool,
    },
    /// Make a shop what this file says, whole; its calls stay
    Import { file: PathBuf },
    /// Print a shop as such a file
    Export {
        /// Its name; needed when there are several
        shop: Option<String>,
    },
    /// Say what a call would get, and because of what
    Explain {
        /// When: 2026-12-24T18:05 on the shop's clock, or RFC 3339 with an offset; else now
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// Who calls
        #[arg(long, value_name = "NUMBER")]
        from: Option<String>,
        /// The called number; needed when there are several shops
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
        /// Print what GET /api/v1/explain answers
        #[arg(long)]
        json: bool,
    },
    /// Tokens for the API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Who may use the page
    #[command(subcommand)]
    Owner(OwnerCommand),
    /// Write everything into one file, while the service runs: shops, log, people, messages, greetings
    Backup {
        /// An older backup there is replaced once this one is whole
        file: PathBuf,
    },
    /// Make everything what it was when this backup was made, while the service runs; what there was before is kept in
    /// another backup in `data_dir`
    Restore { file: PathBuf },
    /// Look at ports, routers, carriers, certificates, Twilio, disk, clock and phones, and say what to do: exit code 1
    /// when something is bad
    Doctor {
        /// Print it for programs
        #[arg(long)]
        json: bool,
        /// Send a notice to every address in the shops' `notify`
        #[arg(long)]
        send_test_notice: bool,
    },
    /// Numbers at Twilio, or at one that speaks as Twilio does
    #[command(subcommand)]
    Twilio(TwilioCommand),
}

#[derive(Debug, Subcommand)]
enum TwilioCommand {
    /// Lead the calls of the shops' numbers here, and say what was changed at each
    Connect {
        /// These instead, as +34911234567
        numbers: Vec<String>,
        /// Where Twilio looks when we are down: the address of a TwiML Bin with what `ringall twilio fallback` prints
        #[arg(long, value_name = "URL")]
        fallback_url: Option<String>,
    },
    /// Print the document that rings the staff's cells when we are down
    Fallback {
        /// The shop's name; needed when there are several
        shop: Option<String>,
        /// Look whether the document that the shop's numbers fall back to is still this one: exit code 1 when it is not
        #[arg(long)]
        check: bool,
    },
}

#[derive(Debug, Subcommand)]
enum OwnerCommand {
    /// Print a link, alone on its line, with which this person chooses a password, once and within three days; links
    /// made for them earlier stop working
    Invite { email: String },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Print a new token, once, alone on its line; an earlier one of the same name stops working
    Create { name: String },
}

/// Why a command ended; its exit code tells scripts which kind.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    /// What somebody wrote must be changed: exit code 2.
    #[error("{0}")]
    Wrong(String),
    /// Exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl From<ConfigError> for CommandError {
    fn from(error: TomlFileError) -> CommandError {
        CommandError::Wrong(error.to_string())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::Failed(error.to_string())
    }
}

impl From<AppError> for CommandError {
    fn from(error: AppError) -> CommandError {
        match error {
            AppError::Tls(error) => CommandError::Wrong(error.to_string()),
            error => CommandError::Failed(error.to_string()),
        }
    }
}

/// Runs what the command line says. 0 done, 1 failed, 2 usage or configuration.
pub fn run() -> ExitCode {
    // clap itself ends with 2 on a usage error, and with 0 after --help and --version.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(cli.perform()) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(match error {
                CommandError::Failed(_) => 1,
                CommandError::Wrong(_) => 2,
            })
        }
    }
}

impl Cli {
    async fn perform(self) -> Result<ExitCode, CommandError> {
        let config = self.config.as_deref();
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => {
                crate::app::serve(configuration(config)?).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Demo { once } => Ok(crate::cli::demo::run(once).await),
            Command::Import { file } => import(&configuration(config)?, &file).await,
            Command::Export { shop } => export(&configuration(config)?, shop.as_deref()).await,
            Command::Explain { at, from, to, json } => {
                let question = explain::Question { at, from, to };
                explain::answer(&configuration(config)?, &question, json).await
            }
            Command::Token(TokenCommand::Create { name }) => create_token(&configuration(config)?, &name).await,
            Command::Owner(OwnerCommand::Invite { email }) => invite_owner(&configuration(config)?, &email).await,
            Command::Backup { file } => backup::back_up(&configuration(config)?, &file).await,
            Command::Restore { file } => backup::restore(&configuration(config)?, &file).await,
            Command::Doctor { json, send_test_notice } => {
                let wishes = doctor::Wishes { json, send_test_notice };
                let read = configuration(config)?;
                doctor::examine(&read, config_path(config), wishes).await
            }
            Command::Twilio(TwilioCommand::Connect { numbers, fallback_url }) => {
                twilio::connect(&configuration(config)?, &numbers, fallback_url.as_deref()).await
            }
            Command::Twilio(TwilioCommand::Fallback { shop, check }) => {
                twilio::fallback(&configuration(config)?, shop.as_deref(), check).await
            }
        }
    }
}

/// The file that was named, or the usual one where it exists.
fn config_path(named: Option<&Path>) -> Option<&Path> {
    named.or_else(|| Some(Path::new(CONFIG_PATH)).filter(|path| path.exists()))
}

/// The configuration from `path`, or from the usual place, and the environment.
fn configuration(path: Option<&Path>) -> Result<Config, ConfigError> {
    let (path, text) = match config_path(path) {
        Some(path) => (path, read_text(path)?),
        None => (Path::new(CONFIG_PATH), String::new()),
    };
    Config::read(&text, path, &|name| std::env::var(name).ok(), &|path| std::fs::read_to_string(path))
}

async fn import(config: &Config, file: &Path) -> Result<ExitCode, CommandError> {
    let settings = shop_file::read(&read_text(file)?, file, &config.sip.realm, config.sip.digest)?;
    let store = Store::open(&config.database).await?;
    let written = store.replace_shop(&settings).await;
    store.close().await;
    match written {
        Ok(_) => {
            let (name, phones) = (&settings.shop.name, settings.shop.phones.len());
            tracing::info!("imported the shop {name:?} with {phones} phones");
            if alert::wants_mail(&settings.shop) && config.mail.is_none() {
                tracing::warn!("{}", alert::NO_MAIL);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ StoreError::Taken { .. }) => Err(CommandError::Wrong(format!("{}: {error}", file.display()))),
        Err(error) => Err(error.into()),
    }
}

async fn export(config: &Config, name: Option<&str>) -> Result<ExitCode, CommandError> {
    let store = Store::open(&config.database).await?;
    let plan = store.plan().await?;
    let names: Vec<&str> = plan.shops.iter().map(|shop| shop.name.as_str()).collect();
    let name = match (name, names.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, []) => return Err(CommandError::Failed("there is no shop yet; import one".to_owned())),
        (None, several) => {
            return Err(CommandError::Wrong(format!("export: name one of the shops: {}", several.join(", "))));
        }
    };
    let Some(settings) = store.shop_settings(name).await? else {
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(CommandError::Wrong(format!("export: no shop has the name {name:?}; there are: {known}")));
    };
    print!("{}", shop_file::write(&settings));
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn create_token(config: &Config, name: &str) -> Result<ExitCode, CommandError> {
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_control) {
        return Err(CommandError::Wrong("token create: NAME: expected some words".to_owned()));
    }
    let store = Store::open(&config.database).await?;
    println!("{}", store.create_token(name).await?);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn invite_owner(config: &Config, email: &str) -> Result<ExitCode, CommandError> {
    let email = email.trim();
    if !crate::web::is_email(email) {
        return Err(CommandError::Wrong("owner invite: EMAIL: expected an address such as ana@example.com".to_owned()));
    }
    let store = Store::open(&config.database).await?;
    let secret = store.invite_owner(email, crate::clock::now().wall).await?;
    store.close().await;
    println!("{}/set-up/{secret}", config.web.public_url);
    Ok(ExitCode::SUCCESS)
}

fn read_text(path: &Path) -> Result<String, TomlFileError> {
    std::fs::read_to_string(path).map_err(|error| TomlFileError::Unexpected {
        place: path.display().to_string(),
        expected: "a text file that can be read".to_owned(),
        found: error.to_string(),
    })
}
