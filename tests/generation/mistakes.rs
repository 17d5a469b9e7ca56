//! One row a mistake: the edits that make it, and the line it earns after `error: openapi/wobbles.yaml: `.

use serde_json::json;

use super::{ADD, FILE, GET, SCHEMAS, refused};

macro_rules! mistakes {
    ($($name:ident: [$($edit:expr),+] => $message:literal;)+) => {
        $(#[test]
        fn $name() {
            refused(&[$($edit),+], $message);
        })+
    };
}

mistakes! {
    openapi_version: [("", "/openapi", json!("3.1.0"))]
        => r#"openapi: the version is "3.1.0", and the generator reads 3.0 only — write `openapi: 3.0.3`"#;
    info_version: [("", "/info/version", json!("première"))]
        => "info: the version is missing or cannot be a header value — give `version` as ASCII text without spaces";
    reference_to_nothing: [(SCHEMAS, "/Thing/properties/id", json!({"$ref": "#/components/schemas/Thingy"}))]
        => "schema `Thing`, properties.id: `$ref: #/components/schemas/Thingy` points to nothing — correct the name or add the component";
    reference_outside: [(ADD, "/requestBody/content/application~1json/schema", json!({"$ref": "other.yaml#/Thing"}))]
        => "operation `add_thing` (POST /thing), requestBody.content.application/json.schema: `$ref: other.yaml#/Thing` points outside the components of this document — move what it points to under `components`";
    reference_sibling: [(SCHEMAS, "/Thing/properties/id/description", json!("Its number."))]
        => "schema `Thing`, properties.id: `description` beside a `$ref` is ignored by every reader — write `allOf: [{$ref: '#/components/schemas/ThingId'}]` beside `description`";
    unknown_extension: [(SCHEMAS, "/Thing/properties/email", json!({"type": "string", "x-redcated": true}))]
        => "schema `Thing`, properties.email: `x-redcated` is no extension of these documents — see the tables of openapi/README.md";
    missing_operation_id: [(ADD, "/operationId", json!(null))]
        => "operation POST /thing: there is no operationId — add one in snake_case, a verb first: `add_domain`";
    operation_id_case: [(ADD, "/operationId", json!("addThing"))]
        => "operation `addThing` (POST /thing): the operationId is not in snake_case — write `add_thing`";
    operation_id_keyword: [(ADD, "/operationId", json!("move"))]
        => "operation `move` (POST /thing): the operationId is a word of Rust or of every client — choose another name";
    operation_id_taken: [(ADD, "/operationId", json!("new"))]
        => "operation `new` (POST /thing): the operationId is a word of Rust or of every client — choose another name";
    duplicate_operation_id: [(GET, "/operationId", json!("add_thing"))]
        => "operation `add_thing` (GET /thing/{thing_id}): duplicate operationId, also of POST /thing — rename one of them";
    missing_summary: [(ADD, "/summary", json!(""))]
        => "operation `add_thing` (POST /thing): there is no summary — add one line that says what the operation does";
    json_unsaid: [("", "/x-json", json!("php"))]
        => "x-json: it is not said how the service writes its JSON — write one of `x-json: loose`, `x-json: protobuf`";
    missing_source: [(ADD, "/x-source", json!(null))]
        => "operation `add_thing` (POST /thing): there is no x-source — name the page that documents the operation";
    missing_idempotent: [(ADD, "/x-idempotent", json!("no"))]
        => "operation `add_thing` (POST /thing): x-idempotent is missing or not a boolean — say `true` if repeating the call after a lost response does no harm, else `false`";
    deletes_unrepeated: [(ADD, "/x-deletes", json!(true))]
        => "operation `add_thing` (POST /thing): x-deletes is not `true`, or the call is not repeated — write `true`, beside `x-idempotent: true`, or leave it out";
    missing_tag: [(ADD, "/tags", json!([]))]
        => "operation `add_thing` (POST /thing): there is not exactly one tag — name the one resource it belongs to";
    path_without_slash: [("/paths", "/thing", json!({}))]
        => "thing: the path does not begin with `/` — begin it with `/`";
    trace: [("/paths", "/~1thing/trace", json!({"operationId": "trace_thing", "summary": "Traces.", "tags": ["things"], "x-source": "nowhere", "x-idempotent": true, "responses": {"200": {"description": "Traced."}}}))]
        => "/thing: the client cannot send TRACE — remove the operation";
    path_parameter_missing: [(FILE, "/parameters", json!([]))]
        => "operation `download_thing` (GET /thing/{thing_id}/file): the path has `{thing_id}`, but there is no path parameter of that name — add the parameter or correct the path";
    path_parameter_unused: [(ADD, "/parameters", json!([{"$ref": "#/components/parameters/ThingId"}]))]
        => "operation `add_thing` (POST /thing): the path parameter `thing_id` does not stand in the path — remove the parameter or correct the path";
    path_parameter_optional: [("/components", "/parameters/ThingId/required", json!(null)), ("/paths", "/~1thing~1{thing_id}/get", json!(null)), ("/paths", "/~1thing~1{thing_id}/delete", json!(null))]
        => "operation `download_thing` (GET /thing/{thing_id}/file), parameter `thing_id`: a path parameter is always required — add `required: true`";
    parameter_names: [(GET, "/parameters/-", json!({"name": "filters_status", "in": "query", "schema": {"type": "string"}}))]
        => "operation `get_thing` (GET /thing/{thing_id}): parameters `filters[status]` and `filters_status` both become the argument `filters_status` — rename or remove one of them";
    parameter_body: [(ADD, "/parameters", json!([{"name": "body", "in": "query", "schema": {"type": "string"}}]))]
        => "operation `add_thing` (POST /thing): parameters `requestBody` and `body` both become the argument `body` — rename or remove one of them";
    parameter_style: [(GET, "/parameters/-", json!({"name": "filters", "in": "query", "style": "deepObject", "schema": {"type": "string"}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `filters`: style `deepObject` cannot be sent — spell it out as parameters of their own, such as `filters[status]`";
    parameter_explode: [(GET, "/parameters/-", json!({"name": "ids", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `ids`: `explode: false` would be ignored — declare a string and join the values with commas";
    parameter_cookie: [(GET, "/parameters/-", json!({"name": "session", "in": "cookie", "schema": {"type": "string"}}))]
        => r#"operation `get_thing` (GET /thing/{thing_id}), parameter `session`: the client cannot send a parameter in "cookie" — parameters are sent in `path`, `query` or `header`"#;
    parameter_content: [(GET, "/parameters/-", json!({"name": "filter", "in": "query", "content": {"application/json": {"schema": {}}}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `filter`: there is no schema — add `schema` (a parameter with `content` cannot be sent)";
    parameter_object: [(GET, "/parameters/-", json!({"name": "filter", "in": "query", "schema": {"type": "object"}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `filter`: an object would be sent without the parameter's name — spell it out as parameters of their own, such as `filters[status]`";
    parameter_redacted: [(GET, "/parameters/-", json!({"name": "x-mail", "in": "header", "schema": {"$ref": "#/components/schemas/Email"}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `x-mail`: a redacted value would be written as its mask — use a plain string";
    request_types: [(ADD, "/requestBody/content/text~1plain", json!({"schema": {"type": "string"}}))]
        => "operation `add_thing` (POST /thing), request: there are 2 content types — keep the one the client shall send";
    request_multipart: [(ADD, "/requestBody/content", json!({"multipart/form-data": {"schema": {"type": "object"}}}))]
        => "operation `add_thing` (POST /thing), request: the generator cannot send multipart — leave the operation out, or send another content type";
    request_type: [(ADD, "/requestBody/content", json!({"application/xml": {"schema": {"type": "object"}}}))]
        => "operation `add_thing` (POST /thing), request: the generator cannot send `application/xml` — use application/json or octet-stream";
    request_schema: [(ADD, "/requestBody/content", json!({"application/json": {}}))]
        => "operation `add_thing` (POST /thing), request: the content has no schema — add `schema`";
    response_status: [(ADD, "/responses/OK", json!({"description": "Fine."}))]
        => r#"operation `add_thing` (POST /thing), response OK: this is no status — write `200`, `"2XX"` or `default`"#;
    response_schema: [(GET, "/responses/404", json!({"description": "Gone.", "content": {"application/json": {}}}))]
        => "operation `get_thing` (GET /thing/{thing_id}), response 404: the JSON content has no schema — add `schema` (`{}` if it may be anything)";
    response_none: [(GET, "/responses/200", json!(null))]
        => "operation `get_thing` (GET /thing/{thing_id}): there is no 2xx response — add the successful response";
    response_differs: [(ADD, "/responses/200", json!({"description": "Other.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingList"}}}}))]
        => "operation `add_thing` (POST /thing): the bodies of 200 and 201 differ, and a method returns one type — give both the same schema, with the members of one optional";
    response_json_and_other: [(GET, "/responses/200/content/application~1zip", json!({}))]
        => "operation `get_thing` (GET /thing/{thing_id}), response 200: beside JSON the other content types would be ignored — keep one kind, or split the operation";
    response_raw_and_empty: [(FILE, "/responses/204", json!({"description": "None."}))]
        => "operation `download_thing` (GET /thing/{thing_id}/file): one 2xx is a download and another has no body — give both the same content type";
    schema_names: [(SCHEMAS, "/thing_request", json!({"type": "string"}))]
        => "schema `thing_request`: schemas `ThingRequest` and `thing_request` both become the type `ThingRequest` — rename one of them";
    schema_name: [(SCHEMAS, "/Self", json!({"type": "string"}))]
        => "schema `Self`: the name becomes the type `Self`, which Rust does not take — rename it";
    any_of: [(SCHEMAS, "/Size/anyOf", json!([{"type": "object"}]))]
        => "schema `Size`: `anyOf` has no Rust type — use `oneOf`, or one object with optional members";
    type_list: [(SCHEMAS, "/Size/properties/width/type", json!(["integer", "null"]))]
        => r#"schema `Size`, member `width`: ["integer","null"] is no type of OpenAPI 3.0 — name one type; for null add `nullable: true`"#;
    list_without_items: [(SCHEMAS, "/Size/properties/sides", json!({"type": "array"}))]
        => "schema `Size`, member `sides`: the list does not say what it holds — add `items` (`{}` if it may be anything)";
    inline_word: [(SCHEMAS, "/Size/properties/unit", json!({"type": "string", "x-extensible-enum": ["cm"]}))]
        => "schema `Size`, member `unit`: `x-extensible-enum` works on a named schema only — move the schema under components/schemas and refer to it";
    inline_enum: [(SCHEMAS, "/ThingRequest/properties/unit", json!({"type": "string", "enum": ["cm", "mm"]}))]
        => "schema `ThingRequest`, member `unit`: the enum has no name — move it under components/schemas and refer to it";
    inline_depth: [(SCHEMAS, "/Thing/properties/place/properties/street", json!({"type": "object", "properties": {"name": {"type": "string"}}}))]
        => "schema `Thing`, member `place`, member `street`: an inline object inside an inline object — move it under components/schemas and refer to it";
    response_narrowed: [(SCHEMAS, "/Thing/properties/example/maxLength", json!(3))]
        => "schema `Thing`, member `example`: `maxLength` in a response makes the client reject what the service may send — leave it out; state it in the description";
    response_pattern: [(SCHEMAS, "/Thing/properties/example/pattern", json!("^a"))]
        => "schema `Thing`, member `example`: `pattern` in a response makes the client reject what the service may send — leave it out; state it in the description";
    rule_without_reason: [(SCHEMAS, "/ThingRequest/properties/name/minLength", json!(1))]
        => "schema `ThingRequest`, member `name`: `minLength` does not say why — add `x-reason` in words: one for all rules, or one for each by its keyword";
    reason_without_rule: [(SCHEMAS, "/Kind/x-reason", json!("there are two"))]
        => "schema `Kind`: `x-reason` is a reason for nothing — write the rule beside it, or remove it";
    reason_for_another: [(SCHEMAS, "/ThingRequest/properties/name/x-reason/maxItems", json!("why not"))]
        => "schema `ThingRequest`, member `name`: `x-reason` is for `maxItems`, which is no rule here — correct the keyword";
    rule_of_another_type: [(SCHEMAS, "/ThingRequest/properties/name/type", json!("integer")), (SCHEMAS, "/ThingRequest/properties/name/pattern", json!(null)), (SCHEMAS, "/ThingRequest/properties/name/x-reason", json!("why not"))]
        => "schema `ThingRequest`, member `name`: `maxLength` is no rule for an integer — remove it or correct the `type`";
    rule_demand: [(SCHEMAS, "/ThingRequest/properties/name/maxLength", json!(-1))]
        => "schema `ThingRequest`, member `name`: `maxLength` is -1 — write a whole number from 0 up";
    rule_pattern: [(SCHEMAS, "/ThingRequest/properties/name/pattern", json!("^["))]
        => "schema `ThingRequest`, member `name`: the pattern \"^[\" is none of ECMA-262: Unbalanced bracket — correct it";
    rule_of_a_word: [(SCHEMAS, "/ThingCode/maxLength", json!(9))]
        => "schema `ThingCode`: `maxLength` beside `x-string-id` would narrow responses too — state it where the value is sent: `allOf: [{$ref: …}]`, the rule and `x-reason`";
    parameter_forms: [("/components", "/parameters/ThingId/schema", json!({"$ref": "#/components/schemas/ThingId"})), ("/paths", "/~1thing~1{thing_id}/get", json!(null)), ("/paths", "/~1thing~1{thing_id}/delete", json!(null))]
        => "operation `download_thing` (GET /thing/{thing_id}/file), parameter `thing_id`: as text the forms of a `oneOf` cannot be told apart — write the plain type, and `x-type` with the name of its schema";
    named_type_unknown: [(GET, "/parameters/1/schema/x-type", json!("Owner"))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `verbose`: `x-type: \"Owner\"` names no enum and no id — name one of the schemas with such an extension";
    named_type_of_another: [(GET, "/parameters/1/schema/x-type", json!("ThingCode"))]
        => "operation `get_thing` (GET /thing/{thing_id}), parameter `verbose`: \"ThingCode\" is another type than \"boolean\" — write the type of its first form";
    go_constructor: [(SCHEMAS, "/NewOwner", json!({"type": "string"}))]
        => "schema `NewOwner`: generators for Go have something of that name for the schema `Owner` — rename it: `OwnerRequest` if it is what is sent";
    uuid: [(SCHEMAS, "/ThingRequest/properties/name/format", json!("uuid"))]
        => "schema `ThingRequest`, member `name`: `format: uuid` has no Rust type — leave the format out; state it in the description";
    response_format: [(SCHEMAS, "/Thing/properties/example/format", json!("ipv4"))]
        => "schema `Thing`, member `example`: `format: ipv4` in a response makes the client reject every other form — leave the format out";
    response_minimum: [(SCHEMAS, "/Size/properties/width/minimum", json!(1))]
        => "schema `Size`, member `width`: `minimum` above 0 in a response makes the client reject 0 — leave it out; state it in the description";
    response_closed: [(SCHEMAS, "/Size/additionalProperties", json!(false))]
        => "schema `Size`: `additionalProperties: false` in a response makes the client reject new members — leave it out";
    response_enum: [(SCHEMAS, "/Size/properties/kind", json!({"$ref": "#/components/schemas/Kind"}))]
        => "schema `Kind`: a closed `enum` in a response fails on the service's next value — use `x-extensible-enum`";
    member_names: [(SCHEMAS, "/Size/properties/Width", json!({"type": "integer"}))]
        => "schema `Size`: members `Width` and `width` both become the field `width` — keep one of them and tell of the other in its description";
    required_unknown: [(SCHEMAS, "/Size/required", json!(["height"]))]
        => "schema `Size`: the member `height` of `required` is not described — describe it or correct the name";
    always_sent_unknown: [(SCHEMAS, "/Size/x-always-sent", json!(["height"]))]
        => "schema `Size`: the member `height` of `x-always-sent` is not described — describe it or correct the name";
    strict_unknown: [(SCHEMAS, "/Size/x-strict", json!(["height"]))]
        => "schema `Size`: the member `height` of `x-strict` is not described — describe it or correct the name";
    value_extended: [(SCHEMAS, "/Thing/properties/is_active/allOf/-", json!({"type": "object"}))]
        => "schema `Thing`, member `is_active`: a value can only be wrapped, not extended — write nothing but `allOf: [{$ref: …}]` beside the description";
    response_no_object: [(GET, "/responses/200/content/application~1json/schema", json!({"$ref": "#/components/schemas/Flag"}))]
        => "operation `get_thing` (GET /thing/{thing_id}), response 200: the body is no object, and the client takes nothing else — describe the object it is";
    closed_variants: [(SCHEMAS, "/Kind/enum", json!(["big", "BIG"]))]
        => "schema `Kind`: the values `big` and `BIG` both become the variant `Big` — make it `x-extensible-enum` with `x-enum-varnames`";
    enum_names_without_values: [(SCHEMAS, "/Kind/x-enum-varnames", json!(["A", "B"]))]
        => "schema `Kind`: `x-enum-varnames` means nothing without `x-extensible-enum` — remove it or open the enum";
    two_words: [(SCHEMAS, "/Email/x-id", json!(true))]
        => "schema `Email`: `x-id` and `x-redacted` exclude each other — keep one of them";
    nullable_word: [(SCHEMAS, "/Email/nullable", json!(true))]
        => "schema `Email`: `nullable` on a schema with an extension would be lost — say it where the schema is used: `nullable: true` and `allOf: [{$ref: …}]`";
    open_enum_type: [(SCHEMAS, "/Hash/type", json!("number"))]
        => "schema `Hash`: x-extensible-enum is for strings and integers — write `type: string`";
    open_enum_numbers: [(SCHEMAS, "/ThingKind/x-extensible-enum", json!(["1", "2"]))]
        => "schema `ThingKind`: x-extensible-enum of an integer is not a list of whole numbers — list the numbers, without quotes";
    open_enum_number_names: [(SCHEMAS, "/ThingKind/x-enum-varnames", json!(null)), (SCHEMAS, "/ThingKind/x-extensible-enum", json!([1]))]
        => "schema `ThingKind`: the value `1` makes the variant name `1`, which Rust does not take — name the variants in `x-enum-varnames`";
    open_enum_number_prefixes: [(SCHEMAS, "/ThingKind/x-enum-prefixes", json!(["1"]))]
        => "schema `ThingKind`: `x-enum-prefixes` means nothing for numbers — remove it";
    open_enum_and_enum: [(SCHEMAS, "/Hash/enum", json!(["sha256"]))]
        => "schema `Hash`: `enum` beside `x-extensible-enum` would make the enum closed — remove `enum`";
    open_enum_values: [(SCHEMAS, "/Hash/x-extensible-enum", json!([1, 2]))]
        => "schema `Hash`: x-extensible-enum is not a list of strings — list the values, in quotes where YAML needs them";
    open_enum_names: [(SCHEMAS, "/Hash/x-enum-varnames", json!(["Sha256"]))]
        => "schema `Hash`: x-enum-varnames has 1 entries, and x-extensible-enum has 2 — give one for each value, in the same order";
    open_enum_variants: [(SCHEMAS, "/Hash/x-extensible-enum", json!(["sha256", "SHA256"]))]
        => "schema `Hash`: the values `sha256` and `SHA256` both become the variant `Sha256` — name the variants in `x-enum-varnames`";
    open_enum_unknown: [(SCHEMAS, "/Hash/x-extensible-enum", json!(["sha256", "unknown"]))]
        => "schema `Hash`: the values whatever is not listed and `unknown` both become the variant `Unknown` — name the variants in `x-enum-varnames`";
    open_enum_no_name: [(SCHEMAS, "/Hash/x-extensible-enum", json!(["sha256", "-1"]))]
        => "schema `Hash`: the value `-1` makes the variant name `1`, which Rust does not take — name the variants in `x-enum-varnames`";
    open_enum_prefix: [(SCHEMAS, "/Hash/x-enum-prefixes", json!([""]))]
        => r#"schema `Hash`: x-enum-prefixes is [""] — list with what the values begin, or leave it out"#;
    open_enum_alias: [(SCHEMAS, "/Hash/x-enum-aliases", json!({"sha-1": "sha1"}))]
        => "schema `Hash`: the alias `sha-1` stands for \"sha1\" — map another spelling to a value of `x-extensible-enum`";
    redacted_type: [(SCHEMAS, "/Email/type", json!("integer"))]
        => "schema `Email`: only a string can be redacted — write `type: string`";
    string_id_type: [(SCHEMAS, "/ThingCode/type", json!("integer"))]
        => "schema `ThingCode`: x-string-id is for strings — write `type: string`, or `x-id` for a number";
    bytes_encoding: [(SCHEMAS, "/Print/x-bytes", json!("hex"))]
        => r#"schema `Print`: `x-bytes: "hex"` is no encoding — write `base64`"#;
    bytes_type: [(SCHEMAS, "/Print/type", json!("array"))]
        => "schema `Print`: bytes travel as a string — write `type: string`";
    id_false: [(SCHEMAS, "/ThingId/x-id", json!(false))]
        => "schema `ThingId`: `x-id` is false — write `true` or leave it out";
}
