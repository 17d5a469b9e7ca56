//! Downloaded files, read as chains.

use shomei::{
    Sandbox,
    certcentral::{CertificateFormat, CertificateId, DcvMethod, OrganizationId, Plan, Product},
};

use crate::judge::{Judge, csr};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);

/// An account with one certificate.
async fn issued() -> (Judge, CertificateId) {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let domain = cc.domains().add("example.com").organization(ORGANIZATION).dcv_method(DcvMethod::DnsTxtToken).send().await.unwrap();
    judge.sandbox().dns().publish_txt("example.com", &domain.dcv_token.unwrap().token.unwrap());
    cc.domains().check_dcv(domain.id).send().await.unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let order = order.plan(Plan::years(1)).skip_approval(true).send().await.unwrap();
    (judge, order.certificate_id.unwrap())
}

#[tokio::test]
async fn files_of_every_format_are_read() {
    let (judge, id) = issued().await;
    let cc = judge.client();
    let chain = cc.certificates().chain(id).send().await.unwrap();
    for (format, count) in [
        (CertificateFormat::PemAll, 3),
        (CertificateFormat::PemNoRoot, 2),
        (CertificateFormat::PemNoIntermediate, 1),
        (CertificateFormat::P7b, 3),
        (CertificateFormat::Cer, 3),
        #[cfg(feature = "archives")]
        (CertificateFormat::DefaultZip, 3),
        #[cfg(feature = "archives")]
        (CertificateFormat::Apache, 2),
        #[cfg(feature = "archives")]
        (CertificateFormat::DefaultCer, 3),
        #[cfg(feature = "archives")]
        (CertificateFormat::DefaultPem, 3),
    ] {
        let file = cc.certificates().download(id, format.clone()).send().await.unwrap();
        assert_eq!(file.chain().unwrap().certificates(), &chain.certificates()[..count], "{format}");
    }
}

#[tokio::test]
async fn what_is_no_chain_is_refused() {
    let (judge, id) = issued().await;
    let cc = judge.client();
    #[cfg(not(feature = "archives"))]
    {
        let archive = cc.certificates().download(id, CertificateFormat::DefaultZip).send().await.unwrap();
        assert!(archive.chain().unwrap_err().to_string().contains("zip"));
    }
    let mut file = cc.certificates().download(id, CertificateFormat::P7b).send().await.unwrap();
    let whole = String::from_utf8(file.body.to_vec()).unwrap();
    let leaf = file.chain().unwrap().leaf().as_pem().to_owned();
    for (body, why) in [
        (String::new(), "no certificate"),
        ("<html>".to_owned(), "no certificate"),
        (whole.replace("MII", "MIA"), "PKCS #7"),
        (whole.replace("PKCS7", "CERTIFICATE"), "cannot be read"),
        (leaf.replace("CERTIFICATE", "PKCS7"), "PKCS #7"),
        (leaf.repeat(17), "more than 16"),
        (format!("{leaf}{}", stranger().await), "do not form one chain"),
    ] {
        file.body = body.into();
        let error = file.chain().unwrap_err();
        assert!(error.is_mismatch() && error.to_string().contains(why), "{error}");
    }
    // The same twice is no other one.
    file.body = leaf.repeat(2).into();
    assert_eq!(file.chain().unwrap().certificates().len(), 1);
    file.body = vec![0xff, 0xfe].into();
    assert!(file.chain().unwrap_err().is_mismatch());
}

/// The certificate of another account, whose authorities are others.
async fn stranger() -> String {
    let (judge, id) = issued().await;
    let chain = judge.client().certificates().chain(id).send().await.unwrap();
    chain.leaf().as_pem().to_owned()
}

#[cfg(feature = "archives")]
#[tokio::test]
async fn archives_of_other_certificates_are_refused() {
    use std::io::{Cursor, Write as _};

    let (judge, id) = issued().await;
    let cc = judge.client();
    let mut file = cc.certificates().download(id, CertificateFormat::DefaultZip).send().await.unwrap();
    let chain = file.chain().unwrap();
    let pems: Vec<&str> = chain.certificates().iter().map(shomei::Certificate::as_pem).collect();
    let stranger = stranger().await;
    let mut refuse = |files: &[&str]| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (index, content) in files.iter().enumerate() {
            writer.start_file(format!("{index}.crt"), zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        file.body = writer.finish().unwrap().into_inner().into();
        file.chain()
    };
    assert_eq!(refuse(&[pems[2], pems[0], pems[1]]).unwrap(), chain, "in whatever order");
    assert_eq!(refuse(&[&chain.to_pem(), pems[1]]).unwrap(), chain, "each once");
    for (files, why) in [
        (vec![pems[0], pems[2]], "do not form one chain"),
        (vec![pems[0], pems[1], &stranger], "do not form one chain"),
        (vec!["<html>"], "no certificate"),
        (vec![pems[0], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"], "cannot be read"),
    ] {
        let error = refuse(&files).unwrap_err();
        assert!(error.is_mismatch() && error.to_string().contains(why), "{error}");
    }
}
