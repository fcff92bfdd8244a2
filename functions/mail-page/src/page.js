// Uses the link or the code of a mail, when its button is pressed. It calls this service alone.
'use strict';

const texts = {
  en: {
    what: 'What is the code for?',
    verify: 'Confirm my e-mail address',
    change: 'Confirm my new e-mail address',
    reset: 'Set a new password',
    email: 'E-mail address',
    code: 'Code from the mail',
    password: 'New password',
    verified: 'Your e-mail address is confirmed. You can close this page.',
    set: 'Your new password is set, and all devices are signed out. You can sign in with it now.',
    invalid: 'This link or code is invalid, used or expired. Please ask for a new mail.',
    taken: 'Another account has this e-mail address.',
    limited: 'Too many attempts. Please try again later.',
    missing: 'Please fill in all fields.',
    short: 'The password needs at least {} characters.',
    common: 'Many people use this password. Please choose another one.',
    similar: 'This password is too similar to a name or an address. Please choose another one.',
    refused: 'This password is not possible. Please choose another one.',
    failed: 'That did not work. Please try again in a minute.',
  },
  de: {
    what: 'Wofür ist der Code?',
    verify: 'Meine E-Mail-Adresse bestätigen',
    change: 'Meine neue E-Mail-Adresse bestätigen',
    reset: 'Neues Passwort setzen',
    email: 'E-Mail-Adresse',
    code: 'Code aus der E-Mail',
    password: 'Neues Passwort',
    verified: 'Ihre E-Mail-Adresse ist bestätigt. Sie können diese Seite schließen.',
    set: 'Ihr neues Passwort gilt, und alle Geräte sind abgemeldet. Sie können sich jetzt damit anmelden.',
    invalid: 'Dieser Link oder Code ist ungültig, benutzt oder abgelaufen. Bitte fordern Sie eine neue E-Mail an.',
    taken: 'Ein anderes Konto hat diese E-Mail-Adresse.',
    limited: 'Zu viele Versuche. Bitte versuchen Sie es später wieder.',
    missing: 'Bitte füllen Sie alle Felder aus.',
    short: 'Das Passwort braucht mindestens {} Zeichen.',
    common: 'Dieses Passwort benutzen viele. Bitte wählen Sie ein anderes.',
    similar: 'Dieses Passwort ähnelt einem Namen oder einer Adresse zu sehr. Bitte wählen Sie ein anderes.',
    refused: 'Dieses Passwort ist nicht möglich. Bitte wählen Sie ein anderes.',
    failed: 'Das hat nicht geklappt. Bitte versuchen Sie es in einer Minute wieder.',
  },
};

const preferred = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]);
const language = preferred.find((it) => Object.hasOwn(texts, it)) ?? 'en';
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

// The rule that the new password breaks, in the reader's language.
const rule = (message) => {
  const least = /at least (\d+) char/.exec(message);
  if (least !== null) return text.short.replace('{}', least[1]);
  const name = ['common', 'similar'].find((it) => message.includes(it));
  return text[name ?? 'refused'];
};

const words = async (answer) => {
  const named = { 400: text.invalid, 409: text.taken, 429: text.limited }[answer.status];
  if (named !== undefined || answer.status !== 422) return named ?? text.failed;
  const body = await answer.json();
  const violations = body.errors ?? body.detail;
  const password = violations.find((it) => it.loc.includes('password'));
  if (password === undefined) return text.invalid;
  element('password').focus();
  return rule(password.msg);
};

const send = async () => {
  const body = fields();
  const missing = Object.keys(body).find((name) => body[name] === '');
  if (missing !== undefined) {
    element(missing).focus();
    return text.missing;
  }
  const answer = await fetch(purpose() === 'reset' ? 'api/auth/reset-password' : 'api/auth/verify', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30000),
  });
  if (!answer.ok) return words(answer);
  element('done').textContent = purpose() === 'reset' ? text.set : text.verified;
  form.hidden = true;
  form.reset();
  element('done').focus();
  token = null;
  return '';
};

form.addEventListener('change', show);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  // A disabled button would lose the focus.
  if (form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  element('error').textContent = '';
  element('error').textContent = await send().catch(() => text.failed);
  form.ariaBusy = 'false';
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
