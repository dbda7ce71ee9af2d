use super::*;
use std::collections::BTreeSet;

/// What opens and closes must match; the rest stands alone.
fn well_formed(name: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("{name}: a tag without an end"));
        let word = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap_or("");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "{name}");
        } else if !tag.ends_with('/') && !["!doctype", "meta", "link"].contains(&word) {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[test]
fn every_entry_has_a_whole_page_and_no_link_is_broken() {
    let pages = pages().unwrap();
    let files: BTreeSet<&str> = pages.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(files.len(), pages.len(), "no file is written twice");
    assert_eq!(pages.len(), 2 + catalogue().len() + table().len());
    for (name, text) in pages.iter().filter(|it| it.0.ends_with(".html")) {
        well_formed(name, text);
        for bad in ["NaN", "inf ", "<script", "Infinity"] {
            assert!(!text.contains(bad), "{name}: {bad}");
        }
        for link in text.split("href=\"").skip(1).filter_map(|it| it.split_once('"')).map(|it| it.0) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name } else { file };
            assert!(files.contains(file), "{name}: {link}");
            let to = &pages.iter().find(|it| it.0 == file).unwrap().1;
            assert!(anchor.is_empty() || to.contains(&format!("id=\"{anchor}\"")), "{name}: {link}");
        }
    }
    for spec in catalogue() {
        let text = &pages.iter().find(|it| it.0 == file(spec.name)).unwrap().1;
        assert!(text.contains(&escape(spec.formula())), "{}", spec.name);
        assert!(text.contains("<svg") || text.contains("No picture"), "{}", spec.name);
        for it in &spec.parameters {
            assert!(text.contains(&format!("<code>{}</code>", it.name)), "{}: {}", spec.name, it.name);
        }
    }
}

#[test]
fn nearly_every_entry_has_a_picture_with_something_in_it() {
    let pages = pages().unwrap();
    let without: Vec<&str> =
        pages.iter().filter(|it| it.1.contains("No picture")).map(|it| it.0.as_str()).collect();
    println!("without a picture: {without:?}");
    assert!(without.len() <= 12, "{without:?}");
    let silent = ["acos.html", "asin.html"];
    for (name, text) in pages.iter().filter(|it| it.1.contains("<svg")) {
        let empty = text.contains("d=\"\"") || text.contains("silent on these prices");
        assert_eq!(empty, silent.contains(&name.as_str()), "{name}");
    }
}
