//! A secret in a Secrets Manager of this process.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_types::SdkConfig;
use serde_json::{Value, json};

/// Each secret by its ARN.
static SECRETS: Mutex<BTreeMap<String, Versions>> = Mutex::new(BTreeMap::new());

/// The texts of a secret by their labels, and how often its current one was read. `None` can't be
/// read.
#[derive(Default)]
struct Versions {
    texts: Option<BTreeMap<&'static str, String>>,
    reads: u32,
}

/// A secret that the functions of this process can read. It is out of reach until it is set.
#[derive(Debug)]
pub struct StoredSecret {
    /// Its ARN.
    pub arn: String,
}

impl StoredSecret {
    /// A secret with this name, which no other test has.
    pub fn new(name: &str) -> Self {
        install();
        let arn = format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}");
        SECRETS.lock().unwrap().insert(arn.clone(), Versions::default());
        Self { arn }
    }

    /// Gives it these versions, by their labels, and no others.
    pub fn set(&self, versions: &[(&'static str, &str)]) {
        let texts = versions.iter().map(|(label, text)| (*label, (*text).to_owned()));
        self.with(|it| it.texts = Some(texts.collect()));
    }

    /// Refuses every read.
    pub fn put_out_of_reach(&self) {
        self.with(|it| it.texts = None);
    }

    /// How often its current version was asked for.
    pub fn reads(&self) -> u32 {
        self.with(|it| it.reads)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Versions) -> T) -> T {
        work(SECRETS.lock().unwrap().get_mut(&self.arn).unwrap())
    }
}

/// Makes this process use the Secrets Manager of this file.
fn install() {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            listener.incoming().for_each(|stream| {
                thread::spawn(move || serve(stream.unwrap()));
            });
        });
        address
    });
    shared::aws::install(|_| {
        let credentials = Credentials::new("AKIDEXAMPLE", "hunter2", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(ADDRESS.get().unwrap());
        let config = config.build();
        Box::pin(async { config })
    });
}

fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    // The body is one line of JSON and ends the request.
    while !request.ends_with(b"}") {
        let mut part = [0; 4_096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0);
        request.extend_from_slice(&part[..length]);
    }
    let request = String::from_utf8(request).unwrap();
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let label = body["VersionStage"].as_str().unwrap();
    let (status, body) = {
        let mut secrets = SECRETS.lock().unwrap();
        let versions = secrets.get_mut(body["SecretId"].as_str().unwrap()).unwrap();
        versions.reads += u32::from(label == "AWSCURRENT");
        match versions.texts.as_ref().map(|texts| texts.get(label)) {
            Some(Some(text)) => ("200 OK", json!({ "SecretString": text })),
            Some(None) => ("400 Bad Request", json!({ "__type": "ResourceNotFoundException" })),
            None => ("400 Bad Request", json!({ "__type": "AccessDeniedException" })),
        }
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
}
