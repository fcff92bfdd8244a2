// Uses the link or the code of a mail, when its button is pressed. It calls this service alone.
'use strict';

const texts = {
  en: {
    what: 'What is the code for?',
    verify: 'Verify my e-mail address',
    change: 'Change to this e-mail address',
    reset: 'Set a new password',
    email: 'E-mail address',
    code: 'Code from the mail',
    password: 'New password',
    verified: 'Your e-mail address is verified.',
    set: 'Your new password is set. All devices are signed out.',
    invalid: 'This link or code is invalid, used or expired. Please ask for a new mail.',
    taken: 'Another account has this e-mail address.',
    limited: 'Too many attempts. Please try again later.',
    missing: 'Please fill in all fields.',
    refused: 'Please choose another password: ',
    failed: 'That did not work. Please try again in a minute.',
  },
  de: {
    what: 'Wofür ist der Code?',
    verify: 'Meine E-Mail-Adresse bestätigen',
    change: 'Zu dieser E-Mail-Adresse wechseln',
    reset: 'Neues Passwort setzen',
    email: 'E-Mail-Adresse',
    code: 'Code aus der E-Mail',
    password: 'Neues Passwort',
    verified: 'Ihre E-Mail-Adresse ist bestätigt.',
    set: 'Ihr neues Passwort gilt. Alle Geräte sind abgemeldet.',
    invalid: 'Dieser Link oder Code ist ungültig, benutzt oder abgelaufen. Bitte fordern Sie eine neue E-Mail an.',
    taken: 'Ein anderes Konto hat diese E-Mail-Adresse.',
    limited: 'Zu viele Versuche. Bitte versuchen Sie es später wieder.',
    missing: 'Bitte füllen Sie alle Felder aus.',
    refused: 'Bitte wählen Sie ein anderes Passwort: ',
    failed: 'Das hat nicht geklappt. Bitte versuchen Sie es in einer Minute wieder.',
  },
};

const language = navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
const text = texts[language];
const element = (id) => document.getElementById(id);
const form = element('form');

let token = null;
let linked = null;

const purpose = () => linked ?? form.elements.purpose.value;

const show = () => {
  const isReset = purpose() === 'reset';
  element('purposes').hidden = linked !== null;
  element('by-code').hidden = token !== null;
  element('new-password').hidden = !isReset;
  element('button').textContent = text[purpose()];
  form.hidden = false;
};

// The secret is in the fragment, which no server sees. It leaves the address bar and the history at once.
const readFragment = () => {
  const found = /^#(verify|change|reset)=([A-Za-z0-9_-]+)$/.exec(location.hash);
  if (found === null) return;
  [, linked, token] = found;
  history.replaceState(null, '', location.pathname + location.search);
  element('error').textContent = '';
  element('done').textContent = '';
};

const fields = () => {
  const secret = token === null
    ? { email: element('email').value.trim(), code: element('code').value }
    : { token };
  return purpose() === 'reset' ? { ...secret, password: element('password').value } : secret;
};

const words = async (answer) => {
  const named = { 400: text.invalid, 409: text.taken, 429: text.limited }[answer.status];
  if (named !== undefined || answer.status !== 422) return named ?? text.failed;
  const body = await answer.json();
  const violations = body.errors ?? body.detail;
  const password = violations.find((it) => it.loc.includes('password'));
  return password === undefined ? text.invalid : text.refused + password.msg;
};

const send = async () => {
  const body = fields();
  if (Object.values(body).some((value) => value === '')) return text.missing;
  const answer = await fetch(purpose() === 'reset' ? 'api/auth/reset-password' : 'api/auth/verify', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) return words(answer);
  form.hidden = true;
  form.reset();
  element('done').textContent = purpose() === 'reset' ? text.set : text.verified;
  element('done').focus();
  token = null;
  return '';
};

form.addEventListener('change', show);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  element('error').textContent = '';
  element('button').disabled = true;
  element('error').textContent = await send().catch(() => text.failed);
  element('button').disabled = false;
});
addEventListener('hashchange', () => {
  readFragment();
  show();
});

document.documentElement.lang = language;
for (const labelled of document.querySelectorAll('[data-text]')) {
  labelled.textContent = text[labelled.dataset.text];
}
readFragment();
show();
