//! Registers a person with a signature, and later checks whether the certificate is still good (現況確認), with v1 and v2 side by side.
//!
//! Without options it runs against the embedded sandbox. See `--help` for the real service.

use std::{error::Error, time::Duration};

use shomei::{
    ApiKey, PocketSign, Sandbox,
    pocketsign::{
        CertificateId, CertificateStatus, CheckMethod, Environment, Freshness, HashAlgorithm, PocketSignV1, SignInOutcome, SignedData,
    },
    sandbox::PersonDetails,
};

const HELP: &str = "\
Checks whether a certificate was revoked, by CRL and by OCSP, with v1 and v2 of PocketSign Verify.

usage: check_certificate_status [--environment mock|test|production --certificate ID]

Without options it starts the embedded sandbox, registers an invented person, changes their address, and checks before and after: no
account, no network. With --environment it checks your stored certificate in that environment; the API token is read from the environment
variable POCKETSIGN_API_TOKEN. The service records each of the four checks, and may bill it.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = lexopt::Parser::from_env();
    let (mut environment, mut certificate) = (None::<Environment>, None::<String>);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("environment") => environment = Some(arguments.value()?.to_string_lossy().parse()?),
            lexopt::Arg::Long("certificate") => certificate = Some(arguments.value()?.to_string_lossy().into_owned()),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                println!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(environment) = environment else { return in_the_sandbox().await };
    let token = ApiKey::from_env("POCKETSIGN_API_TOKEN")?;
    let id = CertificateId::from(certificate.ok_or("--certificate is needed with --environment")?);
    // The only line that differs between the versions.
    let v1 = PocketSignV1::new(token.clone(), environment)?;
    let v2 = PocketSign::new(token, environment)?;
    check(&v1, &v2, &id).await
}

async fn in_the_sandbox() -> Result<(), Box<dyn Error>> {
    println!("no --environment given: using the embedded sandbox, on May 1 at noon in Japan");
    let sandbox = Sandbox::builder().start_at("2024-05-01T12:00:00+09:00".parse()?).build();
    let (v1, v2) = (sandbox.pocketsign_v1()?, sandbox.pocketsign()?);

    let card = sandbox.jpki().card(PersonDetails::default());
    let (digest, signature) = card.signing.sign(b"a challenge of the server's");
    let outcome = v2.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature)?).send().await?;
    let SignInOutcome::New(person) = outcome else { return Err("the person was not let in".into()) };
    let id = person.certificate.ok_or("the service did not name the certificate")?;
    println!("registered user {} with certificate {id}\n", person.user);
    check(&v1, &v2, &id).await?;

    sandbox.jpki().move_to(card.person, "大阪府例示市一丁目")?;
    println!("\nthe person has moved: the responder knows at once, the list does not");
    check(&v1, &v2, &id).await?;

    sandbox.clock().advance(Duration::from_secs(20 * 60 * 60));
    println!("\nat eight the next morning: the list knows too");
    check(&v1, &v2, &id).await?;
    let fresh = v2.certificates().check_status(&id).fresh(Freshness::SameDay).send().await?;
    println!("\nas fresh as today, at the least cost: {fresh}");
    Ok(())
}

async fn check(v1: &PocketSignV1, v2: &PocketSign, id: &CertificateId) -> Result<(), Box<dyn Error>> {
    for method in [CheckMethod::Crl, CheckMethod::Ocsp] {
        let of_v1 = v1.certificates().check_status(id).method(method.clone()).send().await?;
        let of_v2 = v2.certificates().check_status(id).method(method).send().await?;
        for (version, status) in [("v1", CertificateStatus::from(of_v1)), ("v2", CertificateStatus::from(of_v2))] {
            print(version, &status);
        }
    }
    Ok(())
}

fn print(version: &str, status: &CertificateStatus) {
    let method = status.method.as_ref().map_or("?", CheckMethod::as_str);
    print!("{version}, by {method:>4}: {}", status.state);
    if let Some(reason) = &status.reason {
        print!(" because {}", reason.meaning().unwrap_or_else(|| reason.as_str()));
    }
    match (status.revoked_at, status.source_updated_at) {
        (Some(at), Some(source)) => println!(", since {at}, by data of {source}"),
        (None, Some(source)) => println!(", by data of {source}"),
        _ => println!(),
    }
}
