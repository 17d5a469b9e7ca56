//! What is left in the memory of this process once a secret was dropped.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, PocketSign, PrivateKey, ResponseBody, Transport, TransportError, TransportRequest,
    pocketsign::UserId,
};
use zeroize::Zeroizing;

/// A secret that this hunt knows but does not hold: each byte is told apart from the secret's by the mask.
struct Masked(Vec<u8>);

const MASK: u8 = 0xa5;

impl Masked {
    fn of(secret: &[u8]) -> Self {
        Self(secret.iter().map(|byte| byte ^ MASK).collect())
    }

    /// How often the secret stands in the writable memory of this process.
    fn copies(&self) -> usize {
        const CHUNK: usize = 1 << 20;
        let memory = File::open("/proc/self/mem").unwrap();
        let mut chunk = vec![0; CHUNK + self.0.len()];
        let mut copies = 0;
        for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            if !rights.starts_with("rw") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            for at in (start..end).step_by(CHUNK) {
                // Otherwise it would find what it has read itself.
                chunk.fill(0);
                let length = chunk.len().min(usize::try_from(end - at).unwrap());
                let read = memory.read_at(&mut chunk[..length], at).unwrap_or(0);
                let begins = chunk[..read].windows(self.0.len()).take(CHUNK);
                copies += begins.filter(|window| window.iter().zip(&self.0).all(|(byte, masked)| byte ^ MASK == *masked)).count();
            }
        }
        copies
    }
}

/// Answers everything, and keeps nothing.
struct Static;

impl Transport for Static {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let answer = http::Response::builder().header("content-type", "application/json").body(r#"{"id":1}"#.into());
        Box::pin(async move { Ok(answer.unwrap()) })
    }
}

/// A text of 40 letters and digits that is nowhere else.
fn new_key() -> (String, Masked) {
    let mut key = String::with_capacity(40);
    key.extend(std::iter::repeat_with(fastrand::alphanumeric).take(40));
    // The allocator writes over the beginning of what was freed, so the end is what is left.
    let masked = Masked::of(&key.as_bytes()[20..]);
    (key, masked)
}

/// One after the other: a hunt holds for a moment what it reads, and another would find that.
#[test]
fn what_was_dropped_is_gone() {
    a_private_key_is_gone_when_it_is_dropped();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(a_key_is_gone_with_the_last_client());
}

async fn a_key_is_gone_with_the_last_client() {
    let (key, masked) = new_key();
    let cc = CertCentral::builder(ApiKey::new(key).unwrap()).transport(Static).build().unwrap();
    cc.users().me().send().await.unwrap();
    let clone = cc.clone();
    drop(cc);
    assert!(masked.copies() > 0, "the client that is left needs it");
    drop(clone);
    assert_eq!(masked.copies(), 0);

    let (token, masked) = new_key();
    let ps = PocketSign::builder(ApiKey::new(token).unwrap()).base_url("https://shomei.invalid").transport(Static).build().unwrap();
    let _ = ps.users().get(UserId::from("497f6eca-6276-4993-bfeb-53cbbbba6f08")).send().await;
    assert!(masked.copies() > 0);
    drop(ps);
    assert_eq!(masked.copies(), 0);
}

fn a_private_key_is_gone_when_it_is_dropped() {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let masked = {
        let pem = key.to_pem();
        let mut text = Zeroizing::new(String::with_capacity(pem.expose().len()));
        pem.expose().lines().filter(|line| !line.starts_with("---")).for_each(|line| text.push_str(line));
        let mut der = Zeroizing::new(vec![0; 300]);
        STANDARD.decode_slice(&*text, &mut der).unwrap();
        Masked::of(&der[36..68])
    };
    key.sign_csr(["example.com"]).unwrap();
    let again = PrivateKey::from_pem(key.to_pem().expose()).unwrap();
    assert!(masked.copies() > 0);
    drop((key, again));
    assert_eq!(masked.copies(), 0);
}
