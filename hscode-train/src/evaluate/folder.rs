//! The folder of a report: figures, text, and a line for every row.

use std::io::Write;
use std::path::Path;

use hscode_core::{Error, ErrorKind, HsCode, Level};
use hscode_table::NewFile;
use serde::Serialize;

use super::outcome::DecisionKind;
use super::read::failed;
use super::{Dataset, Evaluated, Example, Logs, Outcome};

/// A row that cannot be judged, as a line of `unjudged.jsonl`.
#[derive(Serialize)]
struct UnjudgedLine<'a> {
    data: &'a str,
    #[serde(flatten)]
    row: &'a super::Unjudged,
}

/// A judged row, as a line of `outcomes.jsonl`.
#[derive(Serialize)]
struct OutcomeLine<'a> {
    data: &'a str,
    model: &'a str,
    index: u64,
    right: &'a [HsCode],
    decision: &'static str,
    code: Option<HsCode>,
    decision_right: Option<bool>,
    classifier: &'a str,
    levels: Vec<LevelLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct LevelLine {
    level: Level,
    answered: Option<HsCode>,
    score: f32,
    rank: Option<u8>,
}

impl Evaluated {
    /// Writes the report into `folder`, which is made if it is missing: `report.html`, `report.json`,
    /// `report.txt`, `outcomes.jsonl` (a line a row and classifier, without descriptions) and `unjudged.jsonl`.
    ///
    /// `datasets`: those that were evaluated. `logs`: what the page draws beside the figures. Each file is written beside and renamed, so
    /// that a stop leaves no half file under its name.
    ///
    /// # Errors
    /// `Io`: the folder cannot be made or a file not written; the message names it.
    pub fn write_folder(&self, folder: &Path, datasets: &[Dataset], logs: &Logs) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::new(ErrorKind::Io, format!("{}: cannot make the folder: {error}", folder.display()))
                .with_source(error)
        })?;
        write(&folder.join("report.json"), |file| {
            file.write_all(self.report.to_json()?.as_bytes()).map_err(io)
        })?;
        write(&folder.join("report.txt"), |file| {
            file.write_all(self.report.to_text().as_bytes()).map_err(io)
        })?;
        let page = self.report.to_html(logs);
        write(&folder.join("report.html"), |file| file.write_all(page.as_bytes()).map_err(io))?;
        write(&folder.join("unjudged.jsonl"), |file| {
            for data in datasets {
                for row in data.unjudged() {
                    line(file, &UnjudgedLine { data: data.name(), row })?;
                }
            }
            Ok(())
        })?;
        write(&folder.join("outcomes.jsonl"), |file| {
            let all = self.report.evaluations.iter().zip(&self.runs);
            for (evaluation, run) in all {
                let Some(data) = datasets.iter().find(|data| data.name() == evaluation.data) else {
                    continue;
                };
                for (example, outcome) in data.examples().iter().zip(&run.outcomes) {
                    line(file, &outcome_line(&evaluation.data, &evaluation.model, example, outcome))?;
                }
            }
            Ok(())
        })
    }
}

fn outcome_line<'a>(
    data: &'a str,
    model: &'a str,
    example: &'a Example,
    outcome: &'a Outcome,
) -> OutcomeLine<'a> {
    OutcomeLine {
        data,
        model,
        index: example.index(),
        right: example.targets(),
        decision: match outcome.decided.kind {
            DecisionKind::Accept => "accept",
            DecisionKind::BackOff => "back_off",
            DecisionKind::Abstain => "abstain",
        },
        code: outcome.decided.code,
        decision_right: outcome.decided.right,
        classifier: &outcome.stage,
        levels: Level::INTERNATIONAL
            .into_iter()
            .filter_map(|level| outcome.at(level).map(|judged| (level, judged)))
            .map(|(level, judged)| LevelLine {
                level,
                answered: judged.predicted,
                score: judged.score,
                rank: judged.rank,
            })
            .collect(),
        failure: outcome.failure.as_deref(),
    }
}

fn io(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot write: {error}")).with_source(error)
}

fn line(file: &mut dyn Write, record: &impl Serialize) -> Result<(), Error> {
    serde_json::to_writer(&mut *file, record).map_err(|error| io(error.into()))?;
    file.write_all(b"\n").map_err(io)
}

fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
    let mut file = std::io::BufWriter::new(NewFile::create(path).map_err(failed)?);
    fill(&mut file).map_err(|error| error.at(path.display()))?;
    let file = file.into_inner().map_err(|error| io(error.into_error()).at(path.display()))?;
    file.commit().map_err(failed)
}
