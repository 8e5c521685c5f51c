//! Names of wire types in the source: utoipa lets the second of two with one name replace the first in silence.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::architecture::source::collect;

/// Names of wire types, with the files that define them.
pub fn wire_types() -> BTreeMap<String, Vec<String>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&workspace.join("src"), &mut files);
    collect(&workspace.join("entity/src"), &mut files);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(workspace).unwrap().display().to_string();
        for name in wire_types_in(&text) {
            found.entry(name).or_default().push(file.clone());
        }
    }
    found
}

/// Names of the types in `text` that derive or implement `ToSchema`, as the document calls them.
pub fn wire_types_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    scan(text.parse().unwrap(), &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut derives = false;
    let mut renamed = None;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if is_attribute(&tokens, at) => {
                let text = group.stream().to_string();
                derives |= text.starts_with("derive") && text.contains("ToSchema");
                renamed = renamed.or_else(|| name_given(&text));
            }
            TokenTree::Group(group) => scan(group.stream(), found),
            TokenTree::Ident(word) if (*word == "struct" || *word == "enum") && derives => {
                // In a macro the name is a variable; each use of the macro is found below.
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                    found.push(renamed.take().unwrap_or_else(|| name.to_string()));
                }
                derives = false;
            }
            TokenTree::Ident(word) if *word == "code" => found.extend(name_in_macro(&tokens, at)),
            TokenTree::Ident(word) if *word == "ToSchema" && is_ident(&tokens, at + 1, "for") => {
                found.extend(
                    tokens
                        .get(at + 2)
                        .filter(|it| matches!(it, TokenTree::Ident(_)))
                        .map(ToString::to_string),
                );
            }
            TokenTree::Punct(end) if end.as_char() == ';' => (derives, renamed) = (false, None),
            _ => {}
        }
    }
}

fn is_attribute(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(hash) if hash.as_char() == '#')
}

fn is_ident(tokens: &[TokenTree], at: usize, wanted: &str) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if *ident == wanted)
}

/// `schema(as = Name)`.
fn name_given(attribute: &str) -> Option<String> {
    let rest = attribute.strip_prefix("schema")?.split("as = ").nth(1)?;
    Some(rest.split([',', ')', ' ']).next()?.to_owned())
}

/// `code!(/// docs Name { .. })` of `entity::codes`.
fn name_in_macro(tokens: &[TokenTree], at: usize) -> Option<String> {
    let Some(TokenTree::Group(group)) = tokens.get(at + 2) else { return None };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let brace = inner.iter().position(
        |token| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    )?;
    match brace.checked_sub(1).map(|before| &inner[before]) {
        Some(TokenTree::Ident(name)) => Some(name.to_string()),
        _ => None,
    }
}
