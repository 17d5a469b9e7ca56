use super::*;
use crate::drawing::Drawing;

#[test]
fn what_each_state_of_an_order_means() {
    let words = [
        ("issued", Standing::Issued),
        ("needs_approval", Standing::Approval),
        ("submitted", Standing::Approval),
        ("pending", Standing::Validation),
        ("processing", Standing::Validation),
        ("waiting_pickup", Standing::Validation),
        ("needs_csr", Standing::Validation),
        ("reissue_pending", Standing::Validation),
        ("a state of tomorrow", Standing::Validation),
        ("rejected", Standing::Over),
        ("denied", Standing::Over),
        ("canceled", Standing::Over),
        ("revoked", Standing::Over),
        ("expired", Standing::Over),
    ];
    for (word, expected) in words {
        assert_eq!(standing(Some(&OrderStatus::from(word))), expected, "{word}");
    }
    assert_eq!(standing(None), Standing::Validation);
}

#[test]
fn the_guide_shows_what_each_state_means() {
    let steps = [
        (Standing::Approval, "approve, or wait"),
        (Standing::Validation, "poll again"),
        (Standing::Issued, "fetch and check"),
        (Standing::Over, "end"),
    ];
    let step = |status: &OrderStatus| steps.iter().position(|(meaning, _)| *meaning == standing(Some(status))).unwrap();
    let mut known = OrderStatus::KNOWN.to_vec();
    known.sort_by_key(step);
    let mut drawing = Drawing::new("issuance", "What a wait for a certificate does in each state of its order");
    for (row, status) in known.iter().enumerate() {
        drawing = drawing.place(status.as_str(), 0.0, row as f64 * 0.5);
    }
    for (at, (_, text)) in steps.iter().enumerate() {
        let rows: Vec<_> = (0..known.len()).filter(|row| step(&known[*row]) == at).collect();
        drawing = drawing.place(text, 1.6, (rows[0] + rows[rows.len() - 1]) as f64 * 0.25);
    }
    for status in &known {
        drawing = drawing.arrow(status.as_str(), steps[step(status)].1, "");
    }
    drawing.keep();
}

/// A service has been seen to hand out another certificate; here it is something else that was asked for.
#[cfg(feature = "sandbox")]
#[tokio::test(start_paused = true)]
async fn a_certificate_for_another_key_or_other_names_is_refused() {
    use std::time::Duration;

    use crate::{
        PrivateKey, Sandbox,
        certcentral::{OrganizationId, Plan, Product, flow::DcvInstructions},
    };

    const ORGANIZATION: OrganizationId = OrganizationId(754_781);
    const HOUR: Duration = Duration::from_secs(3600);

    let csr = || PrivateKey::generate(crate::KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["ignored.example"]).unwrap();
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral().unwrap();
    let validation = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    let DcvInstructions::Txt { name, value, .. } = validation.instructions() else { panic!() };
    sandbox.dns().publish_txt(name, value);
    validation.wait(HOUR).await.unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let pending = order.plan(Plan::years(1)).start().await.unwrap();

    let mut another_key = pending.clone();
    another_key.flow.csr = csr();
    let mut more_names = pending.clone();
    more_names.flow.names.push("other.example.com".to_owned());
    for other in [another_key, more_names] {
        // It is checked after a resumption too.
        let other = cc.orders().resume_issuance(other.resume_token()).start().await.unwrap();
        let error = other.wait(HOUR).await.unwrap_err();
        assert!(error.error().unwrap().is_mismatch(), "{error}");
    }
    pending.wait(HOUR).await.unwrap();
}
