//! The labelled list of media: a CSV file with a header line.
//!
//! Columns `path` (relative to the manifest), `label` (`real` or `fake`), `kind` (`video` or `image`), `source`,
//! `generator`, `identity`, `split`, in any order; further columns are kept as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use veritag::diagnose;

/// What every manifest has.
pub const COLUMNS: [&str; 7] = ["path", "label", "kind", "source", "generator", "identity", "split"];
/// Stands where a manifest leaves a cell of `source`, `generator` or `split` empty.
pub const UNNAMED: &str = "unnamed";

/// What is known to be true of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Real,
    Fake,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
}

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As written, relative to the manifest.
    pub path: String,
    pub label: Label,
    pub kind: MediaKind,
    /// The collection that the asset is from.
    pub source: String,
    /// What made a fake; `none` for a real one.
    pub generator: String,
    /// Who is shown; `A_B` for a fake made of two people. Empty: nobody else's.
    pub identity: String,
    pub split: String,
    /// Every other column, by name.
    #[serde(flatten)]
    pub extra: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
    /// Most entries taken, where not all were.
    pub limit: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("{}: {why}; name a CSV file that can be read", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("{}, line 1: no column `{column}`; the first line must name {}", path.display(), COLUMNS.join(","))]
    MissingColumn { path: PathBuf, column: &'static str },
    #[error("{}, line {line}: {why}", path.display())]
    BadLine { path: PathBuf, line: u64, why: String },
    #[error("{}: it lists no asset; add a line for each", path.display())]
    Empty { path: PathBuf },
    #[error("{}: nothing is in the split `{split}`; it has {splits}", path.display())]
    NoSuchSplit { path: PathBuf, split: String, splits: String },
}

diagnose! { DatasetError {
    Self::Unreadable { .. } => "labels-unreadable", Operator;
    Self::MissingColumn { .. } | Self::BadLine { .. } => "labels-malformed", Operator;
    Self::Empty { .. } | Self::NoSuchSplit { .. } => "labels-empty", Operator;
}}

impl Dataset {
    /// Reads the manifest at `path`; whether the media are there is not looked at.
    ///
    /// # Errors
    /// [`DatasetError`], with the line and what to do about it.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let file = std::fs::File::open(path);
        let file = file.map_err(|error| DatasetError::Unreadable { path: path.into(), why: error.to_string() })?;
        Self::parse(path, file)
    }

    /// [`Dataset::read`], from any text that stands for the file at `path`.
    ///
    /// # Errors
    /// Those of [`Dataset::read`].
    pub fn parse(path: &Path, text: impl std::io::Read) -> Result<Self, DatasetError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let header = reader.headers().map_err(|error| unreadable(path, &error))?.clone();
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        if let Some(column) = COLUMNS.into_iter().find(|column| !names.contains(column)) {
            return Err(DatasetError::MissingColumn { path: path.into(), column });
        }
        let mut entries = Vec::new();
        let mut seen = BTreeSet::new();
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(path, &error))?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells = names.iter().zip(&record).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect();
            let entry = entry(cells).and_then(|entry| match seen.insert(entry.path.clone()) {
                true => Ok(entry),
                false => Err(format!("`{}` is listed twice; keep one line", entry.path)),
            });
            entries.push(entry.map_err(|why| DatasetError::BadLine { path: path.into(), line, why })?);
        }
        match entries.is_empty() {
            true => Err(DatasetError::Empty { path: path.into() }),
            false => Ok(Self { path: path.into(), entries, limit: None }),
        }
    }

    /// Keeps the assets of one split.
    ///
    /// # Errors
    /// [`DatasetError::NoSuchSplit`], which names those that there are.
    pub fn keep_split(&mut self, split: &str) -> Result<(), DatasetError> {
        let splits: BTreeSet<&str> = self.entries.iter().map(|entry| entry.split.as_str()).collect();
        if !splits.contains(split) {
            let splits = splits.into_iter().collect::<Vec<_>>().join(", ");
            return Err(DatasetError::NoSuchSplit { path: self.path.clone(), split: split.into(), splits });
        }
        self.entries.retain(|entry| entry.split == split);
        Ok(())
    }

    /// Keeps at most `limit` assets, evenly spread over the list so that no class at its end is lost.
    pub fn keep_at_most(&mut self, limit: usize) {
        let all = self.entries.len();
        if limit >= all {
            return;
        }
        self.limit = Some(limit);
        let mut nth = 0;
        self.entries.retain(|_| {
            nth += 1;
            (nth - 1) * limit / all != nth * limit / all
        });
    }

    /// Where an asset of this manifest lies.
    pub fn resolve(&self, entry: &Entry) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(&entry.path)
    }
}

fn entry(mut cells: BTreeMap<String, String>) -> Result<Entry, String> {
    let mut take = |name: &str| cells.remove(name).unwrap_or_default();
    let [path, label, kind, source, generator, identity, split] = COLUMNS.map(&mut take);
    if path.is_empty() {
        return Err("`path` is empty; name the asset's file".into());
    }
    let named = |cell: String| if cell.is_empty() { UNNAMED.to_owned() } else { cell };
    let [source, generator, split] = [source, generator, split].map(named);
    let (label, kind) = (label_of(&label)?, kind_of(&kind)?);
    Ok(Entry { path, label, kind, source, generator, identity, split, extra: cells })
}

fn label_of(cell: &str) -> Result<Label, String> {
    match cell {
        "real" => Ok(Label::Real),
        "fake" => Ok(Label::Fake),
        other => Err(format!("unknown label `{other}`; write `real` or `fake`")),
    }
}

fn kind_of(cell: &str) -> Result<MediaKind, String> {
    match cell {
        "image" => Ok(MediaKind::Image),
        "video" => Ok(MediaKind::Video),
        other => Err(format!("unknown kind `{other}`; write `video` or `image`")),
    }
}

fn unreadable(path: &Path, error: &csv::Error) -> DatasetError {
    match error.position() {
        Some(position) => {
            let why = format!("{error}; give every line as many cells as the first");
            DatasetError::BadLine { path: path.into(), line: position.line(), why }
        }
        None => DatasetError::Unreadable { path: path.into(), why: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    const HEADER: &str = "path,label,kind,source,generator,identity,split,rig";

    fn parse(lines: &str) -> Result<Dataset, DatasetError> {
        Dataset::parse(Path::new("media/manifest.csv"), format!("{HEADER}\n{lines}").as_bytes())
    }

    #[test]
    fn keeps_every_column() {
        let manifest = parse("a/033.mp4,real,video,FF++c23,none,033,train,tripod\n").unwrap();
        let entry = &manifest.entries[0];
        assert_eq!((entry.identity.as_str(), entry.label, entry.extra["rig"].as_str()), ("033", Label::Real, "tripod"));
        assert_eq!(manifest.resolve(entry), Path::new("media/a/033.mp4"));
    }

    #[test]
    fn columns_may_stand_in_any_order_after_a_byte_order_mark() {
        let text = "\u{feff}split,identity,generator,source,kind,label,path\ntest,1,none,x,image,real,\"a,b.jpg\"\n";
        let manifest = Dataset::parse(Path::new("m.csv"), text.as_bytes()).unwrap();
        assert_eq!((manifest.entries[0].path.as_str(), manifest.entries[0].split.as_str()), ("a,b.jpg", "test"));
    }

    #[test]
    fn errors_name_file_line_and_what_to_do() {
        let says = |lines: &str, words: &str| {
            let error = parse(lines).unwrap_err().to_string();
            assert!(error.starts_with("media/manifest.csv") && error.contains(words), "{error}");
        };
        let good = "a.mp4,real,video,s,none,1,test,r\n";
        says(
            &format!("{good}b.mp4,forged,video,s,g,1,test,r\n"),
            "line 3: unknown label `forged`; write `real` or `fake`",
        );
        says("b.mp4,real,audio,s,g,1,test,r\n", "line 2: unknown kind `audio`");
        says(",real,video,s,g,1,test,r\n", "line 2: `path` is empty");
        says("b.mp4,real\n", "line 2");
        says(&format!("{good}{good}"), "line 3: `a.mp4` is listed twice");
        says("", "it lists no asset");
        let error = Dataset::parse(Path::new("m.csv"), "path,label\n".as_bytes()).unwrap_err();
        assert!(error.to_string().contains("no column `kind`"), "{error}");
        assert_eq!(Dataset::read(Path::new("/nowhere.csv")).unwrap_err().code(), "labels-unreadable");
    }

    #[test]
    fn a_split_or_a_few_can_be_kept() {
        let lines: String = (0..10).map(|n| format!("{n}.mp4,real,video,s,none,1,{},r\n", n % 2)).collect();
        let mut manifest = parse(&lines).unwrap();
        assert!(manifest.clone().keep_split("2").unwrap_err().to_string().contains("it has 0, 1"));
        manifest.keep_split("1").unwrap();
        manifest.keep_at_most(5);
        assert_eq!((manifest.entries.len(), manifest.limit), (5, None));
        manifest.keep_at_most(3);
        assert_eq!((manifest.entries.len(), manifest.limit), (3, Some(3)));
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_list_crashes_its_reader(bytes in hostile(vec![format!("{HEADER}\n\"a,b.mp4\",real,video,s,none,1,test,r\n").into()])) {
            drop(Dataset::parse(Path::new("m.csv"), &bytes[..]));
        }
    }
}
