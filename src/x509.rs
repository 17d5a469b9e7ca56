//! Certificate requests and certificates, as far as a client of a certificate service has to understand them.

#[cfg(feature = "archives")]
mod archive;
mod certificate;
mod chain;
mod csr;
mod file;
#[cfg(feature = "keys")]
mod key;
mod pkcs7;
#[cfg(feature = "certcentral")]
mod told_key;

pub(crate) use self::chain::require_verification;
#[cfg(feature = "keys")]
pub use self::key::{KeyKind, PrivateKey};
pub use self::{certificate::Certificate, chain::CertificateChain, csr::Csr};

/// Cuts the PEM blocks of a label out of a text and lays each out anew: one line end, 64 columns.
///
/// Tolerates what is seen in the wild: CRLF, other widths, all line breaks removed, text between the blocks.
fn pem_blocks(text: &str, label: &str) -> Vec<String> {
    const COLUMNS: usize = 64;
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let Some((body, after)) = after.split_once(&end) else { break };
        // Room for all of it at once: a block may be a private key, of which no copy is to be left behind.
        let mut block = String::with_capacity(begin.len() + body.len() + body.len() / COLUMNS + end.len() + 4);
        block.push_str(&begin);
        for (index, character) in body.chars().filter(|character| !character.is_whitespace()).enumerate() {
            if index % COLUMNS == 0 {
                block.push('\n');
            }
            block.push(character);
        }
        block.push('\n');
        block.push_str(&end);
        block.push('\n');
        blocks.push(block);
        rest = after;
    }
    blocks
}
