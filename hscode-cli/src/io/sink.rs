//! Answers that go out: a table for people, a stream, a file.

use std::io::{BufWriter, IsTerminal, Stdout, Write};

use hscode_table::{Field, Format, NewFile, Value, Writer};

use super::{Origin, RowArgs, is_dash};
use crate::exit::Failure;
use crate::interrupt;

/// Where answers will go, decided (and a file created) before any work is done.
pub(crate) enum Plan {
    Human,
    Stream(Format),
    File(NewFile, String, Format),
}

impl Plan {
    pub(crate) fn choose(args: &RowArgs, origin: &Origin) -> Result<Self, Failure> {
        interrupt::listen()?;
        let asked = args.output_format();
        if asked == Some(Format::Lines) {
            return Err(Failure::usage("--output-format lines: expected jsonl, csv, tsv or parquet"));
        }
        let stdout = std::io::stdout();
        match &args.output {
            Some(path) if !is_dash(path) => {
                let shown = path.display().to_string();
                let format = match (asked, Format::of_path(path)) {
                    (Some(format), _) => format,
                    (None, Some(format)) if format != Format::Lines && !shown.ends_with(".gz") => format,
                    _ => {
                        return Err(Failure::usage(format!(
                            "--output {shown}: expected a name ending in .jsonl, .csv, .tsv or .parquet, or --output-format"
                        )));
                    }
                };
                if let Origin::File(input) = origin
                    && let (Ok(input), Ok(output)) = (input.canonicalize(), path.canonicalize())
                    && input == output
                {
                    return Err(Failure::usage(format!("--output {shown}: is the input; write to another file")));
                }
                let file = NewFile::create(path)?;
                interrupt::remember(file.partial_path());
                Ok(Self::File(file, shown, format))
            }
            Some(_) => Ok(Self::Stream(asked.unwrap_or(Format::Jsonl))),
            None => Ok(match asked {
                Some(format) => Self::Stream(format),
                None if matches!(origin, Origin::Arguments(_)) || stdout.is_terminal() => Self::Human,
                None => Self::Stream(Format::Jsonl),
            }),
        }
        .and_then(|plan| match plan {
            Self::Stream(Format::Parquet) if stdout.is_terminal() => Err(Failure::usage(
                "--output-format parquet: expected --output FILE or a pipe, saw a terminal",
            )),
            plan => Ok(plan),
        })
    }

    /// Whether people read the answers.
    pub(crate) fn is_human(&self) -> bool {
        matches!(self, Self::Human)
    }

    /// Whether the answers go to a file, so that a progress bar on the terminal is in nobody's way: neither among
    /// the answers nor on the screen of a pager.
    pub(crate) fn leaves_terminal_free(&self) -> bool {
        match self {
            Self::Human => false,
            Self::Stream(_) => stdout_is_file(),
            Self::File(..) => true,
        }
    }

    pub(crate) fn open(self, fields: Vec<Field>) -> Result<Sink, Failure> {
        Ok(match self {
            Self::Human => Sink::Human(BufWriter::new(std::io::stdout())),
            Self::Stream(format) => Sink::Rows(Box::new(Writer::to_stream(
                "standard output",
                Box::new(std::io::stdout()),
                format,
                fields,
            )?)),
            Self::File(file, name, format) => {
                Sink::Rows(Box::new(Writer::to_file(file, &name, format, fields)?))
            }
        })
    }
}

/// Whether the shell has sent standard output to a file.
#[cfg(unix)]
fn stdout_is_file() -> bool {
    use std::os::fd::AsFd;
    let handle = std::io::stdout().as_fd().try_clone_to_owned();
    handle.is_ok_and(|handle| std::fs::File::from(handle).metadata().is_ok_and(|found| found.is_file()))
}

/// Whether the shell has sent standard output to a file; not known here.
#[cfg(not(unix))]
fn stdout_is_file() -> bool {
    false
}

/// Where answers go.
pub(crate) enum Sink {
    Human(BufWriter<Stdout>),
    Rows(Box<Writer>),
}

impl Sink {
    pub(crate) fn write(&mut self, values: &[Value], human: &str) -> Result<(), Failure> {
        match self {
            Self::Human(out) => out.write_all(human.as_bytes()).map_err(Failure::from),
            Self::Rows(writer) => writer.write(values).map_err(Failure::from),
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Human(out) => out.flush().map_err(Failure::from),
            Self::Rows(writer) => writer.flush().map_err(Failure::from),
        }
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Human(mut out) => out.flush().map_err(Failure::from),
            Self::Rows(writer) => writer.finish().map_err(Failure::from),
        }
    }
}
