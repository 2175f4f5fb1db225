//! From scores to a prediction: levels summed, restricted, ranked, decided. Shared by all classifiers, so
//! that a score means the same whoever gives it.

use std::ops::{AddAssign, Range};

use smallvec::SmallVec;

use crate::{
    Candidate, ClassifierInfo, Decision, DecisionPolicy, Error, ErrorKind, HsCode, Level, Options,
    Prediction, Reason,
};

/// How far scores may sum past 1 before they are taken for no probabilities.
const SUM_TOLERANCE: f64 = 1e-3;

/// Scores of the codes of one level, ready to be turned into a prediction.
///
/// The codes of a ranking are all of one level, the classifier's deepest. What the scores lack to 1 is the
/// probability of all codes that are not named.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    // By code ascending, each code once: the levels are then runs of neighbours, and sums have one order.
    scores: Vec<(HsCode, f32)>,
}

impl Ranking {
    /// Takes scores in any order; those of a code named twice are added up.
    ///
    /// # Errors
    /// `Inference`: a score is negative or no number, the scores sum past 1, or the codes differ in length.
    pub fn new(scores: impl IntoIterator<Item = (HsCode, f32)>) -> Result<Self, Error> {
        let mut scores: Vec<(HsCode, f32)> = scores.into_iter().collect();
        for &(code, score) in &scores {
            if !(score >= 0.0 && score.is_finite()) {
                return Err(Error::new(
                    ErrorKind::Inference,
                    format!("score {score} of {code}: expected a probability in 0.0 to 1.0"),
                ));
            }
        }
        let sum: f64 = scores.iter().map(|&(_, score)| f64::from(score)).sum();
        if sum > 1.0 + SUM_TOLERANCE {
            return Err(Error::new(
                ErrorKind::Inference,
                format!("scores sum to {sum:.4}: expected at most 1"),
            ));
        }
        if let Some(&(first, _)) = scores.first()
            && let Some(&(other, _)) = scores.iter().find(|(code, _)| code.level() != first.level())
        {
            return Err(Error::new(
                ErrorKind::Inference,
                format!("codes {first} and {other}: expected codes of one level"),
            ));
        }
        merge(&mut scores);
        Ok(Self { scores })
    }

    /// The scores by code ascending.
    pub fn scores(&self) -> &[(HsCode, f32)] {
        &self.scores
    }

    /// Ranks and decides: `within` applied and renormalised, scores summed at the level asked for, the best
    /// `top_k` kept, thresholds applied from that level upwards.
    ///
    /// # Errors
    /// As [`Options::check`].
    pub fn predict(
        &self,
        info: &ClassifierInfo,
        policy: &DecisionPolicy,
        options: &Options,
    ) -> Result<Prediction, Error> {
        options.check(info)?;
        Ok(predict_sorted(&self.scores, info, policy, options))
    }
}

/// The work of [`Ranking::predict`] on borrowed scores: by code ascending, each code once, options checked.
pub(crate) fn predict_sorted(
    scores: &[(HsCode, f32)],
    info: &ClassifierInfo,
    policy: &DecisionPolicy,
    options: &Options,
) -> Prediction {
    let level = options.answer_level(info);
    let mut prediction = Prediction::abstention(info, level, Reason::NoEvidence);
    let inside = restrict(scores, options.within);
    if inside.iter().all(|&(_, score)| score <= 0.0) {
        if options.coverage.is_some() {
            prediction.candidate_set = Some(Vec::new());
        }
        return prediction;
    }
    let mass = || inside.iter().map(|&(_, score)| f64::from(score)).sum::<f64>();
    let scale = if options.within.is_some() { 1.0 / mass() } else { 1.0 };
    let groups = Groups { rest: inside, level, scale };

    rank(groups.clone(), options.top_k, &mut prediction.candidates);
    (prediction.decision, prediction.decided_score) =
        decide(&prediction.candidates, inside, scale, level, policy);
    if let Some(coverage) = options.coverage {
        prediction.candidate_set = Some(candidate_set(groups, policy.mass_for(coverage, level)));
    }
    prediction
}

/// The scores of codes at or below `within`, or above it where the ranking is not that deep.
fn restrict(scores: &[(HsCode, f32)], within: Option<HsCode>) -> &[(HsCode, f32)] {
    let Some(within) = within else { return scores };
    &scores[run_within(scores, |&(code, _)| code, within)]
}

/// Where the codes at or below `within`, or above it, stand among items by code ascending.
pub(crate) fn run_within<T>(items: &[T], code: impl Fn(&T) -> HsCode, within: HsCode) -> Range<usize> {
    let fits = |item: &T| within.covers(&code(item)) || code(item).covers(&within);
    // They are neighbours in the order.
    let start = items.partition_point(|item| code(item) < within && !fits(item));
    let count = items[start..].iter().take_while(|item| fits(item)).count();
    start..start + count
}

/// Puts scores into the order of their codes, each code once, its scores added up in the order they came in.
pub(crate) fn merge<T: AddAssign + Copy>(scores: &mut Vec<(HsCode, T)>) {
    // Stable, for the order of the sums.
    scores.sort_by_key(|&(code, _)| code);
    scores.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}

/// Sums over neighbours that share their first digits.
#[derive(Clone)]
struct Groups<'a> {
    rest: &'a [(HsCode, f32)],
    level: Level,
    scale: f64,
}

impl Iterator for Groups<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let (&(first, score), behind) = self.rest.split_first()?;
        // Each code stands once, so that one of this level is alone. A tariff line stands for itself, with all its
        // digits.
        if first.level() == self.level || self.level == Level::TariffLine {
            self.rest = behind;
            return Some(Candidate::new(first, (f64::from(score) * self.scale).min(1.0) as f32));
        }
        let group = first.at(self.level).unwrap_or(first);
        let count = self.rest.iter().take_while(|&&(code, _)| group.covers(&code)).count();
        let (these, rest) = self.rest.split_at(count);
        self.rest = rest;
        let sum: f64 = these.iter().map(|&(_, score)| f64::from(score)).sum();
        Some(Candidate::new(group, (sum * self.scale).min(1.0) as f32))
    }
}

/// The `top_k` best of candidates that come by code ascending: higher scores first, then lower codes. Candidates
/// without score are left out.
fn rank(candidates: impl Iterator<Item = Candidate>, top_k: usize, best: &mut SmallVec<[Candidate; 8]>) {
    // What a score must be above; of equal ones the earlier code is better.
    let mut least = 0.0;
    for new in candidates {
        if new.score() <= least {
            continue;
        }
        let place = best.iter().rposition(|old| old.score() >= new.score()).map_or(0, |at| at + 1);
        best.truncate(top_k.saturating_sub(1).max(place));
        best.insert(place, new);
        if best.len() == top_k {
            least = best.last().map_or(0.0, Candidate::score);
        }
    }
}

/// The best group of a level, found in passing over codes ascending.
struct BestGroup {
    level: Level,
    /// The first digits of the group being summed.
    prefix: u64,
    sum: f64,
    /// A code of that group.
    code: Option<HsCode>,
    best: Option<(HsCode, f32)>,
}

impl BestGroup {
    fn new(level: Level) -> Self {
        Self { level, prefix: 0, sum: 0.0, code: None, best: None }
    }

    fn add(&mut self, code: HsCode, score: f32, scale: f64) {
        let prefix = code.prefix(self.level);
        if prefix != self.prefix {
            self.close(scale);
            *self = Self { prefix, code: Some(code), ..*self };
        }
        self.sum += f64::from(score);
    }

    /// Ends the group being summed. The first of equal scores wins.
    fn close(&mut self, scale: f64) {
        let score = (self.sum * scale).min(1.0) as f32;
        if let Some(code) = self.code.take()
            && self.best.is_none_or(|(_, best)| score > best)
        {
            self.best = Some((code.at(self.level).unwrap_or(code), score));
        }
        self.sum = 0.0;
    }
}

/// The decision at `level`, or at the deepest level above it that is sure enough.
fn decide(
    best: &[Candidate],
    scores: &[(HsCode, f32)],
    scale: f64,
    level: Level,
    policy: &DecisionPolicy,
) -> (Decision, Option<f32>) {
    let Some(top) = best.first() else { return (Decision::Abstain(Reason::NoEvidence), None) };
    if top.score() >= policy.thresholds.at(level) {
        return (Decision::Accept(top.code()), Some(top.score()));
    }
    let mut groups = Level::INTERNATIONAL.map(BestGroup::new);
    let above = &mut groups[..Level::INTERNATIONAL.partition_point(|&above| above < level)];
    for &(code, score) in scores {
        above.iter_mut().for_each(|group| group.add(code, score, scale));
    }
    for group in above.iter_mut().rev() {
        group.close(scale);
        if let Some((code, score)) = group.best
            && score >= policy.thresholds.at(group.level)
        {
            return (Decision::BackOff { code, reason: Reason::LowScore }, Some(score));
        }
    }
    (Decision::Abstain(Reason::LowScore), None)
}

/// The best codes whose scores add up to `mass`; all of them if that is never reached.
fn candidate_set(groups: Groups<'_>, mass: f32) -> Vec<HsCode> {
    let mut all: Vec<Candidate> = groups.filter(|group| group.score() > 0.0).collect();
    all.sort_by(|a, b| b.score().total_cmp(&a.score()).then(a.code().cmp(&b.code())));
    let mut sum = 0.0_f64;
    let mut set = Vec::new();
    for candidate in all {
        set.push(candidate.code());
        sum += f64::from(candidate.score());
        if sum >= f64::from(mass) {
            break;
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edition, Thresholds};
    use proptest::prelude::*;

    fn code(text: &str) -> HsCode {
        text.parse().unwrap()
    }

    fn info() -> ClassifierInfo {
        ClassifierInfo::new("test", "test@1", Edition::HS2022, Level::Subheading, 5612)
    }

    fn policy(threshold: f32) -> DecisionPolicy {
        DecisionPolicy::with_thresholds(Thresholds {
            chapter: threshold,
            heading: threshold,
            subheading: threshold,
        })
    }

    fn ranking() -> Ranking {
        Ranking::new([
            (code("610910"), 0.4),
            (code("610990"), 0.25),
            (code("620520"), 0.2),
            (code("610510"), 0.1),
        ])
        .unwrap()
    }

    #[test]
    fn sums_levels_and_backs_off_to_the_deepest_sure_one() {
        let at = |threshold: f32, options: Options| {
            ranking().predict(&info(), &policy(threshold), &options).unwrap()
        };
        let p = at(0.4, Options::default());
        assert_eq!(p.decision(), Decision::Accept(code("610910")));
        assert_eq!(p.candidates().len(), 4);
        let p = at(0.6, Options::default());
        assert_eq!(p.decision(), Decision::BackOff { code: code("6109"), reason: Reason::LowScore });
        assert!((p.score().unwrap() - 0.65).abs() < 1e-6);
        let p = at(0.7, Options::default());
        assert_eq!(p.code(), Some(code("61")));
        let p = at(0.8, Options::default());
        assert_eq!(p.decision(), Decision::Abstain(Reason::LowScore));
        assert_eq!(p.best().map(|c| c.code()), Some(code("610910")));
        let p = at(0.6, Options::default().with_level(Level::Heading).with_top_k(2));
        assert_eq!(p.decision(), Decision::Accept(code("6109")));
        assert_eq!(p.candidates().len(), 2);
    }

    #[test]
    fn within_renormalises_exactly() {
        let p =
            ranking().predict(&info(), &policy(0.5), &Options::default().with_within(code("6109"))).unwrap();
        assert_eq!(p.candidates().len(), 2);
        let sum: f32 = p.candidates().iter().map(Candidate::score).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(p.decision(), Decision::Accept(code("610910")));
        let p =
            ranking().predict(&info(), &policy(0.5), &Options::default().with_within(code("85"))).unwrap();
        assert_eq!(p.decision(), Decision::Abstain(Reason::NoEvidence));
        assert!(p.candidates().is_empty());
    }

    #[test]
    fn refuses_wrong_options_and_scores() {
        let error = |options: Options| ranking().predict(&info(), &policy(0.5), &options).unwrap_err();
        assert_eq!(error(Options::default().with_top_k(0)).kind(), ErrorKind::InvalidInput);
        assert_eq!(error(Options::default().with_top_k(6000)).kind(), ErrorKind::InvalidInput);
        assert_eq!(error(Options::default().with_coverage(1.0)).kind(), ErrorKind::InvalidInput);
        assert_eq!(error(Options::default().with_coverage(f32::NAN)).kind(), ErrorKind::InvalidInput);
        assert_eq!(error(Options::default().with_within(code("77"))).kind(), ErrorKind::InvalidInput);
        assert_eq!(error(Options::default().with_level(Level::TariffLine)).kind(), ErrorKind::Unsupported);
        for wrong in
            [vec![("610910", -0.1)], vec![("610910", f32::NAN)], vec![("610910", 0.9), ("6203", 0.2)]]
        {
            let wrong = wrong.into_iter().map(|(text, score)| (code(text), score));
            assert_eq!(Ranking::new(wrong).unwrap_err().kind(), ErrorKind::Inference);
        }
    }

    #[test]
    fn candidate_set_reaches_the_mass() {
        let p = ranking().predict(&info(), &policy(0.5), &Options::default().with_coverage(0.6)).unwrap();
        assert_eq!(p.candidate_set(), Some(&[code("610910"), code("610990")][..]));
    }

    proptest! {
        #[test]
        fn parents_are_sums_and_order_is_total(
            raw in proptest::collection::vec((1..97_u32, 0..4_u32, 0..4_u32, 0..1000_u32), 1..60),
            top_k in 1..10_usize,
        ) {
            let total: u32 = raw.iter().map(|r| r.3).sum::<u32>().max(1);
            let scores: Vec<(HsCode, f32)> = raw.iter()
                .map(|&(c, h, s, w)| (code(&format!("{c:02}{h:02}{s:02}")), w as f32 / total as f32))
                .collect();
            let ranking = Ranking::new(scores.clone()).unwrap();
            let mut reversed = scores;
            reversed.reverse();
            let options = Options::default().with_top_k(top_k);
            let p = ranking.predict(&info(), &policy(2.0), &options).unwrap();
            prop_assert!(p.candidates().len() <= top_k);
            for pair in p.candidates().windows(2) {
                prop_assert!(pair[0].score() > pair[1].score()
                    || (pair[0].score() == pair[1].score() && pair[0].code() < pair[1].code()));
            }
            let all = Options::default().with_top_k(5612);
            let deep = ranking.predict(&info(), &policy(2.0), &all).unwrap();
            for level in [Level::Chapter, Level::Heading] {
                let up = ranking.predict(&info(), &policy(2.0), &all.clone().with_level(level)).unwrap();
                for candidate in up.candidates() {
                    let sum: f32 = deep.candidates().iter()
                        .filter(|c| candidate.code().covers(&c.code())).map(Candidate::score).sum();
                    prop_assert!((sum - candidate.score()).abs() < 1e-5);
                }
            }
            // The best k are the first k of all.
            let k = p.candidates().len();
            prop_assert_eq!(p.candidates(), &deep.candidates()[..k]);
        }
    }
}
