//! Turns serde's words about an unknown key into ours, with the nearest known key.

/// The message for people; messages of other kinds stay as they are.
pub(super) fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (kind, seen) = if message.starts_with("unknown field `") {
        ("key", quoted.next())
    } else if message.starts_with("unknown variant `") {
        ("value", quoted.next())
    } else {
        return message.to_owned();
    };
    let Some(seen) = seen else { return message.to_owned() };
    let known: Vec<&str> = quoted.collect();
    let nearest = known.iter().min_by_key(|name| (distance(seen, name), **name));
    let hint = match nearest {
        Some(name) if distance(seen, name) <= 1 + seen.chars().count() / 3 => {
            format!("; did you mean `{name}`?")
        }
        _ => ".".to_owned(),
    };
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("unknown {kind} `{seen}`{hint} Known here: {known}")
}

/// How many characters must be put in, taken out, changed or swapped with their neighbour; 1 where one name is
/// the start of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.chars().collect());
    if a != b && a.len().min(b.len()) >= 3 && (a.starts_with(&b) || b.starts_with(&a)) {
        return 1;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let mut cost =
                (last[j - 1] + usize::from(a[i - 1] != b[j - 1])).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before_last[j - 2] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("seed", "seed"), 0);
        assert_eq!(distance("tets", "test"), 1);
        assert_eq!(distance("weigth", "weight"), 1);
        assert_eq!(distance("Weight", "weight"), 0);
        assert_eq!(distance("weights", "weight"), 1);
        assert_eq!(distance("abc", "xyz"), 3);
        assert_eq!(distance("", "xy"), 2);
    }

    #[test]
    fn says_the_nearest_or_all() {
        assert_eq!(
            explain("unknown field `sed`, expected one of `seed`, `edition`"),
            "unknown key `sed`; did you mean `seed`? Known here: seed, edition"
        );
        assert_eq!(
            explain("unknown field `foo`, expected `seed` or `edition`"),
            "unknown key `foo`. Known here: seed, edition"
        );
        assert_eq!(explain("invalid type: x"), "invalid type: x");
    }
}
