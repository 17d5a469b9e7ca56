//! The guide, the two READMEs and CONTRIBUTING.md keep together: what one language shows the other shows too, and what is quoted is there.

use std::{collections::BTreeSet, fs, path::Path};

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn chapters(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let names = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    let markdown = names.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    markdown.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).filter(|name| name != "index").collect()
}

/// What a page is made of, whatever its language: headings by their level, the rows of tables, and blocks of code as they are.
#[derive(Debug, PartialEq)]
enum Part {
    Heading(usize),
    Row { cells: usize, code: BTreeSet<String> },
    Block(String),
}

fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            parts.push(Part::Block(format!("{line}\n{}", block.join("\n"))));
        } else if line.starts_with('#') {
            parts.push(Part::Heading(line.chars().take_while(|char| *char == '#').count()));
        } else if line.starts_with('|') {
            let code = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            parts.push(Part::Row { cells: line.matches('|').count(), code });
        }
    }
    parts
}

/// Shows the first difference only: two pages side by side help nobody.
fn assert_same(english: &str, japanese: &str) {
    let (one, other) = (parts(&read(english)), parts(&read(japanese)));
    for (at, (one, other)) in one.iter().zip(&other).enumerate() {
        assert_eq!(one, other, "{english} and {japanese} part at part {at}");
    }
    assert_eq!(one.len(), other.len(), "{english} and {japanese}: one of them goes on");
}

#[test]
fn both_readmes_have_the_same_sections_commands_and_tables() {
    assert_same("README.md", "README.ja.md");
    let parts = parts(&read("README.md"));
    assert!(parts.iter().any(|part| matches!(part, Part::Block(block) if block.contains("cargo add shomei"))), "the page was read");
}

#[test]
fn chapters_of_both_languages_have_the_same_programs() {
    let japanese = chapters("src/guide/ja");
    assert!(japanese.is_subset(&chapters("src/guide")) && !japanese.is_empty(), "{japanese:?}");
    for name in japanese {
        assert_same(&format!("src/guide/{name}.md"), &format!("src/guide/ja/{name}.md"));
    }
}

#[test]
fn every_chapter_is_shown_and_listed() {
    let (module, index) = (read("src/guide.rs"), read("src/guide/index.md"));
    let (english, japanese) = module.split_once("pub mod ja").expect("the Japanese chapters");
    for name in chapters("src/guide") {
        assert!(english.lines().any(|line| line.trim().split([',', ' ']).next() == Some(&name)), "{name} is not in src/guide.rs");
        assert!(index.contains(&format!("]({name})")), "{name} is not in the list of chapters");
    }
    for name in chapters("src/guide/ja") {
        assert!(japanese.contains(&format!("    {name},\n")), "ja/{name} is not in src/guide.rs");
        assert!(english.contains(&format!("]({name})")), "ja/{name} is not in the list of chapters");
    }
}

#[test]
fn every_program_of_the_guide_runs() {
    for name in chapters("src/guide") {
        for block in read(format!("src/guide/{name}.md")).lines().filter(|line| line.starts_with("```rust")) {
            assert!(!block.contains("ignore"), "{name}: {block}");
        }
    }
}

/// An excerpt of CONTRIBUTING.md follows the name of the file that it is from.
#[test]
fn what_is_quoted_is_there() {
    let page = read("CONTRIBUTING.md");
    let mut lines = page.lines();
    let mut quoted = 0;
    while let Some(line) = lines.next() {
        let path = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let Some(path) = path.filter(|path| path.contains('/')) else { continue };
        let fence = lines.by_ref().find(|line| !line.is_empty()).expect("a block follows");
        assert!(fence.starts_with("```"), "{path}: {fence}");
        let excerpt: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        assert!(read(path).contains(&excerpt.join("\n")), "{path} does not have:\n{}", excerpt.join("\n"));
        quoted += 1;
    }
    assert!(quoted >= 5, "{quoted} excerpts were found");
}
