//! What the parties hold. A generation is the token of that number.

/// The ticks after which the leeway is over.
pub(crate) const OLD: u8 = 3;

/// The ticks without a use that end no session, with an idle time of four: the last use may not be noted
/// if another was a tick before.
pub(crate) const QUIET: u8 = 2;

/// What a storage or a thief has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Held {
    pub(crate) refresh: i32,
    pub(crate) access: i32,
}

/// A tab's refresh under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Flight {
    None,
    /// The token is on its way to the server.
    Request {
        token: i32,
        has_ticked: bool,
    },
    /// The answer is on its way back; none if the token was refused.
    Answer {
        token: i32,
        answer: Option<Held>,
        has_ticked: bool,
    },
}

/// A tab, or another process with the same storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Tab {
    /// The refreshes that it may still begin.
    pub(crate) left: u8,
    pub(crate) flight: Flight,
}

/// The session in the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    /// Neither signed out, nor ended by reuse or for want of use.
    pub(crate) is_live: bool,
    pub(crate) generation: i32,
    pub(crate) is_seen: bool,
    /// The ticks since the leeway began, at most [`OLD`].
    pub(crate) age: u8,
    /// The ticks since the noted use; 0 in a search without an idle time.
    pub(crate) unused: u8,
}

/// The whole world, but for the secrets and the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The tabs' storage, which they share.
    pub(crate) storage: Held,
    /// In order, since tabs are alike.
    pub(crate) tabs: Vec<Tab>,
    pub(crate) thief: Option<Held>,
    /// The refreshes that the thief may still make.
    pub(crate) thefts: u8,
    /// The answers that may still be lost.
    pub(crate) lost: u8,
    /// The ticks since the tabs' last use, at most one more than [`QUIET`]; 0 as above.
    pub(crate) rest: u8,
    pub(crate) row: Row,
}

/// One step of one party.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Move {
    /// A tab reads the storage and sends the token.
    Send(usize),
    /// The server answers a tab's request.
    Serve(usize),
    /// A tab stores the answer, unless it is the token that the tab sent.
    Arrive(usize),
    /// The answer is lost, and the tab sends the same token again.
    Resend(usize),
    /// The answer is lost, and the tab begins again later.
    Lose(usize),
    /// The stored access token is used.
    Use,
    /// The thief copies the storage.
    Steal,
    /// The thief refreshes.
    Theft,
    /// The thief uses the stolen session's access token.
    Abuse,
    SignOut,
    Tick,
}

impl State {
    /// The moves that are possible.
    pub(crate) fn moves(&self, uses: bool, signs_out: bool) -> Vec<Move> {
        let mut moves = Vec::new();
        for (index, tab) in self.tabs.iter().enumerate() {
            match tab.flight {
                Flight::None if tab.left > 0 => moves.push(Move::Send(index)),
                Flight::None => {}
                Flight::Request { .. } => moves.push(Move::Serve(index)),
                Flight::Answer { .. } => {
                    moves.push(Move::Arrive(index));
                    if self.lost > 0 {
                        moves.extend([Move::Resend(index), Move::Lose(index)]);
                    }
                }
            }
        }
        if uses {
            moves.push(Move::Use);
        }
        if self.thefts > 0 {
            moves.push(if self.thief.is_none() { Move::Steal } else { Move::Theft });
        }
        if self.thief.is_some() {
            moves.push(Move::Abuse);
        }
        if signs_out {
            moves.push(Move::SignOut);
        }
        let has_ticked = |tab: &Tab| match tab.flight {
            Flight::None => false,
            Flight::Request { has_ticked, .. } | Flight::Answer { has_ticked, .. } => has_ticked,
        };
        if !self.tabs.iter().any(has_ticked) {
            moves.push(Move::Tick);
        }
        moves
    }

    /// The state after a move that the server takes no part in.
    pub(crate) fn after(&self, step: Move, stores_kept: bool) -> Self {
        let mut next = self.clone();
        match step {
            Move::Send(index) => {
                let tab = &mut next.tabs[index];
                tab.left -= 1;
                tab.flight = Flight::Request { token: self.storage.refresh, has_ticked: false };
            }
            Move::Arrive(index) => {
                if let Flight::Answer { token, answer: Some(answer), .. } = self.tabs[index].flight
                {
                    next.storage.access = answer.access;
                    if answer.refresh != token || stores_kept {
                        next.storage.refresh = answer.refresh;
                    }
                }
                next.tabs[index].flight = Flight::None;
            }
            Move::Resend(index) => {
                if let Flight::Answer { token, has_ticked, .. } = self.tabs[index].flight {
                    next.tabs[index].flight = Flight::Request { token, has_ticked };
                }
                next.lost -= 1;
            }
            Move::Lose(index) => {
                next.tabs[index].left += 1;
                next.tabs[index].flight = Flight::None;
                next.lost -= 1;
            }
            Move::Steal => next.thief = Some(self.storage),
            Move::Tick => {
                for tab in &mut next.tabs {
                    match &mut tab.flight {
                        Flight::None => {}
                        Flight::Request { has_ticked, .. } | Flight::Answer { has_ticked, .. } => {
                            *has_ticked = true;
                        }
                    }
                }
            }
            Move::Serve(_) | Move::Use | Move::Theft | Move::Abuse | Move::SignOut => {}
        }
        next.tabs.sort_unstable();
        next
    }
}
