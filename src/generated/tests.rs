//! stub
pub(crate) type ReadAgain = fn(&[u8]) -> Result<serde_json::Value, String>;
pub(crate) fn read_again<T: serde::Serialize + serde::de::DeserializeOwned>(json: &[u8]) -> Result<serde_json::Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}
