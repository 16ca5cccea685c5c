//! Which files a command is about.

use std::ffi::OsStr;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::FileError;

/// How the file that keeps an assessment beside its asset is named.
pub const ASSESSMENT_ENDING: &str = ".veritag.json";

/// Endings of our own files, and of those that stand beside media.
const NOT_MEDIA: [&str; 8] = ["json", "xmp", "md", "txt", "py", "html", "toml", "info"];

/// Endings of images, of raw ones, and of videos.
const MEDIA: [&[&str]; 3] = [
    &["jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "heif", "jxl", "tif", "tiff", "bmp", "psd"],
    &[
        "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "srf", "raf", "orf", "rw2", "rwl", "pef", "srw", "x3f",
        "gpr", "3fr", "fff", "iiq", "cap", "eip", "kdc", "dcr", "mrw", "mef", "mos", "erf", "raw", "rwz", "r3d",
    ],
    &["mp4", "m4v", "mov", "mkv", "webm", "avi", "mts", "m2ts", "mpg", "mpeg", "3gp", "ogv", "wmv"],
];

/// The files that `paths` name: files as given, directories with everything below them but hidden files,
/// sidecars and links to directories, in order of name, and `-` for a list on standard input, one path a line.
///
/// # Errors
/// [`FileError::List`] when standard input cannot be read.
pub fn expand(paths: &[PathBuf], stdin: impl BufRead) -> Result<Vec<PathBuf>, FileError> {
    let mut stdin = Some(stdin);
    let mut files = Vec::new();
    for path in paths {
        if path == OsStr::new("-") {
            for line in stdin.take().into_iter().flat_map(|input| input.split(b'\n')) {
                files.extend(from_line(&line.map_err(FileError::List)?));
            }
        } else if path.is_dir() {
            files.extend(below(path, may_be_media));
        } else if !is_assessment(path) {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Lists that Windows made end their lines in a carriage return, which may also be part of a name.
fn from_line(line: &[u8]) -> Option<PathBuf> {
    let path = |bytes| PathBuf::from(OsStr::from_bytes(bytes));
    let whole = path(line);
    let line = line.strip_suffix(b"\r").filter(|_| !whole.exists()).unwrap_or(line);
    (!line.is_empty()).then(|| path(line))
}

/// The file at `path`, or those below it, as far as they may be media and are not hidden.
pub fn media(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        return below(path, may_be_media);
    }
    let one = may_be_media(path) && !path.file_name().is_none_or(hidden);
    one.then(|| path.to_owned()).into_iter().collect()
}

/// The files below `directory` whose names are `wanted`, but hidden ones and links to directories, in order of name; a
/// directory that cannot be read stands for itself.
pub fn below(directory: &Path, wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(directory, wanted, &mut files);
    files
}

fn walk(directory: &Path, wanted: fn(&Path) -> bool, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        // Its assessment will say that it cannot be read.
        return files.push(directory.to_owned());
    };
    let mut entries: Vec<_> = entries.flatten().filter(|entry| !hidden(&entry.file_name())).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), wanted, files),
            Ok(_) if entry.path().is_file() && wanted(&entry.path()) => files.push(entry.path()),
            _ => {}
        }
    }
}

/// Whether `path` is named as the assessment that a scan left, which no scan is about.
pub fn is_assessment(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(ASSESSMENT_ENDING.as_bytes())
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file of this name is an image or a video beyond doubt.
pub fn is_media(path: &Path) -> bool {
    MEDIA.iter().any(|endings| ends(path, endings))
}

/// Whether a file of this name is an image, most likely one that does not move.
pub fn is_image(path: &Path) -> bool {
    ends(path, MEDIA[0])
}

fn ends(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|other| ending.eq_ignore_ascii_case(other)))
}

/// Whether a file of this name may be an image or a video.
pub fn may_be_media(path: &Path) -> bool {
    !ends(path, &NOT_MEDIA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_walked_in_order_without_sidecars_and_hidden_files() {
        let root = tempfile::tempdir().unwrap();
        let names = ["b.mp4", "a.jpg", "a.jpg.veritag.json", ".hidden.mp4", "sub/c.MOV", "sub/c.xmp"];
        std::fs::create_dir(root.path().join("sub")).unwrap();
        names.iter().for_each(|name| std::fs::write(root.path().join(name), "x").unwrap());
        let found = expand(&[root.path().to_owned()], &b""[..]).unwrap();
        let wanted = ["a.jpg", "b.mp4", "sub/c.MOV"].map(|name| root.path().join(name));
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_dash_reads_a_list_once_and_keeps_odd_names() {
        let found = expand(&["-".into(), "z".into(), "-".into()], &b"a b.mp4\n\nc\xff.mp4\n"[..]).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Path::new("a b.mp4"));
        assert_eq!(found[2], Path::new("z"));
    }

    #[test]
    fn lines_may_end_as_windows_ends_them() {
        let root = tempfile::tempdir().unwrap();
        let odd = root.path().join("odd\r");
        std::fs::write(&odd, "x").unwrap();
        let list = format!("a.jpg\r\n\r\n{}\nb.jpg", odd.display());
        assert_eq!(expand(&["-".into()], list.as_bytes()).unwrap(), [Path::new("a.jpg"), &odd, Path::new("b.jpg")]);
    }
}
