// Sign-in by the authorization code flow with PKCE. The refresh token lives in this tab's session storage, so that a
// reload does not sign out and closing the tab does; nothing is kept between tabs.
import * as oauth from 'oauth4webapi'

export interface Config {
  issuer: string
  client_id: string
  authorization_endpoint: string
  token_endpoint: string
  revocation_endpoint: string
  end_session_endpoint: string
  scopes: string
  version: string
}

interface Kept {
  access_token: string
  refresh_token: string
  expires_at: number
}

interface Pending {
  state: string
  nonce: string
  verifier: string
  back: string
}

const KEPT = 'ringlake.session'
const PENDING = 'ringlake.signing-in'
// A token that ends while a request travels is no use.
const EARLY_MS = 60_000
const FRESH_MS = 30_000

/** Where the site stands, with a slash at its end. */
export const base = (): string => new URL('.', document.baseURI).href

function read<T>(key: string): T | null {
  const text = sessionStorage.getItem(key)
  return text ? (JSON.parse(text) as T) : null
}

export class SignInError extends Error {}

export class Tokens {
  private refreshing: Promise<string> | null = null
  private leaving = false
  private signedInAt = 0
  private readonly server: oauth.AuthorizationServer
  private readonly client: oauth.Client

  constructor(readonly config: Config) {
    this.server = { ...config }
    this.client = { client_id: config.client_id }
  }

  get known(): boolean {
    return read<Kept>(KEPT) !== null
  }

  private get options(): { [oauth.allowInsecureRequests]?: boolean } {
    // Only a stack on this machine has no TLS.
    return location.protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {}
  }

  private get callback(): string {
    return `${base()}signed-in`
  }

  /** Whether the login let the reader in a moment ago: to send them there again would go round in circles. */
  get fresh(): boolean {
    return Date.now() - this.signedInAt < FRESH_MS
  }

  /** Leaves the page for the login; afterwards the reader is back at `back`. */
  async signIn(back: string): Promise<never> {
    if (this.leaving) return new Promise<never>(() => {})
    this.leaving = true
    const pending: Pending = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      back,
    }
    sessionStorage.setItem(PENDING, JSON.stringify(pending))
    const url = new URL(this.config.authorization_endpoint)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.config.client_id,
      redirect_uri: this.callback,
      scope: this.config.scopes,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
    }).toString()
    location.assign(url)
    return new Promise<never>(() => {})
  }

  /** Takes the code that the login sent back; answers the page at which the reader began. */
  async signedIn(here: URL): Promise<string> {
    const pending = read<Pending>(PENDING)
    sessionStorage.removeItem(PENDING)
    if (!pending) throw new SignInError('this sign-in was not begun in this tab')
    const parameters = oauth.validateAuthResponse(this.server, this.client, here, pending.state)
    const response = await oauth.authorizationCodeGrantRequest(
      this.server,
      this.client,
      oauth.None(),
      parameters,
      this.callback,
      pending.verifier,
      this.options,
    )
    const made = await oauth.processAuthorizationCodeResponse(this.server, this.client, response, {
      expectedNonce: pending.nonce,
      requireIdToken: true,
    })
    this.keep(made, '')
    this.signedInAt = Date.now()
    return pending.back
  }

  private keep(made: oauth.TokenEndpointResponse, refresh: string): string {
    const kept: Kept = {
      access_token: made.access_token,
      refresh_token: made.refresh_token ?? refresh,
      expires_at: Date.now() + (made.expires_in ?? 300) * 1000,
    }
    sessionStorage.setItem(KEPT, JSON.stringify(kept))
    return kept.access_token
  }

  /** An access token that is good for a minute at least; null when the reader has to sign in. */
  async access(renewed = false): Promise<string | null> {
    const kept = read<Kept>(KEPT)
    if (!kept) return null
    if (!renewed && kept.expires_at - EARLY_MS > Date.now()) return kept.access_token
    this.refreshing ??= this.refresh(kept).finally(() => {
      this.refreshing = null
    })
    try {
      return await this.refreshing
    } catch (error) {
      // A network that is down is no reason to sign out.
      if (error instanceof TypeError) throw error
      sessionStorage.removeItem(KEPT)
      return null
    }
  }

  private async refresh(kept: Kept): Promise<string> {
    const response = await oauth.refreshTokenGrantRequest(
      this.server,
      this.client,
      oauth.None(),
      kept.refresh_token,
      this.options,
    )
    return this.keep(
      await oauth.processRefreshTokenResponse(this.server, this.client, response),
      kept.refresh_token,
    )
  }

  /** Ends the session here and at the login. */
  async signOut(): Promise<void> {
    const kept = read<Kept>(KEPT)
    sessionStorage.removeItem(KEPT)
    if (kept) {
      const asked = oauth.revocationRequest(
        this.server,
        this.client,
        oauth.None(),
        kept.refresh_token,
        this.options,
      )
      await asked.catch(() => null)
    }
    const url = new URL(this.config.end_session_endpoint)
    url.search = new URLSearchParams({ client_id: this.config.client_id, logout_uri: base() }).toString()
    location.assign(url)
  }
}
