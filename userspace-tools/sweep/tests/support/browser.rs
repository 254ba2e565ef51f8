// SPDX-License-Identifier: GPL-2.0

//! A browser, driven by the words of W3C's WebDriver over a plain socket.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use serde_json::{json, Value};

/// Where a driver listens, as `host:port`; scripts/with-browser sets it.
pub const DRIVER: &str = "SLOWPATH_WEBDRIVER";

/// A window.
pub struct Browser {
    driver: String,
    session: String,
}

impl Browser {
    /// Opens a window of `width` times `height`, as a phone would if `phone`.
    pub fn open(width: u32, height: u32, phone: bool) -> Self {
        let driver = std::env::var(DRIVER).unwrap_or_else(|_| {
            panic!("{DRIVER} names no driver; run scripts/with-browser COMMAND")
        });
        let size = format!("--window-size={width},{height}");
        let mut options = json!({ "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", size,
        ]});
        if phone {
            let metrics =
                json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let mut browser = Self {
            driver,
            session: String::new(),
        };
        let made = browser.call("POST", "/session", &wanted);
        let id = made["sessionId"].as_str();
        browser.session = id.unwrap_or_else(|| panic!("no session: {made}")).into();
        browser
    }

    /// Goes to a file.
    pub fn go(&self, page: &Path) {
        let url = format!("file://{}", page.display());
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Runs a script in the page; gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.ask(
            "POST",
            "/execute/sync",
            &json!({ "script": script, "args": [] }),
        )
    }

    /// Clicks on the first element of this kind.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the first element of this kind.
    pub fn keys(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        let keys = json!({ "text": text });
        self.ask("POST", &format!("/element/{element}/value"), &keys);
    }

    fn find(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let found = self.ask("POST", "/element", &by);
        let id = found.as_object().and_then(|o| o.values().next());
        id.and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no `{selector}`: {found}"))
            .into()
    }

    /// A command of the browser itself.
    pub fn command(&self, name: &str, params: &Value) -> Value {
        let command = json!({ "cmd": name, "params": params });
        self.ask("POST", "/goog/cdp/execute", &command)
    }

    /// The log of the page's console.
    pub fn console(&self) -> Vec<Value> {
        let log = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        log.as_array().cloned().unwrap_or_default()
    }

    /// A picture of all of the page.
    pub fn picture(&self, file: &Path) {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let made = self.command("Page.captureScreenshot", &whole);
        let data = made["data"].as_str().expect("a picture");
        fs::write(file, decode(data)).unwrap();
    }

    /// The page as it would be printed.
    pub fn print(&self, file: &Path) {
        let made = self.ask("POST", "/print", &json!({ "background": true }));
        fs::write(file, decode(made.as_str().expect("a document"))).unwrap();
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.call(method, &path, body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut socket = TcpStream::connect(&self.driver).expect("the driver listens");
        socket
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.driver,
            body.len()
        );
        socket.write_all((head + &body).as_bytes()).unwrap();
        let answer = read(&mut socket);
        let value: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        let value = value["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }
}

/// The body of an answer; the driver may keep the connection open whatever it is asked.
fn read(socket: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = [0; 65536];
    loop {
        let n = socket.read(&mut part).expect("an answer in time");
        all.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&all);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            let mut lengths = lines.filter(|(key, _)| key.eq_ignore_ascii_case("content-length"));
            let due = lengths.next().and_then(|(_, n)| n.trim().parse().ok());
            if n == 0 || due.is_some_and(|due: usize| body.len() >= due) {
                return body.to_string();
            }
        }
        assert!(n > 0, "the driver hung up");
    }
}

/// Base 64.
fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bytes: Vec<u8> = text.bytes().filter(|c| *c != b'=').collect();
    let mut out = Vec::new();
    for four in bytes.chunks(4) {
        let bits = four
            .iter()
            .fold(0u32, |bits, c| (bits << 6) | u32::from(value(*c)));
        let bits = bits << (6 * (4 - four.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    out
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.ask("DELETE", "", &json!({}));
        }
    }
}
