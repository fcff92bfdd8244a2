// Four libraries of Node.js that are given the issuer alone, each at a path with its name.
import express from 'express'
import { JwtVerifier } from 'aws-jwt-verify'
import { auth } from 'express-oauth2-jwt-bearer'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'

const { LATCHKEY_ISSUER: issuer, LATCHKEY_AUDIENCE: audience, PORT } = process.env
const app = express()

/** At `/NAME`: what `verify` returns for the token, or 401. */
const verifier = (name, verify) =>
  app.get(`/${name}`, async (request, response) => {
    try {
      const claims = await verify(request.get('Authorization').split(' ')[1])
      response.json({ user_id: Number(claims.sub) })
    } catch (error) {
      response.status(401).send(String(error))
    }
  })

const aws = JwtVerifier.create({ issuer, audience })
verifier('aws-jwt-verify', (token) => aws.verify(token))

const server = new URL(issuer)
const metadata = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server))
verifier('oauth4webapi', (token) => {
  const request = new Request('https://service.example', { headers: { Authorization: `Bearer ${token}` } })
  return oauth.validateJwtAccessToken(metadata, request, audience)
})
// RFC 8414's document says the same as OpenID Connect's. Its address isn't below a stage.
if (server.pathname === '/') {
  const answer = await oauth.discoveryRequest(server, { algorithm: 'oauth2' })
  const oauth2 = await oauth.processDiscoveryResponse(server, answer)
  if (JSON.stringify(oauth2) !== JSON.stringify(metadata)) throw new Error(`another document: ${JSON.stringify(oauth2)}`)
}

app.get('/express-oauth2-jwt-bearer', auth({ issuerBaseURL: issuer, audience, strict: true }), (request, response) =>
  response.json({ user_id: Number(request.auth.payload.sub) }),
)

// openid-client verifies no access tokens: it is the client, which asks for one, and finds the keys for jose.
const config = await client.discovery(server, 'latchkey', undefined, client.None())
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
verifier('openid-client', async (token) => (await jwtVerify(token, keys, { issuer, audience })).payload)
app.get('/grant', async (request, response) => {
  const answer = await client.genericGrantRequest(config, 'password', request.query)
  response.json(answer.access_token)
})

app.use((error, request, response, next) => response.status(error.status ?? 500).send(String(error)))
const listening = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${listening.address().port}`))
