// A client by orval, at the address that the document has.
import { getMe, signIn, signUp, type HTTPValidationError, type Problem } from './generated'
import { same } from './check'

function problem(data: string | Problem | HTTPValidationError) {
  if (typeof data !== 'object' || !('code' in data)) throw new Error(`no problem details: ${data}`)
  return data
}

const ada = { username: 'orval', email: 'orval@example.com', password: 'correct horse' }
const signedUp = await signUp(ada)
same(signedUp.status === 200 && signedUp.data.email, ada.email)
const signedIn = await signIn(ada)
if (signedIn.status !== 200) throw new Error(`no token: ${signedIn.status}`)
const me = await getMe({ headers: { authorization: `Bearer ${signedIn.data.token}` } })
same(me.status === 200 && me.data.username, ada.username)

const wrong = await signIn({ ...ada, password: 'another' })
same(wrong.status === 401 && problem(wrong.data).code, 'wrong_credentials')
const nobody = await getMe()
same(nobody.status === 401 && problem(nobody.data).code, 'invalid_token')
const bad = await signUp({ ...ada, password: 'password1' })
same(bad.status === 422 && problem(bad.data).errors?.[0]?.loc[1], 'password')
