// Keeps a page's user signed in, in all tabs (docs/use/staying-signed-in.md).

/** The session is over: show the sign-in form. */
export class SignedOut extends Error {}

/** The service refused, for the reason in `answer`. The user is as signed in as before. */
export class Refused extends Error {
  constructor(readonly answer: Response) {
    super(`the service answered ${answer.status}`)
  }
}

/** Where the refresh token is: in a cookie that no script can read, or, for pages of another site, in localStorage. */
export type Mode = 'cookie' | 'token'

type Answer = { token: string; expires_in: number; refresh_token?: string }

const KEY = 'latchkey'
const CHANGED = 'latchkey-changed'
/** Half of the leeway: a later answer may be older than another tab's. */
const TIMEOUT_MILLISECONDS = 30_000
const ATTEMPTS = 3

/** Runs `work` in one tab at a time. Web Locks need https or localhost; without them, the service's leeway has to do. */
const alone = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks ? (navigator.locks.request(KEY, work) as Promise<T>) : work()

export class Session {
  /** An access token, and when to replace it by this device's clock. It is never stored. */
  #access: { token: string; until: number } | undefined

  /** `onChange` is called when another tab has signed in or out. */
  constructor(private readonly api: string, private readonly mode: Mode, onChange = () => {}) {
    // A BroadcastChannel may be ahead of what localStorage shows this tab.
    addEventListener('storage', ({ key }) => {
      if (key !== CHANGED) return
      this.#access = undefined
      onChange()
    })
  }

  async signIn(username: string, password: string): Promise<void> {
    await alone(async () => {
      const sentAt = Date.now()
      const body = { username, password, session: this.mode }
      // In either mode, so that strangers who guess the password can't lock this browser out.
      const answer = await this.#post('/api/auth/signin', body, 'include')
      if (!answer.ok) throw new Refused(answer)
      this.#keep(await answer.json(), sentAt)
      this.#notify()
    })
  }

  /** `fetch` with an access token. Rejects with `SignedOut` if the session is over. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const token = await this.#token()
    const answer = await this.#send(path, init, token)
    // The session may be over, or this device's clock wrong: the refresh token decides, once.
    return answer.status === 401 ? this.#send(path, init, await this.#token(token)) : answer
  }

  /** Ends the session. If it rejects, the user is still signed in. */
  async signOut(): Promise<void> {
    await alone(async () => {
      const answer = await this.#insist(() => this.#present('/api/auth/signout'))
      if (answer && !answer.ok) throw new Refused(answer)
      this.#forget()
    })
  }

  /** An access token that is good for a while, and not the refused one. */
  async #token(refused?: string): Promise<string> {
    const kept = () => {
      const good = this.#access && this.#access.token !== refused && Date.now() < this.#access.until
      return good ? this.#access?.token : undefined
    }
    // Looks again within the lock: another call may have refreshed meanwhile.
    return kept() ?? alone(async () => kept() ?? this.#insist(() => this.#refresh()))
  }

  async #refresh(): Promise<string> {
    const [sent, sentAt] = [this.#stored(), Date.now()]
    const answer = await this.#present('/api/auth/refresh')
    if (answer?.ok) return this.#keep(await answer.json(), sentAt, sent)
    if (answer) throw new Refused(answer)
    if (this.#stored() !== sent) return this.#refresh() // another tab has signed in
    this.#forget()
    throw new SignedOut()
  }

  /** Keeps an answer. A refresh token is stored only over the one that was sent for it. */
  #keep(answer: Answer, sentAt: number, sent = this.#stored()): string {
    const { token, expires_in: seconds, refresh_token: next } = answer
    if (next && this.#stored() === sent) localStorage.setItem(KEY, next)
    this.#access = { token, until: sentAt + 1000 * Math.max(seconds - 60, 0.75 * seconds) }
    return token
  }

  #forget(): void {
    const isNews = this.#access !== undefined || this.#stored() !== null
    this.#access = undefined
    if (this.mode === 'token') localStorage.removeItem(KEY)
    if (isNews) this.#notify()
  }

  /** Lets the other tabs know. */
  #notify(): void {
    localStorage.setItem(CHANGED, String(Math.random()))
  }

  #stored(): string | null {
    return this.mode === 'token' ? localStorage.getItem(KEY) : null
  }

  /** Sends the refresh token. `undefined` if there is none (422: no cookie), or its session is over. */
  async #present(path: string): Promise<Response | undefined> {
    const token = this.#stored()
    if (this.mode === 'token' && token === null) return undefined
    const answer = await this.#post(path, token === null ? undefined : { refresh_token: token })
    return [401, 422].includes(answer.status) ? undefined : answer
  }

  /** Repeats what is lost on the way: the service gives the same answer again. */
  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof SignedOut || error instanceof Refused || attempt === ATTEMPTS) throw error
      }
    }
  }

  #post(path: string, body?: object, credentials?: RequestCredentials): Promise<Response> {
    const type = body && { 'Content-Type': 'application/json' }
    return fetch(this.api + path, {
      method: 'POST',
      headers: { 'X-Requested-With': 'fetch', ...type },
      body: body ? JSON.stringify(body) : null,
      credentials: credentials ?? (this.mode === 'cookie' ? 'include' : 'omit'),
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    })
  }

  #send(path: string, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${token}`)
    return fetch(this.api + path, { ...init, headers, credentials: 'omit' })
  }
}
