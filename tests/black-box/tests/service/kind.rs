//! The kinds of target: what each can't serve.

/// What a check needs beyond HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ability {
    /// The gateway answers 401, 403 and 404 with the text of our `GatewayResponses`.
    GatewayWords,
    /// The gateway answers 401 if the authorizer refuses a token.
    RefusedTokens,
    /// The gateway's own answers have CORS and other headers.
    GatewayHeaders,
    /// The gateway answers preflights with CORS headers.
    Preflights,
    /// Only the functions set CORS headers on their answers.
    OwnCors,
    /// The gateway renames a function's `WWW-Authenticate`.
    RenamedChallenge,
    /// Bodies reach the functions unchanged, in base64.
    BinaryBodies,
    /// Bodies of other media types reach the functions even if they aren't UTF-8.
    LossyText,
    /// Unusual request lines and headers reach our code.
    RawRequests,
    /// Hundreds of sequential requests take seconds.
    Quick,
    /// A function serves several requests at the same time.
    Crowds,
    /// Functions stay warm, and a call's time is mostly the function's.
    Warm,
    /// The functions can reach a port that this suite opens.
    Loopback,
    /// The suite knows the signing key.
    OwnKey,
    /// The suite knows the secret of introspection.
    Introspection,
    /// The operator's verbs can be run.
    Operator,
    /// The service's database can be reached.
    Database,
    /// The mails that it sends can be read.
    Mails,
    /// The gateway caches policies.
    CachedPolicies,
    /// The suite may start more runners with other settings.
    Runner,
}

/// The kinds of targets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The local runner, started by this suite.
    Runner,
    /// The local runner, with a pooler before its database.
    Pooler,
    /// A deployment behind AWS's API Gateway.
    Aws,
    /// A deployment on the emulator `ministack`.
    Emulator,
    /// The functions in containers behind `sam local start-api`.
    SamLocal,
}

impl Kind {
    /// Why a kind of target can't serve an ability, if it can't.
    pub(crate) const fn lacks(self, ability: Ability) -> Option<&'static str> {
        match (self, ability) {
            (Self::Runner | Self::Pooler, _) => None,
            (_, Ability::Runner) => Some("the suite was pointed at a target that it didn't start"),
            (Self::Aws, Ability::RawRequests) => {
                Some("AWS's edge handles unusual bytes before our code")
            }
            (Self::Aws, Ability::Loopback) => Some("the functions run on other machines"),
            (Self::Emulator, Ability::GatewayWords) => {
                Some("the emulator doesn't apply GatewayResponses")
            }
            (Self::Emulator, Ability::GatewayHeaders) => {
                Some("the emulator's own answers have no CORS headers")
            }
            (Self::Emulator, Ability::Preflights) => {
                Some("the emulator answers preflights without CORS headers")
            }
            (Self::Emulator, Ability::RenamedChallenge) => {
                Some("the emulator doesn't rename WWW-Authenticate")
            }
            (Self::Emulator, Ability::BinaryBodies) => {
                Some("the emulator ignores BinaryMediaTypes and loses bytes that aren't UTF-8")
            }
            (Self::Emulator, Ability::RawRequests) => {
                Some("the emulator's HTTP server answers unusual requests")
            }
            (Self::Emulator, Ability::Warm) => Some("the emulator takes most of a call's time"),
            (Self::SamLocal, Ability::GatewayWords) => {
                Some("sam local doesn't apply GatewayResponses")
            }
            (Self::SamLocal, Ability::RefusedTokens) => {
                Some("sam local answers 502 if the authorizer refuses a token")
            }
            (Self::SamLocal, Ability::GatewayHeaders) => {
                Some("sam local's own answers have no CORS headers")
            }
            (Self::SamLocal, Ability::OwnCors) => {
                Some("sam local adds CORS headers to every function's answer")
            }
            (Self::SamLocal, Ability::RenamedChallenge) => {
                Some("sam local doesn't rename WWW-Authenticate")
            }
            (Self::SamLocal, Ability::LossyText) => {
                Some("sam local answers 502 to text that isn't UTF-8")
            }
            (Self::SamLocal, Ability::RawRequests) => {
                Some("sam local's HTTP server answers unusual requests")
            }
            (Self::SamLocal, Ability::Quick) => {
                Some("a request to sam local takes a second, and this check sends hundreds")
            }
            (Self::SamLocal, Ability::Crowds) => {
                Some("sam local has one container per function, which serves one request at a time")
            }
            (Self::SamLocal, Ability::Warm) => {
                Some("sam local waits up to a second after each call")
            }
            (Self::SamLocal, Ability::Loopback) => Some("a container's loopback is its own"),
            (Self::Aws | Self::Emulator | Self::SamLocal, _) => None,
        }
    }
}
