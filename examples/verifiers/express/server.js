// A service that accepts Latchkey's tokens: `GET /` answers the caller's user id.
import express from 'express'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

const { LATCHKEY_ISSUER: issuer, LATCHKEY_AUDIENCE: audience, PORT = '3000' } = process.env
const checks = { issuer, audience, typ: 'at+jwt', algorithms: ['ES256', 'RS256'], requiredClaims: ['sub', 'exp'] }

let found
/** The issuer's keys, kept for five minutes, as it allows. An unknown key id fetches them again, at most every 30 s. */
async function keys() {
  if (found) return found
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`)
  const metadata = await answer.json()
  if (metadata.issuer !== issuer) throw new Error(`${issuer} names another issuer: ${metadata.issuer}`)
  return (found = createRemoteJWKSet(new URL(metadata.jwks_uri), { cacheMaxAge: 300_000 }))
}

/** Whether the token is to blame, not the way to the keys. */
const isInvalid = (error) =>
  error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code)

/** Sets `request.userId`, the caller's `users.id`. Answers 401 for a token that isn't valid. */
async function signedIn(request, response, next) {
  const token = /^bearer ([^ ]+)$/i.exec(request.get('Authorization') ?? '')?.[1]
  if (!token) return response.status(401).set('WWW-Authenticate', 'Bearer').end()
  try {
    const { payload } = await jwtVerify(token, await keys(), checks)
    request.userId = Number(payload.sub)
  } catch (error) {
    if (!isInvalid(error)) return response.status(503).end()
    return response.status(401).set('WWW-Authenticate', 'Bearer error="invalid_token"').end()
  }
  next()
}

const app = express()
app.get('/', signedIn, (request, response) => response.json({ user_id: request.userId }))
const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
