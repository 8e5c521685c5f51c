//! Reads the source as tokens: which paths a file names, outside its tests and comments.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One file of `src`, `entity` or `migration`.
pub struct Source {
    /// Path below the workspace, such as `src/points/service.rs`.
    pub file: String,
    /// Its module, such as `["points", "service"]`; empty for the root of a crate.
    pub module: Vec<String>,
    /// Lines of text.
    pub lines: usize,
    /// What it names, as full paths, with the line.
    pub paths: Vec<(Vec<String>, usize)>,
    /// Macros called, by name.
    pub macros: Vec<(String, usize)>,
    /// Methods called, by name.
    pub methods: Vec<(String, usize)>,
    /// Whether `.await` or `async` occurs.
    pub is_async: bool,
    /// Child modules that only tests see.
    test_children: Vec<String>,
}

/// Every file of a crate's source folder; files that only tests see are left out.
pub fn read(root: &str) -> Vec<Source> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&workspace.join(root), &mut files);
    let parsed: Vec<Source> = files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let file = path.strip_prefix(workspace).unwrap().to_str().unwrap().to_owned();
            parse(&file, file.strip_prefix(root).unwrap().trim_start_matches('/'), &text)
        })
        .collect();
    let hidden: HashSet<Vec<String>> = parsed
        .iter()
        .flat_map(|source| source.test_children.iter().map(|child| child_of(source, child)))
        .collect();
    let seen = |source: &Source| {
        !(1..=source.module.len()).any(|depth| hidden.contains(&source.module[..depth]))
    };
    parsed.into_iter().filter(seen).collect()
}

fn child_of(source: &Source, child: &str) -> Vec<String> {
    [source.module.as_slice(), &[child.to_owned()]].concat()
}

/// Paths of every `.rs` file below a folder.
pub fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Reads one file; `inside` is its path below the crate's source folder.
pub fn parse(file: &str, inside: &str, text: &str) -> Source {
    let mut module: Vec<String> =
        inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    let tokens: TokenStream =
        text.parse().unwrap_or_else(|error| panic!("{file} is no Rust: {error}"));
    let mut reader = Reader { module: module.clone(), ..Reader::default() };
    reader.block(tokens);
    let paths = reader.resolved();
    Source {
        file: file.to_owned(),
        module,
        lines: text.lines().count(),
        paths,
        macros: reader.macros,
        methods: reader.methods,
        is_async: reader.is_async,
        test_children: reader.test_children,
    }
}

#[derive(Default)]
struct Reader {
    module: Vec<String>,
    uses: Vec<(Vec<String>, usize)>,
    aliases: HashMap<String, Vec<String>>,
    children: HashSet<String>,
    named: Vec<(Vec<String>, usize)>,
    macros: Vec<(String, usize)>,
    methods: Vec<(String, usize)>,
    is_async: bool,
    test_children: Vec<String>,
}

impl Reader {
    fn block(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = self.one(&tokens, at);
        }
    }

    /// Reads what starts at `at` and gives where the next thing starts.
    fn one(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        if is_test_attribute(tokens, at) {
            return self.skip_item(tokens, at + 2);
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                self.block(group.stream());
                at + 1
            }
            TokenTree::Ident(ident) if *ident == "use" => self.use_item(tokens, at + 1),
            TokenTree::Ident(ident) if *ident == "mod" => self.module_item(tokens, at + 1),
            TokenTree::Ident(_) => self.path(tokens, at),
            TokenTree::Punct(dot) if dot.as_char() == '.' && is_punct(tokens, at + 1, '.') => {
                at + 2
            }
            TokenTree::Punct(dot) if dot.as_char() == '.' => self.member(tokens, at + 1),
            _ => at + 1,
        }
    }

    /// Past an item that only tests see: to its `;` or its braces.
    fn skip_item(&mut self, tokens: &[TokenTree], from: usize) -> usize {
        let mut at = from;
        while at < tokens.len() {
            if word(tokens, at).as_deref() == Some("mod") && is_punct(tokens, at + 2, ';') {
                self.test_children.extend(word(tokens, at + 1));
            }
            match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == ';' => return at + 1,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return at + 1,
                _ => at += 1,
            }
        }
        at
    }

    fn module_item(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(name) = word(tokens, at) else { return at };
        self.children.insert(name.clone());
        if let Some(TokenTree::Group(group)) = tokens.get(at + 1) {
            let outer = self.module.clone();
            self.module.push(name);
            self.block(group.stream());
            self.module = outer;
        }
        at + 2
    }

    fn use_item(&mut self, tokens: &[TokenTree], from: usize) -> usize {
        let mut end = from;
        while end < tokens.len() && !is_punct(tokens, end, ';') {
            end += 1;
        }
        self.use_tree(&tokens[from..end], &[]);
        end + 1
    }

    fn use_tree(&mut self, tokens: &[TokenTree], before: &[String]) {
        let (mut path, mut at) = (before.to_vec(), 0);
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in inner.split(|token| is_char(token, ',')) {
                        self.use_tree(part, &path);
                    }
                    return;
                }
                TokenTree::Ident(ident) if *ident == "as" => {
                    let alias = word(tokens, at + 1).unwrap_or_default();
                    return self.used(path, &alias, line(&tokens[at]));
                }
                TokenTree::Ident(ident) if *ident == "self" && !path.is_empty() => {}
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                _ => {}
            }
            at += 1;
        }
        if let (Some(last), Some(token)) = (path.last().cloned(), tokens.first()) {
            let line = line(token);
            self.used(path, &last, line);
        }
    }

    fn used(&mut self, path: Vec<String>, alias: &str, line: usize) {
        let path = self.absolute(path);
        self.aliases.insert(alias.to_owned(), path.clone());
        self.uses.push((path, line));
    }

    /// A path such as `a::b::c`, a macro call, or a word alone.
    fn path(&mut self, tokens: &[TokenTree], from: usize) -> usize {
        let (mut path, mut at) = (Vec::new(), from);
        while let Some(name) = word(tokens, at) {
            path.push(name);
            at += 1;
            if !(is_punct(tokens, at, ':') && is_punct(tokens, at + 1, ':')) {
                break;
            }
            at += 2;
        }
        let line = line(&tokens[from]);
        if is_punct(tokens, at, '!') && matches!(tokens.get(at + 1), Some(TokenTree::Group(_))) {
            self.macros.push((path.last().cloned().unwrap_or_default(), line));
        }
        self.is_async |= path == ["async"];
        if path.len() > 1 {
            let path = self.absolute(path);
            self.named.push((path, line));
        }
        at.max(from + 1)
    }

    /// What follows a dot: a method when it is called.
    fn member(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(name) = word(tokens, at) else { return at };
        self.is_async |= name == "await";
        let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Parenthesis);
        if called || is_punct(tokens, at + 1, ':') {
            self.methods.push((name, line(&tokens[at])));
        }
        at + 1
    }

    /// `crate`, `self` and `super` become the module they mean, under `crate`.
    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        let mut base = match path[0].as_str() {
            "self" | "super" => self.module.clone(),
            _ => return path,
        };
        let mut rest = path.as_slice();
        while let Some((head, tail)) = rest.split_first() {
            match head.as_str() {
                "self" => {}
                "super" => drop(base.pop()),
                _ => break,
            }
            rest = tail;
        }
        [&["crate".to_owned()], base.as_slice(), rest].concat()
    }

    /// Heads that are aliases or child modules become what they stand for.
    fn resolved(&self) -> Vec<(Vec<String>, usize)> {
        let expand = |path: &Vec<String>| -> Vec<String> {
            let head = path[0].as_str();
            if let Some(full) = self.aliases.get(head).filter(|full| full.len() > 1) {
                return [full.as_slice(), &path[1..]].concat();
            }
            if self.children.contains(head) {
                return [&["crate".to_owned()], self.module.as_slice(), path].concat();
            }
            path.clone()
        };
        let named = self.named.iter().chain(&self.uses);
        named.map(|(path, line)| (expand(path), *line)).collect()
    }
}

fn is_test_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return false };
    is_punct(tokens, at, '#')
        && group.delimiter() == Delimiter::Bracket
        && matches!(
            group.stream().to_string().replace(' ', "").as_str(),
            "cfg(test)" | "cfg(all(test))" | "test" | "actix_web::test" | "tokio::test"
        )
}

fn word(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_punct(tokens: &[TokenTree], at: usize, wanted: char) -> bool {
    tokens.get(at).is_some_and(|token| is_char(token, wanted))
}

fn is_char(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}
