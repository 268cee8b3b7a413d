//! What somebody probably meant.

/// How alike a word must be to one of a few fixed words. Low: `production` means `prod`.
const LIKE_A_WORD: f64 = 0.8;
/// How alike a name must be to one that people chose. High: names of one family begin alike and mean different things.
const LIKE_A_NAME: f64 = 0.92;
/// Longer texts are no misspelt names, and comparing is quadratic.
const LONGEST: usize = 100;

/// The one of a few fixed words, such as keys and options, that `text` is probably meant to be.
pub fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    most_alike(text, words, LIKE_A_WORD)
}

/// The one of the names that people gave to things, such as models, that `text` is probably meant to be.
pub fn nearest_name<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    most_alike(text, names, LIKE_A_NAME)
}

fn most_alike<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>, least: f64) -> Option<&'a str> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_lowercase().replace(['_', ' '], "-");
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&text, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > least)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_guessed_freely() {
        let stages = ["dev", "test", "prod"];
        for (text, near) in [
            ("prodd", Some("prod")),
            ("Prod", Some("prod")),
            ("production", Some("prod")),
            ("staging", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, stages), near, "{text}");
        }
        assert_eq!(nearest("shared_services", ["shared-services", "session"]), Some("shared-services"));
    }

    #[test]
    fn names_of_one_family_are_told_apart() {
        let models = ["diabetes-progression", "churn"];
        assert_eq!(nearest_name("diabetes-progresion", models), Some("diabetes-progression"));
        assert_eq!(nearest_name("diabetes-risk", models), None);
    }
}
