//! `hscode completions`: tab completion for shells.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::{Failure, Status};

/// Prints the script that completes hscode's commands and options in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode completions bash > ~/.local/share/bash-completion/completions/hscode
  hscode completions zsh > ~/.zfunc/_hscode
  hscode completions fish > ~/.config/fish/completions/hscode.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "hscode", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Status::Done)
}
