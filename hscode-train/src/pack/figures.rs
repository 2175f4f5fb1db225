//! From an evaluation's report to the figures that a package carries.

use hscode_core::package::Metric;
use hscode_core::{Error, ErrorKind};

use crate::evaluate::{Proportion, Report};

/// The figures of one model of a report: accuracy of the first 1 and 5 candidates at every level, and the share
/// and accuracy of decisions at the deepest.
///
/// # Errors
/// `InvalidInput` when the report has no model of this identity (as `name@version#seal`).
pub fn metrics_of(report: &Report, model: &str) -> Result<Vec<Metric>, Error> {
    let Some(described) = report.models.iter().find(|described| described.model == model) else {
        let seen: Vec<&str> = report.models.iter().map(|described| described.model.as_str()).collect();
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("report: expected figures of {model}, saw those of {}", seen.join(", ")),
        ));
    };
    let mut metrics = Vec::new();
    for evaluation in report.evaluations.iter().filter(|evaluation| evaluation.model == described.label) {
        let digest = report.data.iter().find(|data| data.name == evaluation.data);
        let digest = digest.map(|data| data.digest.as_str()).unwrap_or_default();
        let mut put = |name: String, level, proportion: &Proportion| {
            if let Some(value) = proportion.rate {
                metrics.push(Metric {
                    name,
                    level,
                    data: evaluation.data.clone(),
                    data_digest: digest.to_owned(),
                    n: proportion.n,
                    value,
                    low: proportion.low,
                    high: proportion.high,
                });
            }
        };
        for level in &evaluation.levels {
            for top in level.top.iter().filter(|top| top.k != 3) {
                put(format!("accuracy_top{}", top.k), level.level, &top.right);
            }
        }
        let decisions = &evaluation.decisions;
        for (name, proportion) in [
            ("accepted", &decisions.accepted),
            ("accepted_right", &decisions.accepted_right),
            ("answered", &decisions.answered),
            ("answered_right", &decisions.answered_right),
        ] {
            put(name.to_owned(), described.level, proportion);
        }
    }
    Ok(metrics)
}
