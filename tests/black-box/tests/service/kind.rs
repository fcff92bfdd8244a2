//! The kinds of target: what each can't serve.

/// What a check needs beyond a public address that answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ability {
    /// The gateway answers 401, 403 and 404 in the words of our `GatewayResponses`.
    GatewayWords,
    /// The gateway answers 401 where the authorizer refuses a token.
    RefusedTokens,
    /// The gateway sends CORS and other headers of its own with what it answers itself.
    GatewayHeaders,
    /// The gateway answers preflights, and with the CORS headers.
    Preflights,
    /// The functions alone say who may read their answers.
    OwnCors,
    /// The gateway renames a function's `WWW-Authenticate`.
    RenamedChallenge,
    /// Bodies reach the functions byte for byte, in base64.
    BinaryBodies,
    /// Bodies of other media types reach the functions even where they aren't UTF-8.
    LossyText,
    /// Bytes of an odd request line or header reach our own code.
    RawRequests,
    /// Hundreds of requests, one after another, are a matter of seconds.
    Quick,
    /// A function serves several requests at the same time.
    Crowds,
    /// Functions stay warm, and a call's time is mostly their own.
    Warm,
    /// The functions reach a port that this suite opens on its own machine.
    Loopback,
    /// The suite knows the key that signs.
    OwnKey,
    /// The operator's verbs can be run.
    Operator,
    /// The service's database can be reached.
    Database,
    /// The gateway keeps the authorizer's answers for a while.
    CachedPolicies,
    /// The suite may start further runners, with other settings.
    Runner,
}

/// Where the service runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The local runner, started by this suite.
    Runner,
    /// The local runner, with a pooler before its database.
    Pooler,
    /// A deployment behind the API Gateway of AWS.
    Aws,
    /// A deployment to the emulator `ministack`.
    Emulator,
    /// The functions in containers behind `sam local start-api`.
    SamLocal,
}

impl Kind {
    /// The one list of what a kind of target can't serve, and why.
    pub(crate) const fn lacks(self, ability: Ability) -> Option<&'static str> {
        match (self, ability) {
            (Self::Runner | Self::Pooler, _) => None,
            (_, Ability::Runner) => Some("the suite was pointed at a target that it didn't start"),
            (Self::Aws, Ability::RawRequests) => {
                Some("odd bytes end at the edge of AWS, before anything of ours")
            }
            (Self::Aws, Ability::Loopback) => Some("its functions run on other machines"),
            (Self::Emulator, Ability::GatewayWords) => {
                Some("the emulator stores GatewayResponses and answers in its own words")
            }
            (Self::Emulator, Ability::GatewayHeaders) => {
                Some("the emulator sends no CORS header of its own")
            }
            (Self::Emulator, Ability::Preflights) => {
                Some("the emulator answers preflights alone, and without the CORS headers")
            }
            (Self::Emulator, Ability::RenamedChallenge) => {
                Some("the emulator doesn't rename WWW-Authenticate")
            }
            (Self::Emulator, Ability::BinaryBodies) => {
                Some("the emulator ignores BinaryMediaTypes: other bytes than UTF-8 are lost")
            }
            (Self::Emulator, Ability::RawRequests) => {
                Some("the emulator's own HTTP server answers odd requests")
            }
            (Self::Emulator, Ability::Warm) => {
                Some("the emulator's own share of a call is so large that times tell nothing")
            }
            (Self::SamLocal, Ability::GatewayWords) => {
                Some("sam local reads no GatewayResponses and answers in its own words")
            }
            (Self::SamLocal, Ability::RefusedTokens) => {
                Some("sam local answers 502 where the authorizer refuses a token")
            }
            (Self::SamLocal, Ability::GatewayHeaders) => {
                Some("sam local sends no CORS header with what it answers itself")
            }
            (Self::SamLocal, Ability::OwnCors) => {
                Some("sam local adds the CORS headers to every answer of a function")
            }
            (Self::SamLocal, Ability::RenamedChallenge) => {
                Some("sam local doesn't rename WWW-Authenticate")
            }
            (Self::SamLocal, Ability::LossyText) => {
                Some("sam local answers 502 to text that isn't UTF-8")
            }
            (Self::SamLocal, Ability::RawRequests) => {
                Some("sam local's own HTTP server answers odd requests")
            }
            (Self::SamLocal, Ability::Quick) => {
                Some("a request to sam local takes a second, and this sends hundreds")
            }
            (Self::SamLocal, Ability::Crowds) => {
                Some("sam local has one container of a function, where one request follows another")
            }
            (Self::SamLocal, Ability::Warm) => {
                Some("sam local waits up to a second after each call, so that times tell nothing")
            }
            (Self::SamLocal, Ability::Loopback) => Some("a container's loopback is its own"),
            (Self::Aws | Self::Emulator | Self::SamLocal, _) => None,
        }
    }
}
