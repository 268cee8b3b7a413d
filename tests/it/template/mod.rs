//! `aiops template`, and what templates of anybody may not do.

mod commands;
pub mod hostile;

use proptest::prelude::*;

/// A template.yaml that is nearly right.
fn nearly() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("version: 1\n".to_owned()),
        Just("title: T\n".to_owned()),
        "(layouts|providers|includes|files|variables|fragment|use-case|titel): .{0,20}\n",
        "  [a-z]{1,8}: \\{(type|default|pattern|when|choices|minimum): [^\n]{0,20}\\}\n",
        "  - (path|when|render): [^\n]{0,20}\n",
        "variables: \\{v: \\{(type: (string|integer|choice), )?default: '[^'\n]{0,12}'\\}\\}\n",
        "files: \\[\\{path: '(build|\\*\\*|repository)/[^'\n]{0,8}'(, when: '[^'\n]{0,8}')?\\}\\]\n",
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| format!("version: 1\ntitle: T\n{}", lines.concat()))
}

proptest! {
    #[test]
    fn any_manifest_renders_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        hostile::manifest(&bytes);
    }

    #[test]
    fn any_nearly_right_manifest_renders_or_is_refused(text in nearly()) {
        hostile::manifest(text.as_bytes());
    }

    #[test]
    fn any_name_is_a_path_or_is_refused(text in "([a-z./\\\\:~ {}]|\\{\\{ v \\}\\}|\\.git|\\.\\./|nul|taken|\n|\\PC|\\p{Cc}){0,12}") {
        hostile::rendered_path(&text);
    }
}
