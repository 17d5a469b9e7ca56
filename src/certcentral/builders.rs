//! The builders that the operations return, one type per operation.

use super::named;

named! { super
    account {
        CountExpiringOrders "期限が近いオーダーの件数",
        GetAccount "アカウント情報の確認",
        GetBalance "残高の確認",
        ListCustomFields "カスタムフィールドの一覧",
    }
    acme {
        CreateAcmeCredentials "ACMEの認証情報の作成",
        CreateLegacyAcmeCredentials "旧方式のACME認証情報の作成",
    }
    api_keys {
        ActivateApiKey "APIキーの有効化",
        CreateApiKey "APIキーの追加" "APIキーの作成",
        EditApiKey "APIキーの更新",
        GetApiKey "APIキーの確認",
        ListApiKeyRestrictions "APIキー制限の一覧",
        ListApiKeys "APIキーの一覧",
        RevokeApiKey "APIキーの失効" "APIキーの無効化",
    }
    certificates {
        ArchiveCertificate "証明書のアーカイブ",
        DownloadBestFormat "証明書の取得",
        DownloadCertificate "証明書の取得" "証明書のダウンロード",
        DownloadOrderCertificate "証明書の取得" "オーダーの証明書のダウンロード",
        GetCertificateChain "証明書チェーンの取得",
        ListIntermediates "中間認証局証明書の一覧",
        UnarchiveCertificate "証明書のアーカイブ解除",
    }
    containers {
        CreateChildContainer "管理グループの作成",
        GetContainer "管理グループ情報の確認",
        GetContainerTemplate "管理グループのテンプレートの確認",
        ListChildContainers "下位の管理グループの一覧",
        ListContainerRoles "管理グループのロールの一覧",
        ListContainerTemplates "管理グループのテンプレートの一覧",
        ListContainers "管理グループの一覧",
    }
    domains {
        ActivateDomain "ドメインの有効化",
        AddDomain "ドメインの追加登録",
        ChangeDcvMethod "DCV方式の変更",
        CheckDcv "認証トークンのチェック" "即時ポーリング実行",
        CheckDomainLock "ドメインロックの確認",
        DeactivateDomain "ドメインの無効化",
        GenerateDcvToken "認証トークンの再取得",
        GetDcvEmails "DCVメール送信先アドレス取得",
        FindDomain "ドメインの検索" "ドメイン名からの検索",
        GetDomain "ドメイン名情報確認",
        GetDomainValidations "ドメインの認証状況",
        ListDomains "ドメインの一覧",
        LockDomain "ドメインのロック",
        ResendDcvEmails "DCVメールの再送信",
        SubmitDomain "ドメインの認証の申請",
        UnlockDomain "ドメインのロック解除",
    }
    orders {
        AddCsr "CSRの提出",
        AddNote "オーダーへのメモの追加",
        AdoptOrder "オーダーの引き継ぎ",
        CancelOrder "オーダーのキャンセル",
        ChangeOrderDcvMethod "オーダーのDCV方式の変更",
        CheckOrderDcv "オーダーの認証トークンのチェック",
        DuplicateCertificate "複製" "証明書の複製",
        FindOrdersByAlternativeId "独自IDによるオーダーの検索",
        GenerateOrderDcvToken "オーダーの認証トークンの再取得",
        GetEmailValidations "メールアドレスの確認状況",
        GetOrder "オーダー情報の確認" "オーダーのステータス",
        GetOrderValidation "オーダーの認証情報を確認",
        IssueCertificate "証明書の申請" "プラン新規申請" "発行",
        ListChanges "オーダーのステータス変更一覧",
        ListDuplicates "複製の一覧",
        ListOrders "オーダー一覧の取得",
        ListReissues "再発行の一覧",
        MarkRenewed "更新済みの設定",
        ReissueCertificate "再発行" "証明書の再発行",
        RenewOrder "更新" "プラン更新申請",
        ResendApprovalEmails "承認メールの再送信",
        ResendOrderDcvEmails "オーダーのDCVメールの再送信",
        SetAdditionalEmails "通知メール送信先の追加",
        SetAutoReissue "自動再発行の設定",
        ValidateEmail "メールアドレスの確認",
    }
    organizations {
        ActivateOrganization "組織の有効化",
        CreateOrganization "組織の追加登録",
        DeactivateOrganization "組織の無効化",
        DeleteOrganization "組織の削除",
        GetOrganization "組織情報の確認",
        GetOrganizationValidations "組織の認証状況",
        ListOrganizations "組織の一覧",
        SubmitOrganization "組織認証の申請" "組織の事前認証",
    }
    products {
        GetProduct "製品情報の確認",
        ListProducts "製品の一覧" "製品識別子",
    }
    requests {
        ApproveRequest "リクエストの承認" "申請の承認",
        CountRequests "リクエストの件数",
        GetRequest "リクエスト情報の確認",
        ListRequests "リクエストの一覧",
        RejectRequest "リクエストの却下" "申請の却下",
        ReviewRequest "申請レビュー",
    }
    users {
        SetUserRole "ユーザーのロールの変更",
        CreateServiceUser "サービスユーザーの作成",
        CreateUser "ユーザーの作成",
        DeleteUser "ユーザーの削除",
        EditUser "ユーザー情報の変更",
        GetMe "自分のユーザー情報",
        GetUser "ユーザー情報の確認",
        ListUsers "ユーザーの一覧",
    }
    webhooks {
        ActivateWebhook "ウェブフックの有効化",
        CheckWebhookChallenge "ウェブフックのチャレンジの確認",
        CreateWebhook "ウェブフックの作成",
        DeactivateWebhook "ウェブフックの無効化",
        EditWebhook "ウェブフックの変更",
        ListWebhookEventLogs "ウェブフックの送信履歴",
        ListWebhooks "ウェブフックの一覧",
        SendWebhookChallenge "ウェブフックのチャレンジの送信",
        TestWebhookEndpoint "ウェブフックのテスト送信",
    }
}

/// The settings that some builders have so far, as types, so that a function can return a partly filled builder.
///
/// ```
/// use shomei::{
///     CertCentral, Csr,
///     certcentral::{
///         OrganizationId, Plan, Product,
///         builders::{IssueCertificate, states::issue_certificate::{SetOrganization, SetPlan}},
///     },
/// };
///
/// /// An order as all of ours are.
/// fn our_order(cc: &CertCentral, csr: Csr) -> IssueCertificate<'_, SetPlan<SetOrganization>> {
///     cc.orders().issue(Product::SECURE_SITE_OV, csr).organization(OrganizationId(112233)).plan(Plan::years(1))
/// }
///
/// # async fn example(cc: CertCentral, csr: Csr) -> Result<(), shomei::Error> {
/// let pending = our_order(&cc, csr).common_name("example.com").start().await?;
/// # Ok(())
/// # }
/// ```
pub mod states {
    pub use super::super::{
        flow::validate_domain,
        orders::{duplicate_certificate, issue_certificate, reissue_certificate, renew_order},
    };
}
