//! Requests as a client makes them.

use serde_json::Value;

/// A request being put together.
pub struct Call {
    request: reqwest::RequestBuilder,
    method: reqwest::Method,
    path: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON, or null.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Call {
    pub(super) fn new(
        client: &reqwest::Client,
        method: reqwest::Method,
        url: &str,
        path: &str,
    ) -> Self {
        let request = client.request(method.clone(), format!("{url}{path}"));
        Self { request, method, path: path.to_owned() }
    }

    /// With a token or key.
    pub fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }

    /// With an `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body as it is, called JSON.
    pub fn raw(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", "application/json").body(body);
        self
    }

    /// With a file as its body.
    pub fn file(mut self, content: Vec<u8>) -> Self {
        self.request = self.request.header("content-type", "text/csv").body(content);
        self
    }

    /// Sends it. Every answer is held against the OpenAPI document.
    pub async fn send(self) -> Answer {
        let response = self.request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // Not `text()`, which would drop the mark at the beginning of a table.
        let bytes = response.bytes().await.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, body, text };
        super::contract::check(&self.method, &self.path, &answer);
        answer
    }
}

impl Answer {
    /// A header's text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, after checking the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// Checks that it is a problem with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
    }

    /// The JSON pointers of the fields that a problem names.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect()
    }
}
