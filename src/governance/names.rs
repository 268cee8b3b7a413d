//! Words with a fixed spelling, read from people.

use crate::error::Error;

/// Finds `text` among `choices` by its name, whatever the case, or says which name was probably meant.
pub(super) fn parse<T: Copy>(
    what: &str,
    text: &str,
    choices: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, Error> {
    if let Some(choice) = choices.iter().copied().find(|&choice| name(choice).eq_ignore_ascii_case(text)) {
        return Ok(choice);
    }
    let names: Vec<&str> = choices.iter().map(|&choice| name(choice)).collect();
    let error = Error::usage(format!("{text:?} is not a {what}"));
    let error = match nearest(text, &names) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error,
    };
    Err(error.hint(format!("a {what} is one of {}", names.join(", "))))
}

fn nearest<'a>(text: &str, names: &[&'a str]) -> Option<&'a str> {
    let text = text.to_lowercase();
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&text, &name.to_lowercase()), *name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3))
        .map(|(_, name)| name)
}
