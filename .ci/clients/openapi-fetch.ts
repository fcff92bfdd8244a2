// A client by openapi-typescript and openapi-fetch. Its one argument is the service's address.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'
import { argument, same } from './check'

const client = createClient<paths>({ baseUrl: argument })

function problem(error: string | components['schemas']['Problem' | 'HTTPValidationError'] | undefined) {
  if (typeof error !== 'object' || !('code' in error)) throw new Error(`no problem details: ${error}`)
  return error
}

const ada = { username: 'openapi-fetch', email: 'openapi-fetch@example.com', password: 'correct horse' }
same((await client.POST('/api/auth/signup', { body: ada })).data?.email, ada.email)
const { data } = await client.POST('/api/auth/signin', { body: ada })
const me = await client.GET('/api/auth/users/me', { headers: { authorization: `Bearer ${data?.token}` } })
same(me.data?.username, ada.username)

const wrong = await client.POST('/api/auth/signin', { body: { ...ada, password: 'another' } })
same(problem(wrong.error).code, 'wrong_credentials')
same(problem((await client.GET('/api/auth/users/me')).error).code, 'invalid_token')
const bad = await client.POST('/api/auth/signup', { body: { ...ada, password: 'password1' } })
same(problem(bad.error).errors?.[0]?.loc[1], 'password')
