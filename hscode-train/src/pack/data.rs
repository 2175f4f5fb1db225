//! One digest for data of several files.

use hscode_core::package::sha256;

/// The SHA-256 of several files: of the list of their digests by name, as `sha256sum` prints it, so that
/// `cd FOLDER && sha256sum * | sha256sum` gives the same.
///
/// ```
/// use hscode_train::pack::digest_of_files;
/// let digest = digest_of_files([("b.tsv", &b"2"[..]), ("a.tsv", b"1")]);
/// assert_eq!(digest, digest_of_files([("a.tsv", &b"1"[..]), ("b.tsv", b"2")]));
/// ```
pub fn digest_of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<(&str, String)> =
        files.into_iter().map(|(name, bytes)| (name, format!("{}  {name}\n", sha256(bytes)))).collect();
    lines.sort();
    let list: String = lines.into_iter().map(|(_, line)| line).collect();
    sha256(list.as_bytes())
}
