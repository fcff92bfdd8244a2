//! Makes every move in every state, depth first. A state that was met before isn't entered again.

use std::collections::HashSet;
use std::pin::Pin;

use shared::RefreshToken;

use crate::sql::{Answer, Session};
use crate::state::{Flight, Held, Move, OLD, QUIET, Row, State, Tab};

/// The parties, and what each may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    pub(crate) tabs: usize,
    /// How often each tab may refresh.
    pub(crate) refreshes: u8,
    /// How many answers may be lost.
    pub(crate) lost: u8,
    /// Whether the stored access token is used.
    pub(crate) uses: bool,
    /// Whether a tab stores the token that it sent, if it gets it back.
    pub(crate) stores_kept: bool,
    /// How often the thief may refresh; without any there is no thief.
    pub(crate) thefts: u8,
    pub(crate) signs_out: bool,
    /// In seconds.
    pub(crate) leeway: u32,
    /// The seconds without a use that end the session: none, or four ticks.
    pub(crate) idle: Option<i32>,
}

/// The states and the moves; or the way to a violation.
pub(crate) async fn search(
    config: Search,
    changes: Option<&str>,
) -> Result<(usize, usize), String> {
    let session = Session::new(config.leeway, config.idle, changes.unwrap_or_default()).await;
    let state = State {
        storage: Held { refresh: 0, access: 0 },
        tabs: vec![Tab { left: config.refreshes, flight: Flight::None }; config.tabs],
        thief: None,
        thefts: config.thefts,
        lost: config.lost,
        rest: 0,
        row: session.row(0).await,
    };
    let mut run = Run {
        config,
        tokens: vec![session.first.clone()],
        session,
        trail: vec![],
        met: HashSet::new(),
        moves: 0,
    };
    run.met.insert(state.clone());
    run.enter(state, 0).await.map_err(|what| format!("{what}, after {:?}", run.trail))?;
    Ok((run.met.len(), run.moves))
}

struct Run {
    config: Search,
    session: Session,
    /// The token of each generation, on the way to the current state.
    tokens: Vec<RefreshToken>,
    trail: Vec<Move>,
    met: HashSet<State>,
    moves: usize,
}

type Entering<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

impl Run {
    fn enter(&mut self, state: State, now: i64) -> Entering<'_> {
        Box::pin(async move {
            self.probe(state.row, now).await?;
            if !state.row.is_live {
                return Ok(());
            }
            for step in state.moves(self.config.uses, self.config.signs_out) {
                self.moves += 1;
                self.trail.push(step);
                let level = format!("m{}", self.trail.len());
                let known = self.tokens.len();
                self.session.execute(&format!("SAVEPOINT {level}")).await;
                let next_now = now + i64::from(matches!(step, Move::Tick));
                let next = self.step(&state, step, now).await?;
                if self.met.insert(next.clone()) {
                    self.enter(next, next_now).await?;
                }
                self.session.execute(&format!("ROLLBACK TO {level}; RELEASE {level}")).await;
                self.tokens.truncate(known);
                self.trail.pop();
            }
            Ok(())
        })
    }

    async fn step(&mut self, state: &State, step: Move, now: i64) -> Result<State, String> {
        let mut next = state.after(step, self.config.stores_kept);
        match step {
            Move::Serve(index) => {
                if let Flight::Request { token, has_ticked } = state.tabs[index].flight {
                    let (answer, row) = self.refresh(token, now).await?;
                    if answer.is_none() && state.thief.is_none() {
                        return Err(format!("an honest tab is refused: {row:?}"));
                    }
                    next.tabs[index].flight = Flight::Answer { token, answer, has_ticked };
                    next.tabs.sort_unstable();
                    next.rest = 0;
                    next.row = row;
                }
            }
            Move::Theft => {
                next.thefts -= 1;
                if let Some(held) = state.thief {
                    let (answer, row) = self.refresh(held.refresh, now).await?;
                    next.thief = answer.or(state.thief);
                    next.row = row;
                }
            }
            Move::Use => {
                next.rest = 0;
                next.row = self.authorize(state.storage.access, now).await?;
            }
            Move::Abuse => {
                if let Some(held) = state.thief {
                    next.row = self.authorize(held.access, now).await?;
                }
            }
            Move::SignOut => {
                let [(has_ended, row), (ends_again, after)] = self.session.sign_out(now).await;
                if row.is_live || !has_ended {
                    return Err("a sign-out doesn't end the session".to_owned());
                }
                if ends_again || after != row {
                    return Err(format!("once more changes something: a sign-out, {after:?}"));
                }
                next.row = row;
            }
            Move::Tick => {
                next.row = self.session.row(now + 1).await;
                if self.config.idle.is_some() {
                    next.rest = (state.rest + 1).min(QUIET + 1);
                }
                if !next.row.is_live && next.rest <= QUIET {
                    return Err("a session in use is over".to_owned());
                }
            }
            Move::Send(_) | Move::Arrive(_) | Move::Resend(_) | Move::Lose(_) | Move::Steal => {}
        }
        Ok(next)
    }

    async fn authorize(&self, generation: i32, now: i64) -> Result<Row, String> {
        let (is_signed_in, row) = self.session.authorize(generation, now).await?;
        if is_signed_in { Ok(row) } else { Err("a live session signs nobody in".to_owned()) }
    }

    /// Presents the token of a generation. What the client then holds, and the row.
    async fn refresh(&mut self, token: i32, now: i64) -> Result<(Option<Held>, Row), String> {
        let token = &self.tokens[index(token)];
        let [first, second] = self.session.refresh(token, now).await;
        if first != second {
            return Err(format!("once more changes something: {first:?}, then {second:?}"));
        }
        let (answer, row) = first;
        let Answer::Renewed { generation, token, .. } = answer else { return Ok((None, row)) };
        match self.tokens.get(index(generation)) {
            Some(known) if *known != token => {
                return Err(format!("two tokens of generation {generation}"));
            }
            Some(_) => {}
            None => self.tokens.push(token),
        }
        Ok((Some(Held { refresh: generation, access: generation }), row))
    }

    /// What must hold in each state: a session that is over opens to no token and makes no event; of
    /// one that goes on, a token two generations old ends it, and the previous one after receipt and
    /// leeway.
    async fn probe(&self, row: Row, now: i64) -> Result<(), String> {
        for (generation, token) in (0..).zip(&self.tokens) {
            let is_behind = generation + 1 < row.generation
                || generation + 1 == row.generation && row.is_seen && row.age == OLD;
            if !row.is_live {
                let [(answer, _), _] = self.session.refresh(token, now).await;
                let (is_signed_in, _) = self.session.authorize(generation, now).await?;
                if answer != Answer::Refused || is_signed_in {
                    return Err(format!(
                        "a session that is over opens to {generation}: {answer:?}"
                    ));
                }
            } else if is_behind {
                self.session.execute("SAVEPOINT probe").await;
                let [(answer, after), _] = self.session.refresh(token, now).await;
                self.session.execute("ROLLBACK TO probe; RELEASE probe").await;
                if answer != Answer::Reused || after.is_live {
                    return Err(format!("an old token {generation} of {row:?}: {answer:?}"));
                }
            }
        }
        Ok(())
    }
}

fn index(generation: i32) -> usize {
    usize::try_from(generation).unwrap()
}
