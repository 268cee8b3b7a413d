use proptest::prelude::*;

use super::*;

fn status() -> View {
    View::Table(Table {
        columns: vec!["MODEL", "STAGE", "COMMENT"],
        rows: vec![
            vec![
                "churn:3".into(),
                Cell::new("Approved", Tone::Good),
                "better than :2 on every segment that was measured".into(),
            ],
            vec!["漢字:12".into(), Cell::new("Pending", Tone::Waiting), "a\nb\u{1b}[2J\u{202e}".into()],
            vec!["price:1".into(), Cell::new("Failed", Tone::Bad), Cell::new("", Tone::Faint)],
        ],
        empty: "no models",
    })
}

const WIDE: Style = Style { width: None, color: false };

#[test]
fn nothing_is_cut_without_a_width() {
    insta::assert_snapshot!(render(&status(), WIDE), @r"
    MODEL    STAGE     COMMENT
    churn:3  Approved  better than :2 on every segment that was measured
    漢字:12  Pending   a\nb\u{1b}[2J\u{202e}
    price:1  Failed
    ");
}

#[test]
fn long_cells_are_cut_to_the_terminal() {
    insta::assert_snapshot!(render(&status(), Style { width: Some(44), color: false }), @r"
    MODEL    STAGE     COMMENT
    churn:3  Approved  better than :2 on every …
    漢字:12  Pending   a\nb\u{1b}[2J\u{202e}
    price:1  Failed
    ");
}

#[test]
fn tones_become_colours() {
    let colored = render(&status(), Style { width: None, color: true });
    insta::assert_snapshot!(colored.replace('\u{1b}', "ESC"), @r"
    ESC[1mMODELESC[0m    ESC[1mSTAGEESC[0m     ESC[1mCOMMENTESC[0m
    churn:3  ESC[38;5;2mApprovedESC[39m  better than :2 on every segment that was measured
    漢字:12  ESC[38;5;3mPendingESC[39m   a\nb\u{1b}[2J\u{202e}
    price:1  ESC[38;5;1mFailedESC[39m    ESC[2mESC[0m
    ");
}

#[test]
fn fields_sections_and_text() {
    let view = View::Sections(vec![
        (
            "Identity".into(),
            View::Fields(vec![("account".into(), "012345678901".into()), ("caller".into(), "lead\u{7}".into())]),
        ),
        ("Models".into(), View::Table(Table { empty: "no models yet", ..Table::default() })),
        ("File".into(), View::Text("a: 1\n\tb: 2".into())),
    ]);
    insta::assert_snapshot!(render(&view, WIDE), @r"
    Identity
    account:  012345678901
    caller:   lead\u{7}

    Models
    no models yet

    File
    a: 1
    	b: 2
    ");
    insta::assert_snapshot!(render_tsv(&view), @r"
    account	012345678901
    caller	lead\u{7}


    a: 1
    	b: 2
    ");
}

#[test]
fn tsv_has_as_many_fields_as_columns() {
    let text = render_tsv(&status());
    assert_eq!(text.lines().map(|line| line.split('\t').count()).collect::<Vec<_>>(), [3, 3, 3]);
    insta::assert_snapshot!(text, @r"
    churn:3	Approved	better than :2 on every segment that was measured
    漢字:12	Pending	a\nb\u{1b}[2J\u{202e}
    price:1	Failed
    ");
}

proptest! {
    #[test]
    fn nothing_unsafe_is_shown(cells in prop::collection::vec(any::<String>(), 3), width in prop::option::of(1_u16..200)) {
        let view = View::Table(Table {
            columns: vec!["A", "B", "C"],
            rows: vec![cells.into_iter().map(Cell::from).collect()],
            empty: "",
        });
        let shown = render(&view, Style { width, color: false });
        prop_assert!(!shown.replace('\n', "").contains(text::is_unsafe));
        prop_assert_eq!(shown.lines().count(), 2);
    }
}
