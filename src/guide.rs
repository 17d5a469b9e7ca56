#![doc = include_str!("guide/index.md")]

/// Declares the chapters: each is a page of Markdown, and after it the drawing that shows its states or steps, if it has one.
macro_rules! chapters {
    ($folder:literal $($chapter:ident $(with $drawing:literal)?,)*) => {
        $(
            pub mod $chapter {
                #![doc = include_str!(concat!($folder, stringify!($chapter), ".md"))]
                $(#![doc = include_str!(concat!("guide/drawings/", $drawing, ".svg"))])?
            }
        )*
    };
}

chapters! { "guide/"
    first_certificate,
    domains,
    plans with "order",
    approvals with "request",
    nightly,
    reissue_or_renew,
    lost_responses,
    waiting with "issuance",
    errors,
    rate_limits,
    fleets,
    testing,
    sign_in,
    freshness,
    documents,
}

/// 日本語の手引き。
///
/// 1. [最初の証明書](first_certificate)
/// 2. [ドメイン名利用権確認と四つの方式](domains)
/// 3. [夜間ジョブ](nightly)
/// 4. [マイナンバーカードによるサインイン](sign_in)
/// 5. [鮮度と一斉確認](freshness)
/// 6. [プログラムのテスト](testing)
///
/// 各章のプログラムは[英語の章](super)と同じものです。そのまま、組み込みの[サンドボックス](crate::sandbox)に対して動きます。
// Their programs are those of the English chapters, and run there.
#[cfg(docsrs)]
pub mod ja {
    chapters! { "guide/ja/"
        first_certificate,
        domains,
        nightly,
        sign_in,
        freshness,
        testing,
    }
}
