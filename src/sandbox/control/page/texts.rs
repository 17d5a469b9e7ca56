//! The words of the page, in English and in Japanese.

use http::{HeaderMap, header};

/// Every text of the page. What the services write (`dns-txt-token`, `needs_approval`) stays as it is.
pub(super) struct Texts {
    pub(super) language: &'static str,
    pub(super) about: &'static str,
    pub(super) clock: &'static str,
    pub(super) later: [(&'static str, u64); 3],
    pub(super) requests: &'static str,
    pub(super) domains: &'static str,
    pub(super) orders: &'static str,
    pub(super) organizations: &'static str,
    pub(super) mails: &'static str,
    pub(super) cards: &'static str,
    pub(super) log: &'static str,
    pub(super) nothing: &'static str,
    pub(super) more: &'static str,
    pub(super) review: &'static str,
    pub(super) approve: &'static str,
    pub(super) reject: &'static str,
    pub(super) publish: &'static str,
    pub(super) check: &'static str,
    pub(super) follow: &'static str,
    pub(super) awaits_record: &'static str,
    pub(super) awaits_file: &'static str,
    pub(super) awaits_mail: &'static str,
    pub(super) awaits_value: &'static str,
    pub(super) awaits: &'static str,
    pub(super) published: &'static str,
    pub(super) pending: &'static str,
    pub(super) validated_until: &'static str,
    pub(super) steps: [&'static str; 4],
    pub(super) reissue: &'static str,
    pub(super) ended: [(&'static str, &'static str); 4],
    pub(super) held: &'static str,
    pub(super) hold: &'static str,
    pub(super) release: &'static str,
    pub(super) download: &'static str,
    pub(super) order: &'static str,
    pub(super) validate: &'static str,
    pub(super) validated_for: &'static str,
    pub(super) not_validated: &'static str,
    pub(super) to: &'static str,
    pub(super) revoke: &'static str,
    pub(super) renew: &'static str,
    pub(super) revoked: &'static str,
    pub(super) good: &'static str,
    pub(super) add_card: &'static str,
    pub(super) example: &'static str,
    pub(super) empty: &'static str,
    pub(super) not_reached: &'static str,
    pub(super) not_done: &'static str,
}

const ENGLISH: Texts = Texts {
    language: "en",
    about: "A sandbox of DigiCert CertCentral and PocketSign Verify. Nothing here is real, and everything is lost when the program ends.",
    clock: "Clock",
    later: [("Advance 1 hour", 3600), ("Advance 1 day", 86_400), ("Advance 30 days", 2_592_000)],
    requests: "Requests",
    domains: "Domains",
    orders: "Orders",
    organizations: "Organizations",
    mails: "Mails",
    cards: "My Number cards",
    log: "Recent calls",
    nothing: "None yet.",
    more: "more",
    review: "Review",
    approve: "Approve",
    reject: "Reject",
    publish: "Publish",
    check: "Check now",
    follow: "Follow the link",
    awaits_record: "Waits for this DNS record:",
    awaits_file: "Waits for this file:",
    awaits_mail: "Waits for someone to follow the link in a mail.",
    awaits_value: "The value has expired. Request a new one with the API.",
    awaits: "Waits for:",
    published: "published",
    pending: "pending",
    validated_until: "validated until",
    steps: ["approval", "validation", "processing", "issued"],
    reissue: "reissue",
    ended: [("expired", "expired"), ("revoked", "revoked"), ("canceled", "canceled"), ("rejected", "rejected")],
    held: "held for the final check",
    hold: "Hold",
    release: "Release",
    download: "Download certificate",
    order: "order",
    validate: "Validate",
    validated_for: "validated for",
    not_validated: "not validated",
    to: "to",
    revoke: "Revoke",
    renew: "Renew",
    revoked: "revoked",
    good: "good",
    add_card: "Add a card",
    example: "Reset to the example account",
    empty: "Reset to an empty account",
    not_reached: "did not reach the service",
    not_done: "Failed:",
};

const JAPANESE: Texts = Texts {
    language: "ja",
    about: "DigiCert CertCentral と PocketSign Verify を模したサンドボックスです。ここにあるものはすべて架空で、プログラムを終了すると消えます。",
    clock: "時計",
    later: [("1時間進める", 3600), ("1日進める", 86_400), ("30日進める", 2_592_000)],
    requests: "申請",
    domains: "ドメイン",
    orders: "オーダー",
    organizations: "組織",
    mails: "メール",
    cards: "マイナンバーカード",
    log: "最近の呼び出し",
    nothing: "まだありません。",
    more: "件は省略",
    review: "確認する",
    approve: "承認する",
    reject: "却下する",
    publish: "公開する",
    check: "今すぐ確認",
    follow: "リンクを開く",
    awaits_record: "次の DNS レコードを待っています：",
    awaits_file: "次のファイルを待っています：",
    awaits_mail: "メール内のリンクが開かれるのを待っています。",
    awaits_value: "値の有効期限が切れています。API で新しい値を取得してください。",
    awaits: "待っているもの：",
    published: "公開済み",
    pending: "認証待ち",
    validated_until: "認証の有効期限",
    steps: ["承認", "認証", "処理中", "発行済み"],
    reissue: "再発行",
    ended: [("expired", "期限切れ"), ("revoked", "失効"), ("canceled", "キャンセル済み"), ("rejected", "却下")],
    held: "最終確認のため保留中",
    hold: "保留する",
    release: "保留を解除",
    download: "証明書をダウンロード",
    order: "オーダー",
    validate: "認証を完了する",
    validated_for: "認証済み：",
    not_validated: "未認証",
    to: "宛先",
    revoke: "失効させる",
    renew: "更新する",
    revoked: "失効",
    good: "有効",
    add_card: "カードを追加",
    example: "サンプルのアカウントで最初から始める",
    empty: "空のアカウントで最初から始める",
    not_reached: "サービスに届かず",
    not_done: "実行できませんでした：",
};

impl Texts {
    /// The texts of the language that a browser prefers; English where it says nothing of either.
    pub(super) fn of(headers: &HeaderMap) -> &'static Self {
        let given = headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
        let ranges = given.flat_map(|value| value.split(',')).map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok()).unwrap_or_default();
            (tag.trim().to_ascii_lowercase(), weight)
        });
        let weights = ranges.fold([0.0_f32; 2], |[english, japanese], (tag, weight)| match tag.split('-').next() {
            Some("en") => [english.max(weight), japanese],
            Some("ja") => [english, japanese.max(weight)],
            _ => [english, japanese],
        });
        if weights[1] > weights[0] { &JAPANESE } else { &ENGLISH }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_preferred() {
        for (given, language) in [
            (None, "en"),
            (Some("ja"), "ja"),
            (Some("ja-JP,ja;q=0.9,en;q=0.8"), "ja"),
            (Some("en-US,en;q=0.9,ja;q=0.8"), "en"),
            (Some("en;q=0.5, ja;q=0.7"), "ja"),
            (Some("fr, de;q=0.9"), "en"),
            (Some("ja;q=0"), "en"),
            (Some("*"), "en"),
            (Some(";;q=,"), "en"),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(given.map(|given| (header::ACCEPT_LANGUAGE, given.parse().unwrap())));
            assert_eq!(Texts::of(&headers).language, language, "{given:?}");
        }
    }
}
