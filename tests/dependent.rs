//! What the README says under "Edit the documents", tried by crates that depend on this one: their folder of edits changes the client that
//! they get, and a mistake in it stops their build with one message. Each builds everything anew, so that this runs on request only:
//! `cargo test --test dependent -- --ignored`.
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const OVERLAY: &str = "
overlay: 1.0.0
info: {title: What our account has, version: '1'}
actions:
  - target: $.components.schemas.Order.properties
    update: {cost_center: {type: string, description: Whom to bill.}}
  - target: $.components.schemas.RequestedCertificate.properties.common_name
    update: {maxLength: 20, x-reason: {maxLength: our own house rule}}
";

/// Orders by the sandbox with a common name of 21 characters, and reads the new member.
const PROGRAM: &str = r####"
use shomei::{KeyAlgorithm, PrivateKey, Sandbox, certcentral::{Plan, Product, OrganizationId, raw::DOCUMENT, types::Order}};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("overlays {:?}, replaced {}", DOCUMENT.overlays, DOCUMENT.replaced);
    let order: Order = serde_json::from_str(r##"{"id": 1, "cost_center": "K-17"}"##)?;
    #[cfg(feature = "edited")]
    println!("cost center {:?}", order.cost_center);
    let _ = order;
    let cc = Sandbox::new().certcentral()?;
    let me: serde_json::Value = cc.request(http::Method::GET, "/user/me").send().await?;
    println!("user {}", me["id"].is_number());
    let name = "aaaaaaaaa.example.com";
    let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?.sign_csr([name])?;
    let order = cc.orders().issue(Product::BASIC_OV, csr).common_name(name).plan(Plan::years(1)).organization(OrganizationId(1)).send().await;
    match order {
        Err(error) if error.is_invalid_input() => println!("refused: {error}"),
        other => println!("not refused here: {}", other.is_ok() || other.is_err()),
    }
    Ok(())
}
"####;

/// A crate beside this one, in a folder of its own; all share one target folder, so that what they have in common is built once.
struct Dependent(PathBuf);

impl Dependent {
    fn new(name: &str, shomei: &str, more: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dependent").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"dependent\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[features]\nedited = []\n\n[dependencies]\nshomei = {{ {shomei}, \
             features = [\"raw\", \"sandbox\"] }}\nhttp = \"1\"\nserde_json = \"1\"\ntokio = {{ version = \"1\", features = [\"macros\", \
             \"rt\"] }}\n\n[workspace]\n{more}"
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src/main.rs"), PROGRAM).unwrap();
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self(folder)
    }

    fn with_edits(self, files: &[(&str, &str)]) -> Self {
        fs::create_dir_all(self.0.join("openapi")).unwrap();
        for (name, text) in files {
            fs::write(self.0.join("openapi").join(name), text).unwrap();
        }
        fs::create_dir_all(self.0.join(".cargo")).unwrap();
        fs::write(self.0.join(".cargo/config.toml"), "[env]\nSHOMEI_OPENAPI = { value = \"openapi\", relative = true }\n").unwrap();
        self
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let target = self.0.parent().unwrap().join("target");
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.0).env("CARGO_TARGET_DIR", target).env_remove("SHOMEI_OPENAPI").env_remove("RUSTFLAGS");
        command.output().unwrap()
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.cargo(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn fails(&self) -> String {
        let output = self.cargo(&["build"]);
        assert!(!output.status.success(), "it should not build");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// The dependency on this crate where it is.
fn here() -> String {
    format!("path = {:?}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "builds a crate from nothing: minutes"]
fn a_dependent_crate_edits_the_documents() {
    let plain = Dependent::new("plain", &here(), "");
    let said = plain.says(&["run", "-q"]);
    assert!(said.contains("overlays [], replaced false") && said.contains("user true") && said.contains("not refused here"), "{said}");

    let edited = Dependent::new("edited", &here(), "").with_edits(&[("certcentral.overlay.yaml", OVERLAY)]);
    let said = edited.says(&["run", "-q", "--features", "edited"]);
    let expected = "refused: common_name: it has 21 characters (`maxLength: 20`): our own house rule";
    assert!(said.contains(r#"overlays ["certcentral.overlay.yaml"], replaced false"#), "{said}");
    assert!(
        said.contains(r#"cost center Some("K-17")"#) && said.contains(&expected.replace("common_name", "certificate.common_name")),
        "{said}"
    );

    // The file changes, and the client with it.
    fs::write(edited.0.join("openapi/certcentral.overlay.yaml"), OVERLAY.replace("maxLength: 20", "maxLength: 21")).unwrap();
    assert!(edited.says(&["run", "-q", "--features", "edited"]).contains("not refused here"));

    // So it does when one comes, and when a mistake is made.
    fs::write(edited.0.join("openapi/certcentral.typo.overlay.yaml"), OVERLAY.replace("schemas.Order.", "schemas.Ordr.")).unwrap();
    let message = edited.fails();
    let expected = "certcentral.typo.overlay.yaml, action 1 (target `$.components.schemas.Ordr.properties`): it matches nothing: `$.components.schemas` has no member `Ordr`";
    assert!(message.contains(expected), "{message}");
    fs::write(
        edited.0.join("openapi/certcentral.typo.overlay.yaml"),
        "overlay: 1.0.0\ninfo: {title: A, version: '1'}\nactions: [{target: \"$.paths['/order/certificate/{identifier}']\", remove: true}]",
    )
    .unwrap();
    let message = edited.fails();
    assert!(
        message.contains("operation `order_info`: the client is written for it, and the document does not have it any more"),
        "{message}"
    );
    fs::rename(edited.0.join("openapi/certcentral.typo.overlay.yaml"), edited.0.join("openapi/certcentral.typo.yaml")).unwrap();
    assert!(edited.fails().contains("`certcentral.typo.yaml` is neither a document nor an overlay"));

    // Gone with the variable: the plain client again.
    fs::remove_dir_all(edited.0.join(".cargo")).unwrap();
    assert!(edited.says(&["run", "-q"]).contains("overlays [], replaced false"));
}

#[test]
#[ignore = "builds a crate from nothing: minutes"]
fn a_whole_document_takes_the_place_of_ours() {
    let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/certcentral.yaml")).unwrap();
    let edited = ours.replace("        date_created:\n", "        cost_center: {type: string}\n        date_created:\n");
    let replaced = Dependent::new("replaced", &here(), "").with_edits(&[("certcentral.yaml", &edited)]);
    let said = replaced.says(&["run", "-q", "--features", "edited"]);
    assert!(said.contains("overlays [], replaced true") && said.contains(r#"cost center Some("K-17")"#), "{said}");
}

#[test]
#[ignore = "builds a crate from nothing: minutes"]
fn a_vendored_copy_is_edited_in_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let patch = "\n[patch.crates-io]\nshomei = { path = \"vendor/shomei\" }\n";
    let vendored = Dependent::new("vendored", "version = \"0.1\"", patch);
    let copy = vendored.0.join("vendor/shomei");
    for part in ["build.rs", "Cargo.toml", "README.md", "openapi", "src"] {
        copy_all(&root.join(part), &copy.join(part));
    }
    // What the manifest names, but a dependency does not need.
    let manifest = fs::read_to_string(copy.join("Cargo.toml")).unwrap();
    let (manifest, _) = manifest.split_once("[[bench]]").unwrap();
    fs::write(copy.join("Cargo.toml"), manifest).unwrap();
    let document = fs::read_to_string(copy.join("openapi/certcentral.yaml")).unwrap();
    fs::write(
        copy.join("openapi/certcentral.yaml"),
        document.replace("        date_created:\n", "        cost_center: {type: string}\n        date_created:\n"),
    )
    .unwrap();
    let said = vendored.says(&["run", "-q", "--features", "edited"]);
    assert!(said.contains(r#"cost center Some("K-17")"#), "{said}");
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy_all(&entry.path(), &to.join(entry.file_name()));
    }
}
