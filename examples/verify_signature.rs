//! Verifies a signature made with a My Number card, and prints what the certificate states and who the user is.
//!
//! Without options it runs against the embedded sandbox with an invented person's card. See `--help` for the real service.

use std::{error::Error, fs, path::PathBuf};

use shomei::{
    ApiKey, PocketSign, Redacted, Sandbox,
    pocketsign::{CheckMethod, Environment, HashAlgorithm, SignInOutcome, SignedData, SignedIn},
    sandbox::PersonDetails,
};

const HELP: &str = "\
Verifies a signature made with a My Number card.

usage: verify_signature [--environment mock|test|production --certificate FILE --digest FILE --signature FILE]

Without options it starts the embedded sandbox with the card of an invented person: no account, no network, no card. With --environment it
sends the certificate (DER or PEM), the digest (32 raw bytes of SHA-256, 48 of SHA-384 or 64 of SHA-512) and the signature to that
environment; the API token is read from the environment variable POCKETSIGN_API_TOKEN. The certificate states personal data, of which only
the length is printed then.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = lexopt::Parser::from_env();
    let mut environment = None::<Environment>;
    let mut files: [Option<PathBuf>; 3] = Default::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("environment") => environment = Some(arguments.value()?.to_string_lossy().parse()?),
            lexopt::Arg::Long("certificate") => files[0] = Some(arguments.value()?.into()),
            lexopt::Arg::Long("digest") => files[1] = Some(arguments.value()?.into()),
            lexopt::Arg::Long("signature") => files[2] = Some(arguments.value()?.into()),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                println!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(environment) = environment else { return in_the_sandbox().await };
    let [Some(certificate), Some(digest), Some(signature)] = files else {
        return Err("--certificate, --digest and --signature are needed with --environment".into());
    };
    let ps = PocketSign::new(ApiKey::from_env("POCKETSIGN_API_TOKEN")?, environment)?;
    verify(&ps, &fs::read(certificate)?, &fs::read(digest)?, &fs::read(signature)?, false).await
}

async fn in_the_sandbox() -> Result<(), Box<dyn Error>> {
    println!("no --environment given: using the embedded sandbox, with an invented person\n");
    let sandbox = Sandbox::new();
    let ps = sandbox.pocketsign()?;
    let card = sandbox.jpki().card(PersonDetails::default());
    println!("registering with the signing certificate:");
    let (digest, signature) = card.signing.sign(b"a contract");
    verify(&ps, card.signing.der(), &digest, &signature, true).await?;
    println!("\nsigning in with the authentication certificate of the same card:");
    let (digest, signature) = card.authentication.sign(b"a challenge");
    verify(&ps, card.authentication.pem().as_bytes(), &digest, &signature, true).await?;
    println!("\nand with a signature over something else:");
    verify(&ps, card.authentication.der(), &[0; 32], &signature, true).await
}

async fn verify(ps: &PocketSign, certificate: &[u8], digest: &[u8], signature: &[u8], invented: bool) -> Result<(), Box<dyn Error>> {
    let algorithm = match digest.len() {
        48 => HashAlgorithm::Sha384,
        64 => HashAlgorithm::Sha512,
        _ => HashAlgorithm::Sha256,
    };
    let sign_in = ps.sign_in(SignedData::new(certificate, algorithm, digest, signature)?).method(CheckMethod::Ocsp);
    match sign_in.send().await? {
        SignInOutcome::New(person) => tell("a new user", &person, invented),
        SignInOutcome::Known(person) => tell("a known user", &person, invented),
        SignInOutcome::Refused(refusal) => {
            let evidence = refusal.verification.map(|id| format!(", verification {id}")).unwrap_or_default();
            println!("refused: {}{evidence}", refusal.result);
        }
        other => println!("{other:?}"),
    }
    Ok(())
}

fn tell(who: &str, person: &SignedIn, invented: bool) {
    println!("{who}: {}", person.user);
    println!("certificate {:?}, {} by OCSP", person.certificate, person.status.state);
    let Some(content) = &person.content else { return };
    if let Some(validity) = &content.validity {
        println!("valid from {:?} to {:?}", validity.not_before, validity.not_after);
    }
    let Some(attributes) = content.attributes() else { return println!("it states nothing about the person") };
    for (what, value) in [("name", &attributes.common_name), ("birth date", &attributes.date_of_birth), ("address", &attributes.address)] {
        let value = value.as_ref().map(Redacted::expose);
        match value {
            // Only an explicit call reveals it; printing `attributes` itself shows nothing.
            Some(text) if invented => println!("{what}: {text}"),
            Some(text) => println!("{what}: {} characters", text.chars().count()),
            None => println!("{what}: not stated"),
        }
    }
}
